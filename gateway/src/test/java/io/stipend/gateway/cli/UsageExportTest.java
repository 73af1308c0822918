package io.stipend.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.Unit;
import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.AttemptFacts;
import io.stipend.metering.ledger.AttemptId;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.LedgerOptions;
import io.stipend.metering.ledger.OpenAttempt;
import io.stipend.metering.ledger.Posting;
import io.stipend.metering.ledger.SqliteLedger;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code usage export}: to a file, into a folder by day, as text and as Parquet. */
class UsageExportTest {
  private static final AccountKey ADA = new AccountKey("person/ada/engineer", "2020-11", Unit.USD);

  private final ObjectMapper json = new ObjectMapper();

  @TempDir Path folder;
  private Path config;

  @BeforeEach
  void aLedgerOfThreeDays() throws Exception {
    config =
        Files.writeString(
            folder.resolve("stipend.yaml"),
            """
            gateway: { data: ./data, limits: { open_attempts: 64 } }
            calendar: { timezone: America/New_York }
            providers: { openai: { url: "https://api.openai.com", key: "${NOT_SET}" } }
            people: { ada: { budget: { amount: 400 USD, every: month } } }
            """);
    Instant first = Instant.parse("2020-11-01T23:30:00Z");
    try (SqliteLedger ledger =
        SqliteLedger.open(
            folder.resolve("data"),
            new LedgerOptions(64, 100, 64, () -> {}),
            InstantSource.fixed(first))) {
      for (int i = 0; i < 5; i++) {
        settle(ledger, "e" + i, first.plusSeconds(3_600L * 8 * i), 1_000_000_000L + i);
      }
    }
  }

  private static void settle(SqliteLedger ledger, String exchange, Instant at, long nanos)
      throws Exception {
    AttemptFacts facts =
        new AttemptFacts(
            "ada",
            null,
            null,
            null,
            "k1",
            "=s",
            "cli",
            "openai-chat",
            "openai",
            "gpt-5",
            null,
            "builtin",
            "USD",
            1,
            1,
            1,
            1);
    AttemptId id = new AttemptId(exchange, 1);
    OpenAttempt attempt =
        ledger.begin(new LedgerEntry.Reserved(at, id, facts, List.of(new Posting(ADA, 1))));
    attempt.sent();
    attempt
        .settle(
            new LedgerEntry.Settled(
                at.plusSeconds(1),
                id,
                TokenUsage.of(3, 4),
                UsageSource.REPORTED,
                "completed",
                200,
                "gpt-5",
                null,
                nanos,
                null,
                List.of(new Posting(ADA, nanos)),
                ""))
        .get(20, TimeUnit.SECONDS);
  }

  private Invocation export(String... args) {
    List<String> all = new ArrayList<>(List.of("usage", "export"));
    all.addAll(List.of(args));
    return Invocation.on(config, all.toArray(String[]::new));
  }

  private String path(String name) {
    return folder.resolve(name).toString();
  }

  @Test
  void aMonthByDayIsTheMonthInOneFile() throws Exception {
    Invocation run = export("--month", "2020-11", "--by", "day", "--out", path("days"), "--json");
    assertThat(run.code()).as(run.err()).isZero();
    JsonNode delivery = json.readTree(run.out());
    assertThat(delivery.path("days").asInt()).isEqualTo(30);
    assertThat(delivery.path("written").asInt()).isEqualTo(30);
    assertThat(delivery.path("rows").asInt()).isEqualTo(5);
    assertThat(delivery.at("/totals/USD").asText()).isEqualTo("5.00000001");
    assertThat(delivery.path("complete_until").asText()).isEqualTo("2020-12-01T00:00:00Z");

    assertThat(export("--month", "2020-11", "--out", path("month.csv")).code()).isZero();
    StringBuilder together = new StringBuilder();
    for (int day = 1; day <= 30; day++) {
      String name = "days/usage-2020-11-%02d.csv".formatted(day);
      String text = Files.readString(folder.resolve(name));
      together.append(text, day == 1 ? 0 : text.indexOf('\n') + 1, text.length());
      assertThat(folder.resolve(name + ".meta.json")).exists();
    }
    assertThat(together.toString()).isEqualTo(Files.readString(folder.resolve("month.csv")));

    Invocation second = export("--month", "2020-11", "--by", "day", "--out", path("days"));
    assertThat(second.out()).contains("30 days, 0 written; 5 rows, 5.00000001 USD");
    Files.delete(folder.resolve("days/usage-2020-11-02.csv"));
    Invocation third =
        export("--from", "2020-11-01", "--to", "2020-11-04", "--by", "day", "--out", path("days"));
    assertThat(third.out()).contains("3 days, 1 written; 5 rows");
    Invocation again =
        export("--month", "2020-11", "--by", "day", "--out", path("days"), "--again");
    assertThat(again.out()).contains("30 days, 30 written;");
  }

