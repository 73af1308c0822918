package io.stipend.policy.budget;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.stipend.metering.ledger.AttemptId;
import io.stipend.metering.report.statement.Statement;
import io.stipend.metering.report.statement.Statement.Budget;
import io.stipend.metering.report.statement.StatementPeriod;
import io.stipend.metering.report.statement.StatementText;
import io.stipend.metering.report.statement.UseLine;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** Statements that were computed by hand. */
class StatementTest extends StatementFixture {
  private static final BudgetRule ADA =
      budget("ada", 400, Every.MONTH)
          .with(t -> t.carryOver(new CarryOver(usd(100), 1)).transfer(usd(50)).advance(usd(50)));
  private static final BudgetRule BOB =
      budget("bob", 400, Every.MONTH).with(t -> t.transfer(usd(50)));

  private AttemptId use(BudgetRule rule, long nanos) {
    return use("ada", List.of(rule), nanos, "gpt-5", "s1");
  }

  private void transfer(BudgetRule from, BudgetRule to, long dollars, String reason) {
    Funds.Gift gift = new Funds.Gift(usd(dollars), reason, "eve", null, 0);
    await(budgets.funds().transfer(from, to, gift, now));
  }

  /**
   * An autumn with everything that can happen to an allowance; the call is one of 20 November.
   *
   * <p>October: 400 + 20 − 250.50 = 169.50, of which 149.50 are of the allowance; 100 of them are
   * carried over and 69.50 end. November: 550 and 40 lent, of which 30 are sent and 535 used: 15 of
   * the loan were needed and 25 return.
   */
  private AttemptId autumn() {
    at("2026-10-05T10:00:00");
    use(ADA, cents(25_050));
    transfer(BOB, ADA, 20, "swap");
    at("2026-11-03T10:00:00");
    use(ADA, usd(120));
    at("2026-11-10T10:00:00");
    Instant end = Instant.parse("2026-12-30T23:00:00Z");
    await(budgets.funds().grant(ADA, new Funds.Gift(usd(50), "incident week", "eve", end, 0), now));
    transfer(ADA, BOB, 30, "swap");
    at("2026-11-20T10:00:00");
    AttemptId call = use("ada", List.of(ADA), usd(380), "claude-opus-4-5", "s2");
    at("2026-11-25T10:00:00");
    await(budgets.funds().advance(ADA, usd(40), "release week", "eve", now));
    at("2026-11-28T10:00:00");
    use("ada", List.of(ADA), usd(35), "gpt-5", null);
    at("2026-12-01T08:00:00");
    use(ADA, usd(1));
    return call;
  }

  @Test
  void everyLineOfAMonthIsThatOfTheHand() {
    autumn();
    assertThat(StatementText.of(month("ada", "2026-11", ADA)))
        .startsWith(
            """
            Statement of AI compute, November 2026
            ada, 2026-11-01 to 2026-11-30, Europe/Berlin
            provisional: the months 2026-10 and 2026-11 of UTC are not closed

            Budget person/ada, USD, granted every month
            --------------------------------------------------------------------------------
            Opening balance                                                             100
              (Carried over from 2026-10)                                              (100)
            Allowance of 2026-11                                                        400
            Extra grant: incident week, by eve on 2026-11-10, until 2026-12-31           50
            Sent to person/bob: swap, by eve on 2026-11-10                              -30
            Borrowed: advance: release week, by eve on 2026-11-25                        40
            Used                                                                       -535
            Loan returned unused at the end of 2026-11                                  -25
            Loan that the next allowance repays at the end of 2026-11                   -15
            Closing balance                                                             -15
            100 + 400 + 50 - 30 + 40 - 535 - 25 - 15 = -15

            Used, by the books
            --------------------------------------------------------------------------------

            By model                                                 CALLS  TOKENS  COST USD
            claude-opus-4-5                                              1   38000       380
            gpt-5                                                        2   15500       155

            By project                                               CALLS  TOKENS  COST USD
            apollo                                                       3   53500       535

            By session, the dearest                                  CALLS  TOKENS  COST USD
            s2                                                           1   38000       380
            s1                                                           1   12000       120
            no session named                                             1    3500        35

            By day                                                   CALLS  TOKENS  COST USD
            2026-11-03                                                   1   12000       120
            2026-11-20                                                   1   38000       380
            2026-11-28                                                   1    3500        35
            """);
    String text = StatementText.of(month("ada", "2026-11", ADA));
    String budget = text.substring(text.indexOf("Budget"), text.indexOf("\nUsed, by"));
    assertThat(Path.of("../docs/statement.md")).content().contains("```\n" + budget + "```");
    assertThat(StatementText.of(month("ada", "2026-10", ADA)))
        .contains(
            """
            Opening balance                                                              0
            Allowance of 2026-10                                                       400
            Received from person/bob: swap, by eve on 2026-10-05                        20
            Used                                                                      -250.5
            Expired unused at the end of 2026-10                                       -69.5
              (Carried over into 2026-11)                                            (-100)
            Closing balance                                                            100
            0 + 400 + 20 - 250.5 - 69.5 = 100
            """);
    Statement december = month("ada", "2026-12", ADA);
    assertThat(december.budgets())
        .extracting(Budget::opening, Budget::closing)
        .containsExactly(tuple(usd(-15), usd(384)));
    assertThat(december.budgets().get(0).closing()).isEqualTo(balance(ADA).remaining());
    assertThat(StatementText.of(month("ada", "2027-02", ADA)).lines())
        .allMatch(line -> line.length() <= 80);
  }

