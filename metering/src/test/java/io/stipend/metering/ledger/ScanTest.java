package io.stipend.metering.ledger;

import static io.stipend.metering.ledger.SqliteLedgerTest.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.stipend.metering.TokenUsage;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The quick ways through the books show what the simple one does. */
class ScanTest {
  private static final int SEEDS = Boolean.getBoolean("stipend.tests.full") ? 200 : 3;
  private static final Instant OCTOBER = Instant.parse("2026-10-30T12:00:00Z");
  private static final Instant NOVEMBER = Instant.parse("2026-11-02T12:00:00Z");

  @TempDir Path folder;

  /** Random attempts of every form in blocks, one after the other. */
  @Test
  void aCursorReadsWhatTheObjectsOfABlockAre() throws Exception {
    Path data = folder.resolve("empty");
    SqliteLedger.open(data, Samples.SMALL, InstantSource.fixed(OCTOBER)).close();
    try (var connection = LedgerDatabase.openForReading(LedgerFiles.database(data));
        LedgerTables tables = new LedgerTables(connection)) {
      Random random = new Random(9);
      for (int seed = 0; seed < 300; seed++) {
        Definitions definitions = Definitions.stored(tables);
        UsageBlock block = new UsageBlock();
        List<EndedAttempt> attempts = new ArrayList<>();
        for (int i = 0; i < 1 + random.nextInt(9); i++) {
          EndedAttempt attempt = attempt(random, i + 1);
          definitions.define(i + 1, attempt.profile());
          block.add(attempt, NameWriterOfBlocks.of(definitions, random));
          attempts.add(attempt);
        }
        AttemptCursor cursor =
            new AttemptCursor(new NamesOfThread(new NamesOfThread.Shared(definitions)));
        cursor.open(block.body());
        for (EndedAttempt attempt : attempts) {
          assertThat(cursor.next()).isTrue();
          assertThat(cursor.number()).isEqualTo(attempt.number());
          assertThat(cursor.isSettled()).isEqualTo(attempt.settled() != null);
          if (attempt.settled() != null) {
            UsageTable.Row row = attempt.row();
            assertThat(cursor.row()).isEqualTo(row.settled().row());
            assertThat(cursor.startedAt()).isEqualTo(row.standsAt().toEpochMilli());
            same(cursor, cursor.booking());
          }
        }
        assertThat(cursor.next()).isFalse();
      }
    }
  }

  private static EndedAttempt attempt(Random random, int number) {
    LedgerEntry.Reserved reserved = Samples.reserved(random);
    Profile profile = Profile.of(reserved);
    int kind = random.nextInt(5);
    return new EndedAttempt(
        number,
        number,
        profile,
        reserved,
        kind == 0 ? null : Samples.settled(random, reserved),
        kind == 0 ? Samples.released(reserved) : null,
        kind == 1 ? Samples.instant(random) : null,
        kind > 2 ? "card-" + number : null);
  }

  /** Writes some names by number and others in full, as blocks have them. */
  private record NameWriterOfBlocks(Definitions definitions, Random random) {
    static NameWriter of(Definitions definitions, Random random) {
      return new NameWriterOfBlocks(definitions, random)::write;
    }

    void write(ByteWriter out, String text) {
      if (text == null) {
        out.varint(0);
      } else if (random.nextBoolean()) {
        out.varint(1);
        out.text(text);
      } else {
        long number = 100 + Math.floorMod(text.hashCode(), 1_000_000);
        definitions.define(number, text);
        out.varint(number + BatchEncoder.FIRST_REFERENCE);
      }
    }
  }

  /** Corrections, closed months and what no table has yet; in one chunk and in many. */
  @Test
  void aScanShowsTheLinesOfTheBooks() throws Exception {
    for (int seed = 0; seed < SEEDS; seed++) {
      Path data = folder.resolve("seed" + seed);
      Random random = new Random(seed);
      int attempts = seed % 2 == 0 ? 60 : 1_500;
      try (SqliteLedger ledger =
          SqliteLedger.open(
              data,
              new LedgerOptions(8_192, 100_000, 64, () -> {}),
              InstantSource.fixed(OCTOBER))) {
        history(ledger, random, attempts);
        compare("seed " + seed + ", a tail that no table has", data, random);
      }
      compare("seed " + seed + ", all in the tables", data, random);
    }
  }

  private static void history(SqliteLedger ledger, Random random, int attempts) throws Exception {
    List<CompletableFuture<Void>> ends = new ArrayList<>();
    List<AttemptId> ids = new ArrayList<>();
    for (int i = 0; i < attempts; i++) {
      LedgerEntry.Reserved r = Samples.reserved(random);
      Instant at = OCTOBER.plusMillis(random.nextInt(4) == 0 ? i * 20_000L : 77);
      AttemptId id = new AttemptId("ex_" + i, 1);
      LedgerEntry.Reserved reserved = new LedgerEntry.Reserved(at, id, r.facts(), r.holds());
      OpenAttempt attempt = ledger.begin(reserved);
      attempt.sent();
      ends.add(attempt.settle(Samples.settled(random, reserved)));
      ids.add(id);
      if (random.nextInt(8) == 0) {
        get(ends.get(ends.size() - 1));
        AttemptId other = ids.get(random.nextInt(ids.size()));
        get(ends.get(ids.indexOf(other)));
        ends.add(ledger.append(correction(random, "c" + i, other)));
      } else if (random.nextInt(attempts / 10) == 0) {
        ends.add(
            ledger.append(
                new LedgerEntry.MonthClosed(
                    NOVEMBER, "2026-1" + random.nextInt(2), random.nextBoolean(), "root", "")));
      }
      if (i == attempts / 2) {
        get(CompletableFuture.allOf(ends.toArray(CompletableFuture[]::new)));
      }
    }
    get(CompletableFuture.allOf(ends.toArray(CompletableFuture[]::new)));
  }

