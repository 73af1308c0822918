package io.stipend.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every command on a data folder that no gateway uses. */
class CommandsTest {
  private static final String QUOTA =
      """
      gateway: { data: ./data, limits: { open_attempts: 64 } }
      calendar: { timezone: Europe/Berlin }
      providers:
        openai: { url: "https://api.openai.com", key: "${SURELY_NOT_SET_HERE}" }
      allowances:
        engineer: { amount: 400 USD, every: month }
        intern: { amount: 5000000 tokens, every: month }
      teams: { payments: { budget: { amount: 12000 USD, every: month } } }
      people:
        ada: { team: payments, allowance: engineer }
        bob: { team: payments, allowance: intern }
      services:
        team-only: { team: payments }
      """;

  private final ObjectMapper json = new ObjectMapper();

  @TempDir Path folder;
  private Path config;

  @BeforeEach
  void writeQuotaFile() throws IOException {
    config = Files.writeString(folder.resolve("stipend.yaml"), QUOTA);
  }

  @Test
  void checkTellsEveryProblemWithItsPlaceAndFails() throws IOException {
    Files.writeString(
        config, QUOTA.replace("400 USD", "400 EUR").replace("every: month } }", "evry: 1 } }"));

    Invocation check = run("check");

    assertThat(check.code()).isEqualTo(1);
    assertThat(check.out().lines())
        .hasSizeGreaterThanOrEqualTo(4)
        .allMatch(line -> line.startsWith(config + ":"))
        .anyMatch(line -> line.matches(".*:4:\\d+: .*SURELY_NOT_SET_HERE.*"))
        .anyMatch(line -> line.matches(".*:6:\\d+: .*400 EUR.*"))
        .anyMatch(line -> line.matches(".*:8:\\d+: .*evry.*every.*"));
  }

  @Test
  void checkOfAValidFileSaysWhatIsInIt() throws IOException {
    Files.writeString(config, QUOTA.replace("\"${SURELY_NOT_SET_HERE}\"", "k"));

    Invocation check = run("check");
    JsonNode report = json.readTree(run("check", "--json").out());

    assertThat(check.code()).isZero();
    assertThat(check.out()).contains("valid; 2 people, 1 services, 1 teams, 1 providers");
    assertThat(report.path("valid").asBoolean()).isTrue();
    assertThat(report.path("problems")).isEmpty();
    assertThat(report.path("config_hash").asText()).hasSize(64);
  }

  @Test
  void aFileWithProblemsStopsEveryCommand() throws IOException {
    Files.writeString(config, QUOTA.replace("engineer: {", "enginer: {"));

    for (String command : new String[] {"balance", "keys list", "ledger verify"}) {
      Invocation run = run(command.split(" "));
      assertThat(run.code()).as(command).isEqualTo(1);
      assertThat(run.err()).contains(config + ":").contains("did you mean \"enginer\"?");
    }
  }

  @Test
  void aMissingFileIsNamed() {
    Invocation run = Invocation.on(folder.resolve("other.yaml"), "balance");

    assertThat(run.code()).isEqualTo(1);
    assertThat(run.err()).contains("other.yaml").contains("does not exist");
  }

  @Test
  void aKeyIsShownOnceAndListedWithoutItsSecret() throws IOException {
    Invocation create =
        run(
            "keys",
            "create",
            "ada",
            "--name",
            "laptop",
            "--project",
            "atlas",
            "--expires",
            "90d",
            "--json");
    JsonNode made = json.readTree(create.out());
    String id = made.path("id").asText();
    String secret = made.path("key").asText();

    assertThat(create.code()).isZero();
    assertThat(made.fieldNames()).toIterable().containsExactly("id", "person", "key");
    assertThat(made.path("person").asText()).isEqualTo("ada");
    assertThat(secret.length()).isGreaterThan(40);

    Invocation list = run("keys", "list", "--json");
    JsonNode line = json.readTree(list.out()).path(0);
    assertThat(list.out()).doesNotContain(secret);
    assertThat(line.path("id").asText()).isEqualTo(id);
    assertThat(line.path("name").asText()).isEqualTo("laptop");
    assertThat(line.path("project").asText()).isEqualTo("atlas");
    assertThat(line.path("expires_at").asText()).isNotEmpty();
    assertThat(line.path("revoked_at").isNull()).isTrue();

    Invocation revoke = run("keys", "revoke", id);
    assertThat(revoke.code()).isZero();
    assertThat(
            json.readTree(run("keys", "list", "--json").out()).path(0).path("revoked_at").asText())
        .isNotEmpty();
    assertThat(run("keys", "revoke", id).code()).as("revoking twice is revoking once").isZero();
    try (var files = Files.walk(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        assertThat(
                new String(Files.readAllBytes(file), java.nio.charset.StandardCharsets.ISO_8859_1))
            .as(file.toString())
            .doesNotContain(secret);
      }
    }
  }

