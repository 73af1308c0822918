package io.stipend.metering.ledger;

import static io.stipend.metering.ledger.SqliteLedgerTest.get;
import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.metering.TokenUsage;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Random histories against a model that keeps every row and sums them anew each time. */
class HistoryTest {
  private static final int SEEDS = Boolean.getBoolean("stipend.tests.full") ? 200 : 8;
  private static final int STEPS = 400;

  @TempDir Path temporary;

  @Test
  void whatIsReadIsTheSumOfTheEntriesAtEveryMoment() throws Exception {
    for (int seed = 0; seed < SEEDS; seed++) {
      new History(seed, temporary.resolve("seed" + seed)).run();
    }
  }

  private static final class History {
    private final String why;
    private final Random random;
    private final Path folder;
    private final InstantSource clock = InstantSource.fixed(Samples.NOW.plusSeconds(9_999));
    private final Map<AttemptId, Live> open = new LinkedHashMap<>();
    private final Map<AttemptId, SettledAttempt> settled = new LinkedHashMap<>();
    private final Map<String, LedgerEntry.Granted> grants = new LinkedHashMap<>();
    private final List<CompletableFuture<Void>> durable = new ArrayList<>();
    private SqliteLedger ledger;
    private int ids;

    /** An open attempt of the model. */
    private static final class Live {
      final LedgerEntry.Reserved reserved;
      OpenAttempt attempt;
      List<Posting> held;
      boolean sent;

      Live(LedgerEntry.Reserved reserved, OpenAttempt attempt) {
        this.reserved = reserved;
        this.attempt = attempt;
        this.held = new ArrayList<>(reserved.holds());
      }
    }

    History(int seed, Path folder) {
      why = "seed " + seed;
      random = new Random(seed);
      this.folder = folder;
      open();
    }

    private void open() {
      LedgerOptions options = new LedgerOptions(256, 10_000, 1 + random.nextInt(30), () -> {});
      ledger = SqliteLedger.open(folder, options, clock);
    }

    void run() throws Exception {
      for (int step = 0; step < STEPS; step++) {
        step();
        if (random.nextInt(60) == 0) {
          check();
        }
      }
      check();
      restart();
      check();
      ledger.close();
      SqliteLedger.rebuild(folder);
      assertThat(Folders.verify(folder).problems()).as(why).isEmpty();
      assertRead();
    }

    private void step() throws Exception {
      int choice = random.nextInt(100);
      if (choice < 35) {
        LedgerEntry.Reserved reserved = Samples.reserved(random);
        OpenAttempt attempt = ledger.begin(reserved);
        if (attempt != null) {
          open.put(reserved.id(), new Live(reserved, attempt));
          durable.add(attempt.reservedDurably());
        }
      } else if (choice < 85 && !open.isEmpty()) {
        advance(List.copyOf(open.values()).get(random.nextInt(open.size())));
      } else if (choice < 92) {
        String id = "g" + random.nextInt(50);
        LedgerEntry.Granted grant =
            grants.computeIfAbsent(
                id, key -> Samples.granted(key, Samples.account(random), random.nextInt(1_000)));
        durable.add(ledger.append(grant));
      } else if (choice < 96 && !settled.isEmpty()) {
        correct();
      } else if (choice == 99) {
        restart();
      }
    }

    private void advance(Live live) {
      AttemptId id = live.reserved.id();
      int choice = random.nextInt(4);
      if (choice == 0 && !live.sent) {
        open.remove(id);
        durable.add(live.attempt.release(Samples.released(live.reserved)));
      } else if (choice == 1) {
        LedgerEntry.Extended extended = Samples.extended(random, live.reserved);
        extended.more().forEach(more -> OpenReservation.add(live.held, more));
        durable.add(live.attempt.extend(extended));
      } else if (choice == 2 && !live.sent) {
        live.sent = true;
        live.attempt.sent();
      } else {
        open.remove(id);
        LedgerEntry.Settled entry = Samples.settled(random, live.reserved);
        OpenReservation reservation =
            new OpenReservation(
                0, 0, Profile.of(live.reserved), live.reserved, live.reserved.holds(), 0, 0);
        settled.put(id, UsageRows.of(reservation, entry));
        durable.add(live.attempt.settle(entry));
      }
    }

