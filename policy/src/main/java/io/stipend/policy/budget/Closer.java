package io.stipend.policy.budget;

import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.AccountRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Rolls what nobody asks for: accounts of periods that are over, whose owners do not come. Goes
 * through all accounts that are not closed, some pages at each step, and then rests. For one
 * thread.
 *
 * <p>An account whose budget is gone ends as well, and nothing of it goes on.
 */
final class Closer {
  private static final Logger LOG = LoggerFactory.getLogger(Closer.class);

  private static final int PAGE = 500;

  /** At each step: a million accounts are seen within two hours of sweeps every 30 seconds. */
  private static final int PAGES = 10;

  private static final Duration REST = Duration.ofMinutes(1);

  /**
   * How long an account without a budget waits after its period: no zone's midnight comes later
   * than this after any other's, and whose zone it was is known no more. So nobody's period is cut,
   * and a list of people that was broken for a night takes nothing from anybody.
   */
  static final Duration AFTER_ANY_ZONE = Duration.ofHours(26);

  private final Book book;
  private final Funds funds;
  private volatile @Nullable AccountKey after;
  private volatile Instant next = Instant.MIN;
  private volatile boolean reading;

  Closer(Book book, Funds funds) {
    this.book = book;
    this.funds = funds;
  }

  /** The next pages, unless the last ones are still being read. */
  void step(Rules rules, Instant now) {
    // A clock that went far back must not stop this for as long.
    boolean resting = now.isBefore(next) && now.isAfter(next.minus(REST.multipliedBy(2)));
    if (reading || resting) {
      return;
    }
    reading = true;
    read(PAGES, rules, now);
  }

  /** Each page waits in the ledger's queue behind what the one before it entered. */
  private void read(int pages, Rules rules, Instant now) {
    book.ledger
        .unclosed(after, PAGE)
        .whenComplete(
            (page, failure) -> {
              boolean more = false;
              try {
                if (failure == null) {
                  close(page, rules, now);
                  more = pages > 1 && after != null;
                }
              } finally {
                reading = more;
              }
              if (more) {
                read(pages - 1, rules, now);
              }
            });
  }

  private void close(List<AccountRecord> page, Rules rules, Instant now) {
    boolean last = page.size() < PAGE;
    after = last ? null : page.get(page.size() - 1).account();
    next = last ? now.plus(REST) : Instant.MIN;
    for (AccountRecord record : page) {
      try {
        close(record.account(), rules, now)
            .whenComplete((done, problem) -> tell(record.account(), problem));
      } catch (RuntimeException e) {
        // One account must not keep the others of its page from their end.
        tell(record.account(), e);
      }
    }
  }

  private void tell(AccountKey account, @Nullable Throwable problem) {
    if (problem != null && !book.ledger.poisoned()) {
      LOG.warn("account {}: its end could not be entered: {}", account, problem.toString());
    }
  }

  private CompletableFuture<Void> close(AccountKey key, Rules rules, Instant now) {
    BudgetRule rule = rules.of(key);
    Calendar calendar = rule == null ? rules.calendar() : rule.calendar();
    Instant end = calendar.endOf(key.period());
    if (end == null || end.isAfter(now)) {
      return CompletableFuture.completedFuture(null);
    }
    if (rule != null) {
      return funds.rollUp(rule, key, now);
    }
    return end.plus(AFTER_ANY_ZONE).isAfter(now)
        ? CompletableFuture.completedFuture(null)
        : funds.end(key, end, now);
  }
}
