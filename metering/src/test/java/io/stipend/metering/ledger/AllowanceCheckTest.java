package io.stipend.metering.ledger;

import static io.stipend.metering.ledger.SqliteLedgerTest.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.stipend.metering.ledger.LedgerEntry.CarriedLot;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What cannot be said of an allowance is entered all the same, is found by the check, and is told
 * with its batch.
 */
class AllowanceCheckTest {
  private static final AccountKey DECEMBER =
      new AccountKey(Samples.ADA.budget(), "2026-12", Samples.ADA.unit());

  @TempDir Path folder;

  @BeforeEach
  void grant() throws Exception {
    enter(
        Samples.granted("g1", Samples.ADA, 100),
        new LedgerEntry.Lent(
            Samples.NOW, "l1", Samples.ADA, 30, LedgerEntry.LoanKind.OVERDRAFT, "", "stipend"));
  }

  @Test
  void aRollThatLeavesNothingIsInOrder() throws Exception {
    enter(rolled(List.of(carried(60)), 40, 30));
    assertThat(problems()).isEmpty();
  }

  @Test
  void aRollThatLeavesSomethingBehindIsFound() throws Exception {
    enter(rolled(List.of(carried(60)), 39, 30));
    assertThat(problems())
        .containsExactly("batch 3: roll of " + Samples.ADA + ": leaves 1 " + EXPECTED_NOTHING_LEFT);
  }

  @Test
  void aRollThatCarriesMoreThanThereWasIsFound() throws Exception {
    enter(rolled(List.of(carried(61)), 40, 30));
    assertThat(problems())
        .containsExactly(
            "batch 3: roll of " + Samples.ADA + ": leaves -1 " + EXPECTED_NOTHING_LEFT);
  }

  @Test
  void anOverageIsForgivenByTheRoll() throws Exception {
    LedgerEntry.Reserved reserved = Samples.reserved("01K", 1, Samples.ADA);
    try (SqliteLedger ledger = open()) {
      get(ledger.begin(reserved).settle(Samples.settled(reserved)));
      get(ledger.append(rolled(List.of(), 0, 0)));
    }
    assertThat(problems()).isEmpty();
    assertThat(Folders.totals(folder).get(Samples.ADA).available()).isEqualTo(130 - 13_197_000L);
  }

  @Test
  void aRollUnderAnOpenHoldIsFound() throws Exception {
    LedgerEntry.Reserved reserved = Samples.reserved("01K", 1, Samples.ADA);
    try (SqliteLedger ledger = open()) {
      OpenAttempt attempt = ledger.begin(reserved);
      get(attempt.reservedDurably());
      get(ledger.append(rolled(List.of(), 0, 0)));
      get(attempt.release(Samples.released(reserved)));
    }
    assertThat(problems())
        .anyMatch(
            p ->
                p.equals(
                    "batch 4: roll of "
                        + Samples.ADA
                        + ": held "
                        + reserved.facts().expectedNanos()
                        + " (expected: no open hold)"))
        .anyMatch(p -> p.contains("held moved by") && p.startsWith("batch 5: account "));
  }

  @Test
  void whatMovesAClosedAccountIsFound() throws Exception {
    enter(
        rolled(List.of(carried(60)), 40, 30),
        Samples.granted("g2", Samples.ADA, 5),
        Samples.granted("g3", DECEMBER, 5));
    assertThat(problems())
        .containsExactly(
            "batch 4: account "
                + Samples.ADA
                + ": granted moved by 5 after its roll (expected: nothing, it is closed)");
  }

  @Test
  void moreGivenBackOfALoanThanWasLentIsFound() throws Exception {
    enter(finish("f1", 20), finish("f2", -12), finish("f3", -8));
    assertThat(problems()).isEmpty();
    assertThat(Folders.totals(folder).get(Samples.ADA).lent()).isEqualTo(30);
    enter(finish("f4", 3), finish("f5", -4));
    assertThat(problems())
        .containsExactly("batch 7: loan f5: gives back 4 (expected: at most the 3 that was lent)");
    assertThatThrownBy(
            () ->
                new LedgerEntry.Lent(
                    Samples.NOW, "a", Samples.ADA, -1, LedgerEntry.LoanKind.ADVANCE, "", "x"))
        .hasMessageContaining("amount: -1");
  }

  private static LedgerEntry.Lent finish(String id, long amount) {
    return new LedgerEntry.Lent(
        Samples.NOW, id, Samples.ADA, amount, LedgerEntry.LoanKind.FINISH, "", "stipend");
  }

  @Test
  void moreExpiredThanALotIsWorthIsFound() throws Exception {
    LedgerEntry.Granted lot =
        new LedgerEntry.Granted(
            Samples.NOW, "lot", Samples.ADA, 10, LedgerEntry.GrantKind.ONE_OFF, "", "root", null);
    enter(lot, expired("e1", "lot", 4), expired("e2", "lot", 6));
    assertThat(problems()).isEmpty();
    enter(expired("e3", "lot", 1), expired("e4", "unknown", 2));
    assertThat(problems())
        .containsExactly(
            "batch 6: lot lot of " + Samples.ADA + ": expired 11 (expected: at most its 10)",
            "batch 7: lot unknown of " + Samples.ADA + ": expired 2 (expected: at most its 0)");
  }

  private static final String EXPECTED_NOTHING_LEFT =
      "(expected: 0, all that was left carried over or expired)";

  private static CarriedLot carried(long amount) {
    return new CarriedLot("carry:" + Samples.ADA, amount, 0, null);
  }

  private static LedgerEntry.Rolled rolled(List<CarriedLot> carried, long expired, long repaid) {
    return new LedgerEntry.Rolled(Samples.NOW, Samples.ADA, DECEMBER, carried, expired, repaid, 0);
  }

  private static LedgerEntry.Expired expired(String id, String lot, long amount) {
    return new LedgerEntry.Expired(Samples.NOW, id, Samples.ADA, lot, amount);
  }

  private SqliteLedger open() {
    return SqliteLedger.open(folder, Samples.SMALL, InstantSource.fixed(Samples.NOW));
  }

  /** Each fact in a batch of its own. */
  private void enter(LedgerEntry... facts) throws Exception {
    try (SqliteLedger ledger = open()) {
      for (LedgerEntry fact : facts) {
        get(ledger.append(fact));
      }
    }
  }

  private List<String> problems() {
    return Folders.verify(folder).problems();
  }
}