  @Test
  void inTextTheKeyAloneIsTheOutput() {
    Invocation create = run("keys", "create", "bob");

    assertThat(create.out().strip()).matches("sk-stipend-\\S+");
    assertThat(create.err()).contains("shown this once");
  }

  @Test
  void anUnknownPersonIsAnErrorWithTheNearestName() {
    for (String[] command :
        new String[][] {
          {"keys", "create", "adda"}, {"grant", "adda", "5", "--reason", "x"}, {"balance", "adda"}
        }) {
      Invocation run = run(command);
      assertThat(run.code()).isEqualTo(1);
      assertThat(run.err()).contains("\"adda\"").contains("did you mean \"ada\"?");
      assertThat(run.out()).isEmpty();
    }
  }

  @Test
  void anUnknownKeyIsAnError() {
    Invocation run = run("keys", "revoke", "nobody");

    assertThat(run.code()).isEqualTo(1);
    assertThat(run.err()).contains("key: \"nobody\" does not exist");
  }

  @Test
  void anExpiryThatIsOverIsRefused() {
    Invocation run = run("keys", "create", "ada", "--expires", "2020-01-01");

    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains("expires: 2020-01-01").contains("expected: a time to come");
  }

  @Test
  void aKeyWithARoleBelongsToNobodyAndSpendsNothing() throws IOException {
    JsonNode made =
        json.readTree(run("keys", "create", "eve", "--role", "finance", "--json").out());
    assertThat(made.path("person").asText()).isEqualTo("admin:finance");
    assertThat(made.path("key").asText()).startsWith("sk-stipend-");
    assertThat(run("keys", "list").out()).contains("admin:finance").contains("eve");
    Invocation wrong = run("keys", "create", "eve", "--role", "person");
    assertThat(wrong.code()).isEqualTo(2);
    assertThat(wrong.err()).contains("expected: one of platform, finance, auditor");
    Invocation both = run("keys", "create", "eve", "--role", "finance", "--project", "apollo");
    assertThat(both.code()).isEqualTo(2);
  }

  @Test
  void aGrantAddsToTheBalanceAtOnce() throws IOException {
    Invocation grant = run("grant", "ada", "12.5", "--reason", "incident week", "--json");
    JsonNode made = json.readTree(grant.out());
    JsonNode balance = json.readTree(run("balance", "ada", "--json").out());

    assertThat(grant.code()).isZero();
    assertThat(made.path("amount").asText()).isEqualTo("12.5");
    assertThat(made.path("unit").asText()).isEqualTo("USD");
    assertThat(made.path("remaining").asText()).isEqualTo("412.5");
    assertThat(balance.path("granted").asText()).isEqualTo("412.5");
    assertThat(balance.path("remaining").asText()).isEqualTo("412.5");
    assertThat(balance.path("accounts")).hasSize(2);
    assertThat(balance.path("accounts").path(1).path("name").asText()).isEqualTo("team/payments");
    assertThat(balance.path("accounts").path(1).path("granted").asText()).isEqualTo("12000");
  }

  @Test
  void aGrantInTheWrongUnitOrOfNothingIsRefused() {
    assertRefused(2, "unit: \"USD\" (expected: tokens", "grant", "bob", "5 USD", "--reason", "x");
    assertRefused(2, "grant: 0 (expected: > 0)", "grant", "ada", "0", "--reason", "x");
    assertRefused(2, "grant: -5 (expected: > 0)", "grant", "ada", "-5", "--reason", "x");
    assertRefused(
        2,
        "amount: \"1e3\" (expected: a number of USD with at most nine decimals)",
        "grant",
        "ada",
        "1e3",
        "--reason",
        "x");
    assertRefused(
        2, "or a duration such as 90d", "grant", "ada", "1", "--expires", "soon", "--reason", "x");
    assertRefused(
        1, "at most 0 USD: its rule has no advance", "advance", "ada", "1", "--reason", "x");
    assertRefused(2, "amount: \"five\"", "grant", "ada", "five", "--reason", "x");
    assertRefused(2, "amount: \"0.0000000001\"", "grant", "ada", "0.0000000001", "--reason", "x");
    assertRefused(2, "reason is missing", "grant", "ada", "5", "--reason", " ");
    assertRefused(1, "has no budget of its own", "grant", "team-only", "5", "--reason", "x");
  }

