package io.stipend.policy.plan;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.metering.TokenUsage;
import io.stipend.metering.Unit;
import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.AttemptFacts;
import io.stipend.metering.ledger.AttemptId;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.LedgerEntry.GrantKind;
import io.stipend.metering.ledger.LedgerOptions;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.OpenAttempt;
import io.stipend.metering.ledger.Posting;
import io.stipend.metering.ledger.Progress;
import io.stipend.metering.ledger.SqliteLedger;
import io.stipend.policy.config.QuotaFile;
import io.stipend.policy.config.QuotaFiles;
import io.stipend.policy.plan.PlanReport.PersonLine;
import io.stipend.policy.plan.PlanReport.TeamLine;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What another quota file would have done, over a real ledger. */
class PlanTest {
  private static final Instant NOW = Instant.parse("2026-11-23T12:00:00Z");
  private static final long USD = Unit.NANOS;

  /** A token of gpt-x costs a dollar a million in and out. */
  private static final String CARD =
      """
      version: %s
      kind: contracted
      currency: USD
      vendor: openai
      models:
        - model: gpt-x
          source: "a contract"
          checked_on: 2026-11-01
          valid_from: 2025-01-01
          prices: { input: %s, output: %s }
        - model: gpt-cheap
          source: "a contract"
          checked_on: 2026-11-01
          valid_from: 2025-01-01
          prices: { input: 0.1, output: 0.1 }
      """;

  private static final String FILE =
      """
      providers: { openai: { url: "http://127.0.0.1:1", key: k } }
      rate_cards: [./card.yaml]
      allowances:
        engineer: { amount: 10 USD, every: month, when_short: [refuse] }
        daily: { amount: 1 USD, every: day, when_short: [refuse] }
      teams: { payments: { budget: { amount: 100 USD, every: month } } }
      people:
        ada: { team: payments, allowance: engineer }
        bob: { team: payments, allowance: daily }
      """;

  @TempDir Path folder;
  private SqliteLedger ledger;
  private int calls;

  @BeforeEach
  void open() throws Exception {
    Files.writeString(folder.resolve("card.yaml"), CARD.formatted("card-1", "1", "1"));
    ledger =
        SqliteLedger.open(
            folder.resolve("data"), LedgerOptions.defaults(), InstantSource.fixed(NOW));
  }

  @AfterEach
  void close() {
    ledger.close();
  }

  private QuotaFile file(String text) {
    return QuotaFiles.unlockedFile(folder, text).quotaFile();
  }

  /** A call of so many thousandths of a dollar's tokens, half of them output. */
  private void call(String person, String at, long millis) throws Exception {
    call(person, at, millis, "gpt-x", null);
  }

  private void call(String person, String at, long millis, String model, String session)
      throws Exception {
    Instant start = Instant.parse(at);
    long nanos = millis * USD / 1_000;
    TokenUsage usage = TokenUsage.of(millis * 500, millis * 500);
    AttemptFacts facts =
        new AttemptFacts(
            person,
            "payments",
            null,
            null,
            "key",
            session,
            null,
            "openai-chat",
            "openai",
            model,
            null,
            "card-1",
            "USD",
            1,
            1,
            1,
            1);
    AccountKey account = new AccountKey("person/" + person, "2026-11", Unit.USD);
    List<Posting> postings = List.of(new Posting(account, nanos));
    AttemptId id = new AttemptId("ex" + ++calls, 1);
    OpenAttempt attempt = ledger.begin(new LedgerEntry.Reserved(start, id, facts, postings));
    attempt.sent();
    attempt
        .settle(
            new LedgerEntry.Settled(
                start.plusSeconds(10),
                id,
                usage,
                UsageSource.REPORTED,
                "completed",
                200,
                model,
                null,
                nanos,
                null,
                postings,
                ""))
        .get(20, TimeUnit.SECONDS);
  }

  private PlanReport plan(String changed) {
    return plan(FILE, changed, 30);
  }

  private PlanReport plan(String current, String changed, int days) {
    try (LedgerReader reader = LedgerReader.open(folder.resolve("data"))) {
      return Plan.of(
          file(current), file(changed), reader, NOW, Duration.ofDays(days), Progress.NONE);
    }
  }

  private static PersonLine person(PlanReport plan, String id) {
    return plan.people().stream().filter(p -> p.person().equals(id)).findFirst().orElseThrow();
  }

