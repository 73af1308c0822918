package io.stipend.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Copies of the ledger, and the proof that each export carries. */
class LedgerCommandsTest {
  private final ObjectMapper json = new ObjectMapper();

  @TempDir Path folder;
  private Path config;

  @BeforeEach
  void aLedger() throws IOException {
    config =
        Files.writeString(
            folder.resolve("stipend.yaml"),
            """
            gateway: { data: ./data, limits: { open_attempts: 64 } }
            providers: { openai: { url: "https://api.openai.com", key: "${NOT_SET}" } }
            allowances: { engineer: { amount: 400 USD, every: month } }
            people: { ada: { allowance: engineer } }
            """);
    assertThat(run("grant", "ada", "50", "--reason", "a reason to find").code()).isZero();
  }

  private Invocation run(String... args) {
    return Invocation.on(config, args);
  }

  private JsonNode read(String... args) throws IOException {
    Invocation run = run(args);
    assertThat(run.code()).as(run.err()).isZero();
    return json.readTree(run.out());
  }

  @Test
  void aReplayAndABackupHaveTheHeadOfTheLedger() throws Exception {
    JsonNode verified = read("ledger", "verify", "--json");
    String head = verified.path("head_hash").asText();
    assertThat(verified.path("first_bad").isNull()).isTrue();

    JsonNode replayed = read("ledger", "replay", "--out", path("again"), "--json");
    assertThat(replayed.path("head_hash").asText()).isEqualTo(head);
    assertThat(replayed.path("entries").asLong()).isEqualTo(verified.path("entries").asLong());
    assertThat(replayed.path("differences")).isEmpty();
    assertThat(folder.resolve("again/ledger.db")).exists();

    JsonNode copied = read("ledger", "backup", "--out", path("copy.db"), "--json");
    assertThat(copied.path("head_hash").asText()).isEqualTo(head);
    assertThat(copied.path("ok").asBoolean()).isTrue();
    assertThat(copied.path("bytes").asLong()).isEqualTo(Files.size(folder.resolve("copy.db")));

    Files.createDirectory(folder.resolve("copies"));
    Invocation inFolder = run("ledger", "backup", "--out", path("copies"));
    assertThat(inFolder.out()).contains("verifies", head, "without the in-flight table");
    assertThat(folder.resolve("copies/ledger.db")).exists();
  }

  @Test
  void whatIsThereIsNotOverwritten() throws Exception {
    for (String command : new String[] {"replay", "backup"}) {
      Invocation refused = run("ledger", command, "--out", path("data"));
      assertThat(refused.code()).as(command).isNotZero();
      assertThat(refused.err()).contains("ledger.db: is there already").doesNotContain("\tat ");
    }
    Invocation nowhere = run("ledger", "backup", "--out", path("missing/copy.db"));
    assertThat(nowhere.code()).isNotZero();
    assertThat(nowhere.err()).contains("missing: no such folder");
  }

  @Test
  void aBadBatchIsToldAsData() throws Exception {
    Path ledger = folder.resolve("data/ledger.db");
    byte[] bytes = Files.readAllBytes(ledger);
    int at =
        new String(bytes, java.nio.charset.StandardCharsets.ISO_8859_1).indexOf("a reason to find");
    bytes[at] ^= 1;
    Files.write(ledger, bytes);

    Invocation broken = run("ledger", "verify", "--json");
    assertThat(broken.code()).isEqualTo(1);
    JsonNode bad = json.readTree(broken.out()).path("first_bad");
    assertThat(bad.path("seq").asLong()).isPositive();
    assertThat(bad.path("problem").asText()).contains("content and hash differ", "expected: ");

    Invocation replayed = run("ledger", "replay", "--out", path("again"));
    assertThat(replayed.code()).isNotZero();
    assertThat(replayed.err()).contains("batch " + bad.path("seq").asLong());

    Invocation changed = run("grant", "ada", "1", "--reason", "x");
    assertThat(changed.code()).isNotZero();
    assertThat(changed.err()).contains("ledger verify", "restore a backup");
  }

