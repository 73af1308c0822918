package io.stipend.policy.config;

import static io.stipend.policy.config.QuotaFiles.PROVIDERS;
import static io.stipend.policy.config.QuotaFiles.problems;
import static io.stipend.policy.config.QuotaFiles.unlockedFile;
import static io.stipend.policy.config.QuotaFiles.unlockedProblems;
import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.policy.budget.BudgetRule;
import io.stipend.policy.budget.CarryOver;
import io.stipend.policy.budget.Every;
import io.stipend.policy.budget.WhenShort;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TermsTest {
  private static final long USD = 1_000_000_000L;

  @TempDir Path folder;

  private String yaml(String allowance) {
    return PROVIDERS
        + "allowances: { a: { amount: 400 USD, every: month, "
        + allowance
        + " } }\npeople: { ada: { allowance: a } }\n";
  }

  private BudgetRule rule(String allowance) {
    return unlockedFile(folder, yaml(allowance))
        .quotaFile()
        .principals()
        .get("ada")
        .budgets()
        .get(0);
  }

  @Test
  void everyTermOfAnAllowanceIsReadAndPercentagesAreOfTheWholeAmount() {
    BudgetRule rule =
        rule(
            """
            carry_over: { up_to: 50%, for: 2 months }, overdraft: 5%, finish: 2 USD, advance: 25%,
            transfer: 100 USD, when_short: [clamp, downgrade, overdraft, finish, refuse],
            downgrade: { gpt-5: gpt-5-mini, claude-opus-4-5: anthropic/claude-haiku-4-5 },
            alerts: [100%, 50%, 80%, forecast], priority: -5""");
    assertThat(rule.carryOver()).isEqualTo(new CarryOver(200 * USD, 2));
    assertThat(rule.overdraft()).isEqualTo(20 * USD);
    assertThat(rule.finish()).isEqualTo(2 * USD);
    assertThat(rule.advance()).isEqualTo(100 * USD);
    assertThat(rule.transfer()).isEqualTo(100 * USD);
    assertThat(rule.whenShort()).containsExactly(WhenShort.values());
    assertThat(rule.downgrade())
        .isEqualTo(Map.of("gpt-5", "gpt-5-mini", "claude-opus-4-5", "anthropic/claude-haiku-4-5"));
    assertThat(rule.alerts()).containsExactly(50, 80, 100);
    assertThat(rule.forecastAlert()).isTrue();
    assertThat(rule.priority()).isEqualTo(-5);
  }

  @Test
  void whatIsLeftOutIsNothing() {
    BudgetRule rule = rule("");
    assertThat(rule.carryOver()).isEqualTo(CarryOver.NONE);
    assertThat(rule.overdraft() + rule.finish() + rule.advance() + rule.transfer()).isZero();
    assertThat(rule.whenShort()).containsExactly(WhenShort.CLAMP, WhenShort.REFUSE);
    assertThat(rule.downgrade()).isEmpty();
    assertThat(rule.alerts()).isEmpty();
    assertThat(rule.forecastAlert()).isFalse();
    assertThat(rule.priority()).isZero();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "none | 0 | 0",
        "all | 9223372036854775807 | 1",
        "{ up_to: all, for: 12 months } | 9223372036854775807 | 12",
        "{ up_to: 300% } | 1200000000000 | 1",
        "{ up_to: 10.5 USD, for: 1 month } | 10500000000 | 1",
        "{ up_to: 0.333%, for: 60 } | 1332000000 | 60",
      })
  void carryOverIsNoneAllOrCapped(String written, long upTo, int periods) {
    assertThat(rule("carry_over: " + written).carryOver()).isEqualTo(new CarryOver(upTo, periods));
  }

  @Test
  void percentagesAreRoundedDownToTheUnit() {
    String yaml =
        PROVIDERS
            + """
            people: { ada: { budget: { amount: 999 tokens, every: day, overdraft: 0.5%,
              transfer: all } } }
            """;
    BudgetRule rule =
        unlockedFile(folder, yaml).quotaFile().principals().get("ada").budgets().get(0);
    assertThat(rule.overdraft()).isEqualTo(4);
    assertThat(rule.transfer()).isEqualTo(Long.MAX_VALUE);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "`when_short: [overdraft]` | 4:64: allowances.a.when_short[0]: \"overdraft\" needs the key overdraft (expected: overdraft: 5%)",
        "`when_short: [finish, refuse]` | \"finish\" needs the key finish (expected: finish: 1%)",
        "`when_short: [downgrade]` | \"downgrade\" needs the key downgrade (expected: downgrade: { gpt-5: gpt-5-mini })",
        "`when_short: [overdaft]` | did you mean \"overdraft\"?",
        "overdraft: 0% | a share such as 5%, or an amount such as 20 USD, above 0",
        "overdraft: 0.0% | above 0",
        "overdraft: 0 USD | above 0",
        "overdraft: 5 | a share such as 5%, or an amount such as 20 USD, above 0",
        "overdraft: 5 % | no other currency",
        "overdraft: -5% | above 0",
        "overdraft: 5.0001% | above 0",
        "overdraft: 101% | at most 100% of the amount",
        "overdraft: 400.000000001 USD | at most 100% of the amount",
        "overdraft: 20 tokens | is in tokens (expected: USD, as the amount)",
        "finish: 101% | at most 100% of the amount",
        "advance: 401 USD | at most 100% of the amount",
        "transfer: 101% | at most 100% of the amount",
        "transfer: none | a share such as 5%",
        "carry_over: some | is a single value (expected: none, all, or a mapping with up_to and for)",
        "carry_over: { } | carry_over: up_to is missing",
        "carry_over: { up_to: 1001% } | at most 1000% of the amount",
        "`carry_over: { up_to: 50%, for: 1 week }` | 4:82: allowances.a.carry_over.for: \"1 week\" (expected: 1 to 60 periods, such as 1 or 1 month)",
        "`carry_over: { up_to: 50%, for: 0 }` | \"0\" (expected: 1 to 60 periods",
        "`carry_over: { up_to: 50%, for: 61 months }` | 1 to 60 periods",
        "`carry_over: { up_to: 50%, fr: 1 }` | unknown key \"fr\"; did you mean \"for\"?",
        "alerts: [50] | a whole percentage from 1% to 100%, or forecast",
        "`alerts: [50%, 50%]` | each alert once",
        "`alerts: [forecast, forecast]` | each alert once",
        "alerts: 101% | a whole percentage from 1% to 100%",
        "alerts: 0% | a whole percentage from 1% to 100%",
        "priority: 1001 | a whole number from -1000 to 1000",
        "downgrade: { } | is empty",
        "downgrade: { gpt-5: gpt-5 } | \"gpt-5\" (expected: another model)",
        "downgrade: { gpt-5: gpt-5-mni } | did you mean \"gpt-5-mini\"?",
        "downgrade: { gpt-5x: gpt-5-mini } | \"gpt-5x\" is not served (expected: the own name of a model",
        "downgrade: { gpt-5: claude-haiku-4-5 } | \"claude-haiku-4-5\" speaks another API (expected: a model of openai)",
        "overdaft: 5% | unknown key \"overdaft\"; did you mean \"overdraft\"?",
      })
  void termsThatCannotHoldAreRefused(String allowance, String message) {
    assertThat(unlockedProblems(folder, yaml(allowance)))
        .singleElement()
        .asString()
        .contains(message);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "gpt-5: local/llama-3 | \"local/llama-3\" has no price",
        "fast: gpt-5-nano | \"fast\" is an alias (expected: the own name of a model",
        "gpt-5: fast | \"fast\" is an alias itself",
        "gpt-5: gpt-4.1 | \"gpt-4.1\" is not allowed",
      })
  void aDowngradeLeadsToAModelThatCouldBeUsed(String downgrade, String message) {
    String yaml =
        PROVIDERS
            + "  local: { url: 'http://gpu-1', dialect: openai, models: ['llama-*'] }\n"
            + "models: { allow: ['gpt-5*', 'llama-*'], aliases: { fast: gpt-5-mini } }\n"
            + "allowances: { a: { amount: 1 USD, every: day, downgrade: { "
            + downgrade
            + " }, when_short: [downgrade] } }\n";
    assertThat(unlockedProblems(folder, yaml)).singleElement().asString().contains(message);
  }

  @ParameterizedTest
  @ValueSource(strings = {"overdraft: 1 USD", "finish: 1 USD", "advance: 1 USD", "carry_over: all"})
  void whatTheNextPeriodWouldRepayOrTakeOverNeedsANextPeriod(String term) {
    String yaml = PROVIDERS + "allowances: { a: { amount: 2 USD, every: once, " + term + " } }\n";
    assertThat(unlockedProblems(folder, yaml))
        .singleElement()
        .asString()
        .contains("(expected: left out, as every is once)");
  }

  @Test
  void aKeyWithoutItsStepIsWarnedOf() {
    assertThat(
            unlockedFile(
                    folder,
                    yaml(
                        "overdraft: 5%, finish: 1%, downgrade: { gpt-5: gpt-5-mini }, advance: 1%"))
                .warnings())
        .extracting(Problem::message)
        .containsExactly(
            "allowances.a: overdraft: has no effect (expected: overdraft in when_short)",
            "allowances.a: finish: has no effect (expected: finish in when_short)",
            "allowances.a: downgrade: has no effect (expected: downgrade in when_short)");
  }

  @Test
  void aKeyWhoseEffectIsNotBuiltIsRefusedByNameWhereverItStands() {
    String all =
        """
        carry_over: all, overdraft: 5%, finish: 1%, advance: 1%, transfer: all, alerts: 50%,
        priority: 1, downgrade: { gpt-5: gpt-5-mini }""";
    for (String key : NotYet.KEYS) {
      String yaml =
          key.equals("pool")
              ? PROVIDERS + "teams: { t: { pool: { amount: 1 USD, every: day } } }\n"
              : yaml(all);
      assertThat(problems(folder, yaml))
          .as(key)
          .anySatisfy(p -> assertThat(p).contains(key + ": is not built yet"));
    }
    String named =
        PROVIDERS
            + """
            allowances: { priority: { amount: 1 USD, every: day } }
            teams: { pool: { budget: { amount: 1 USD, every: day } } }
            people: { since: { team: pool, allowance: priority } }
            """;
    assertThat(QuotaFiles.valid(folder, named).principals()).containsKey("since");
  }

  @Test
  void aTeamsPoolBindsNobodyAndIsGivenOut() {
    String yaml =
        PROVIDERS
            + """
            calendar: { timezone: Europe/Berlin }
            teams: { payments: { pool: { amount: 500 USD, every: quarter } } }
            people: { ada: { team: payments, budget: { amount: 1 USD, every: day } } }
            """;
    QuotaFile file = unlockedFile(folder, yaml).quotaFile();
    BudgetRule pool = file.teams().get("payments").pool();
    assertThat(pool.account(QuotaFiles.NOW)).hasToString("pool/payments@2026-Q4#USD");
    assertThat(pool.amount()).isEqualTo(500 * USD);
    assertThat(pool.zone()).hasToString("Europe/Berlin");
    assertThat(pool.transfer()).isEqualTo(Long.MAX_VALUE);
    assertThat(file.budgets(file.principals().get("ada")))
        .extracting(BudgetRule::budget)
        .containsExactly("person/ada");
    assertThat(
            unlockedProblems(folder, yaml.replace("every: quarter", "every: quarter, alerts: 50%")))
        .singleElement()
        .asString()
        .contains("unknown key \"alerts\" (expected: amount, every)");
  }

  @ParameterizedTest
  @CsvSource({"10, FY2027-Q1", "october, FY2027-Q1", "October, FY2027-Q1", "1, 2026-Q4"})
  void quartersFollowTheFiscalYear(String month, String quarter) {
    String yaml =
        PROVIDERS
            + "calendar: { fiscal_year_start: "
            + month
            + " }\norganisation: { budget: { amount: 1 USD, every: quarter } }\n";
    BudgetRule rule = QuotaFiles.valid(folder, yaml).organisation().budgets().get(0);
    assertThat(rule.every()).isEqualTo(Every.QUARTER);
    assertThat(rule.account(QuotaFiles.NOW).period()).isEqualTo(quarter);
  }

  @ParameterizedTest
  @CsvSource({"0", "13", "octobre", "''"})
  void aMonthThatIsNoneIsRefused(String month) {
    String yaml = PROVIDERS + "calendar: { fiscal_year_start: '" + month + "' }\n";
    assertThat(problems(folder, yaml))
        .singleElement()
        .asString()
        .contains("4:32: calendar.fiscal_year_start")
        .contains("(expected: a month from 1 to 12, or its name such as october)");
  }
}
