package io.stipend.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.stipend.gateway.Gateway;
import io.stipend.gateway.admin.AdminClient;
import io.stipend.gateway.admin.AdminService.AuditLine;
import io.stipend.gateway.testing.Csv;
import io.stipend.metering.ledger.LedgerReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Every change stands in one export, with what was before and what is since. */
class AuditExportTest {
  private static final String SECRET = "sk-planted-secret-8Hq2";

  private final ObjectMapper json = new ObjectMapper();

  @TempDir Path folder;
  private Path config;
  private Path data;

  @BeforeEach
  void quotaFile() throws IOException {
    config = folder.resolve("stipend.yaml");
    data = folder.resolve("data");
    quota("400 USD", "cleo: { team: payments, allowance: engineer }");
  }

  private void quota(String amount, String more) throws IOException {
    Path next = folder.resolve("next.yaml");
    Files.writeString(
        next,
        """
        gateway: { listen: "127.0.0.1:0", admin: "127.0.0.1:0", data: ./data }
        providers: { openai: { url: "http://127.0.0.1:9", key: "%s" } }
        allowances:
          engineer: { amount: %s, every: month, transfer: 50%%, advance: 50%% }
        teams: { payments: { cost_center: CC-1, budget: { amount: 900 USD, every: month } } }
        people:
          ada: { team: payments, allowance: engineer, limits: { requests_per_minute: 60 } }
          bob: { allowance: engineer }
          %s
        """
            .formatted(SECRET, amount, more));
    Files.move(next, config, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
  }

  private Invocation run(String... args) {
    Invocation made = Invocation.on(config, args);
    assertThat(made.code()).as(List.of(args) + made.err()).isZero();
    return made;
  }

  private Gateway open() {
    return Gateway.start(config, Map.of(), InstantSource.system());
  }

  private void changes(int count) {
    Awaitility.await()
        .until(
            () -> {
              try (LedgerReader reader = LedgerReader.open(data)) {
                return reader.quotaChanges().size() == count;
              }
            });
  }

  private List<Map<String, String>> export(String format) throws IOException {
    Path out = folder.resolve("audit." + format);
    run(
        "audit",
        "export",
        "--from",
        "2020-01-01",
        "--to",
        "2100-01-01",
        "--format",
        format,
        "--out",
        out.toString());
    JsonNode meta =
        json.readTree(Files.readString(folder.resolve("audit." + format + ".meta.json")));
    try (LedgerReader reader = LedgerReader.open(data)) {
      assertThat(meta.path("head_hash").asText()).isEqualTo(reader.head().hash());
    }
    List<Map<String, String>> rows = new ArrayList<>();
    if (format.equals("csv")) {
      rows = Csv.read(Files.readString(out));
    } else {
      for (String line : Files.readAllLines(out)) {
        Map<String, String> row = new java.util.LinkedHashMap<>();
        json.readTree(line)
            .properties()
            .forEach(
                field ->
                    row.put(
                        field.getKey(),
                        field.getValue().isNull() ? "" : field.getValue().asText()));
        rows.add(row);
      }
    }
    assertThat(meta.path("rows").asLong()).isEqualTo(rows.size());
    assertThat(Files.readString(out)).doesNotContain(SECRET);
    return rows;
  }

  private void happen() throws Exception {
    try (Gateway gateway = open()) {
      changes(1);
      run("keys", "create", "ada", "--name", "laptop");
      String id = json.readTree(run("keys", "list", "--json").out()).get(0).path("id").asText();
      run("keys", "revoke", id);
      run("grant", "ada", "50", "--reason", "=SUM(A1), \"week\"", "--by", "eve");
      run("transfer", "ada", "bob", "20", "--reason", "swap");
      run("advance", "ada", "10", "--reason", "release");
      run("freeze", "bob", "--reason", "on leave");
      run("unfreeze", "bob", "--reason", "back");
      quota("300 USD", "dan: { allowance: engineer }");
      changes(2);
      AuditLine last = null;
      for (AuditLine line :
          AdminClient.find(data).orElseThrow().audit("2020-01-01", "2100-01-01")) {
        last = line;
      }
      assertThat(last.what()).isEqualTo("quota_file");
      assertThat(gateway.admin().audit("2100-01-01", null)).isEmpty();
    }
    // What changes while no gateway runs is told by the next start.
    quota("300 USD", "dan: { team: payments, allowance: engineer }");
    try (Gateway gateway = open()) {
      changes(3);
      assertThat(gateway.admin().audit(null, null)).hasSizeGreaterThan(9);
    }
    run("ledger", "close", "2020-02", "--by", "eve", "--reason", "books");
    run("ledger", "close", "2020-02", "--reopen", "--by", "max", "--reason", "late");
    quota("300 USD", "");
    run("forget", "dan", "--by", "eve", "--reason", "asked");
  }

  @Test
  void everyKindOfChangeIsThereWithBeforeAndAfterAndTheSameInEveryFormat() throws Exception {
    happen();

    List<Map<String, String>> rows = export("csv");
    assertThat(export("jsonl")).usingRecursiveComparison().isEqualTo(unquoted(rows));
    assertThat(rows)
        .extracting(row -> row.get("what"))
        .containsExactly(
            "quota_file",
            "rate_cards",
            "key_created",
            "key_revoked",
            "grant",
            "transfer",
            "advance",
            "freeze",
            "unfreeze",
            "quota_file",
            "quota_file",
            "close",
            "reopen",
            "forget");
    assertThat(rows).allSatisfy(row -> assertThat(Long.parseLong(row.get("batch"))).isPositive());
    assertThat(rows.get(4).get("reason")).isEqualTo("'=SUM(A1), \"week\"");
    assertThat(rows.get(4).get("after")).startsWith("50").endsWith(" USD");
    assertThat(rows.get(7).get("before")).isEqualTo("not frozen");
    quotaChanges(rows);
    Map<String, String> forgotten = rows.get(13);
    assertThat(forgotten.get("about")).startsWith("forgotten-");
    assertThat(forgotten.get("reason")).isEqualTo("asked");
    Invocation wrong =
        Invocation.on(
            config,
            "audit",
            "export",
            "--from",
            "2020-01-01",
            "--to",
            "2021-01-01",
            "--format",
            "parquet",
            "--out",
            "x");
    assertThat(wrong.code()).isEqualTo(2);
  }

  private static void quotaChanges(List<Map<String, String>> rows) {
    Map<String, String> change = rows.get(9);
    assertThat(change.get("before"))
        .contains("allowances/engineer: 400", "people/cleo: team payments, allowance engineer")
        .doesNotContain("people/ada");
    assertThat(change.get("after")).contains("allowances/engineer: 300", "people/cleo: none");
    assertThat(change.get("config_hash")).hasSize(64).isEqualTo(change.get("about"));
    assertThat(change.get("after") + rows.get(10).get("before") + rows.get(0).get("after"))
        .as("who is forgotten goes out of these as well")
        .doesNotContain("people/dan")
        .contains("people/forgotten-");
    assertThat(rows.get(10).get("after")).contains(": team payments, allowance engineer");
  }

  /** What a spreadsheet must not take for a formula has an apostrophe in CSV alone. */
  private static List<Map<String, String>> unquoted(List<Map<String, String>> rows) {
    List<Map<String, String>> plain = new ArrayList<>();
    for (Map<String, String> row : rows) {
      Map<String, String> one = new java.util.LinkedHashMap<>(row);
      one.replaceAll((column, value) -> value.startsWith("'=") ? value.substring(1) : value);
      plain.add(one);
    }
    return plain;
  }
}
