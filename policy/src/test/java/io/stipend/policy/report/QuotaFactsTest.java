package io.stipend.policy.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.metering.Unit;
import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.AccountTotals;
import io.stipend.metering.report.Access;
import io.stipend.metering.report.Access.By;
import io.stipend.metering.report.BudgetVsActual.Budget;
import io.stipend.policy.config.QuotaFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QuotaFactsTest {
  private static final Instant NOVEMBER = Instant.parse("2026-11-15T12:00:00Z");
  private static final Instant FIRST = Instant.parse("2026-11-01T00:00:00Z");
  private static final Instant AFTER = Instant.parse("2026-12-01T00:00:00Z");
  private static final long USD = Unit.NANOS;

  @TempDir Path folder;

  private QuotaFacts facts(Map<AccountKey, AccountTotals> accounts) throws IOException {
    Path file = folder.resolve("stipend.yaml");
    Files.writeString(
        file,
        """
        gateway: { listen: "127.0.0.1:0", admin: "127.0.0.1:0", data: ./data }
        calendar: { timezone: UTC, currency: USD }
        providers: { openai: { url: "http://127.0.0.1:1", key: "k" } }
        allowances:
          engineer: { amount: 400 USD, every: month }
          daily: { amount: 2 USD, every: day }
          tokens: { amount: 5000 tokens, every: month }
        organisation: { budget: { amount: 9 USD, every: year } }
        teams:
          red:
            cost_center: CC-1
            budget: [ { amount: 900 USD, every: month }, { amount: 20 USD, every: day } ]
          blue: { cost_center: CC-2, pool: { amount: 50 USD, every: month } }
          grey: { }
        people:
          ada: { team: red, allowance: engineer }
          bob: { team: blue, allowance: [engineer, tokens], timezone: Asia/Tokyo }
          cyd: { team: blue, allowance: daily, since: 2026-12-01 }
          fred: { team: blue, allowance: daily, since: 2026-11-15 }
          dan: { team: blue, allowance: engineer, until: 2026-10-31 }
          eve: { allowance: daily }
        services:
          ci-bot: { team: blue, budget: { amount: 30 USD, every: day } }
        """);
    QuotaFile.Result result = QuotaFile.load(file, Map.of(), NOVEMBER);
    assertThat(result).isInstanceOf(QuotaFile.Loaded.class);
    return new QuotaFacts(((QuotaFile.Loaded) result).quotaFile(), accounts);
  }

  private static AccountKey account(String budget, String period) {
    return new AccountKey(budget, period, Unit.USD);
  }

  @Test
  void aTeamHasItsLeastBudgetOrWhatItsMembersAndPoolAreGiven() throws Exception {
    // 30 days of 20; bob 400, ci-bot 30 days of 30, the pool 50, fred 16 days of 2; cyd and dan
    // nothing in November.
    assertThat(facts(Map.of()).budgets(NOVEMBER))
        .containsExactly(
            new Budget("CC-1", "team red", 600 * USD, "quota file"),
            new Budget("CC-2", "members of blue", (400 + 900 + 50 + 32) * USD, "quota file"),
            new Budget(null, "members of grey", 0, "quota file"),
            new Budget(null, "members of no team", 60 * USD, "quota file"));
  }

  @Test
  void whatWasGrantedInTheMonthCountsBeforeWhatTheFileSaysNow() throws Exception {
    QuotaFacts facts =
        facts(
            Map.of(
                account("team/red", "2026-11"), new AccountTotals(500 * USD, 0, 0),
                account("person/bob", "2026-11"), new AccountTotals(475 * USD, 0, 0),
                account("person/bob", "2026-10"), new AccountTotals(1, 0, 0)));

    assertThat(facts.budgets(NOVEMBER))
        .contains(
            new Budget("CC-1", "team red", 500 * USD, "granted, as recorded"),
            new Budget(
                "CC-2", "members of blue", (475 + 900 + 50 + 32) * USD, "granted, as recorded"));
  }

  @Test
  void headsArePeopleWhoAreThereNow() throws Exception {
    assertThat(facts(Map.of()).heads(NOVEMBER)).isEqualTo(Map.of("CC-1", 1L, "CC-2", 2L));
    assertThat(facts(Map.of()).services()).containsExactly("ci-bot");
  }

  @Test
  void whatIsHeldCountsOnceThoughEveryAccountHoldsIt() throws Exception {
    QuotaFacts facts =
        facts(
            Map.of(
                account("person/ada", "2026-11"), new AccountTotals(0, 0, 7),
                account("team/red", "2026-11"), new AccountTotals(0, 0, 9),
                account("team/red", "2026-11-15"), new AccountTotals(0, 0, 9),
                account("organisation", "2026"), new AccountTotals(0, 0, 16),
                account("service/ci-bot", "2026-11-15"), new AccountTotals(0, 0, 4),
                account("person/eve", "2026-11-15"), new AccountTotals(0, 0, 3)));

    assertThat(facts.held()).isEqualTo(Map.of("CC-1", 9L, "CC-2", 4L, "", 3L));
  }

  @Test
  void peopleAreCountedWhereTheyBelongAndMarkedWhenABudgetWasUsedUp() throws Exception {
    QuotaFacts facts =
        facts(
            Map.of(
                account("person/ada", "2026-11"), new AccountTotals(10, 10, 0),
                account("person/ada", "2026-12"), new AccountTotals(10, 1, 0),
                account("person/bob", "2026-10"), new AccountTotals(10, 11, 0),
                account("person/eve", "2026-11-30"), new AccountTotals(10, 9, 0)));

    assertThat(facts.entitled(By.TEAM, FIRST, AFTER))
        .as("cyd begins later, dan left before, services are no people")
        .containsExactlyInAnyOrder(
            new Access.Entitled("ada", "red", true),
            new Access.Entitled("bob", "blue", false),
            new Access.Entitled("fred", "blue", false),
            new Access.Entitled("eve", "(no team)", false));
    assertThat(facts.entitled(By.LEVEL, FIRST, AFTER))
        .extracting(Access.Entitled::group)
        .containsExactlyInAnyOrder("engineer", "engineer+tokens", "daily", "daily");
    assertThat(facts.entitled(By.SITE, FIRST, AFTER))
        .extracting(Access.Entitled::group)
        .containsExactlyInAnyOrder("UTC", "Asia/Tokyo", "UTC", "UTC");
  }

  @Test
  void aListOfPeopleHasLevelsToo() throws Exception {
    Files.writeString(folder.resolve("people.csv"), "id,team,allowance\nfay,red,engineer\n");
    QuotaFacts facts = facts(Map.of());
    Path file = facts.quota().file();
    Files.writeString(file, Files.readString(file) + "people_from: ./people.csv\n");
    QuotaFile.Loaded loaded = (QuotaFile.Loaded) QuotaFile.load(file, Map.of(), NOVEMBER);

    assertThat(new QuotaFacts(loaded.quotaFile(), Map.of()).entitled(By.LEVEL, FIRST, AFTER))
        .contains(new Access.Entitled("fay", "engineer", false));
  }
}