  @Test
  void anExportHasItsProofBesideItOrOnStandardError() throws Exception {
    Path out = folder.resolve("usage.csv");
    JsonNode report =
        read(
            "usage",
            "export",
            "--from",
            "2020-01-01",
            "--to",
            "2100-01-01",
            "--out",
            out.toString(),
            "--json");
    JsonNode meta = json.readTree(Files.readString(folder.resolve("usage.csv.meta.json")));
    assertThat(meta).isEqualTo(report);
    assertThat(meta.path("head_hash").asText())
        .isEqualTo(read("ledger", "verify", "--json").path("head_hash").asText());
    assertThat(meta.path("format").asText()).isEqualTo("csv");
    assertThat(meta.path("complete_until").asText()).startsWith("20");

    Invocation shown =
        run("usage", "export", "--from", "2020-01-01", "--to", "2100-01-01", "--out", "-");
    assertThat(shown.out()).isEqualTo(Files.readString(out));
    assertThat(shown.err()).contains("ledger head", meta.path("head_hash").asText());
  }

  @Test
  void aMonthIsClosedOnceAndReopenedWithAReason() throws Exception {
    JsonNode closed =
        read("ledger", "close", "2020-02", "--reason", "books", "--by", "eve", "--json");
    assertThat(closed.path("month").asText()).isEqualTo("2020-02");
    assertThat(closed.path("closed").asBoolean()).isTrue();
    assertThat(closed.path("reason").asText()).isEqualTo("books");
    assertThat(run("ledger", "close", "2020-03").out()).startsWith("2020-03 is closed: ");

    Invocation again = run("ledger", "close", "2020-02");
    assertThat(again.code()).isEqualTo(1);
    assertThat(again.err()).contains("month: 2020-02 was closed by eve at ", "--reopen");
    Invocation future = run("ledger", "close", "9998-12");
    assertThat(future.code()).isEqualTo(1);
    assertThat(future.err()).contains("month: 9998-12 ends at 9999-01-01T00:00:00Z");
    for (String wrong : new String[] {"2020-2", "2020-00", "november", "2020-02-01"}) {
      Invocation refused = run("ledger", "close", wrong);
      assertThat(refused.code()).as(wrong).isEqualTo(2);
      assertThat(refused.err()).contains(wrong, "expected: a month of UTC such as 2026-11");
    }

    Invocation unreasoned = run("ledger", "close", "2020-02", "--reopen");
    assertThat(unreasoned.code()).isEqualTo(2);
    assertThat(unreasoned.err()).contains("--reason is missing");
    Invocation alone =
        run("ledger", "close", "2020-02", "--reopen", "--reason", "late invoice", "--by", "eve");
    assertThat(alone.code()).isEqualTo(1);
    assertThat(alone.err()).contains("by: eve closed 2020-02", "the approval of somebody else");
    assertThat(run("ledger", "close", "2020-02", "--reopen", "--reason", "x").err())
        .contains("--by is missing");
    Invocation open =
        run("ledger", "close", "2020-02", "--reopen", "--reason", "late invoice", "--by", "max");
    assertThat(open.code()).as(open.err()).isZero();
    assertThat(open.out()).startsWith("2020-02 is open again");
    assertThat(run("ledger", "close", "2020-04", "--reopen", "--reason", "x", "--by", "y").err())
        .contains("month: 2020-04 is open");

    for (String format : new String[] {"csv", "jsonl"}) {
      JsonNode report =
          read(
              "usage",
              "export",
              "--from",
              "2020-02-01T00:00:00Z",
              "--to",
              "2020-03-01T00:00:00Z",
              "--format",
              format,
              "--out",
              path("february"),
              "--json");
      assertThat(report)
          .isEqualTo(json.readTree(Files.readString(folder.resolve("february.meta.json"))));
      assertThat(report.path("months")).hasSize(1);
      JsonNode month = report.path("months").get(0);
      assertThat(month.path("month").asText()).isEqualTo("2020-02");
      assertThat(month.path("state").asText()).isEqualTo("reopened");
      assertThat(month.path("reason").asText()).isEqualTo("late invoice");
    }
    Invocation both =
        run("usage", "export", "--from", "2020-01-01", "--to", "2021-01-01", "--out", "-");
    assertThat(both.err()).contains("; 2020-02 reopened; 2020-03 closed; ledger head ");
  }

  @Test
  void progressIsOneLineThatGoesAway() {
    StringWriter err = new StringWriter();
    try (ProgressLine line =
        ProgressLine.shown(new Terminal(new PrintWriter(err), new PrintWriter(err)), "verify")) {
      line.at(1, 4);
      line.at(1, 4);
      line.at(4, 4);
    }
    assertThat(err.toString()).startsWith("\rverify: 25 %\rverify: 100 %\r").endsWith(" \r");
  }

  private String path(String name) {
    return folder.resolve(name).toString();
  }
}
