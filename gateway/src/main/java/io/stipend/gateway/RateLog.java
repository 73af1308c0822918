package io.stipend.gateway;

import io.stipend.metering.ledger.Ledger;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.LedgerException;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.RateRecord;
import io.stipend.metering.ledger.RatesChanged;
import io.stipend.metering.price.RateCards;
import io.stipend.metering.report.RecordedRates;
import io.stipend.policy.config.QuotaFile;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Enters into the ledger which prices are in force, wherever they are others than the last ones.
 */
final class RateLog {
  private final Ledger ledger;
  private final Path data;
  private @Nullable RatesChanged last;
  private @Nullable RateCards cards;

  RateLog(Ledger ledger, Path data) {
    this.ledger = ledger;
    this.data = data;
  }

  /** The cards of this file are in force from now on. */
  synchronized void inForce(QuotaFile file, Instant now) {
    if (last == null) {
      recorded(file.currency().name());
    }
    List<LedgerEntry> entries =
        RecordedRates.change(last, cards, file.rateCards(), file::vendorOf, now);
    entries.forEach(ledger::append);
    if (!entries.isEmpty()) {
      last = (RatesChanged) entries.get(entries.size() - 1);
    }
    cards = file.rateCards();
  }

  private void recorded(String currency) {
    try (LedgerReader reader = LedgerReader.open(data)) {
      RateRecord record = RateRecord.of(reader);
      List<RatesChanged> changes = record.changes();
      if (!changes.isEmpty()) {
        last = changes.get(changes.size() - 1);
        cards = readable(record, last, currency);
      }
    }
  }

  /** A later version may not read what an earlier one could: that must stop no gateway. */
  private static @Nullable RateCards readable(
      RateRecord record, RatesChanged entry, String currency) {
    try {
      return RecordedRates.cards(record, entry, currency);
    } catch (LedgerException e) {
      return null;
    }
  }
}
