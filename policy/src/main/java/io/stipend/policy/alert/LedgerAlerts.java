package io.stipend.policy.alert;

import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.AccountRecord;
import io.stipend.metering.ledger.Ledger;
import io.stipend.metering.ledger.LedgerEntry.AlertRaised;
import io.stipend.metering.ledger.LedgerReader;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * The alerts of a ledger. Reads with a reader of its own, which it opens at the first question. For
 * one thread at a time: that of the {@link LevelWatch} which it is given to, and which closes it.
 */
public final class LedgerAlerts implements AlertBook {
  private final Ledger ledger;
  private final Path dataDir;
  private @Nullable LedgerReader reader;

  /**
   * The alerts of this ledger.
   *
   * @param dataDir its folder
   */
  public LedgerAlerts(Ledger ledger, Path dataDir) {
    this.ledger = ledger;
    this.dataDir = dataDir;
  }

  /** The alerts that were raised from an instant on, in the order of entry. */
  public List<Alert> since(Instant from) {
    return reader().alerts().stream()
        .filter(e -> !e.at().isBefore(from))
        .map(e -> Alert.of(e.at(), e.account(), e.threshold(), e.detail()))
        .toList();
  }

  @Override
  public boolean knows(String id) {
    return reader().alert(id) != null;
  }

  @Override
  public CompletableFuture<Void> raise(Alert alert) {
    return ledger.append(
        new AlertRaised(
            alert.at(), alert.id(), alert.account(), alert.threshold(), alert.detail()));
  }

  @Override
  public @Nullable Instant firstUsed(AccountKey account) {
    AccountRecord known = Waiting.on(ledger.accounts(List.of(account))).get(account);
    return known == null ? null : known.firstUsed();
  }

  private LedgerReader reader() {
    LedgerReader open = reader;
    if (open == null) {
      open = LedgerReader.open(dataDir);
      reader = open;
    }
    return open;
  }

  @Override
  public void close() {
    if (reader != null) {
      reader.close();
      reader = null;
    }
  }
}
