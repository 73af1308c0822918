package io.stipend.policy.config;

import static io.stipend.policy.config.QuotaFiles.PROVIDERS;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LimitsReaderTest {
  private static final String HEAD =
      PROVIDERS + "allowances: { engineer: { amount: 400 USD, every: month } }\n";

  @TempDir Path folder;

  private List<LimitRule> limits(String yaml, String principal) {
    QuotaFile file = QuotaFiles.loaded(folder, HEAD + yaml).quotaFile();
    return file.limits(file.principals().get(principal), "k1");
  }

  @Test
  void everyLevelBindsNearestFirstAndEachCountHasANameOfItsOwn() {
    String yaml =
        """
        organisation:
          limits:
            models: { "gpt-5*": { requests_per_minute: 500 }, "openai/o3": { concurrent: 2 } }
            per_person: { requests_per_minute: 120 }
        groups:
          research: { group: science, limits: { concurrent: 90 } }
          science: { limits: { per_key: { models: { "*": { tokens_per_minute: 7 } } } } }
        teams:
          payments:
            group: research
            limits:
              tokens_per_minute: 2000000
              per_key: { concurrent: 8 }
              per_person: { concurrent: 9, models: { gpt-5: { requests_per_minute: 3 } } }
        people:
          ada:
            team: payments
            allowance: engineer
            limits:
              concurrent: 4
              models: { gpt-5: { requests_per_minute: 5 } }
              per_key: { requests_per_minute: 6 }
          eve: { allowance: engineer }
        services:
          bot: { team: payments, budget: { amount: 1 USD, every: day } }
        """;
    assertThat(limits(yaml, "ada"))
        .containsExactly(
            new LimitRule("key/k1 of person/ada", 6, 0, 0),
            new LimitRule("person/ada", 0, 0, 4),
            rule("person/ada for gpt-5", "gpt-5", 5, 0, 0),
            new LimitRule("key/k1 of team/payments", 0, 0, 8),
            new LimitRule("person/ada of team/payments", 0, 0, 9),
            rule("person/ada of team/payments for gpt-5", "gpt-5", 3, 0, 0),
            new LimitRule("team/payments", 0, 2_000_000, 0),
            new LimitRule("group/research", 0, 0, 90),
            rule("key/k1 of group/science for *", "*", 0, 7, 0),
            new LimitRule("person/ada of organisation", 120, 0, 0),
            rule("organisation for gpt-5*", "gpt-5*", 500, 0, 0),
            rule("organisation for openai/o3", "openai/o3", 0, 0, 2));
    assertThat(limits(yaml, "eve"))
        .extracting(LimitRule::scope)
        .containsExactly(
            "person/eve of organisation", "organisation for gpt-5*", "organisation for openai/o3");
    assertThat(limits(yaml, "bot"))
        .extracting(LimitRule::scope)
        .contains("service/bot of team/payments", "service/bot of organisation");
  }

  private static LimitRule rule(String scope, String models, int requests, long tokens, int open) {
    return new LimitRule(scope, new Glob(models), requests, tokens, open);
  }

  @Test
  void peopleWithoutLimitsShareOneObject() throws IOException {
    Files.writeString(folder.resolve("people.csv"), "id,allowance\nlee,engineer\n");
    String yaml =
        """
        people:
          ada: { allowance: engineer }
          bob: { allowance: engineer, limits: { per_key: {} } }
        people_from: people.csv
        """;
    QuotaFile file = QuotaFiles.loaded(folder, HEAD + yaml).quotaFile();
    assertThat(file.principals().values())
        .hasSize(3)
        .allSatisfy(person -> assertThat(person.limits()).isSameAs(ScopeLimits.NONE));
  }

  @Test
  void aPatternFitsTheModelByItsNameOrWithItsProvider() {
    LimitRule rule = rule("x", "gpt-5*", 1, 0, 0);
    assertThat(rule.covers("openai", "gpt-5-mini")).isTrue();
    assertThat(rule.covers("openai", "gpt-4o")).isFalse();
    assertThat(rule("x", "azure/*", 1, 0, 0).covers("azure", "gpt-4o")).isTrue();
    assertThat(rule("x", "azure/*", 1, 0, 0).covers("openai", "gpt-4o")).isFalse();
    assertThat(new LimitRule("x", 1, 0, 0).covers("openai", "gpt-4o")).isTrue();
  }

  @Test
  void whatMakesNoSenseIsToldWithItsPlace() {
    String yaml =
        HEAD
            + """
            people:
              ada: { allowance: engineer, limits: { per_person: { concurrent: 1 } } }
              bob: { allowance: engineer, limits: { models: { "gpt 5": { concurrent: 1 } } } }
              cy: { allowance: engineer, limits: { models: { "gpt-5": { concurent: 1 } } } }
              dee: { allowance: engineer, limits: { per_key: { per_key: { concurrent: 1 } } } }
              eve: { allowance: engineer, limits: { tokens_per_minute: 0 } }
              fay: { allowance: engineer, limits: { models: { "gpt-5": 7 } } }
            """;
    List<String> problems = QuotaFiles.problems(folder, yaml);
    assertThat(problems).hasSize(6);
    assertThat(problems.get(0)).contains("people.ada.limits: unknown key \"per_person\"");
    assertThat(problems.get(1)).contains("limits.models: gpt 5: is no pattern (expected: a model");
    assertThat(problems.get(2)).contains("unknown key \"concurent\"; did you mean \"concurrent\"?");
    assertThat(problems.get(3)).contains("people.dee.limits.per_key: unknown key \"per_key\"");
    assertThat(problems.get(4)).contains("tokens_per_minute: \"0\" (expected: a whole number from");
    assertThat(problems.get(5)).contains("people.fay.limits.models.gpt-5: is a single value");
  }
}