  @Test
  void whatComesLaterChangesNothingOfAClosedMonthButTheStateOfTheLedger() {
    AttemptId call = autumn();
    at("2026-12-02T10:00:00");
    Instant began = Instant.parse("2026-11-20T09:00:00Z");
    mend(call, ADA, began, usd(-5), 37_500);
    close("2026-10", true);
    close("2026-11", true);
    Statement november = month("ada", "2026-11", ADA);
    String before = StatementText.of(november);
    assertThat(november.open()).isEmpty();
    assertThat(november.use().totals()).extracting(UseLine::nanos).containsExactly(usd(530));
    assertThat(november.budgets())
        .as("its own period was over: the correction counts on the next one")
        .extracting(Budget::closing, Budget::elsewhere)
        .containsExactly(tuple(usd(-15), usd(5)));
    Statement year = statement(request("ada", StatementPeriod.year("2026"), ADA));
    assertThat(year.budgets().get(0).elsewhere()).isZero();
    assertThat(year.budgets().get(0).months())
        .filteredOn(m -> m.closing() != 0)
        .extracting(Statement.MonthLine::month, Statement.MonthLine::closing)
        .containsExactly(
            tuple("2026-10", usd(100)), tuple("2026-11", usd(-15)), tuple("2026-12", usd(389)));
    assertThat(year.open())
        .as("only what may still change is named")
        .first()
        .isEqualTo("the month 2026-12 of UTC is not closed");

    use(ADA, usd(3));
    mend(call, ADA, began, usd(-2), 37_000);
    at("2027-01-07T10:00:00");
    use(ADA, usd(4));
    String after = StatementText.of(month("ada", "2026-11", ADA));
    assertThat(withoutProof(after)).isEqualTo(withoutProof(before)).contains("final: ");
    assertThat(after).isNotEqualTo(before);
    assertThat(StatementText.of(month("ada", "2026-11", ADA))).isEqualTo(after);
    Statement december = month("ada", "2026-12", ADA);
    assertThat(december.use().sources())
        .extracting(UseLine::label, UseLine::calls, UseLine::nanos)
        .containsExactly(tuple("reported", 2L, usd(4)), tuple("correction", 0L, usd(-2)));
    assertThat(december.corrections())
        .extracting(Statement.CorrectionLine::nanos)
        .containsExactly(usd(-5), usd(-2));
    assertThat(december.budgets().get(0).opening()).isEqualTo(usd(-15));
    // -15 + 400 - 1 + 5 - 3 + 2 = 388, of which 100 go on.
    assertThat(december.budgets().get(0).closing()).isEqualTo(usd(100));
  }

  private static String withoutProof(String text) {
    int proof = text.indexOf("Ledger head ");
    int end = text.indexOf("Statement ", proof);
    return text.substring(0, proof) + text.substring(end);
  }

  @Test
  void aCallAndATransferBelongToTheInstantsOfTheirOwnSideOfMidnight() {
    at("2028-02-29T23:59:59.999");
    use(ADA, usd(7));
    transfer(BOB, ADA, 20, "before");
    at("2028-03-01T00:00:00");
    use(ADA, usd(9));
    transfer(BOB, ADA, 30, "after");
    Statement february = month("ada", "2028-02", ADA);
    Statement march = month("ada", "2028-03", ADA);
    assertThat(february.use().times())
        .extracting(UseLine::label, UseLine::nanos)
        .containsExactly(tuple("2028-02-29", usd(7)));
    assertThat(march.use().times())
        .extracting(UseLine::label, UseLine::nanos)
        .containsExactly(tuple("2028-03-01", usd(9)));
    // 400 + 20 - 7: 100 of the allowance go on, all else ends.
    assertThat(february.budgets().get(0).closing()).isEqualTo(usd(100));
    assertThat(march.budgets().get(0).closing()).isEqualTo(usd(100 + 400 + 30 - 9));
    assertThat(StatementText.of(february)).contains("before").doesNotContain("after,");
  }