  @Test
  void parquetIsWrittenToAFileAndByDay() throws Exception {
    Invocation one =
        export("--month", "2020-11", "--format", "parquet", "--out", path("m.parquet"), "--json");
    assertThat(one.code()).as(one.err()).isZero();
    JsonNode meta = json.readTree(Files.readString(folder.resolve("m.parquet.meta.json")));
    assertThat(meta).isEqualTo(json.readTree(one.out()));
    assertThat(meta.path("rows").asInt()).isEqualTo(5);
    assertThat(meta.path("format").asText()).isEqualTo("parquet");
    assertThat(meta.path("bytes").asLong()).isEqualTo(Files.size(folder.resolve("m.parquet")));
    assertThat(
            new String(
                Files.readAllBytes(folder.resolve("m.parquet")), 0, 4, StandardCharsets.US_ASCII))
        .isEqualTo("PAR1");
    Invocation days =
        export(
            "--from",
            "2020-11-01",
            "--to",
            "2020-11-03",
            "--by",
            "day",
            "--format",
            "parquet",
            "--out",
            path("days"));
    assertThat(days.code()).as(days.err()).isZero();
    assertThat(folder.resolve("days/usage-2020-11-02.parquet")).exists();
  }

  @Test
  void whatDoesNotGoTogetherIsTold() {
    record Case(String expected, List<String> args) {}
    String days = path("days");
    for (Case wrong :
        List.of(
            new Case("--to is missing", List.of("--from", "2020-11-01", "--out", days)),
            new Case("--from is missing", List.of("--out", days)),
            new Case(
                "without --from and --to",
                List.of("--month", "2020-11", "--to", "2020-11-02", "--out", days)),
            new Case("a month of UTC", List.of("--month", "2020-13", "--out", days)),
            new Case(
                "(expected: day)", List.of("--month", "2020-11", "--by", "hour", "--out", days)),
            new Case("with --by day", List.of("--month", "2020-11", "--again", "--out", days)),
            new Case(
                "expected: a folder", List.of("--month", "2020-11", "--by", "day", "--out", "-")),
            new Case("is a folder", List.of("--month", "2020-11", "--out", folder.toString())),
            new Case(
                "the begin of a UTC day, such as 2020-11-01",
                List.of(
                    "--from",
                    "2020-11-01T05:00:00Z",
                    "--to",
                    "2020-11-03",
                    "--by",
                    "day",
                    "--out",
                    days)),
            new Case(
                "parquet is no text",
                List.of("--month", "2020-11", "--format", "parquet", "--out", "-")))) {
      Invocation run = export(wrong.args.toArray(String[]::new));
      assertThat(run.code()).as(wrong.expected).isEqualTo(2);
      assertThat(run.err()).contains(wrong.expected);
      assertThat(folder.resolve("days")).doesNotExist();
    }
  }

  @Test
  void aFolderThatCannotBeWrittenIsNamed() throws Exception {
    Files.writeString(folder.resolve("file"), "x");
    Invocation run = export("--month", "2020-11", "--by", "day", "--out", path("file"));
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err())
        .contains("--out: " + path("file") + " is a file (expected: a folder, with --by day)");
  }

  @Test
  void whereNothingCanBeWrittenIsTold() throws Exception {
    String nowhere = path("missing/file");
    String[] span = {"--from", "2020-01-01", "--to", "2020-02-01", "--out"};
    for (String command :
        List.of("usage export", "allowance export", "audit export", "report sessions")) {
      List<String> words = new ArrayList<>(List.of(command.split(" ")));
      words.addAll(List.of(span));
      words.add(nowhere);
      words.addAll(List.of("--config", path("stipend.yaml")));
      Invocation run = Invocation.of(words.toArray(String[]::new));
      assertThat(run.code()).as(command).isEqualTo(2);
      assertThat(run.err())
          .as(command)
          .isEqualToIgnoringNewLines(
              "stipend: --out: " + nowhere + " (expected: a file in a folder that is there)");
    }
  }

  @Test
  void progressSaysMoreThanAPercentage() {
    StringWriter err = new StringWriter();
    try (ProgressLine line =
        ProgressLine.shown(new Terminal(new PrintWriter(err), new PrintWriter(err)), "export")) {
      line.at(0, 2, "2020-11-01, 4096 rows");
      line.at(1, 2, "");
    }
    String shorter = "\rexport: 50 %" + " ".repeat(", 2020-11-01, 4096 rows".length() - 1);
    assertThat(err.toString())
        .startsWith("\rexport: 0 %, 2020-11-01, 4096 rows" + shorter)
        .endsWith(" \r");
  }
}
