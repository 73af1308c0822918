package io.stipend.metering.ledger;

import static io.stipend.metering.ledger.SqliteLedgerTest.get;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a reader tells of an allowance's entries, whether they are projected or not. */
class AllowanceReadingTest {
  @TempDir Path folder;

  @Test
  void everyKindIsReadInTheOrderOfEntryWhileAndAfterItIsWritten() throws Exception {
    Random random = new Random(11);
    List<LedgerEntry> entered = new ArrayList<>();
    LedgerOptions options = new LedgerOptions(8, 1_000, 7, () -> {});
    try (SqliteLedger ledger =
        SqliteLedger.open(folder, options, InstantSource.fixed(Samples.NOW))) {
      for (int i = 0; i < 40; i++) {
        LedgerEntry fact = Samples.fact(random, 6 + i % 7, "id-" + i);
        boolean known =
            entered.stream()
                .anyMatch(
                    e ->
                        fact.uniqueId() != null
                            && e.uniqueId() != null
                            && e.uniqueId().equals(fact.uniqueId()));
        if (!known) {
          get(ledger.append(fact));
          entered.add(fact);
        }
        if (i % 5 == 0) {
          assertRead(entered);
        }
      }
    }
    assertRead(entered);
  }

  private void assertRead(List<LedgerEntry> entered) {
    try (LedgerReader reader = LedgerReader.open(folder)) {
      List<LedgerEntry> found = new ArrayList<>();
      found.addAll(reader.transfers());
      found.addAll(reader.loans());
      found.addAll(reader.expiries());
      found.addAll(reader.rolls());
      found.addAll(reader.freezes());
      found.addAll(reader.alerts());
      found.addAll(reader.monthClosings());
      List<LedgerEntry> expected = new ArrayList<>();
      for (int tag :
          List.of(
              FactCodec.TRANSFERRED,
              FactCodec.LENT,
              FactCodec.EXPIRED,
              FactCodec.ROLLED,
              FactCodec.FROZEN,
              FactCodec.ALERT_RAISED,
              FactCodec.MONTH_CLOSED)) {
        entered.stream().filter(fact -> FactCodec.tag(fact) == tag).forEach(expected::add);
      }
      assertThat(found).containsExactlyElementsOf(expected);
    }
  }

  @Test
  void theLastFreezeOfAPrincipalDecidesAndTheLastClosingOfAMonth() throws Exception {
    try (SqliteLedger ledger =
        SqliteLedger.open(folder, Samples.SMALL, InstantSource.fixed(Samples.NOW))) {
      for (LedgerEntry fact :
          List.of(
              freeze("f1", "person/ada", true),
              freeze("f2", "person/bob", true),
              freeze("f3", "person/ada", false),
              freeze("f4", "person/eve", false),
              freeze("f5", "team/payments", true),
              month("2026-09", true),
              month("2026-10", true),
              month("2026-09", false),
              month("2026-09", true),
              month("2026-10", false),
              month("2026-08", true))) {
        get(ledger.append(fact));
      }
    }
    try (LedgerReader reader = LedgerReader.open(folder)) {
      assertThat(reader.frozen()).containsOnlyKeys("person/bob", "team/payments");
      assertThat(reader.frozen().get("person/bob").id()).isEqualTo("f2");
      assertThat(reader.closedMonths()).containsExactly("2026-08", "2026-09");
      assertThat(reader.account(Samples.ADA)).isEmpty();
      assertThat(reader.lots(Samples.ADA)).isEmpty();
    }
  }

