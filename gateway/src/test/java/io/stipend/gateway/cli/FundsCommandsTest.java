package io.stipend.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands that move allowances, and {@code plan}, on a folder that no gateway uses. */
class FundsCommandsTest {
  private static final String QUOTA =
      """
      gateway: { data: ./data, limits: { open_attempts: 64 } }
      providers:
        openai: { url: "https://api.openai.com", key: "${SURELY_NOT_SET_HERE}" }
      allowances:
        engineer:
          amount: 400 USD
          every: month
          carry_over: { up_to: 50%, for: 1 month }
          transfer: 100 USD
          advance: 25%
      teams:
        payments: { budget: { amount: 12000 USD, every: month }, pool: { amount: 500 USD, every: quarter } }
      people:
        ada: { team: payments, allowance: engineer }
        bob: { team: payments, allowance: engineer }
      """;

  private final ObjectMapper json = new ObjectMapper();

  @TempDir Path folder;
  private Path config;

  @BeforeEach
  void writeQuotaFile() throws IOException {
    config = Files.writeString(folder.resolve("stipend.yaml"), QUOTA);
  }

  private Invocation run(String... args) {
    return Invocation.on(config, args);
  }

  private JsonNode read(String... args) throws IOException {
    Invocation run = run(args);
    assertThat(run.code()).as(run.err()).isZero();
    return json.readTree(run.out());
  }

  private void assertRefused(int code, String message, String... args) {
    Invocation run = run(args);
    assertThat(run.err()).contains(message).doesNotContain("\tat ");
    assertThat(run.code()).as(run.err()).isEqualTo(code);
    assertThat(run.out()).isEmpty();
  }

  @Test
  void aTransferShowsOnBothSides() throws IOException {
    JsonNode made = read("transfer", "ada", "bob", "40 USD", "--reason", "swap", "--json");
    JsonNode pool = read("transfer", "pool/payments", "bob", "10", "--reason", "x", "--json");

    assertThat(made.path("from_remaining").asText()).isEqualTo("360");
    assertThat(made.path("to_remaining").asText()).isEqualTo("440");
    assertThat(pool.path("from_remaining").asText()).isEqualTo("490");
    assertThat(read("balance", "ada", "--json").path("sent").asText()).isEqualTo("40");
    assertThat(read("balance", "bob", "--json").path("received").asText()).isEqualTo("50");
    assertThat(run("balance").out()).contains("RECEIVED", "SENT").doesNotContain("LENT", "EXPIRED");
    assertRefused(
        1, "expected: at most 60 USD", "transfer", "ada", "bob", "61", "--reason", "too much");
    assertRefused(2, "Missing required option", "transfer", "ada", "bob", "1");
    assertThat(run("transfer", "ada", "bob", "1", "--reason", "x").out())
        .isEqualToIgnoringNewLines("Moved 1 USD from ada to bob; ada has 359 left, bob has 451.");
  }

  /** Ada and cy with 10 USD a day, 100 USD a month and tokens; bob with tokens and a month. */
  private void giveSeveralBudgets() throws IOException {
    Files.writeString(
        config,
        """
        gateway: { data: ./data, limits: { open_attempts: 64 } }
        providers:
          openai: { url: "https://api.openai.com", key: "${SURELY_NOT_SET_HERE}" }
        allowances:
          daily: { amount: 10 USD, every: day, transfer: 5 USD, advance: 50% }
          monthly: { amount: 100 USD, every: month, transfer: 50 USD, advance: 50% }
          counted: { amount: 5000 tokens, every: month }
        people:
          ada: { allowance: [daily, monthly, counted] }
          bob: { allowance: [counted, monthly] }
          cy: { allowance: [daily, monthly] }
        """);
  }

