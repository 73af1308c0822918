package io.stipend.metering.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.metering.Unit;
import io.stipend.metering.ledger.LedgerEntry.GrantKind;
import io.stipend.metering.ledger.LedgerEntry.LoanKind;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A ledger in memory says of accounts what the one on disk says. */
class MemoryLedgerTest {
  private static final int SEEDS = Boolean.getBoolean("stipend.tests.full") ? 100 : 2;
  private static final int STEPS = 60;
  private static final AccountKey NEXT = new AccountKey(Samples.ADA.budget(), "2026-12", Unit.USD);
  private static final List<AccountKey> ALL = List.of(Samples.ADA, Samples.TEAM, NEXT);

  @TempDir Path folder;

  @Test
  void anyHistoryGivesTheSameAccountsFromTheStartAndFromWhereARecordStands() throws Exception {
    for (int seed = 0; seed < SEEDS; seed++) {
      Path data = folder.resolve("seed" + seed);
      String why = "seed " + seed;
      Random random = new Random(seed);
      MemoryLedger whole = MemoryLedger.empty();
      try (SqliteLedger disk =
          SqliteLedger.open(data, Samples.SMALL, InstantSource.fixed(Samples.NOW))) {
        Twins twins = new Twins(random, new ArrayList<>(List.of(disk, whole)));
        twins.run(STEPS);
        try (LedgerReader reader = LedgerReader.open(data)) {
          MemoryLedger from = MemoryLedger.over(reader);
          from.warm(ALL);
          assertThat(accounts(from)).as(why).isEqualTo(accounts(disk));
          twins.ledgers.add(from);
          twins.run(STEPS);
          twins.close();
          twins.run(5);
          assertThat(accounts(whole)).as(why).isEqualTo(accounts(disk));
          assertThat(accounts(from)).as(why).isEqualTo(accounts(disk));
          assertThat(from.unclosed(null, 10).join())
              .extracting(AccountRecord::account)
              .as(why)
              .containsExactly(NEXT, Samples.TEAM);
        }
      }
    }
  }

  /** Lots of closed accounts are forgotten; their sums are not. */
  private static Map<AccountKey, Object> accounts(Ledger ledger) throws Exception {
    Map<AccountKey, Object> known = new LinkedHashMap<>();
    Map<AccountKey, AccountRecord> records = ledger.accounts(ALL).get(20, TimeUnit.SECONDS);
    for (AccountKey key : ALL) {
      AccountRecord record = records.get(key);
      if (record != null) {
        known.put(key, record.totals().closed() ? record.totals() : record);
      }
    }
    return known;
  }

  @Test
  void aReaderFindsUnclosedAccountsOfTheSameBudgetsAlsoBeforeTheyAreProjected() throws Exception {
    try (SqliteLedger disk =
            SqliteLedger.open(folder, Samples.SMALL, InstantSource.fixed(Samples.NOW));
        LedgerReader reader = LedgerReader.open(folder)) {
      disk.append(Samples.granted("g1", Samples.ADA, 5)).get(20, TimeUnit.SECONDS);
      disk.append(Samples.granted("g2", Samples.TEAM, 7)).get(20, TimeUnit.SECONDS);
      assertThat(reader.accounts(List.of(NEXT))).containsOnlyKeys(Samples.ADA);
      LedgerEntry.Rolled rolled =
          new LedgerEntry.Rolled(Samples.NOW, Samples.ADA, null, List.of(), 5, 0, 0);
      disk.append(rolled).get(20, TimeUnit.SECONDS);
      assertThat(reader.accounts(List.of(NEXT))).isEmpty();
      assertThat(reader.accounts(List.of(Samples.ADA))).containsOnlyKeys(Samples.ADA);
    }
  }

  /** The same entries on several ledgers. */
  private static final class Twins {
    final List<Ledger> ledgers;
    private final Random random;
    private int ids;

    Twins(Random random, List<Ledger> ledgers) {
      this.random = random;
      this.ledgers = ledgers;
    }

    void run(int steps) throws Exception {
      for (int i = 0; i < steps; i++) {
        if (random.nextInt(3) == 0) {
          attempt();
        } else {
          append(fact("id" + ids++));
        }
      }
    }

    /** Rolls the first account into the next. */
    void close() throws Exception {
      append(
          new LedgerEntry.Rolled(
              Samples.NOW,
              Samples.ADA,
              NEXT,
              List.of(new LedgerEntry.CarriedLot("carry", 7, 1, Samples.NOW.plusSeconds(9))),
              3,
              2,
              1));
      closed = true;
    }

    private boolean closed;

    private AccountKey one() {
      return random.nextBoolean() ? Samples.TEAM : closed ? NEXT : Samples.ADA;
    }

    private LedgerEntry fact(String id) {
      Instant at = Samples.NOW.plusMillis(ids);
      long amount = 1 + random.nextInt(1_000);
      AccountKey account = one();
      return switch (random.nextInt(5)) {
        case 0 ->
            new LedgerEntry.Granted(
                at, id, account, amount, GrantKind.ONE_OFF, "", "x", at.plusSeconds(5), 3);
        case 1 ->
            new LedgerEntry.Granted(
                at, id, account, amount, GrantKind.ADJUSTMENT, "", "x", null, 0);
        case 2 ->
            new LedgerEntry.Transferred(
                at,
                id,
                account,
                account.equals(Samples.TEAM) ? (closed ? NEXT : Samples.ADA) : Samples.TEAM,
                amount,
                "",
                "x",
                null);
        case 3 ->
            new LedgerEntry.Lent(
                at, id, account, amount, LoanKind.values()[random.nextInt(3)], "", "x");
        default -> new LedgerEntry.Expired(at, id, account, "id" + random.nextInt(ids + 1), amount);
      };
    }

    private void append(LedgerEntry entry) throws Exception {
      for (Ledger ledger : ledgers) {
        ledger.append(entry).get(20, TimeUnit.SECONDS);
      }
    }

    private void attempt() throws Exception {
      LedgerEntry.Reserved reserved = Samples.reserved("x" + ids++, 1, one());
      int end = random.nextInt(3);
      for (Ledger ledger : ledgers) {
        OpenAttempt attempt = ledger.begin(reserved);
        if (end == 0) {
          attempt.release(Samples.released(reserved)).get(20, TimeUnit.SECONDS);
        } else {
          attempt.sent();
          if (end == 1) {
            attempt.extend(
                new LedgerEntry.Extended(Samples.NOW, reserved.id(), reserved.holds(), 5, 5));
          }
          attempt.settle(Samples.settled(reserved)).get(20, TimeUnit.SECONDS);
        }
      }
    }
  }
}
