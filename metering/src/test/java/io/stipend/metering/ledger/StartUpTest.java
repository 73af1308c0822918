package io.stipend.metering.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How long it takes to open a long ledger: nothing at start may grow with its entries. */
class StartUpTest {
  private static final boolean FULL = Boolean.getBoolean("stipend.tests.full");

  /** Two entries each. */
  private static final int ATTEMPTS = FULL ? 2_500_000 : 25_000;

  /** The aim is for a machine of its own; a build shares its machine with others. */
  private static final Duration AIM = Duration.ofSeconds(FULL ? 2 : 10);

  @TempDir Path temporary;

  @Test
  void aLongLedgerOpensAtOnce() throws Exception {
    Path folder = temporary.resolve("data");
    BigLedger.write(folder, ATTEMPTS);
    // Without the making of the in-flight table and the loading of classes.
    SqliteLedger.open(folder, LedgerOptions.defaults(), InstantSource.fixed(Samples.NOW)).close();

    long start = System.nanoTime();
    SqliteLedger ledger =
        SqliteLedger.open(folder, LedgerOptions.defaults(), InstantSource.fixed(Samples.NOW));
    Duration took = Duration.ofNanos(System.nanoTime() - start);
    ledger.close();

    System.out.printf("start-up: %d entries, opened in %d ms%n", 2 * ATTEMPTS, took.toMillis());
    assertThat(took).isLessThan(AIM);
  }
}