  @Test
  void aCutRefusesTheCallsThatItNoLongerCoversAndSaysWhichWasTheFirst() throws Exception {
    call("ada", "2026-11-03T10:00:00Z", 3_000);
    call("ada", "2026-11-04T10:00:00Z", 3_000);
    call("ada", "2026-11-05T10:00:00Z", 1_500);
    call("bob", "2026-11-05T10:00:00Z", 500);

    PlanReport plan = plan(FILE.replace("10 USD", "5 USD"));

    assertThat(plan.calls()).isEqualTo(4);
    assertThat(plan.people()).hasSize(1);
    PersonLine ada = person(plan, "ada");
    assertThat(ada.refusedNow()).isZero();
    assertThat(ada.refusedNew()).as("the second; the third fits again").isEqualTo(1);
    assertThat(ada.shortenedNew()).isZero();
    assertThat(ada.firstRefusedNew()).isEqualTo("2026-11-04T10:00:00Z");
    assertThat(ada.used()).isEqualTo("7.5");
    assertThat(ada.usedNow()).isEqualTo("7.5");
    assertThat(ada.usedNew()).isEqualTo("4.5");
    assertThat(ada.refusedAmountNew()).isEqualTo("3");
    assertThat(ada.reasonsNew()).containsOnly(java.util.Map.entry("budget_exhausted", 1L));
    TeamLine team = plan.teams().get(0);
    assertThat(team.team()).isEqualTo("payments");
    assertThat(team.grantedPerMonthNow()).as("10 and 30 days of 1").isEqualTo("40");
    assertThat(team.grantedPerMonthNew()).isEqualTo("35");
    assertThat(team.changePerMonth()).isEqualTo("-5");
    assertThat(team.budgetPerMonthNow()).isEqualTo("100");
    assertThat(team.used()).isEqualTo("8");
    assertThat(team.refusedAmountNow()).isEqualTo("0");
    assertThat(team.refusedAmountNew()).isEqualTo("3");
    assertThat(plan.total()).hasSize(1);
    assertThat(plan.total().get(0).changePerMonth()).isEqualTo("-5");
  }

  @Test
  void theSameFileChangesNothing() throws Exception {
    call("ada", "2026-11-03T10:00:00Z", 9_000);
    call("bob", "2026-11-05T10:00:00Z", 900);

    PlanReport plan = plan(FILE);

    assertThat(plan.people()).isEmpty();
    assertThat(plan.models()).isEmpty();
    assertThat(plan.total().get(0).changePerMonth()).isEqualTo("0");
    assertThat(plan.added().people()).isEmpty();
  }

  @Test
  void everyPeriodHasItsOwnGrantAndWhatWasUsedBeforeTheWindowCounts() throws Exception {
    call("ada", "2026-10-30T10:00:00Z", 4_000);
    call("ada", "2026-11-02T10:00:00Z", 4_000);
    call("ada", "2026-11-22T10:00:00Z", 4_000);
    call("bob", "2026-11-20T10:00:00Z", 900);
    call("bob", "2026-11-21T10:00:00Z", 900);

    PlanReport plan = plan(FILE, FILE.replace("10 USD", "5 USD"), 2);

    assertThat(plan.replayedFrom()).isEqualTo("2026-11-01T00:00:00Z");
    assertThat(plan.calls()).as("the last two days").isEqualTo(1);
    assertThat(person(plan, "ada").refusedNew()).isEqualTo(1);
    assertThat(person(plan, "ada").usedNew()).isEqualTo("0");
  }

  @Test
  void aLongerAnswerIsShortenedWhereTheAllowanceClamps() throws Exception {
    call("ada", "2026-11-03T10:00:00Z", 4_000);
    call("ada", "2026-11-04T10:00:00Z", 1_500);

    String cut = FILE.replace("10 USD", "5 USD");
    PlanReport clamped = plan(cut.replace("[refuse]", "[clamp]"));
    PlanReport floored = plan(cut.replace("[refuse]", "[clamp], clamp_floor: 300000"));
    PlanReport refused = plan(cut);

    assertThat(person(clamped, "ada").refusedNew()).isZero();
    assertThat(person(clamped, "ada").shortenedNew()).isEqualTo(1);
    assertThat(person(clamped, "ada").usedNew()).isEqualTo("5");
    assertThat(person(floored, "ada").refusedNew()).as("250,000 are left").isEqualTo(1);
    assertThat(person(refused, "ada").refusedNew()).isEqualTo(1);
    assertThat(person(refused, "ada").usedNew()).isEqualTo("4");
  }