  @Test
  void balanceListsEverybodyById() throws IOException {
    JsonNode all = json.readTree(run("balance", "--json").out());

    assertThat(all).hasSize(3);
    assertThat(all.path(0).path("person").asText()).isEqualTo("ada");
    assertThat(all.path(1).path("unit").asText()).isEqualTo("tokens");
    assertThat(all.path(1).path("remaining").asText()).isEqualTo("5000000");
    assertThat(all.path(2).path("person").asText()).isEqualTo("team-only");
    assertThat(run("balance").out()).contains("PERSON", "ada", "bob", "team-only");
  }

  @Test
  void theLedgerVerifiesUntilAByteIsFlipped() throws IOException {
    run("grant", "ada", "5", "--reason", "a reason that can be found");

    assertThat(run("ledger", "verify").code()).isZero();
    JsonNode report = json.readTree(run("ledger", "verify", "--json").out());
    assertThat(report.path("ok").asBoolean()).isTrue();
    assertThat(report.path("entries").asLong()).isPositive();

    Path ledger = folder.resolve("data/ledger.db");
    byte[] bytes = Files.readAllBytes(ledger);
    int at =
        new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1).indexOf("a reason that");
    assertThat(at).as("the entry in the file").isPositive();
    bytes[at] ^= 1;
    Files.write(ledger, bytes);

    Invocation broken = run("ledger", "verify");
    assertThat(broken.code()).isEqualTo(1);
    assertThat(broken.out()).contains("The ledger does not verify").contains("batch");
  }

  @Test
  void withoutALedgerThereIsNothingToReadAndThatIsSaid() {
    assertRefused(1, "no ledger in", "ledger", "verify");
    assertRefused(
        1,
        "no ledger in",
        "usage",
        "export",
        "--from",
        "2026-11-01",
        "--to",
        "2026-12-01",
        "--out",
        "x");
    assertThat(run("keys", "list").code()).isZero();
  }

  @Test
  void anExportNamesItsWindowAndItsProof() throws IOException {
    run("keys", "create", "ada");
    Path out = folder.resolve("usage.csv");

    Invocation export =
        run(
            "usage",
            "export",
            "--from",
            "2026-11-01",
            "--to",
            "2026-12-01",
            "--out",
            out.toString(),
            "--json");
    JsonNode report = json.readTree(export.out());

    assertThat(export.code()).isZero();
    assertThat(report.path("rows").asLong()).isZero();
    assertThat(report.path("from").asText())
        .as("a date in Berlin")
        .isEqualTo("2026-10-31T23:00:00Z");
    assertThat(report.path("to").asText()).isEqualTo("2026-11-30T23:00:00Z");
    assertThat(report.path("head_hash").asText()).hasSize(64);
    assertThat(Files.readString(out))
        .startsWith("exchange_id,attempt,started_at,finished_at,person,");
    assertRefused(
        2,
        "expected: before --to",
        "usage",
        "export",
        "--from",
        "2026-12-01",
        "--to",
        "2026-12-01",
        "--out",
        "x");
    assertRefused(
        2,
        "time: yesterday",
        "usage",
        "export",
        "--from",
        "yesterday",
        "--to",
        "2026-12-01",
        "--out",
        "x");
  }

  @Test
  void aCorrectionNeedsAnAttempt() {
    run("keys", "create", "ada");

    assertRefused(
        1,
        "exchange: ex_1 has no settled attempt",
        "ledger",
        "correct",
        "ex_1",
        "--output",
        "5",
        "--reason",
        "x");
  }

  @Test
  void aCorrectionThatChangesNothingIsRefused() {
    run("keys", "create", "ada");

    assertRefused(2, "nothing to correct", "ledger", "correct", "ex_1", "--reason", "x");
  }

  @Test
  void aFolderThatAnotherProcessHoldsIsNamedWithTheProcess() throws Exception {
    run("keys", "create", "ada");
    try (var held =
        io.stipend.metering.ledger.SqliteLedger.open(
            folder.resolve("data"),
            io.stipend.metering.ledger.LedgerOptions.defaults(),
            java.time.InstantSource.system())) {
      assertRefused(70, "in use by", "grant", "ada", "5", "--reason", "x");
      assertThat(run("balance").code()).as("reading goes on").isZero();
      assertThat(held.poisoned()).isFalse();
    }
  }

  private Invocation run(String... args) {
    return Invocation.on(config, args);
  }

  private void assertRefused(int code, String message, String... args) {
    Invocation run = run(args);
    assertThat(run.err()).contains(message).doesNotContain("\tat ");
    assertThat(run.code()).as(run.err()).isEqualTo(code);
    assertThat(run.out()).isEmpty();
  }
}
