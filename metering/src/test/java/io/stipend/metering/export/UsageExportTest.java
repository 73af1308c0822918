package io.stipend.metering.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.stipend.metering.ChargeBasis;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.Unit;
import io.stipend.metering.Units;
import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.AttemptFacts;
import io.stipend.metering.ledger.AttemptId;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.LedgerException;
import io.stipend.metering.ledger.LedgerOptions;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.OpenAttempt;
import io.stipend.metering.ledger.Posting;
import io.stipend.metering.ledger.SqliteLedger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class UsageExportTest {
  private static final String HEADER =
      "exchange_id,attempt,started_at,finished_at,person,team,cost_center,project,key_id,"
          + "session_id,client,dialect,provider,model_requested,model_served,service_tier,"
          + "input_tokens,cache_read_tokens,cache_write_tokens,cache_write_1h_tokens,"
          + "output_tokens,reasoning_tokens,usage_source,outcome,http_status,cost,currency,"
          + "price_version,provider_request_id,agent_id,parent_agent_id,units\r\n";
  private static final Instant START = Instant.parse("2026-11-01T00:00:00Z");
  private static final AccountKey ADA = new AccountKey("person/ada/engineer", "2026-11", Unit.USD);

  @TempDir Path folder;
  private Path data;

  @BeforeEach
  void fill() throws Exception {
    data = folder.resolve("data");
    try (SqliteLedger ledger =
        SqliteLedger.open(
            data, new LedgerOptions(8, 100, 64, () -> {}), InstantSource.fixed(START))) {
      settle(
          ledger,
          "e1",
          START,
          "payments",
          "=cmd|' /C calc'!A0",
          200,
          1_234_500_000L,
          "req_1",
          null,
          new TokenUsage(10, 20, 30, 5, 40, 7));
      settle(
          ledger,
          "e2",
          START.plusMillis(1),
          null,
          "a \"b\", c\nd",
          0,
          1L,
          null,
          null,
          TokenUsage.ZERO);
      settle(
          ledger,
          "e3",
          START.plusSeconds(60),
          "-team",
          null,
          529,
          0L,
          "@req",
          "=a1",
          TokenUsage.of(1, 2));
    }
  }

  private static void settle(
      SqliteLedger ledger,
      String exchange,
      Instant at,
      String team,
      String session,
      int status,
      long nanos,
      String request,
      String agent,
      TokenUsage usage)
      throws Exception {
    AttemptFacts facts =
        new AttemptFacts(
                "ada",
                team,
                null,
                null,
                "k1",
                session,
                "claude-cli",
                "anthropic-messages",
                "anthropic",
                "claude-opus-4-5",
                null,
                "builtin-2026-11-20",
                "USD",
                100,
                100,
                100,
                100)
            .byAgent(agent, agent == null ? null : "main");
    AttemptId id = new AttemptId(exchange, 1);
    OpenAttempt attempt =
        ledger.begin(new LedgerEntry.Reserved(at, id, facts, List.of(new Posting(ADA, 100))));
    attempt.sent();
    attempt
        .settle(
            new LedgerEntry.Settled(
                at.plusMillis(1_500),
                id,
                usage,
                UsageSource.REPORTED,
                "completed",
                status,
                "claude-opus-4-5-20251101",
                "standard",
                nanos,
                request,
                List.of(new Posting(ADA, nanos)),
                "",
                agent == null ? Units.NONE : Units.parse("web_search=3;image=1"),
                ChargeBasis.NONE))
        .get(20, TimeUnit.SECONDS);
  }

  @Test
  void csvIsWrittenAsFinanceReadsIt() throws Exception {
    Path file = folder.resolve("usage.csv");
    UsageExport.Summary summary = export(START, START.plusSeconds(3_600), file);
    String common = ",k1,%s,claude-cli,anthropic-messages,anthropic,claude-opus-4-5,";
    assertThat(Files.readString(file))
        .isEqualTo(
            HEADER
                + "e1,1,2026-11-01T00:00:00.000Z,2026-11-01T00:00:01.500Z,ada,payments,,"
                + common.formatted("'=cmd|' /C calc'!A0")
                + "claude-opus-4-5-20251101,standard,10,20,30,5,40,7,reported,completed,200,"
                + "1.2345,USD,builtin-2026-11-20,req_1,,,\r\n"
                + "e2,1,2026-11-01T00:00:00.001Z,2026-11-01T00:00:01.501Z,ada,,,"
                + common.formatted("\"a \"\"b\"\", c\nd\"")
                + "claude-opus-4-5-20251101,standard,0,0,0,0,0,0,reported,completed,,"
                + "0.000000001,USD,builtin-2026-11-20,,,,\r\n"
                + "e3,1,2026-11-01T00:01:00.000Z,2026-11-01T00:01:01.500Z,ada,'-team,,"
                + common.formatted("")
                + "claude-opus-4-5-20251101,standard,1,0,0,0,2,0,reported,completed,529,"
                + "0,USD,builtin-2026-11-20,'@req,'=a1,main,web_search=3;image=1\r\n");
    assertThat(summary.rows()).isEqualTo(3);
    assertThat(summary.totalNanos()).isEqualTo(Map.of("USD", 1_234_500_001L));
    try (LedgerReader reader = LedgerReader.open(data)) {
      assertThat(summary.head()).isEqualTo(reader.head());
    }
  }

  @Test
  void theStartIsInclusiveAndTheEndIsNot() {
    Path file = folder.resolve("usage.csv");
    assertThat(export(START, START.plusSeconds(60), file).rows()).isEqualTo(2);
    assertThat(export(START.plusMillis(1), START.plusSeconds(61), file).rows()).isEqualTo(2);
    assertThat(export(START.plusNanos(1), START.plusMillis(1), file).rows()).isZero();
    assertThat(file).hasContent(HEADER.strip());
  }

  @Test
  void jsonLinesHaveNumbersAndDecimalStringsAndNulls() throws Exception {
    Path file = folder.resolve("usage.jsonl");
    try (LedgerReader reader = LedgerReader.open(data)) {
      UsageExport.write(reader, START, START.plusSeconds(60), UsageExport.Format.JSONL, file);
    }
    List<String> lines = Files.readAllLines(file);
    assertThat(lines).hasSize(2);
    JsonNode first = new ObjectMapper().readTree(lines.get(0));
    JsonNode second = new ObjectMapper().readTree(lines.get(1));
    assertThat(String.join(",", (Iterable<String>) first::fieldNames)).isEqualTo(HEADER.strip());
    assertThat(first.get("input_tokens").isNumber()).isTrue();
    assertThat(first.get("cost").textValue()).isEqualTo("1.2345");
    assertThat(first.get("session_id").textValue()).isEqualTo("=cmd|' /C calc'!A0");
    assertThat(first.get("http_status").intValue()).isEqualTo(200);
    assertThat(second.get("http_status").isNull()).isTrue();
    assertThat(second.get("team").isNull()).isTrue();
    assertThat(second.get("output_tokens").intValue()).isZero();
    assertThat(second.get("session_id").textValue()).isEqualTo("a \"b\", c\nd");
    assertThat(second.get("agent_id").isNull()).isTrue();
    assertThat(second.get("units").isNull()).isTrue();
  }

  @Test
  void aFileThatCannotBeWrittenIsNamedAndLeavesNothing() throws Exception {
    Path file = folder.resolve("missing/usage.csv");
    assertThatThrownBy(() -> export(START, START.plusSeconds(60), file))
        .isInstanceOf(LedgerException.class)
        .hasMessageContaining("missing/usage.csv");
    try (var files = Files.list(folder)) {
      assertThat(files).containsExactly(data);
    }
  }

  private UsageExport.Summary export(Instant from, Instant to, Path file) {
    try (LedgerReader reader = LedgerReader.open(data)) {
      return UsageExport.write(reader, from, to, UsageExport.Format.CSV, file);
    }
  }
}