  @Test
  void overdraftDowngradeAndCarryOverHelpAsTheyWould() throws Exception {
    call("ada", "2026-10-10T10:00:00Z", 1_000);
    call("ada", "2026-11-03T10:00:00Z", 4_000);
    call("ada", "2026-11-04T10:00:00Z", 1_500);
    String cut =
        FILE.replace(
            "10 USD, every: month, when_short: [refuse]",
            "5 USD, every: month, when_short: [%s] %s");

    PlanReport overdraft = plan(cut.formatted("overdraft", ", overdraft: 10%"));
    PlanReport tooLittle = plan(cut.formatted("overdraft", ", overdraft: 9%"));
    PlanReport downgrade = plan(cut.formatted("downgrade", ", downgrade: { gpt-x: gpt-cheap }"));
    PlanReport carried = plan(cut.formatted("refuse", ", carry_over: { up_to: 10%, for: 1 }"));

    assertThat(overdraft.people()).isEmpty();
    assertThat(person(tooLittle, "ada").refusedNew()).isEqualTo(1);
    assertThat(person(downgrade, "ada").shortenedNew()).isEqualTo(1);
    assertThat(person(downgrade, "ada").usedNew()).isEqualTo("4.15");
    assertThat(carried.people()).isEmpty();
    assertThat(carried.replayedFrom()).isEqualTo("2026-09-01T00:00:00Z");
  }

  /** Ada has 5 USD a month, of which her first call took 4, and a call of 1.5 comes. */
  private String short5(String whenShort, String more) throws Exception {
    call("ada", "2026-11-04T10:00:00Z", 4_000, "gpt-x", "s1");
    call("ada", "2026-11-04T10:20:00Z", 1_500, "gpt-x", "s1");
    return FILE.replace(
        "10 USD, every: month, when_short: [refuse]",
        "5 USD, every: month, when_short: [" + whenShort + "], " + more);
  }

  @Test
  void aDowngradeIsAlsoFoundUnderTheProvidersName() throws Exception {
    String file = short5("downgrade", "downgrade: { openai/gpt-x: openai/gpt-cheap }");

    assertThat(person(plan(file), "ada").usedNew()).isEqualTo("4.15");
  }

  @Test
  void aDowngradeToWhatCostsNoLessIsNoStep() throws Exception {
    call("ada", "2026-11-03T10:00:00Z", 4_000);
    call("ada", "2026-11-04T10:00:00Z", 1_500, "gpt-cheap", null);
    String steps = "5 USD, every: month, when_short: [downgrade, overdraft], overdraft: 10%";
    String file =
        FILE.replace(
            "10 USD, every: month, when_short: [refuse]",
            steps + ", downgrade: { gpt-cheap: gpt-x }");

    assertThat(plan(file).people()).isEmpty();
  }

  @Test
  void aBudgetLendsNothingToACallThatAnotherRefuses() throws Exception {
    String file =
        short5("finish", "finish: 2 USD")
            .replace("100 USD, every: month", "5.2 USD, every: month, when_short: [refuse]");
    call("ada", "2026-11-05T10:00:00Z", 1_100);

    PlanReport plan = plan(file);

    assertThat(person(plan, "ada").usedNew()).isEqualTo("4");
    assertThat(person(plan, "ada").refusedNew())
        .as("the team has 1.2 left, and what it refused left no loan for the next")
        .isEqualTo(2);
  }

  @Test
  void onlyARunningSessionIsLentWhatItNeedsToFinish() throws Exception {
    String file = short5("finish", "finish: 2 USD");
    call("ada", "2026-11-04T10:30:00Z", 1_000, "gpt-x", "s2");
    call("ada", "2026-11-04T10:50:01Z", 1_000, "gpt-x", "s1");

    PlanReport plan = plan(file);

    assertThat(person(plan, "ada").usedNew()).isEqualTo("5.5");
    assertThat(person(plan, "ada").refusedNew())
        .as("a session that is new, and one that had no call for half an hour")
        .isEqualTo(2);
  }

  @Test
  void aLoanThatIsTooSmallLendsToAShorterAnswerWhereClampIsListed() throws Exception {
    String file = short5("overdraft, clamp", "overdraft: 5%, clamp_floor: 450000");

    PlanReport plan = plan(file);

    assertThat(person(plan, "ada").shortenedNew()).isEqualTo(1);
    assertThat(person(plan, "ada").usedNew()).as("5 and 0.25 lent").isEqualTo("5.25");
  }

  @Test
  void otherPricesAreChargedOtherwiseAndTheSameOnesAsTheyWere() throws Exception {
    call("ada", "2026-11-03T10:00:00Z", 4_000);
    call("ada", "2026-11-04T10:00:00Z", 4_000);
    Files.writeString(folder.resolve("dear.yaml"), CARD.formatted("card-2", "2", "2"));

    PlanReport plan = plan(FILE.replace("./card.yaml", "./dear.yaml"));

    PersonLine ada = person(plan, "ada");
    assertThat(ada.usedNow()).isEqualTo("8");
    assertThat(ada.usedNew()).as("8 for the first, 2 of the second").isEqualTo("8");
    assertThat(ada.refusedNew()).isEqualTo(1);
    assertThat(ada.refusedAmountNew()).as("what it cost").isEqualTo("4");
  }

