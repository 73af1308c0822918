package io.stipend.metering.ledger;

import static io.stipend.metering.ledger.SqliteLedgerTest.get;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.Statement;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Many ended attempts are one row of the tables; nobody who reads them may notice. */
class UsageTableTest {
  private static final LedgerOptions OPTIONS = new LedgerOptions(2_048, 10_000, 8, () -> {});
  private static final int SECONDS = 60;

  @TempDir Path folder;

  @Test
  void attemptsComeByTheirStartWheneverTheyEnded() throws Exception {
    Random random = new Random(5);
    List<LedgerEntry.Reserved> begun = new ArrayList<>();
    for (int i = 0; i < 1_500; i++) {
      LedgerEntry.Reserved r = Samples.reserved(String.format("exchange-%06d", i));
      Instant at = Samples.NOW.plusMillis(random.nextInt(1_000 * SECONDS));
      begun.add(new LedgerEntry.Reserved(at, r.id(), r.facts(), r.holds()));
    }
    try (SqliteLedger ledger =
        SqliteLedger.open(folder, OPTIONS, InstantSource.fixed(Samples.NOW))) {
      List<OpenAttempt> open = new ArrayList<>();
      begun.forEach(reserved -> open.add(ledger.begin(reserved)));
      List<Integer> order = new ArrayList<>();
      for (int i = 0; i < begun.size(); i++) {
        order.add(i);
      }
      Collections.shuffle(order, random);
      for (int i : order) {
        LedgerEntry.Reserved reserved = begun.get(i);
        CompletableFuture<Void> end =
            i % 10 == 0
                ? open.get(i).release(Samples.released(reserved))
                : open.get(i).settle(Samples.settled(reserved));
        if (random.nextInt(20) == 0) {
          get(end);
        }
      }
    }
    assertThat(rows()).isGreaterThan(15).isLessThan(begun.size() / 2);

    List<String> expected = new ArrayList<>();
    begun.stream()
        .filter(reserved -> !reserved.id().exchange().endsWith("0"))
        .sorted(
            Comparator.comparing(LedgerEntry.Reserved::at)
                .thenComparing(reserved -> reserved.id().exchange()))
        .forEach(reserved -> expected.add(reserved.at() + " " + reserved.id().exchange()));
    try (LedgerReader reader = LedgerReader.open(folder)) {
      for (int i = 0; i < 50; i++) {
        Instant some = Samples.NOW.plusMillis(random.nextInt(1_000 * SECONDS));
        Instant from = i == 0 ? Instant.MIN : some;
        Instant to = i == 0 ? Instant.MAX : some.plusMillis(random.nextInt(20_000));
        List<String> found = new ArrayList<>();
        reader.usage(from, to, row -> found.add(row.startedAt() + " " + row.exchangeId()));
        assertThat(found)
            .isEqualTo(expected.stream().filter(line -> within(line, from, to)).toList());
      }
      for (LedgerEntry.Reserved reserved : begun) {
        String exchange = reserved.id().exchange();
        assertThat(reader.attempts(exchange)).hasSize(exchange.endsWith("0") ? 0 : 1);
      }
    }
    assertThat(Folders.verify(folder).problems()).isEmpty();
  }

  private static boolean within(String line, Instant from, Instant to) {
    Instant at = Instant.parse(line.substring(0, line.indexOf(' ')));
    return !at.isBefore(from) && at.isBefore(to);
  }

  @Test
  void attemptsTakeNoMoreBytesAfterARestart() throws Exception {
    long[] bytes = new long[3];
    for (int i = 1; i < bytes.length; i++) {
      try (SqliteLedger ledger =
          SqliteLedger.open(folder, OPTIONS, InstantSource.fixed(Samples.NOW))) {
        List<CompletableFuture<Void>> ends = new ArrayList<>();
        for (int j = 0; j < 500; j++) {
          LedgerEntry.Reserved reserved = Samples.reserved("exchange-" + (1_000 * i + j));
          ends.add(ledger.begin(reserved).settle(Samples.settled(reserved)));
        }
        get(CompletableFuture.allOf(ends.toArray(CompletableFuture[]::new)));
      }
      bytes[i] = number("select sum(length(body)) from usage");
    }
    assertThat(bytes[2] - bytes[1]).isLessThan(bytes[1] + bytes[1] / 10);
  }

  private long rows() throws Exception {
    return number("select count(*) from usage");
  }

  private long number(String sql) throws Exception {
    try (Connection connection = LedgerDatabase.connectForReading(LedgerFiles.database(folder));
        Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      row.next();
      return row.getLong(1);
    }
  }
}
