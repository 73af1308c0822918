package io.stipend.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code allowance export}. */
class AllowanceExportTest {
  private final ObjectMapper json = new ObjectMapper();

  @TempDir Path folder;
  private Path config;

  @BeforeEach
  void aTopUpAndATransfer() throws Exception {
    config =
        Files.writeString(
            folder.resolve("stipend.yaml"),
            """
            gateway: { data: ./data, limits: { open_attempts: 64 } }
            providers: { openai: { url: "https://api.openai.com", key: "${NOT_SET}" } }
            allowances: { engineer: { amount: 400 USD, every: once } }
            people: { ada: { allowance: engineer }, bob: { allowance: engineer } }
            """);
    assertThat(run("grant", "ada", "50.25", "--reason", "=a \"reason\"").code()).isZero();
  }

  private Invocation run(String... args) {
    return Invocation.on(config, args);
  }

  private Invocation export(String format, String out, String... more) {
    List<String> args =
        new java.util.ArrayList<>(
            List.of(
                "allowance",
                "export",
                "--from",
                "2020-01-01",
                "--to",
                "2100-01-01",
                "--format",
                format,
                "--out",
                out));
    args.addAll(List.of(more));
    return run(args.toArray(String[]::new));
  }

  @Test
  void everyMovementIsARowThatASpreadsheetReads() throws Exception {
    Path file = folder.resolve("a.csv");
    Invocation run = export("csv", file.toString(), "--json");
    assertThat(run.code()).as(run.err()).isZero();
    List<String> lines = Files.readString(file).lines().toList();
    assertThat(lines.get(0))
        .isEqualTo(
            "at,id,kind,account,scope,owner,allowance,period,amount,unit,counterpart,lot,reason,"
                + "by,expires_at,priority");
    assertThat(lines)
        .anySatisfy(
            line ->
                assertThat(line)
                    .contains(",one_off,person/ada@once#USD,person,ada,,once,")
                    .contains(",50.25,USD,,", "\"'=a \"\"reason\"\"\""));
    JsonNode meta = json.readTree(Files.readString(folder.resolve("a.csv.meta.json")));
    assertThat(meta).isEqualTo(json.readTree(run.out()));
    assertThat(meta.path("rows").asInt()).isEqualTo(lines.size() - 1);
    assertThat(meta.path("columns")).hasSize(16);
    assertThat(meta.path("sha256").textValue()).hasSize(64);
    assertThat(meta.path("head_hash").textValue()).hasSize(64);

    Invocation shown = export("jsonl", "-");
    assertThat(shown.out().lines().count()).isEqualTo(meta.path("rows").asLong());
    assertThat(
            json.readTree(shown.out().lines().findFirst().orElseThrow()).path("amount").isTextual())
        .isTrue();
    assertThat(shown.err()).contains("ledger head ");
    Path parquet = folder.resolve("a.parquet");
    Invocation columns = export("parquet", parquet.toString());
    assertThat(columns.code()).as(columns.err()).isZero();
    assertThat(parquet).exists();
  }

  @Test
  void wrongUsageIsTold() {
    assertThat(export("xlsx", "x").err())
        .contains("--format: xlsx (expected: csv, jsonl or parquet)");
    assertThat(export("parquet", "-")).returns(2, Invocation::code);
    assertThat(run("allowance", "export", "--out", "x").err()).contains("--from is missing");
  }
}