  @Test
  void whoAndWhatIsRemovedIsNamed() throws Exception {
    call("ada", "2026-11-03T10:00:00Z", 1_000);
    call("ada", "2026-11-03T11:00:00Z", 1_000, "gpt-cheap", null);
    call("bob", "2026-11-04T10:00:00Z", 500);
    String changed =
        FILE.replace(
                "  bob: { team: payments, allowance: daily }\n", "  cy: { allowance: daily }\n")
            .replace("rate_cards:", "models: { allow: [gpt-x] }\nrate_cards:");

    PlanReport plan = plan(changed);

    assertThat(person(plan, "bob").reasonsNew()).containsKey(Rerun.REMOVED);
    assertThat(person(plan, "ada").reasonsNew()).containsOnlyKeys("model_not_allowed");
    assertThat(plan.removed().people()).containsExactly("bob");
    assertThat(plan.added().people()).containsExactly("cy");
    assertThat(plan.removed().models()).containsExactly("openai/gpt-cheap");
    assertThat(plan.models()).hasSize(1);
    assertThat(plan.models().get(0).model()).isEqualTo("openai/gpt-cheap");
    assertThat(plan.models().get(0).used()).isEqualTo("1");
    assertThat(plan.teams()).extracting(TeamLine::team).containsExactly("", "payments");
    assertThat(plan.teams().get(0).grantedPerMonthNew()).isEqualTo("30");
  }

  @Test
  void leaversAreRefusedFromTheDayThatTheFileSays() throws Exception {
    call("ada", "2026-11-03T10:00:00Z", 1_000);
    call("ada", "2026-11-10T10:00:00Z", 1_000);

    PlanReport plan = plan(FILE.replace("engineer }", "engineer, until: 2026-11-09 }"));

    PersonLine ada = person(plan, "ada");
    assertThat(ada.reasonsNew()).containsOnlyKeys(Rerun.ABSENT);
    assertThat(ada.firstRefusedNew()).isEqualTo("2026-11-10T10:00:00Z");
  }

  @Test
  void grantsAndAdvancesOfTheTimeAreRepeated() throws Exception {
    AccountKey account = new AccountKey("person/ada", "2026-11", Unit.USD);
    Instant given = Instant.parse("2026-11-04T09:00:00Z");
    call("ada", "2026-11-03T10:00:00Z", 5_000);
    call("ada", "2026-11-04T08:00:00Z", 1_000);
    call("ada", "2026-11-05T10:00:00Z", 1_000);
    ledger.append(
        new LedgerEntry.Granted(
            given, "g", account, USD, GrantKind.ONE_OFF, "incident", "x", null, 0));
    AccountKey gone = new AccountKey("person/zoe", "2026-11", Unit.USD);
    ledger
        .append(
            new LedgerEntry.Granted(
                given, "h", gone, USD, GrantKind.ONE_OFF, "incident", "x", null, 0))
        .get(20, TimeUnit.SECONDS);

    PlanReport plan = plan(FILE.replace("10 USD", "5 USD"));

    assertThat(person(plan, "ada").refusedNew()).as("before the grant").isEqualTo(1);
    assertThat(person(plan, "ada").usedNew()).isEqualTo("6");
    assertThat(plan.skipped()).isEqualTo(1);
  }

  @Test
  void aCallBelongsToThePeriodInWhichItBegan() throws Exception {
    // Each ends ten seconds after it began: the second began before the first had ended.
    call("bob", "2026-11-03T23:59:55Z", 600);
    call("bob", "2026-11-04T00:00:00Z", 600);
    call("bob", "2026-11-04T00:00:05Z", 300);

    PlanReport plan = plan(FILE.replace("daily: { amount: 1 USD", "daily: { amount: 0.8 USD"));

    assertThat(person(plan, "bob").refusedNow()).isZero();
    assertThat(person(plan, "bob").firstRefusedNew()).isEqualTo("2026-11-04T00:00:05Z");
    assertThat(person(plan, "bob").usedNew()).isEqualTo("1.2");
  }

  @Test
  void withoutARecordTheGrantsAreComparedAlone() {
    PlanReport plan =
        Plan.of(
            file(FILE),
            file(FILE.replace("1 USD, every: day", "7 USD, every: week")),
            null,
            NOW,
            Duration.ofDays(30),
            Progress.NONE);

    assertThat(plan.calls()).isZero();
    assertThat(plan.total().get(0).grantedPerMonthNow()).isEqualTo("40");
    assertThat(plan.total().get(0).grantedPerMonthNew()).isEqualTo("40");
  }
}
