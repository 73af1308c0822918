package io.stipend.gateway;

import io.stipend.metering.ledger.Ledger;
import io.stipend.metering.ledger.LedgerEntry.QuotaChanged;
import io.stipend.policy.config.QuotaFile;
import io.stipend.policy.config.QuotaText;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Enters which quota file is in force, and with it which prices: at each start and each change,
 * with what differs from the one before, also over a restart. Blocks; for one thread at a time.
 */
final class QuotaRecord {
  private static final Logger LOG = LoggerFactory.getLogger(QuotaRecord.class);

  /** Who changed a file that lies on the disk is not known here. */
  private static final String BY = "stipend";

  private final Ledger ledger;
  private final Path data;
  private final RateLog rates;
  private @Nullable QuotaText before;

  QuotaRecord(Ledger ledger, Path data) {
    this.ledger = ledger;
    this.data = data;
    this.rates = new RateLog(ledger, data);
    try {
      before = QuotaText.load(data);
    } catch (IOException e) {
      LOG.warn("{}: {}; what changed since the last run is not known", data, e.toString());
    }
  }

  /** A file is in force from now on. */
  synchronized void inForce(QuotaFile.Loaded loaded, Instant now) {
    QuotaText after = QuotaText.of(loaded.quotaFile());
    QuotaText known = before;
    QuotaText.Change change = known == null ? after.first() : after.since(known);
    before = after;
    ledger
        .append(new QuotaChanged(now, loaded.hash(), change.before(), change.after(), BY))
        // Not before it is entered: a change is rather told twice than never.
        .thenRunAsync(() -> keep(after));
    rates.inForce(loaded.quotaFile(), now);
  }

  private synchronized void keep(QuotaText text) {
    if (text != before) {
      // A later one is in force, and is kept when it is entered.
      return;
    }
    try {
      text.save(data);
    } catch (IOException e) {
      LOG.warn("{}: {}; the next start tells this change again", data, e.toString());
    }
  }
}
