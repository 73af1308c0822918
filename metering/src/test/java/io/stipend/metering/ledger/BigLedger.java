package io.stipend.metering.ledger;

import io.stipend.metering.TokenUsage;
import io.stipend.metering.Unit;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Random;
import java.util.UUID;

/** A ledger of any length, written by the ledger's own encoder without its waits for the disk. */
final class BigLedger {
  private static final int ATTEMPTS_PER_BATCH = 100;
  private static final int ENTRIES_AT_ONCE = 100_000;
  private static final int PEOPLE = 1_000;
  private static final int CALLS_PER_SESSION = 20;

  private BigLedger() {}

  /** Two entries for each of so many attempts, all ended, all in the tables. */
  static void write(Path folder, int attempts) throws SQLException {
    try (LedgerFiles files = LedgerFiles.lock(folder);
        Connection connection = LedgerDatabase.openForWriting(files.folder())) {
      try (Statement statement = connection.createStatement()) {
        statement.execute("pragma synchronous = off");
      }
      try (Projection projection = new Projection(connection, Storage.DISK);
          BatchTable batches = new BatchTable(connection, Storage.DISK)) {
        append(connection, batches, new BatchEncoder(1, 1, 1), attempts);
        while (projection.project(ENTRIES_AT_ONCE) > 0) {
          // Until all is in the tables.
        }
      }
    }
  }

  private static void append(
      Connection connection, BatchTable batches, BatchEncoder encoder, int attempts)
      throws SQLException {
    Random random = new Random(7);
    connection.setAutoCommit(false);
    for (int i = 0; i < attempts; i++) {
      LedgerEntry.Reserved reserved = reserved(random, i);
      long number = encoder.reserved(reserved, Profile.of(reserved));
      encoder.settled(number, Profile.of(reserved), settled(random, reserved));
      if (i % ATTEMPTS_PER_BATCH == ATTEMPTS_PER_BATCH - 1) {
        batches.append(encoder.finish());
      }
    }
    if (encoder.entries() > 0) {
      batches.append(encoder.finish());
    }
    connection.commit();
    connection.setAutoCommit(true);
  }

  private static LedgerEntry.Reserved reserved(Random random, int i) {
    String person = "person-" + random.nextInt(PEOPLE);
    AttemptFacts f = Samples.facts(person, 2_000 + random.nextInt(100_000), 32_000);
    AttemptFacts facts =
        new AttemptFacts(
            f.person(),
            f.team(),
            f.costCenter(),
            "project-" + random.nextInt(3),
            f.keyId(),
            new UUID(i / CALLS_PER_SESSION, i / CALLS_PER_SESSION * 31L).toString(),
            f.client(),
            f.dialect(),
            f.provider(),
            random.nextBoolean() ? f.modelRequested() : "claude-haiku-4-5",
            null,
            f.priceVersion(),
            "USD",
            f.inputEstimate(),
            f.outputCap(),
            f.expectedOutput(),
            f.expectedNanos());
    List<AccountKey> accounts =
        List.of(
            new AccountKey("person/" + person + "/engineer", "2026-11", Unit.USD),
            new AccountKey("team/payments", "2026-11", Unit.USD),
            new AccountKey("group/research", "2026-11", Unit.USD),
            new AccountKey("organisation", "2026-Q4", Unit.USD));
    return new LedgerEntry.Reserved(
        Samples.NOW.plusMillis(i),
        new AttemptId(String.format("01KAR%08d", i) + "ABCDEFGHJKMNP", 1),
        facts,
        PostingCodec.spread(accounts, f.expectedNanos() + random.nextInt(100), 0));
  }

  private static LedgerEntry.Settled settled(Random random, LedgerEntry.Reserved reserved) {
    return Samples.settled(
        reserved,
        new TokenUsage(random.nextInt(9_000), random.nextInt(90_000), 0, 0, random.nextInt(900), 0),
        1_000_000L + random.nextInt(500_000_000));
  }
}