  @Test
  void whoJoinsOnTheLastDayIsGrantedThatDay() {
    BudgetRule joiner =
        budget("ada", 310, Every.MONTH)
            .withProration(new Proration(LocalDate.parse("2026-12-31"), null, 500));
    at("2026-12-31T12:00:00");
    use(joiner, usd(2));
    Statement december = month("ada", "2026-12", joiner);
    assertThat(december.budgets().get(0).closing()).isEqualTo(usd(5) - usd(2));
    assertThat(month("ada", "2026-11", joiner).isEmpty()).isTrue();
  }

  @Test
  void whatEndsFirstIsUsedFirstAndEachEndIsTold() {
    BudgetRule plain = budget("ada", 100, Every.MONTH);
    at("2026-11-02T10:00:00");
    use(plain, usd(10));
    Instant end = Instant.parse("2026-11-09T23:00:00Z");
    await(budgets.funds().grant(plain, new Funds.Gift(usd(40), "sprint", "eve", end, 0), now));
    use(plain, usd(25));
    at("2026-11-12T10:00:00");
    use(plain, usd(1));
    Budget budget = month("ada", "2026-11", plain).budgets().get(0);
    // 10 and 25 burn what ends on the tenth: 5 of it are left then.
    assertThat(StatementText.of(month("ada", "2026-11", plain)))
        .contains("Expired unused of an extra grant");
    assertThat(budget.closing()).isEqualTo(usd(100 + 40 - 36 - 5));
  }

  @Test
  void aWeekAndAQuarterAreShownWithTheirOwnPeriodsAndCutAtTheMonthsEdge() {
    BudgetRule weekly = budget("ada", 50, Every.WEEK);
    BudgetRule quarterly = budget("ada", 900, Every.QUARTER);
    List<BudgetRule> both = List.of(weekly, quarterly);
    for (String day : List.of("2026-10-30", "2026-11-30", "2026-12-01", "2026-12-08")) {
      at(day + "T10:00:00");
      use("ada", both, usd(10), "gpt-5", "s1");
    }
    Statement november = month("ada", "2026-11", weekly, quarterly);
    Statement december = month("ada", "2026-12", weekly, quarterly);
    // Of week 44, 40 end on Sunday 1 November; week 49 begins on Monday 30 November.
    assertThat(november.budgets())
        .extracting(Budget::every, Budget::opening, Budget::closing)
        .containsExactlyInAnyOrder(
            tuple("quarter", usd(890), usd(880)), tuple("week", usd(40), usd(40)));
    assertThat(december.budgets())
        .extracting(Budget::every, Budget::opening, Budget::closing)
        .containsExactlyInAnyOrder(
            tuple("quarter", usd(880), usd(860)), tuple("week", usd(40), usd(40)));
    assertThat(november.budgets())
        .filteredOn(b -> b.every().equals("week"))
        .flatExtracting(Budget::periods)
        .extracting(p -> p.account().period())
        .containsExactly("2026-W44", "2026-W49");
    assertThat(november.budgets()).allMatch(b -> b.elsewhere() == 0);
  }

  @Test
  void tenSessionsAreNamedAndTheRestIsOneLine() {
    at("2026-11-05T10:00:00");
    for (int i = 1; i <= 14; i++) {
      use("ada", List.of(ADA), cents(i), "gpt-5", "session-" + i);
    }
    Statement.Use use = month("ada", "2026-11", ADA).use();
    assertThat(use.sessions()).hasSize(11);
    assertThat(use.otherSessions()).isEqualTo(4);
    assertThat(use.sessions().get(0).label()).isEqualTo("session-14");
    assertThat(use.sessions().get(10).nanos()).isEqualTo(cents(1 + 2 + 3 + 4));
    assertThat(use.sessions().stream().collect(Collectors.summingLong(UseLine::nanos)))
        .isEqualTo(use.totals().get(0).nanos());
  }

  @Test
  void nothingThatACallerNamedMovesACursorOrALine() {
    at("2026-11-05T10:00:00");
    use("ada", List.of(ADA), cents(5), "gpt-5\u001b[2J", "line\nbreak\u202e");
    String text = StatementText.of(month("ada", "2026-11", ADA));
    assertThat(text.chars().filter(c -> c < ' ' && c != '\n')).isEmpty();
    assertThat(text).doesNotContain("\u202e").contains("line break");
  }
}
