package io.stipend.policy.store;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.LedgerEntry.Enrolled;
import io.stipend.policy.Entitlement;
import io.stipend.policy.Introduction;
import io.stipend.policy.Refusal;
import io.stipend.policy.RefusalReason;
import io.stipend.policy.config.Enrolments;
import io.stipend.policy.config.PrincipalConfig;
import io.stipend.policy.config.QuotaFile;
import io.stipend.policy.identity.Jwts;
import io.stipend.policy.identity.KeyRing;
import io.stipend.policy.identity.KeySource;
import io.stipend.policy.identity.KnownJwt;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The policy in force: one snapshot, swapped whole, and bounded caches of what keys resolve to
 * under it. A changed key leaves the caches at once; a swapped snapshot leaves them behind whole,
 * so that nothing which was resolved under the old one can be found under the new one. Safe for use
 * by any thread; nothing blocks.
 *
 * <p>Live balances are cached in {@code policy.budget}, not here: only the lock of {@link
 * io.stipend.policy.budget.LocalBudgets} may touch them, because one whose reservation is open or
 * whose entries are not durable must not be evicted.
 */
public final class PolicyStore {
  /** Entitlements of keys in use. */
  private static final int MAX_ENTITLEMENTS = 100_000;

  /** Fingerprints that are nobody's. */
  private static final int MAX_UNKNOWN = 10_000;

  private final KeyRing keys;
  private final Jwts jwts;
  private final Consumer<Enrolled> record;
  private volatile State state;

  /** A snapshot and what was resolved under it. */
  private record State(
      PolicySnapshot snapshot, Cache<String, Resolved> resolved, Cache<String, Boolean> unknown) {
    static State of(PolicySnapshot snapshot) {
      return new State(snapshot, cache(MAX_ENTITLEMENTS), cache(MAX_UNKNOWN));
    }

    private static <V> Cache<String, V> cache(int size) {
      return Caffeine.newBuilder().maximumSize(size).executor(Runnable::run).build();
    }
  }

  /**
   * What a credential gives.
   *
   * @param enrolled the entry by which its person is known; null if the file holds them
   */
  private record Resolved(
      Entitlement entitlement, @Nullable Instant expiresAt, @Nullable Enrolled enrolled) {
    /** Not where an issuer has said since that the person is in another team. */
    @SuppressWarnings("ReferenceEquality")
    boolean stands(QuotaFile file) {
      return enrolled == null || file.enrolments().of(enrolled.person()) == enrolled;
    }

    boolean isOver(Instant now) {
      return expiresAt != null && !now.isBefore(expiresAt);
    }
  }

  /** A store over a first snapshot that knows keys alone. */
  public PolicyStore(PolicySnapshot snapshot, KeyRing keys) {
    this(snapshot, keys, KeySource.NONE, entry -> {});
  }

  /**
   * A store over a first snapshot.
   *
   * @param source has the keys of the issuers of the snapshot in force
   * @param record enters in the ledger that somebody whom no file holds was vouched for
   */
  public PolicyStore(
      PolicySnapshot snapshot, KeyRing keys, KeySource source, Consumer<Enrolled> record) {
    this.keys = keys;
    this.jwts = new Jwts(() -> snapshot().file().identity(), source);
    this.record = record;
    this.state = State.of(snapshot);
    keys.onChange(this::forget);
  }

  /** The snapshot in force. */
  public PolicySnapshot snapshot() {
    return state.snapshot;
  }

  /** Puts another snapshot in force for every request from now on. */
  public void swap(PolicySnapshot next) {
    state = State.of(next);
  }

  /** What a credential is looked up by. */
  String fingerprint(@Nullable String credential) {
    return credential != null && jwts.reads(credential)
        ? Jwts.fingerprint(credential)
        : keys.fingerprint(credential);
  }

  /**
   * Whose a JWT is, whatever they are entitled to; null if the credential is none. Else done at
   * once, unless keys must be fetched for it, and null within if it is good for nothing.
   */
  public @Nullable CompletableFuture<@Nullable KnownJwt> check(String credential, Instant now) {
    if (!jwts.reads(credential)) {
      return null;
    }
    KnownJwt known = jwts.find(Jwts.fingerprint(credential), now);
    return known == null ? jwts.check(credential, now) : CompletableFuture.completedFuture(known);
  }

