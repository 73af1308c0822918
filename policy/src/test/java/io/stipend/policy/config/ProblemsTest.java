package io.stipend.policy.config;

import static io.stipend.policy.config.QuotaFiles.PROVIDERS;
import static io.stipend.policy.config.QuotaFiles.loaded;
import static io.stipend.policy.config.QuotaFiles.problems;
import static io.stipend.policy.config.QuotaFiles.write;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProblemsTest {
  /** The sample of the design, word for word, but for the included files. */
  private static final String SAMPLE =
      """
      gateway:
        listen: 127.0.0.1:8080
        admin: 127.0.0.1:8081
        data: ./stipend-data
        durability: gate              # or strict
        tls: { certificate: file:./tls.crt, key: file:./tls.key }   # optional
      calendar: { timezone: Europe/Berlin, currency: USD }

      providers:
        openai:    { url: "https://api.openai.com",    key: "${OPENAI_API_KEY}" }
        anthropic: { url: "https://api.anthropic.com", key: "${ANTHROPIC_API_KEY}" }
        local:     { url: "http://gpu-1:8000", dialect: openai, models: ["llama-*"] }

      rate_cards: [builtin]
      models:
        allow: ["gpt-5*", "claude-*"]
        aliases: { fast: gpt-5-mini }
        unpriced: refuse

      allowances:
        engineer:
          amount: 400 USD
          every: month                # day, week, month, quarter, year, once
          carry_over: { up_to: 50%, for: 1 month }
          overdraft: 5%
          when_short: [clamp, downgrade, refuse]
          downgrade: { claude-opus-4-5: claude-haiku-4-5 }
          alerts: [50%, 80%, 100%]
        intern: { amount: 5000000 tokens, every: month }

      organisation: { budget: { amount: 250000 USD, every: quarter } }
      groups: { research: { budget: { amount: 60000 USD, every: month } } }
      teams:
        payments: { group: research, cost_center: CC-4410, budget: { amount: 12000 USD, every: month } }

      people:
        ada: { team: payments, allowance: engineer, timezone: America/New_York, since: 2026-03-15 }
        bob: { team: payments, allowance: intern, limits: { requests_per_minute: 60, tokens_per_minute: 200000, concurrent: 8 } }
      services:
        ci-bot: { team: payments, budget: { amount: 30 USD, every: day } }
      """;

  @TempDir Path folder;

  @Test
  void filesThatTheGatewayWillReadAndThatAreNotHereAreWarnedOf() {
    String yaml =
        """
        gateway:
          tls: { certificate: file:./tls.crt, key: file:./tls.key }
          upstream: { ca: ./ca.pem }
        """
            + PROVIDERS;
    assertThat(loaded(folder, yaml).warnings())
        .extracting(Problem::toString)
        .satisfiesExactly(
            one -> assertThat(one).contains(":2:23: gateway.tls.certificate: ", "tls.crt cannot"),
            two -> assertThat(two).contains(":2:44: gateway.tls.key: ", "tls.key cannot"),
            three -> assertThat(three).contains(":3:19: gateway.upstream.ca: ", "ca.pem cannot"));
  }

  @Test
  void theSampleIsValid() {
    assertThat(QuotaFiles.valid(folder, SAMPLE).principals()).hasSize(3);
  }

  @Test
  void allProblemsAreToldAtOnceEachWithFileLineAndColumn() {
    write(folder, "people.csv", "id,team,allowance\nann,paymants,engineer\n");
    String yaml =
        """
        gatewey: { listen: 1.2.3.4:80 }
        gateway: { listen: 127.0.0.1, durability: gatte, limits: { body_bytes: 32MB } }
        calendar: { timezone: Europe/Berlim, currency: EUR }
        providers:
          openai: { url: "https://api.openai.com", key: "${OPENAI_KEY_THAT_IS_NOT_SET}" }
          mine: { url: "ftp://x" }
        allowances:
          engineer: { amount: 400 Dollars, every: mont }
        teams: { payments: { group: nobody } }
        people:
          ada: { tema: payments, allowance: enginer }
          "a b": { allowance: engineer }
        people_from: people.csv
        """;
    assertThat(problems(folder, yaml))
        .containsExactly(
            "1:1: unknown key \"gatewey\"; did you mean \"gateway\"?",
            "2:20: gateway.listen: address: 127.0.0.1 (expected: host:port, such as"
                + " 127.0.0.1:8080)",
            "2:43: gateway.durability: \"gatte\" (expected: one of gate, strict); did you mean"
                + " \"gate\"?",
            "2:72: gateway.limits.body_bytes: \"32MB\" (expected: a size such as 65536, 64KiB or"
                + " 32MiB, from 1 to 2147483647 bytes)",
            "3:23: calendar.timezone: \"Europe/Berlim\" (expected: a time zone such as"
                + " Europe/Berlin or UTC); did you mean \"Europe/Berlin\"?",
            "3:48: calendar.currency: \"EUR\" is not built yet (expected: USD)",
            "5:49: providers.openai.key: the environment variable OPENAI_KEY_THAT_IS_NOT_SET is"
                + " not set",
            "6:9: providers.mine: dialect is missing (expected: one of openai, azure, anthropic, gemini,"
                + " bedrock, vertex;"
                + " only a provider of such a name needs none)",
            "6:16: providers.mine.url: is no address of a provider (expected: http:// or https://,"
                + " a host and at most a port and a path)",
            "8:23: allowances.engineer.amount: \"400 Dollars\" (expected: USD or tokens; no other"
                + " currency is built yet)",
            "8:43: allowances.engineer.every: \"mont\" (expected: one of day, week, month, quarter,"
                + " year, once); did you mean \"month\"?",
            "9:29: teams.payments.group: \"nobody\" (expected: a group of this file)",
            "11:10: people.ada: unknown key \"tema\"; did you mean \"team\"?",
            "11:37: people.ada.allowance: \"enginer\" (expected: an allowance of this file); did"
                + " you mean \"engineer\"?",
            "12:3: people: a b: is no name (expected: 1 to 64 of A-Z a-z 0-9 . _ @ -)",
            "2:5: team: \"paymants\" (expected: a team of this file); did you mean \"payments\"?");
  }

  @Test
  void aProblemPrintsAsFileLineColumnAndMessage() {
    Path file = write(folder, "stipend.yaml", "providers: 5\n");
    QuotaFile.Result result = QuotaFile.load(file, Map.of(), QuotaFiles.NOW);
    assertThat(((QuotaFile.Broken) result).problems().get(0))
        .hasToString(
            file
                + ":1:12: providers: is a single value (expected: a mapping of names to providers)");
  }

  @Test
  void aMissingFileIsAProblemAndNoException() {
    QuotaFile.Result result =
        QuotaFile.load(folder.resolve("nowhere.yaml"), Map.of(), QuotaFiles.NOW);
    assertThat(((QuotaFile.Broken) result).problems())
        .hasSize(1)
        .allSatisfy(p -> assertThat(p.message()).contains("does not exist"));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "amount: 1e9 USD, every: day | a number and USD or tokens",
        "amount: -5 USD, every: day | a number and USD or tokens",
        "amount: 5USD, every: day | a number and USD or tokens",
        "amount: 1.5 tokens, every: day | a whole number of tokens",
        "amount: 99999999999 USD, every: day | at most 1000000000 USD",
        "amount: 5 EUR, every: day | no other currency is built yet",
        "amount: 5 USD | every is missing",
        "every: day | amount is missing",
        "`amount: 5 USD, every: day, when_short: [overdraft]` | \"overdraft\" needs the key overdraft",
        "`amount: 5 USD, every: day, when_short: [finish]` | \"finish\" needs the key finish",
        "`amount: 5 USD, every: day, when_short: [clamp, clamp]` | each step once",
        "amount: 5 USD, every: day, overshoot: 5 tokens | is in tokens (expected: USD",
        "amount: 5 USD, every: day, weights: { output: 5 } | weights: is not built yet",
        "amount: 5 USD, every: day, clamp_floor: 0 | a whole number from 1 to",
        "amount: 5 USD, every: day, evry: 1 | unknown key \"evry\"; did you mean \"every\"?",
      })
  void anAllowanceThatCannotBeUnderstoodIsRefused(String allowance, String message) {
    assertThat(problems(folder, PROVIDERS + "allowances: { a: { " + allowance + " } }\n"))
        .hasSize(1)
        .allSatisfy(p -> assertThat(p).contains(message));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "aliases: { fast: gpt-5-mni } | did you mean \"gpt-5-mini\"?",
        "`aliases: { fast: quick, quick: gpt-5-mini }` | is an alias itself",
        "`allow: [claude-*], aliases: { fast: gpt-5-mini }` | is not allowed",
        "`aliases: { fast: local/llama-3 }` | has no price",
        "`aliases: { fast: GPT-5-mini }` | did you mean \"gpt-5-mini\"?",
        "unpriced: { ceiling: 10 USD } | a ceiling price is not built yet",
        "unpriced: allow | \"allow\" is not built yet",
        "background: allow | 5:23: models.background: \"allow\" (expected: refuse, or what one call may cost at most, such as 2 USD)",
        "background: 500 tokens | \"500 tokens\" (expected: refuse, or what one call",
        "background: 0 USD | \"0 USD\" (expected: refuse, or what one call",
        "background: { most: 2 USD } | models.background: is a mapping",
        "allow: [] | is empty",
      })
  void modelRulesThatCannotWorkAreRefused(String models, String message) {
    String yaml =
        PROVIDERS
            + "  local: { url: 'http://gpu-1', dialect: openai, models: ['llama-*'] }\n"
            + "models: { "
            + models
            + " }\n";
    assertThat(problems(folder, yaml))
        .isNotEmpty()
        .anySatisfy(p -> assertThat(p).contains(message));
  }

  @Test
  void aBrokenProviderMakesNoAliasLookWrong() {
    String yaml =
        """
        providers: { openai: { url: "https://h", dialect: opnai } }
        models: { aliases: { fast: gpt-5-mini } }
        """;
    assertThat(problems(folder, yaml))
        .singleElement()
        .asString()
        .contains("did you mean \"openai\"?");
  }

  @Test
  void groupsThatGoInACircleAreToldOnce() {
    String yaml =
        PROVIDERS
            + """
            groups:
              a: { group: b }
              b: { group: c }
              c: { group: b }
              d: { group: d }
            """;
    assertThat(problems(folder, yaml))
        .containsExactly(
            "6:15: groups.b.group: goes in a circle: b → c → b (expected: a tree)",
            "8:15: groups.d.group: goes in a circle: d → d (expected: a tree)");
  }

  @Test
  void aPrincipalThatNoBudgetBindsIsRefusedUnlessOneStandsAboveIt() {
    String yaml = PROVIDERS + "services: { bot: { } }\n";
    assertThat(problems(folder, yaml)).singleElement().asString().contains("no budget would bind");
    assertThat(problems(folder, PROVIDERS + "people: { ada: { alowance: a } }\n"))
        .containsExactly("4:18: people.ada: unknown key \"alowance\"; did you mean \"allowance\"?");
    String above = yaml + "organisation: { budget: { amount: 1 USD, every: day } }\n";
    assertThat(QuotaFiles.valid(folder, above).principals()).containsKey("bot");
  }

  @Test
  void anIdBelongsToOnePersonOrServiceOnly() {
    write(folder, "people.csv", "id,allowance\nada,a\n");
    String yaml =
        PROVIDERS
            + """
            allowances: { a: { amount: 1 USD, every: day } }
            people: { ada: { allowance: a } }
            services: { ada: { budget: { amount: 1 USD, every: day } } }
            people_from: people.csv
            """;
    assertThat(problems(folder, yaml))
        .hasSize(2)
        .allSatisfy(p -> assertThat(p).contains("\"ada\" is there already"));
  }

  @Test
  void twoOwnBudgetsThatWouldBeOneAccountAreRefused() {
    String yaml =
        PROVIDERS
            + """
            allowances: { a: { amount: 1 USD, every: day } }
            people: { ada: { allowance: a, budget: { amount: 2 USD, every: day } } }
            """;
    assertThat(problems(folder, yaml))
        .singleElement()
        .asString()
        .contains("a second one in USD every day");
  }

  @Test
  void theListOfPeopleIsCheckedFieldByField() {
    write(
        folder,
        "people.csv",
        """
        id,name,team,allowance,timezone,since,until,fte
        ann,Ann,,a,Europe/Berlim,2026-13-01,,1.5
        b b,,,a,,,,
        cee,,,a
        """);
    String yaml =
        PROVIDERS + "allowances: { a: { amount: 1 USD, every: day } }\npeople_from: people.csv\n";
    assertThat(problems(folder, yaml))
        .satisfiesExactly(
            p -> assertThat(p).startsWith("2:12: timezone: \"Europe/Berlim\""),
            p -> assertThat(p).startsWith("2:26: since: \"2026-13-01\""),
            p -> assertThat(p).startsWith("2:38: fte: \"1.5\""),
            p -> assertThat(p).startsWith("3:1: id: \"b b\""),
            p -> assertThat(p).startsWith("4:1: 4 fields (expected: 8)"));
    write(folder, "people.csv", "id,tema\n");
    assertThat(problems(folder, yaml))
        .singleElement()
        .asString()
        .startsWith("1:4: unknown column \"tema\"")
        .contains("did you mean \"team\"?");
  }

  @Test
  void yamlThatIsNoneOrTriesTricksIsAProblemWithAPlace() throws Exception {
    assertThat(problems(folder, "providers: { a: [\n"))
        .singleElement()
        .asString()
        .contains("no YAML");
    assertThat(problems(folder, "")).singleElement().asString().contains("empty");
    assertThat(problems(folder, "a: 1\n---\nb: 2\n"))
        .singleElement()
        .asString()
        .contains("no YAML");
    assertThat(problems(folder, PROVIDERS + "models: {}\nmodels: {}\n"))
        .containsExactly("5:1: \"models\" stands twice (expected: once; the first is in line 4)");
    assertThat(problems(folder, "x: " + "[".repeat(100) + "]".repeat(100)))
        .singleElement()
        .asString()
        .contains("no YAML");
    StringBuilder bomb = new StringBuilder("a0: &a0 [x]\n");
    for (int i = 1; i < 60; i++) {
      bomb.append("a%d: &a%d [*a%d, *a%d]\n".formatted(i, i, i - 1, i - 1));
    }
    assertThat(problems(folder, bomb.toString())).singleElement().asString().contains("no YAML");
    assertThat(problems(folder, PROVIDERS + "people: !!javax.script.ScriptEngineManager [x]\n"))
        .singleElement()
        .asString()
        .contains("no YAML: Global tag is not allowed");
    Path file = folder.resolve("stipend.yaml");
    Files.write(file, "providers: \"ü\"".getBytes(StandardCharsets.ISO_8859_1));
    QuotaFile.Result result = QuotaFile.load(file, Map.of(), QuotaFiles.NOW);
    assertThat(((QuotaFile.Broken) result).problems().get(0).message()).contains("UTF-8");
  }

  @Test
  void aBrokenOrMissingRateCardIsToldWithTheRest() {
    write(folder, "card.yaml", "version: x\n");
    String yaml = PROVIDERS + "rate_cards: [builtin, ./card.yaml]\ncalender: {}\n";
    QuotaFile.Broken broken = (QuotaFile.Broken) QuotaFiles.load(folder, yaml);
    assertThat(broken.problems()).anySatisfy(p -> assertThat(p.file()).endsWith("card.yaml"));
    assertThat(broken.problems())
        .anySatisfy(p -> assertThat(p.message()).contains("did you mean \"calendar\"?"));
    List<String> missing = problems(folder, PROVIDERS + "rate_cards: [./nowhere.yaml]\n");
    assertThat(missing).singleElement().asString().contains("nowhere.yaml does not exist");
  }
}