  @Test
  void ofSeveralBudgetsACommandMustBeToldWhichOneAndSaysWhatToType() throws IOException {
    giveSeveralBudgets();

    assertRefused(
        2,
        "budget: ada has 2 that could be meant: 10 USD every day and 100 USD every month (expected:"
            + " one of them: grant ada \"5 USD\" --budget day, or grant ada \"5 USD\" --budget"
            + " month)",
        "grant",
        "ada",
        "5 USD",
        "--reason",
        "x");
    assertRefused(
        2,
        "or grant ada \"5 tokens\" --budget month",
        "grant",
        "ada",
        "5",
        "--budget",
        "month",
        "--reason",
        "x");
    assertRefused(
        2, "advance ada \"5 USD\" --budget month", "advance", "ada", "5", "--reason", "x");
    assertRefused(
        2,
        "transfer ada bob \"5 USD\" --budget day",
        "transfer",
        "ada",
        "bob",
        "5",
        "--reason",
        "x");
    assertRefused(
        2,
        "to_budget: cy has 2 that could be meant: 10 USD every day and 100 USD every month (expected:"
            + " one of them: transfer bob cy \"5 USD\" --to-budget day, or ",
        "transfer",
        "bob",
        "cy",
        "5",
        "--reason",
        "x");
    assertRefused(
        2,
        "budget: \"weekly\" (expected: day or month, as ada's budget)",
        "grant",
        "ada",
        "5 USD",
        "--budget",
        "weekly",
        "--reason",
        "x");
    assertThat(read("balance", "ada", "--json").path("accounts").path(0).path("granted").asText())
        .as("nothing was entered")
        .isEqualTo("10");
  }

  @Test
  void theBudgetThatIsNamedIsTheOneThatMoves() throws IOException {
    giveSeveralBudgets();
    assertAccount("person/ada@", "grant", "ada", "5 USD", "--budget", "month", "--reason", "x");
    run("grant", "ada", "7", "--budget", "day", "--reason", "x");
    run("grant", "ada", "9 tokens", "--reason", "only one counts tokens");
    run("advance", "ada", "3", "--budget", "day", "--reason", "x");
    JsonNode moved =
        read(
            "transfer",
            "ada",
            "cy",
            "2",
            "--budget",
            "month",
            "--to-budget",
            "day",
            "--reason",
            "x",
            "--json");

    JsonNode accounts = read("allowance", "show", "ada", "--json").path("accounts");
    assertThat(accounts)
        .extracting(a -> a.path("every").asText())
        .containsExactly("day", "month", "month");
    assertThat(accounts)
        .extracting(a -> a.path("remaining").asText())
        .containsExactly("20", "103", "5009");
    assertThat(moved.path("to_remaining").asText()).isEqualTo("12");
    assertThat(run("allowance", "show", "ada").out()).contains("(every day): 20 USD left");
    assertThat(run("balance", "ada").out()).contains("EVERY", "day", "month");
    assertThat(run("balance", "cy").out()).as("received counts").contains("12 USD left of 12;");
    assertThat(run("grant", "bob", "5 USD", "--reason", "one could be meant").code()).isZero();
  }

  private void assertAccount(String prefix, String... args) throws IOException {
    List<String> all = new ArrayList<>(List.of(args));
    all.add("--json");
    String month = java.time.Instant.now().toString().substring(0, 7);
    assertThat(read(all.toArray(new String[0])).path("account").asText())
        .startsWith(prefix)
        .contains(month)
        .doesNotContain(month + "-");
  }

  @Test
  void anAdvanceStaysWithinItsRule() throws IOException {
    JsonNode made = read("advance", "ada", "100", "--reason", "release", "--by", "eve", "--json");

    assertThat(made.path("by").asText()).isEqualTo("eve");
    assertThat(made.path("remaining").asText()).isEqualTo("500");
    assertThat(read("balance", "ada", "--json").path("lent").asText()).isEqualTo("100");
    assertRefused(1, "expected: at most 0 USD", "advance", "ada", "1", "--reason", "x");
    assertRefused(
        2, "--by: two words", "advance", "ada", "1", "--reason", "x", "--by", "two words");
  }

  @Test
  void aGrantTakesAnyExpiryToComeAPriorityAndAnApprover() throws IOException {
    JsonNode made =
        read(
            "grant",
            "ada",
            "50",
            "--reason",
            "incident",
            "--expires",
            "400d",
            "--priority",
            "-3",
            "--by",
            "eve@example.com",
            "--json");

    assertThat(made.path("by").asText()).isEqualTo("eve@example.com");
    assertThat(made.path("priority").asInt()).isEqualTo(-3);
    JsonNode lots =
        read("allowance", "show", "ada", "--json").path("accounts").path(0).path("lots");
    assertThat(lots.path(0).path("kind").asText()).isEqualTo("granted");
    assertThat(lots.path(0).path("expires_at").asText())
        .isEqualTo(made.path("expires_at").asText());
    assertThat(lots.path(1).path("kind").asText()).isEqualTo("recurring");
    assertThat(run("allowance", "show", "ada").out())
        .contains("person/ada", "450 USD left", "LOT", "granted", "with the period");
    assertRefused(
        2, "a time to come", "grant", "ada", "5", "--reason", "x", "--expires", "2020-01-01");
  }

