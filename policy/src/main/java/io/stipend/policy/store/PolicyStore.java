package io.stipend.policy.store;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.policy.Entitlement;
import io.stipend.policy.identity.KeyRing;
import java.time.Instant;
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

  private record Resolved(Entitlement entitlement, @Nullable Instant expiresAt) {
    boolean isOver(Instant now) {
      return expiresAt != null && !now.isBefore(expiresAt);
    }
  }

  /** A store over a first snapshot. */
  public PolicyStore(PolicySnapshot snapshot, KeyRing keys) {
    this.keys = keys;
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
    return keys.fingerprint(credential);
  }

  /** What a fingerprint gives at an instant; null if it is nobody's or no longer in force. */
  @Nullable Entitlement entitlement(String fingerprint, Instant now) {
    State current = state;
    Resolved resolved = current.resolved.getIfPresent(fingerprint);
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

  private @Nullable Resolved resolve(State current, String fingerprint, Instant now) {
    LedgerEntry.KeyCreated key = keys.find(fingerprint, now);
    Entitlement entitlement = key == null ? null : current.snapshot.entitlement(key);
    return key == null || entitlement == null ? null : new Resolved(entitlement, key.expiresAt());
  }

  /** The ring changed before this call, so whatever is resolved after it sees the change. */
  private void forget(String fingerprint) {
    State current = state;
    current.resolved.invalidate(fingerprint);
    current.unknown.invalidate(fingerprint);
  }
}
