package io.stipend.metering.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a row costs to read, against the simple way in the same run. */
class ReadingCostTest {
  private static final int ROUNDS = 12;
  private static final int BLOCKS = 60;

  @TempDir Path folder;

  @Test
  void goingThroughABlockCostsLessThanHalfOfItsObjects() throws Exception {
    SqliteLedger.open(folder, Samples.SMALL, InstantSource.fixed(Samples.NOW)).close();
    try (var connection = LedgerDatabase.openForReading(LedgerFiles.database(folder));
        LedgerTables tables = new LedgerTables(connection)) {
      Definitions definitions = Definitions.stored(tables);
      byte[] body = body(definitions);
      AttemptCursor cursor =
          new AttemptCursor(new NamesOfThread(new NamesOfThread.Shared(definitions)));
      long objects = Long.MAX_VALUE;
      long none = Long.MAX_VALUE;
      long sum = 0;
      for (int round = 0; round < ROUNDS; round++) {
        long start = cpu();
        for (int i = 0; i < BLOCKS; i++) {
          for (EndedAttempt attempt : UsageBlock.read(body, definitions)) {
            sum += attempt.row().settled().row().nanos();
          }
        }
        long between = cpu();
        for (int i = 0; i < BLOCKS; i++) {
          cursor.open(body);
          while (cursor.next()) {
            sum -= cursor.nanos();
          }
        }
        objects = Math.min(objects, between - start);
        none = Math.min(none, cpu() - between);
      }
      assertThat(sum).isZero();
      System.out.printf(
          "reading cost: %d ns a row without objects, %d ns with%n",
          none / BLOCKS / 256, objects / BLOCKS / 256);
      assertThat(2 * none).as("nanoseconds of this thread").isLessThan(objects);
    }
  }

  private static byte[] body(Definitions definitions) {
    Random random = new Random(4);
    UsageBlock block = new UsageBlock();
    NameWriter names =
        (out, text) -> {
          Long number = text == null ? null : definitions.number(text);
          if (text != null && number == null) {
            number = 1L + Math.floorMod(text.hashCode(), 1_000_000);
            definitions.define(number, text);
          }
          out.varint(number == null ? 0 : number + BatchEncoder.FIRST_REFERENCE);
        };
    LedgerEntry.Reserved reserved = Samples.reserved("01KAR00000001ABCDEFGHJKMNP");
    Profile profile = Profile.of(reserved);
    definitions.define(1, profile);
    while (!block.full()) {
      LedgerEntry.Settled settled =
          Samples.settled(reserved, Samples.usage(random), random.nextInt(1_000_000));
      block.add(new EndedAttempt(1, 1, profile, reserved, settled, null, null, null), names);
    }
    return block.body();
  }

  private static long cpu() {
    return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
  }
}