  @Test
  void whoIsFrozenIsListedUntilItIsUndone() throws IOException {
    assertThat(run("freeze", "ada", "--reason", "on leave").out().strip())
        .isEqualTo("ada is frozen.");
    assertThat(run("freeze", "ada", "--reason", "again").out()).contains("already: on leave");

    assertThat(read("balance", "ada", "--json").path("frozen").asBoolean()).isTrue();
    assertThat(read("balance", "bob", "--json").path("frozen").asBoolean(true)).isFalse();
    assertThat(run("balance").out()).contains("FROZEN");
    assertThat(run("balance", "ada").out()).contains("ada is frozen");
    assertThat(run("allowance", "show", "ada").out()).contains("frozen since", "on leave");

    assertThat(run("unfreeze", "ada", "--reason", "back").out().strip())
        .isEqualTo("ada is no longer frozen.");
    assertThat(run("unfreeze", "ada", "--reason", "back").out().strip())
        .isEqualTo("ada is not frozen.");
    assertThat(run("balance").out()).doesNotContain("FROZEN");
    assertRefused(1, "did you mean \"ada\"?", "freeze", "adda", "--reason", "x");
  }

  private Path changed(String text) throws IOException {
    return Files.writeString(folder.resolve("new.yaml"), text);
  }

  @Test
  void aPlanComparesTheChangedFileWithTheOneBesideIt() throws IOException {
    run("keys", "create", "ada");
    Path next =
        changed(
            QUOTA
                .replace("400 USD", "300 USD")
                .replace("  bob: { team: payments, allowance: engineer }\n", ""));

    Invocation text = Invocation.on(next, "plan");
    JsonNode report = json.readTree(Invocation.on(next, "plan", "--days", "7", "--json").out());

    assertThat(text.code()).as(text.err()).isZero();
    assertThat(text.out())
        .contains("new.yaml instead of", "Nobody would have been refused.")
        .contains("payments", "-500")
        .contains("people removed: bob");
    assertThat(report.path("valid").asBoolean()).isTrue();
    JsonNode team = report.path("plan").path("teams").path(0);
    assertThat(team.path("team").asText()).isEqualTo("payments");
    assertThat(team.path("granted_per_month_now").asText())
        .as("twice 400 and a third of 500")
        .startsWith("966.666");
    assertThat(team.path("granted_per_month_new").asText()).startsWith("466.666");
    assertThat(team.path("change_per_month").asText()).isEqualTo("-500");
    assertThat(team.path("budget_per_month_new").asText()).isEqualTo("12000");
    assertThat(report.path("plan").path("people")).isEmpty();
    assertThat(Files.exists(folder.resolve("new.yaml"))).isTrue();
  }

  @Test
  void aPlanOfABrokenFileTellsItsProblemsAsCheckDoes() throws IOException {
    Path next = changed(QUOTA.replace("400 USD", "400 EUR"));

    Invocation plan = Invocation.on(next, "plan");
    JsonNode report = json.readTree(Invocation.on(next, "plan", "--json").out());

    assertThat(plan.code()).isEqualTo(1);
    assertThat(plan.out()).contains(next + ":6:", "400 EUR");
    assertThat(report.path("valid").asBoolean(true)).isFalse();
    assertThat(report.path("problems")).isNotEmpty();
    assertThat(report.path("plan").isNull()).isTrue();
  }

  @Test
  void aPlanWithNothingRecordedOrNothingToCompareWithSaysSo() throws IOException {
    Path next = changed(QUOTA.replace("400 USD", "500 USD"));

    Invocation noLedger = Invocation.on(next, "plan");
    Invocation alone = run("plan");

    assertThat(noLedger.code()).isZero();
    assertThat(noLedger.err()).contains("no ledger in");
    assertThat(noLedger.out()).contains("200");
    assertThat(Files.exists(folder.resolve("data"))).as("nothing is made").isFalse();
    assertThat(alone.code()).isZero();
    assertThat(alone.err()).contains("expected: --current FILE");
    assertRefused(2, "--days: 0 (expected: 1..3660)", "plan", "--days", "0");
  }
}