  /** As {@link io.stipend.policy.PolicyEngine#introduce}. */
  public @Nullable CompletableFuture<Introduction> introduce(String credential, Instant now) {
    CompletableFuture<@Nullable KnownJwt> checked = check(credential, now);
    return checked == null
        ? null
        : checked.thenApply(
            jwt -> jwt == null ? new Introduction.Stranger() : introduced(jwt, now));
  }

  /** Somebody whom the file does not hold is entered in the ledger, so that a restart knows it. */
  private Introduction introduced(KnownJwt jwt, Instant now) {
    QuotaFile file = state.snapshot.file();
    PrincipalConfig listed = file.principals().get(jwt.person());
    if (listed != null) {
      return listed.service()
          ? unentitled(file, jwt, "is a service, which has keys alone")
          : new Introduction.Vouched();
    }
    Enrolled entry = PolicySnapshot.enrolment(file, jwt, now);
    if (file.enrolled(entry) == null) {
      return unentitled(
          file,
          jwt,
          jwt.issuer().takesStrangers()
              ? "is in no team that is known here, which the allowance asks for"
              : "has no allowance here");
    }
    Enrolments enrolments = file.enrolments();
    // The last in the ledger is the last in memory.
    synchronized (enrolments) {
      if (!enrolments.has(entry)) {
        record.accept(entry);
        enrolments.apply(entry);
      }
    }
    return new Introduction.Vouched();
  }

  private static Introduction unentitled(QuotaFile file, KnownJwt jwt, String why) {
    String contact = file.gateway().contact();
    return new Introduction.Unentitled(
        Refusal.of(
            RefusalReason.BAD_CREDENTIAL,
            jwt.person() + " " + why + "." + (contact.isEmpty() ? "" : " " + contact + ".")));
  }

  /** What a fingerprint gives at an instant; null if it is nobody's or no longer in force. */
  @Nullable Entitlement entitlement(String fingerprint, Instant now) {
    if (Jwts.marks(fingerprint)) {
      return ofJwt(fingerprint, now);
    }
    State current = state;
    Resolved resolved = kept(current, fingerprint);
    if (resolved == null && current.unknown.getIfPresent(fingerprint) == null) {
      resolved = current.resolved.get(fingerprint, f -> resolve(current, f, now));
    }
    if (resolved == null) {
      current
          .unknown
          .asMap()
          .computeIfAbsent(fingerprint, f -> keys.find(f, now) == null ? Boolean.TRUE : null);
      return null;
    }
    return resolved.isOver(now) ? null : resolved.entitlement;
  }

  /** One that is not known any more gives nothing, whatever it was resolved to. */
  private @Nullable Entitlement ofJwt(String fingerprint, Instant now) {
    State current = state;
    KnownJwt jwt = jwts.find(fingerprint, now);
    Resolved resolved = jwt == null ? null : kept(current, fingerprint);
    if (jwt != null && resolved == null) {
      resolved = current.resolved.get(fingerprint, f -> resolve(current, jwt));
    }
    return resolved == null ? null : resolved.entitlement;
  }

  private static @Nullable Resolved kept(State current, String fingerprint) {
    Resolved found = current.resolved.getIfPresent(fingerprint);
    if (found != null && !found.stands(current.snapshot.file())) {
      current.resolved.asMap().remove(fingerprint, found);
      return null;
    }
    return found;
  }

  private static @Nullable Enrolled enrolled(State current, String person) {
    QuotaFile file = current.snapshot.file();
    return file.principals().containsKey(person) ? null : file.enrolments().of(person);
  }

  private static @Nullable Resolved resolve(State current, KnownJwt jwt) {
    Enrolled enrolled = enrolled(current, jwt.person());
    Entitlement entitlement = current.snapshot.entitlement(jwt);
    return entitlement == null ? null : new Resolved(entitlement, jwt.expires(), enrolled);
  }

  private @Nullable Resolved resolve(State current, String fingerprint, Instant now) {
    LedgerEntry.KeyCreated key = keys.find(fingerprint, now);
    if (key == null) {
      return null;
    }
    Enrolled enrolled = enrolled(current, key.person());
    Entitlement entitlement = current.snapshot.entitlement(key);
    return entitlement == null ? null : new Resolved(entitlement, key.expiresAt(), enrolled);
  }

  /** The ring changed before this call, so whatever is resolved after it sees the change. */
  private void forget(String fingerprint) {
    State current = state;
    current.resolved.invalidate(fingerprint);
    current.unknown.invalidate(fingerprint);
  }
}
