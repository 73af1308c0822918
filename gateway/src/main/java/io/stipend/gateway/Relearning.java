package io.stipend.gateway;

import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.LedgerException;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.UsageRow;
import io.stipend.metering.tokens.Learned;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CancellationException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Learns again from the ledger how long answers are, where the file of what was learned is missing
 * or cannot be used. The bytes of requests stand in no ledger: how many tokens they make is learned
 * anew.
 */
final class Relearning {
  private static final Logger LOG = LoggerFactory.getLogger(Relearning.class);

  /** Older answers would have faded. */
  private static final Duration REACH = Duration.ofDays(7);

  private Relearning() {}

  /** Reads the usage of the last days, for as long as that takes; an interrupt ends it. */
  static void from(Path dataDir, Learned learned, Instant now) {
    try (LedgerReader ledger = LedgerReader.open(dataDir)) {
      ledger.usage(
          now.minus(REACH),
          now,
          row -> {
            if (Thread.currentThread().isInterrupted()) {
              throw new CancellationException();
            }
            learn(learned, row);
          });
    } catch (CancellationException e) {
      LOG.info("the gateway stops before it has learned from its ledger");
    } catch (LedgerException e) {
      LOG.warn("what answers usually cost is not learned from the ledger: {}", e.getMessage());
    }
  }

  private static void learn(Learned learned, UsageRow row) {
    if (row.usageSource() == UsageSource.REPORTED
        && row.flags().isEmpty()
        && row.usage().output() > 0) {
      learned.answer(row.person(), row.modelRequested(), row.usage().output());
    }
  }
}
