package io.stipend.gateway.admin;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.stipend.metering.ledger.LedgerEntry.KeyCreated;
import io.stipend.policy.config.PrincipalConfig;
import io.stipend.policy.config.QuotaFile;
import io.stipend.policy.config.Role;
import io.stipend.policy.identity.KeyRing;
import io.stipend.policy.identity.KnownJwt;
import io.stipend.policy.store.Freezes;
import io.stipend.policy.store.PolicyStore;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Tells who asks the admin listener, by {@code authorization: Bearer} and one of: the data folder's
 * admin key, a key with a role, a person's or service's own gateway key, a JWT. Nothing blocks.
 */
public final class Callers {
  private static final String BEARER = "Bearer ";
  private static final int MAX_OPERATOR = 64;

  private final AdminAccess access;
  private final KeyRing keys;
  private final PolicyStore store;
  private final Freezes freezes;
  private final InstantSource clock;

  /** Knows those. */
  public Callers(
      AdminAccess access, KeyRing keys, PolicyStore store, Freezes freezes, InstantSource clock) {
    this.access = access;
    this.keys = keys;
    this.store = store;
    this.freezes = freezes;
    this.clock = clock;
  }

  /** Done at once, unless keys must be fetched for a JWT; null within for nobody. */
  CompletableFuture<@Nullable Caller> of(HttpHeaders headers) {
    List<String> values = headers.getAll(HttpHeaderNames.AUTHORIZATION);
    String value = values.size() == 1 ? values.get(0) : "";
    boolean bearer = value.regionMatches(true, 0, BEARER, 0, BEARER.length());
    String credential = bearer ? value.substring(BEARER.length()).strip() : "";
    if (access.admits(credential)) {
      return CompletableFuture.completedFuture(new Caller(operator(headers), Role.PLATFORM, null));
    }
    Instant now = clock.instant();
    CompletableFuture<@Nullable KnownJwt> jwt = store.check(credential, now);
    if (jwt != null) {
      return jwt.thenApply(known -> known == null ? null : of(known, now));
    }
    KeyCreated key = keys.find(keys.fingerprint(credential), now);
    return CompletableFuture.completedFuture(key == null ? null : of(key, now));
  }

  private @Nullable Caller of(KeyCreated key, Instant now) {
    Role role = Role.ofHolder(key.person());
    if (role != null) {
      return new Caller("key:" + key.keyId() + "/" + key.name(), role, null);
    }
    return isHere(key.person(), now)
        ? new Caller("key:" + key.keyId() + "/" + key.person(), Role.PERSON, key.person())
        : null;
  }

  /** Groups give a role only to who is here and not frozen: both end it at once. */
  private @Nullable Caller of(KnownJwt jwt, Instant now) {
    String person = jwt.person();
    PrincipalConfig listed = file().principals().get(person);
    boolean gone = listed != null && (listed.service() || listed.absence(now) != null);
    boolean frozen = freezes.of("person/" + person) != null;
    Role role = frozen ? Role.PERSON : jwt.role();
    if (gone || (role == Role.PERSON && !isHere(person, now))) {
      return null;
    }
    return new Caller(jwt.issuer().keyId() + "/" + person, role, person);
  }

  private boolean isHere(String person, Instant now) {
    PrincipalConfig config = file().principal(person);
    return config != null && config.absence(now) == null;
  }

  private QuotaFile file() {
    return store.snapshot().file();
  }

  /** What a command says of who runs it; a colon would make it look like what is proven. */
  private static String operator(HttpHeaders headers) {
    String name = headers.get(AdminHandler.OPERATOR, "");
    boolean plain = name.chars().allMatch(c -> c > ' ' && c <= '~' && c != ':');
    return name.isEmpty() || !plain || name.length() > MAX_OPERATOR ? "admin" : name;
  }
}
