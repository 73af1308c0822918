package io.stipend.policy.budget;

import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.AccountRecord;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Rolls what nobody asks for: accounts of periods that are over, whose owners do not come. Goes
 * through all accounts that are not closed, a page at each step, and then rests. For one thread.
 */
final class Closer {
  private static final Logger LOG = LoggerFactory.getLogger(Closer.class);

  private static final int PAGE = 500;
  private static final Duration REST = Duration.ofMinutes(1);

  private final Book book;
  private final Funds funds;
  private @Nullable AccountKey after;
  private Instant next = Instant.MIN;
  private volatile boolean reading;

  Closer(Book book, Funds funds) {
    this.book = book;
    this.funds = funds;
  }

  /** The next page, unless the last one is still being read. */
  void step(Function<AccountKey, @Nullable BudgetRule> rules, Instant now) {
    // A clock that went far back must not stop this for as long.
    boolean resting = now.isBefore(next) && now.isAfter(next.minus(REST.multipliedBy(2)));
    if (reading || resting) {
      return;
    }
    reading = true;
    book.ledger
        .unclosed(after, PAGE)
        .whenComplete(
            (page, failure) -> {
              if (failure == null) {
                close(page, rules, now);
              }
              reading = false;
            });
  }

  private void close(
      List<AccountRecord> page, Function<AccountKey, @Nullable BudgetRule> rules, Instant now) {
    boolean last = page.size() < PAGE;
    after = last ? null : page.get(page.size() - 1).account();
    next = last ? now.plus(REST) : Instant.MIN;
    for (AccountRecord record : page) {
      AccountKey key = record.account();
      BudgetRule rule = rules.apply(key);
      Instant end = rule == null ? null : rule.calendar().endOf(key.period());
      if (rule != null && end != null && !end.isAfter(now)) {
        funds
            .rollUp(rule, key, now)
            .whenComplete(
                (done, problem) -> {
                  if (problem != null && !book.ledger.poisoned()) {
                    LOG.warn(
                        "account {}: its end could not be entered: {}", key, problem.toString());
                  }
                });
      }
    }
  }
}
