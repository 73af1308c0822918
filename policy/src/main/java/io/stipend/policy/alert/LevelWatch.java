package io.stipend.policy.alert;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import io.stipend.metering.ledger.AccountKey;
import io.stipend.policy.alert.ChangedAccounts.Mark;
import io.stipend.policy.budget.BudgetListener;
import io.stipend.policy.budget.BudgetRule;
import io.stipend.policy.budget.Budgets.AccountBalance;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches how much of each budget is used, and raises each alert once for each account, and so
 * period, and threshold, across restarts.
 *
 * <p>Budgets tell it which accounts changed; that costs an entry in a map. All else happens on a
 * thread of its own, which looks every second: it reads the balance, asks the ledger whether the
 * alert was raised before, enters it, and when the entry is durable hands the alert on. An account
 * is looked at only after it changed in this process. A change within the last second of a period
 * may go untold: by then it is another account.
 */
public final class LevelWatch implements BudgetListener, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LevelWatch.class);

  private static final long LOOK_MILLIS = 1_000;
  private static final int MAX_CHANGED = 100_000;

  /** Alerts that are known to be raised; of others the ledger is asked. */
  private static final int MAX_TOLD = 500_000;

  private static final int MAX_FIRST_USES = 200_000;
  private static final long CLOSE_SECONDS = 5;

  private final InstantSource clock;
  private final AlertBook book;
  private final Consumer<Alert> then;
  private final ChangedAccounts changed;
  private final Cache<String, Boolean> told = Caffeine.newBuilder().maximumSize(MAX_TOLD).build();
  private final Cache<AccountKey, Instant> firstUses =
      Caffeine.newBuilder().maximumSize(MAX_FIRST_USES).build();
  private final ScheduledExecutorService thread =
      Executors.newSingleThreadScheduledExecutor(
          task -> {
            Thread made = new Thread(task, "stipend-levels");
            made.setDaemon(true);
            return made;
          });
  private volatile @Nullable Balances balances;

  /** Where balances are read: {@link io.stipend.policy.budget.Budgets#balances}. */
  @FunctionalInterface
  public interface Balances {
    /** The balances of these budgets at an instant, in the order of the rules. */
    CompletableFuture<List<AccountBalance>> of(List<BudgetRule> rules, Instant now);
  }

  /**
   * A watch that looks only when it is started; changes are kept until then.
   *
   * @param ledger where alerts are entered and looked up
   * @param then is given each alert once it is durable, on the ledger's thread: it must not block
   */
  public LevelWatch(LedgerAlerts ledger, InstantSource clock, Consumer<Alert> then) {
    this(ledger, clock, then, MAX_CHANGED);
  }

  LevelWatch(AlertBook book, InstantSource clock, Consumer<Alert> then, int mostChanged) {
    this.book = book;
    this.clock = clock;
    this.then = then;
    this.changed = new ChangedAccounts(mostChanged);
  }

  @Override
  public void changed(AccountKey account, BudgetRule rule) {
    offer(new Mark(account, rule, false));
  }

  @Override
  public void refused(AccountKey account, BudgetRule rule) {
    offer(new Mark(account, rule, true));
  }

  private void offer(Mark mark) {
    if (!mark.rule().alerts().isEmpty() || mark.rule().forecastAlert()) {
      changed.add(mark);
    }
  }

  /**
   * Begins to look, every second.
   *
   * @param first is run before, on the watch's thread
   */
  public void start(Balances source, Runnable first) {
    source(source);
    thread.execute(() -> guarded(first));
    thread.scheduleWithFixedDelay(
        () -> guarded(this::look), LOOK_MILLIS, LOOK_MILLIS, TimeUnit.MILLISECONDS);
  }

  /** Reads here from now on. */
  void source(Balances source) {
    balances = source;
  }

  private static void guarded(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException e) {
      // What is thrown past a periodic task would end it.
      LOG.error("looking for alerts failed; it goes on", e);
    }
  }

  /** Looks at every account that changed since the last time. */
  void look() {
    Balances source = balances;
    if (source == null) {
      return;
    }
    for (Mark mark : changed.take()) {
      try {
        look(source, mark);
      } catch (RuntimeException e) {
        LOG.warn("account {}: no look at its level now; it is tried again", mark.account(), e);
        changed.add(mark);
      }
    }
    long missed = changed.takeMissed();
    if (missed > 0) {
      LOG.warn("{} changes of accounts were too many to look at for alerts", missed);
    }
  }

  private void look(Balances source, Mark mark) {
    Instant now = clock.instant();
    AccountBalance balance = Waiting.on(source.of(List.of(mark.rule()), now)).get(0);
    if (!balance.account().equals(mark.account())) {
      return;
    }
    Level level = Level.of(balance, mark.refused());
    for (int percent : mark.rule().alerts()) {
      if (level.reached(percent)) {
        raise(alert(level, Integer.toString(percent), null, now));
      }
    }
    if (mark.rule().forecastAlert() && level.resetsAt() != null) {
      forecast(level, level.resetsAt(), now);
    }
  }

  private void forecast(Level level, Instant end, Instant now) {
    // Asked before the ledger is: most accounts are not there yet, or not any more.
    if (!Forecast.isInRange(level.used(), level.given())) {
      return;
    }
    if (told.getIfPresent(Alert.id(level.account(), Alert.FORECAST)) != null) {
      return;
    }
    Instant since = firstUses.get(level.account(), book::firstUsed);
    Instant exhausted =
        since == null ? null : Forecast.exhaustion(level.used(), level.given(), since, now, end);
    if (exhausted != null) {
      raise(alert(level, Alert.FORECAST, exhausted, now));
    }
  }

  private static Alert alert(
      Level level, String threshold, @Nullable Instant exhausted, Instant now) {
    return new Alert(
        now, level.account(), threshold, level.used(), level.given(), exhausted, level.resetsAt());
  }

  private void raise(Alert alert) {
    String id = alert.id();
    if (told.getIfPresent(id) != null) {
      return;
    }
    if (book.knows(id)) {
      told.put(id, true);
      return;
    }
    // From now on: the entry may take longer than the next look.
    told.put(id, true);
    book.raise(alert)
        .whenComplete(
            (done, failure) -> {
              if (failure == null) {
                then.accept(alert);
              } else {
                told.invalidate(id);
                LOG.warn("alert {} was not entered: {}", id, failure.getMessage());
              }
            });
  }

  /**
   * Looks a last time, then stops. To be called while the ledger is open; blocks for that look.
   * Closing twice is closing once.
   */
  @Override
  public void close() {
    if (thread.isShutdown()) {
      return;
    }
    thread.execute(() -> guarded(this::look));
    thread.shutdown();
    try {
      if (!thread.awaitTermination(CLOSE_SECONDS, TimeUnit.SECONDS)) {
        thread.shutdownNow();
      }
    } catch (InterruptedException e) {
      thread.shutdownNow();
      Thread.currentThread().interrupt();
    }
    book.close();
  }
}
