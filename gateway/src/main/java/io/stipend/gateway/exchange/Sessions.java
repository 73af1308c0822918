package io.stipend.gateway.exchange;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.stipend.metering.ledger.AccountKey;
import io.stipend.policy.Permit;
import io.stipend.policy.budget.BudgetRule;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * The agent sessions that are running: those that had a call admitted on an account lately. In
 * memory only, since a session that is forgotten loses no money, only its right to the step {@code
 * finish}. Safe for use by any thread.
 */
final class Sessions {
  /** How long after its last admitted call a session still runs. */
  static final Duration RUNNING = Duration.ofMinutes(30);

  /** Sessions times accounts that are remembered; the ids are the clients' own. */
  static final long MAX_REMEMBERED = 100_000;

  private final Cache<Key, Instant> admitted =
      Caffeine.newBuilder().maximumSize(MAX_REMEMBERED).expireAfterWrite(RUNNING).build();

  /** The person is part of it: a session id proves nothing, and others could name it too. */
  private record Key(AccountKey account, String person, String session) {}

  /** A call of this session was admitted on all budgets of its permit. */
  void admitted(Permit permit, @Nullable String session, Instant at) {
    if (session != null) {
      for (BudgetRule rule : permit.budgets()) {
        if (rule.finish() > 0) {
          admitted.put(key(permit, rule, session, at), at);
        }
      }
    }
  }

  /** Whether the session had a call admitted on the account of this budget lately. */
  boolean running(Permit permit, BudgetRule rule, @Nullable String session, Instant at) {
    if (session == null) {
      return false;
    }
    Instant last = admitted.getIfPresent(key(permit, rule, session, at));
    return last != null && !at.isAfter(last.plus(RUNNING));
  }

  private static Key key(Permit permit, BudgetRule rule, String session, Instant at) {
    return new Key(rule.account(at), permit.principal().id(), session);
  }
}