    private void correct() {
      AttemptId id = List.copyOf(settled.keySet()).get(random.nextInt(settled.size()));
      SettledAttempt before = settled.get(id);
      long delta = random.nextInt(2_000) - 1_000;
      List<Posting> postings = new ArrayList<>();
      Set<String> budgets = new HashSet<>();
      for (Posting debit : before.debits()) {
        // Two accounts of one budget bear it together.
        boolean first = budgets.add(debit.account().series());
        postings.add(new Posting(debit.account(), first ? delta : 0));
      }
      LedgerEntry.Corrected correction =
          new LedgerEntry.Corrected(
              Samples.NOW,
              "c" + ids++,
              id,
              random.nextBoolean() ? before.row().usage() : TokenUsage.of(1, 2),
              delta,
              postings,
              "root",
              "why");
      settled.put(id, UsageRows.corrected(before, correction));
      durable.add(ledger.append(correction));
    }

    /** A restart ends what was open; the model takes the assumed rows from the ledger's file. */
    private void restart() throws Exception {
      ledger.close();
      open();
      List<UsageRow> rows = Folders.rows(folder);
      for (Live live : open.values()) {
        List<UsageRow> own =
            rows.stream().filter(row -> UsageRows.id(row).equals(live.reserved.id())).toList();
        assertThat(own).as(why + " " + live.reserved.id()).hasSize(live.sent ? 1 : 0);
        for (UsageRow row : own) {
          assertThat(row.nanos()).isGreaterThanOrEqualTo(live.reserved.facts().expectedNanos());
          settled.put(
              live.reserved.id(),
              new SettledAttempt(
                  row,
                  PostingCodec.spread(
                      Profile.of(live.reserved).accounts(), row.nanos(), row.usage().total())));
        }
      }
      open.clear();
    }

    private void check() throws Exception {
      get(CompletableFuture.allOf(durable.toArray(CompletableFuture[]::new)));
      durable.clear();
      assertRead();
      assertThat(Folders.verify(folder).problems()).as(why).isEmpty();
    }

    private void assertRead() {
      Map<AccountKey, AccountTotals> expected = new HashMap<>();
      grants.values().forEach(g -> add(expected, g.account(), g.amount(), 0, 0));
      settled
          .values()
          .forEach(s -> s.debits().forEach(d -> add(expected, d.account(), 0, d.amount(), 0)));
      open.values().forEach(o -> o.held.forEach(h -> add(expected, h.account(), 0, 0, h.amount())));
      Map<AccountKey, AccountTotals> found = new HashMap<>(Folders.totals(folder));
      found.values().removeIf(AccountTotals.ZERO::equals);
      expected.values().removeIf(AccountTotals.ZERO::equals);
      assertThat(found).as(why).isEqualTo(expected);
      assertThat(Folders.rows(folder))
          .as(why)
          .containsExactlyInAnyOrderElementsOf(
              settled.values().stream().map(SettledAttempt::row).toList())
          .isSortedAccordingTo(java.util.Comparator.comparing(UsageRow::startedAt));
      Instant from = Samples.instant(random);
      Instant to = from.plusMillis(random.nextInt(300_000));
      try (LedgerReader reader = LedgerReader.open(folder)) {
        List<UsageRow> range = new ArrayList<>();
        reader.usage(from, to, range::add);
        assertThat(range)
            .as(why)
            .containsExactlyInAnyOrderElementsOf(
                settled.values().stream()
                    .map(SettledAttempt::row)
                    .filter(r -> !r.startedAt().isBefore(from) && r.startedAt().isBefore(to))
                    .toList());
        for (AttemptId id : settled.keySet().stream().limit(5).toList()) {
          assertThat(reader.attempts(id.exchange())).as(why).contains(settled.get(id));
        }
      }
    }

    private static void add(
        Map<AccountKey, AccountTotals> sums, AccountKey account, long g, long u, long h) {
      sums.merge(account, new AccountTotals(g, u, h), AccountTotals::plus);
    }
  }
}
