package io.stipend.gateway;

import io.stipend.gateway.alert.AlertSender;
import io.stipend.gateway.upstream.UpstreamOptions;
import io.stipend.metering.ledger.Ledger;
import io.stipend.policy.alert.LedgerAlerts;
import io.stipend.policy.alert.LevelWatch;
import io.stipend.policy.budget.BudgetListener;
import io.stipend.policy.budget.Budgets;
import io.stipend.policy.config.QuotaFile;
import io.stipend.policy.config.Webhook;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;

/** The alerts of a gateway: who watches the levels, and who tells of them. */
final class Alerts implements AutoCloseable {
  private final InstantSource clock;
  private final LedgerAlerts ledger;
  private final AlertSender sender;
  private final LevelWatch watch;

  /** They are silent until {@link #start}. */
  Alerts(Ledger ledger, QuotaFile file, InstantSource clock) {
    Path data = file.gateway().data();
    this.clock = clock;
    this.ledger = new LedgerAlerts(ledger, data);
    this.sender = new AlertSender(file.webhooks(), UpstreamOptions.of(file.gateway()), data, clock);
    this.watch = new LevelWatch(this.ledger, clock, sender);
  }

  /** What the budgets tell. */
  BudgetListener watch() {
    return watch;
  }

  /** Sends first what the last process did not deliver. */
  void start(Budgets budgets) {
    watch.start(
        budgets::balances,
        () -> sender.resume(ledger.since(clock.instant().minus(AlertSender.OUTBOX))));
  }

  /** Sends to these webhooks from now on. */
  void webhooks(List<Webhook> webhooks) {
    sender.webhooks(webhooks);
  }

  /** Looks a last time, and stops; while the ledger is open. */
  @Override
  public void close() {
    watch.close();
    sender.close();
  }
}