  private static LedgerEntry.Corrected correction(Random random, String id, AttemptId of) {
    return new LedgerEntry.Corrected(
        NOVEMBER.plusMillis(random.nextInt(1_000)),
        id,
        of,
        TokenUsage.of(random.nextInt(9), random.nextInt(9)),
        random.nextInt(100),
        List.of(),
        "root",
        "why",
        random.nextBoolean() ? null : Samples.basis(random),
        random.nextBoolean() ? null : "card-" + id);
  }

  private static void compare(String why, Path data, Random random) {
    Instant from = random.nextBoolean() ? Instant.MIN : OCTOBER.plusMillis(78);
    Instant to = random.nextBoolean() ? Instant.MAX : NOVEMBER.plusMillis(500);
    List<Booking> lines = new ArrayList<>();
    List<Booking> scanned = new ArrayList<>();
    try (LedgerReader reader = LedgerReader.open(data)) {
      LedgerReader.BookedState state = reader.bookings(from, to, lines::add);
      Scanned<List<Booking>> scan =
          reader.scan(
              from,
              to,
              ArrayList::new,
              (sum, line) -> {
                Booking booking = line.booking();
                same(line, booking);
                sum.add(booking);
              });
      scan.sums().forEach(scanned::addAll);
      assertThat(scan.state()).as(why).isEqualTo(state);
    }
    assertThat(lines).as(why).isSortedAccordingTo(Comparator.comparing(Booking::startedAt));
    assertThat(scanned).as(why).containsExactlyInAnyOrderElementsOf(lines);
    List<UsageRow> rows = Folders.rows(data);
    List<UsageRow> own = new ArrayList<>();
    lines.forEach(line -> own.addAll(line.correction() ? List.of() : List.of(line.attempt())));
    if (from.equals(Instant.MIN) && to.equals(Instant.MAX)) {
      assertThat(own).as(why).containsExactlyInAnyOrderElementsOf(rows);
    }
  }

  private static void same(BookedLine line, Booking booking) {
    UsageRow row = booking.attempt();
    assertThat(line.startedAt()).isEqualTo(booking.startedAt().toEpochMilli());
    assertThat(line.finishedAt()).isEqualTo(booking.finishedAt().toEpochMilli());
    assertThat(line.lines()).isEqualTo(booking.lines());
    assertThat(
            new SignedUsage(
                line.input(),
                line.cacheRead(),
                line.cacheWrite(),
                line.cacheWrite1h(),
                line.output(),
                line.reasoning(),
                line.nanos()))
        .isEqualTo(booking.usage());
    assertThat(
            new UsageRow(
                line.exchangeId(),
                line.attempt(),
                row.startedAt(),
                row.finishedAt(),
                line.person(),
                line.team(),
                line.costCenter(),
                line.project(),
                line.keyId(),
                line.sessionId(),
                line.client(),
                line.dialect(),
                line.provider(),
                line.modelRequested(),
                line.modelServed(),
                line.serviceTier(),
                row.usage(),
                line.usageSource(),
                line.correction() ? row.outcome() : line.outcome(),
                line.httpStatus(),
                row.nanos(),
                line.currency(),
                row.priceVersion(),
                line.providerRequestId(),
                line.flags(),
                line.agentId(),
                line.parentAgentId(),
                line.units(),
                line.basis()))
        .isEqualTo(row);
    assertThat(line.priceVersion()).isEqualTo(booking.priceVersion());
    assertThat(line.correction()).isEqualTo(booking.correction());
    assertThat(line.outcome()).isEqualTo(booking.outcome());
  }

  @Test
  void whatTheSumThrowsIsThrownAndTheReaderGoesOn() throws Exception {
    Path data = folder.resolve("thrown");
    BigLedger.write(data, 5_000);
    try (LedgerReader reader = LedgerReader.open(data)) {
      assertThatThrownBy(
              () ->
                  reader.scan(
                      Instant.MIN,
                      Instant.MAX,
                      Object::new,
                      (sum, line) -> {
                        throw new IllegalStateException("not this one");
                      }))
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("not this one");
      int[] count = new int[1];
      assertThatThrownBy(
              () ->
                  reader.bookings(
                      Instant.MIN,
                      Instant.MAX,
                      line -> {
                        if (++count[0] == 3_000) {
                          throw new IllegalStateException("enough");
                        }
                      }))
          .hasMessage("enough");
      long[] rows = new long[1];
      reader.bookings(Instant.MIN, Instant.MAX, line -> rows[0]++);
      assertThat(rows[0]).isEqualTo(5_000);
    }
  }

  @Test
  void besideAGatewayOneThreadWorksHoweverMuchThereIs() throws Exception {
    Path data = folder.resolve("beside");
    BigLedger.write(data, 5_000);
    Set<Thread> working = ConcurrentHashMap.newKeySet();
    List<Booking> lines = new ArrayList<>();
    try (LedgerReader reader = LedgerReader.openBeside(data)) {
      reader.bookings(
          Instant.MIN,
          Instant.MAX,
          some -> {
            working.add(Thread.currentThread());
            return some;
          },
          lines::addAll);
    }
    assertThat(working).hasSize(1).doesNotContain(Thread.currentThread());
    List<Booking> all = new ArrayList<>();
    try (LedgerReader reader = LedgerReader.open(data)) {
      reader.bookings(Instant.MIN, Instant.MAX, all::add);
    }
    assertThat(lines).hasSize(5_000).isEqualTo(all);
  }
}