  @Test
  void theFirstUseOfAnAccountIsItsFirstReservationWhateverElseCameBefore() throws Exception {
    LedgerEntry.Reserved first = Samples.reserved("x1", 1, Samples.ADA);
    LedgerEntry.Reserved other = Samples.reserved("x2", 1, Samples.ADA);
    LedgerEntry.Reserved earlier =
        new LedgerEntry.Reserved(
            first.at().minusMillis(5_000), other.id(), other.facts(), other.holds());
    try (SqliteLedger ledger =
        SqliteLedger.open(folder, Samples.SMALL, InstantSource.fixed(Samples.NOW))) {
      LedgerEntry grant =
          grant(Lot.recurringId(Samples.ADA), LedgerEntry.GrantKind.RECURRING, 100, null, 0);
      get(ledger.append(Shifted.by(grant, -60_000)));
      assertFirstUse(null);
      for (LedgerEntry.Reserved reserved : List.of(first, earlier)) {
        OpenAttempt open = ledger.begin(reserved);
        get(open.release(Samples.released(reserved)));
      }
      // The clock went back: the earliest counts.
      assertFirstUse(earlier.at());
    }
    assertFirstUse(earlier.at());
    SqliteLedger.rebuild(folder);
    assertFirstUse(earlier.at());
    try (LedgerReader reader = LedgerReader.open(folder)) {
      assertThat(reader.verify().problems()).isEmpty();
    }
  }

  private void assertFirstUse(Instant at) {
    try (LedgerReader reader = LedgerReader.open(folder)) {
      assertThat(reader.account(Samples.ADA).orElseThrow().firstUsed()).isEqualTo(at);
    }
  }

  @Test
  void aLotIsWhatItsFirstEntrySaysAndTheSumOfAll() throws Exception {
    Instant day = Samples.NOW.plusSeconds(86_400);
    Instant later = Samples.NOW.plusSeconds(60);
    AccountKey ada = Samples.ADA;
    String recurring = Lot.recurringId(ada);
    try (SqliteLedger ledger =
        SqliteLedger.open(folder, Samples.SMALL, InstantSource.fixed(Samples.NOW))) {
      for (LedgerEntry fact :
          List.of(
              grant(recurring, LedgerEntry.GrantKind.RECURRING, 100, null, 4),
              Shifted.by(grant("a1", LedgerEntry.GrantKind.ADJUSTMENT, -30, null, 0), 60_000),
              Shifted.by(grant("o1", LedgerEntry.GrantKind.ONE_OFF, 9, day, -2), 60_000),
              new LedgerEntry.Transferred(later, "t1", Samples.TEAM, ada, 7, "spare", "grace", day),
              new LedgerEntry.Transferred(later, "t2", ada, Samples.TEAM, 5, "back", "ada", null),
              new LedgerEntry.Expired(day, "e1", ada, "o1", 3),
              new LedgerEntry.Expired(day, "e2", ada, "o1", 2))) {
        get(ledger.append(fact));
      }
      assertLots(recurring, day, later);
    }
    assertLots(recurring, day, later);
    SqliteLedger.rebuild(folder);
    assertLots(recurring, day, later);
  }

  private void assertLots(String recurring, Instant day, Instant later) {
    try (LedgerReader reader = LedgerReader.open(folder)) {
      assertThat(reader.lots(Samples.ADA))
          .containsExactly(
              new Lot("o1", 9, -2, day, later, 5),
              new Lot(recurring, 70, 4, null, Samples.NOW, 0),
              new Lot("t1", 7, 0, day, later, 0));
      assertThat(reader.lots(Samples.TEAM)).containsExactly(new Lot("t2", 5, 0, null, later, 0));
      assertThat(reader.totals())
          .containsEntry(Samples.ADA, new AccountTotals(79, 0, 7, 0, 0, 0, 5, 5, 0, 0, false))
          .containsEntry(Samples.TEAM, new AccountTotals(0, 0, 5, 0, 0, 0, 0, 7, 0, 0, false));
      assertThat(reader.totals().get(Samples.ADA).available()).isEqualTo(76);
    }
  }

  private static LedgerEntry grant(
      String id, LedgerEntry.GrantKind kind, long amount, Instant expiresAt, int priority) {
    return new LedgerEntry.Granted(
        Samples.NOW, id, Samples.ADA, amount, kind, "", "root", expiresAt, priority);
  }

  private static LedgerEntry freeze(String id, String principal, boolean frozen) {
    return new LedgerEntry.Frozen(Samples.NOW, id, principal, frozen, "left", "root");
  }

  private static LedgerEntry month(String month, boolean closed) {
    return new LedgerEntry.MonthClosed(Samples.NOW, month, closed, "root", "");
  }
}
