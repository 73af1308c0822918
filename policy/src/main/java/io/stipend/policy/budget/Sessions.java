package io.stipend.policy.budget;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.stipend.metering.ledger.AccountKey;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The agent sessions that are running: those that had a call admitted on an account lately. In
 * memory only, since a session that is forgotten loses no money, only its right to the step {@code
 * finish}. Safe for use by any thread.
 */
public final class Sessions {
  /** How long after its last admitted call a session still runs. */
  public static final Duration RUNNING = Duration.ofMinutes(30);

  /** Sessions times accounts that are remembered; the ids are the clients' own. */
  static final long MAX_REMEMBERED = 100_000;

  private final Cache<Key, Instant> admitted =
      Caffeine.newBuilder().maximumSize(MAX_REMEMBERED).expireAfterWrite(RUNNING).build();

  /** The person is part of it: a session id proves nothing, and others could name it too. */
  private record Key(AccountKey account, String person, String session) {}

  /**
   * A call of this session was admitted on all of these budgets.
   *
   * @param session null if the call names none
   */
  public void admitted(
      String person, List<BudgetRule> budgets, @Nullable String session, Instant at) {
    if (session != null) {
      for (BudgetRule rule : budgets) {
        if (rule.finish() > 0) {
          admitted.put(new Key(rule.account(at), person, session), at);
        }
      }
    }
  }

  /** Whether the session had a call admitted on the account of this budget lately. */
  public boolean running(String person, BudgetRule rule, @Nullable String session, Instant at) {
    if (session == null) {
      return false;
    }
    Instant last = admitted.getIfPresent(new Key(rule.account(at), person, session));
    return last != null && !at.isAfter(last.plus(RUNNING));
  }
}
