package io.stipend.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.stipend.gateway.admin.AdminService.RerateOrder;
import io.stipend.metering.MediaTokens;
import io.stipend.metering.Meter;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.Unit;
import io.stipend.metering.Units;
import io.stipend.metering.UsageReport;
import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.AccountTotals;
import io.stipend.metering.ledger.AttemptFacts;
import io.stipend.metering.ledger.AttemptId;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.LedgerOptions;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.OpenAttempt;
import io.stipend.metering.ledger.Posting;
import io.stipend.metering.ledger.SqliteLedger;
import io.stipend.metering.ledger.UsageRow;
import io.stipend.metering.price.RateCards;
import io.stipend.metering.price.Rating;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A past month is priced under another card, by rows, accounts and records. */
class RerateCommandTest {
  private static final Instant MONTH = Instant.parse("2024-02-01T00:00:00Z");
  private static final AccountKey ADA = new AccountKey("person/ada", "2024-02", Unit.USD);
  private static final AccountKey TOKENS =
      new AccountKey("person/ada", "2024-02", new Unit("tokens"));
  private static final String[] TIERS = {null, "batch", "priority", "unheard-of"};

  private static String card(String version, String a, String b) {
    return """
        version: %s
        kind: contracted
        currency: USD
        provider: openai
        source: order form
        checked_on: 2024-01-05
        valid_from: 2024-01-01
        models:
          - model: model-a
            prices: %s
            tiers: { batch: { basis_points: 5000 } }
            per_unit: { web_search: 0.01 }
        """
            .formatted(version, a)
        + (b.isEmpty() ? "" : "  - { model: model-b, prices: " + b + " }\n");
  }

  private static final String BEFORE =
      card(
          "card-1",
          "{ input: 3, cache_read: 0.3, output: 15, input_audio: 30, above:"
              + " [ { input_over: 20000, input: 6, output: 22.5 } ] }",
          "{ input: 1, output: 2 }");

  /** It says nothing of model-b. */
  private static final String AFTER =
      card(
          "card-2",
          "{ input: 2.5, cache_read: 0.251, output: 16.123457, input_audio: 31, above:"
              + " [ { input_over: 25000, input: 5, output: 20 } ] }",
          "");

  private final ObjectMapper json = new ObjectMapper();
  private final Map<String, UsageReport> reports = new HashMap<>();

  @TempDir Path folder;
  private Path config;

  /** Random usage, charged under the first card as a gateway would have. */
  private void history(long seed, int attempts) throws Exception {
    config =
        Files.writeString(
            folder.resolve("stipend.yaml"),
            """
            gateway: { data: ./data, limits: { open_attempts: 64 } }
            providers: { openai: { url: "http://127.0.0.1:1", key: k } }
            rate_cards: [before.yaml]
            teams: { payments: { cost_center: CC-1 } }
            allowances: { large: { amount: 100 USD, every: month } }
            people: { ada: { team: payments, allowance: large } }
            """);
    Files.writeString(folder.resolve("before.yaml"), BEFORE);
    Files.writeString(folder.resolve("after.yaml"), AFTER);
    Random random = new Random(seed);
    try (SqliteLedger ledger =
        SqliteLedger.open(
            folder.resolve("data"), LedgerOptions.defaults(), InstantSource.fixed(MONTH))) {
      for (int i = 0; i < attempts; i++) {
        settle(ledger, random, "e" + i, i % 5 == 0 ? "model-b" : "model-a", MONTH.plusSeconds(i));
      }
      settle(ledger, random, "march", "model-a", Instant.parse("2024-03-01T00:00:00Z"));
    }
  }

  private void settle(SqliteLedger ledger, Random random, String id, String model, Instant at)
      throws Exception {
    long audio = random.nextInt(3) == 0 ? random.nextInt(500) : 0;
    long write = random.nextInt(500);
    TokenUsage usage =
        new TokenUsage(
            audio + random.nextInt(20_000), random.nextInt(9_000), write, write / 3, 1_234, 7);
    Units units = model.equals("model-a") ? Units.of(Meter.WEB_SEARCH, i(random)) : Units.NONE;
    settle(
        ledger,
        new UsageReport(
            List.of(
                new UsageReport.Part(null, usage, new MediaTokens(audio, 0, 0, 0, 0, 0), units)),
            model,
            TIERS[random.nextInt(TIERS.length)],
            false),
        id,
        model,
        at);
  }

  private void settle(SqliteLedger ledger, UsageReport report, String id, String model, Instant at)
      throws Exception {
    reports.put(id, report);
    TokenUsage usage = report.total();
    Rating rating = cards("before.yaml").rating("openai", "openai", model, at);
    long nanos = rating.charge(report).nanos();
    AttemptFacts facts =
        new AttemptFacts(
            "ada",
            "payments",
            "CC-1",
            null,
            "k1",
            null,
            null,
            "openai",
            "openai",
            model,
            null,
            "card-1",
            "USD",
            1,
            1,
            1,
            1);
    LedgerEntry.Reserved reserved =
        new LedgerEntry.Reserved(
            at, new AttemptId(id, 1), facts, List.of(new Posting(ADA, 1), new Posting(TOKENS, 1)));
    OpenAttempt attempt = ledger.begin(reserved);
    attempt.sent();
    attempt
        .settle(
            new LedgerEntry.Settled(
                at.plusMillis(5),
                reserved.id(),
                usage,
                UsageSource.REPORTED,
                "completed",
                200,
                model,
                report.serviceTier(),
                nanos,
                null,
                List.of(new Posting(ADA, nanos), new Posting(TOKENS, usage.total())),
                "",
                report.units(),
                rating.basis(report)))
        .get();
  }

  private static int i(Random random) {
    return random.nextInt(3);
  }

  private RateCards cards(String file) throws Exception {
    return RateCards.load(List.of(RateCards.Source.file(folder.resolve(file))));
  }

  private JsonNode rerate(String card, String... more) throws Exception {
    List<String> args =
        new ArrayList<>(
            List.of(
                "ledger",
                "rerate",
                "2024-02",
                "--card",
                folder.resolve(card).toString(),
                "--json"));
    args.addAll(List.of(more));
    Invocation run = Invocation.on(config, args.toArray(new String[0]));
    assertThat(run.code()).as(run.err()).isZero();
    return json.readTree(run.out());
  }

  private List<UsageRow> rows() {
    List<UsageRow> rows = new ArrayList<>();
    try (LedgerReader reader = LedgerReader.open(folder.resolve("data"))) {
      reader.usage(Instant.MIN, Instant.MAX, rows::add);
    }
    return rows;
  }

  private long settled(AccountKey account) {
    try (LedgerReader reader = LedgerReader.open(folder.resolve("data"))) {
      AccountTotals totals = reader.totals().get(account);
      return totals.used();
    }
  }

  private long expected(String card, UsageRow row) throws Exception {
    Rating rating = cards(card).rating("openai", "openai", row.modelRequested(), row.startedAt());
    return rating.charge(reports.get(row.exchangeId())).nanos();
  }

  private void assertPricedBy(String card, String version) throws Exception {
    long sum = 0;
    for (UsageRow row : rows()) {
      boolean rerated = row.modelRequested().equals("model-a") && !row.exchangeId().equals("march");
      assertThat(row.nanos())
          .as("%s: %s", row.exchangeId(), reports.get(row.exchangeId()))
          .isEqualTo(expected(rerated ? card : "before.yaml", row));
      assertThat(row.lines()).as(row.exchangeId()).isNotEmpty();
      if (rerated) {
        assertThat(row.priceVersion()).isEqualTo(version);
      }
      sum += row.nanos();
    }
    assertThat(settled(ADA)).isEqualTo(sum);
    assertThat(settled(TOKENS))
        .isEqualTo(rows().stream().mapToLong(row -> row.usage().total()).sum());
    Invocation verified = Invocation.on(config, "ledger", "verify");
    assertThat(verified.code()).as(verified.out()).isZero();
  }

  @Test
  void aMonthCostsWhatItWouldHaveCostUnderTheCardFromTheStart() throws Exception {
    history(20_240_229, 60);
    assertPricedBy("before.yaml", "card-1");
    long march = settled(ADA);

    JsonNode dry = rerate("after.yaml");
    assertThat(dry.path("corrections").isNull()).isTrue();
    assertThat(dry.path("total").path("rows").asInt()).isEqualTo(48);
    assertThat(dry.path("untouched").asInt()).isEqualTo(12);
    assertThat(dry.path("left")).isEmpty();
    assertThat(dry.path("cost_centers").get(0).path("name").asText()).isEqualTo("CC-1");
    assertThat(settled(ADA)).as("nothing was entered").isEqualTo(march);

    JsonNode made = rerate("after.yaml", "--apply", "--reason", "contract", "--by", "fin");
    assertThat(made.path("entered")).isEqualTo(dry.path("total").path("difference"));
    assertThat(made.path("corrections")).isEqualTo(dry.path("total").path("changed"));
    assertThat(Unit.USD.format(settled(ADA) - march))
        .isEqualTo(dry.path("total").path("difference").asText());
    assertPricedBy("after.yaml", "card-2");

    JsonNode again = rerate("after.yaml", "--apply", "--reason", "contract", "--by", "fin");
    assertThat(again.path("corrections").asInt()).isZero();
    assertThat(again.path("total").path("changed").asInt()).isZero();
    assertPricedBy("after.yaml", "card-2");
  }

  @Test
  void thereAndBackAndThereAgainIsThreeTimesAndEachStands() throws Exception {
    history(7, 12);
    for (String card : new String[] {"after.yaml", "before.yaml", "after.yaml", "before.yaml"}) {
      JsonNode made = rerate(card, "--apply", "--reason", "to and fro");
      assertThat(made.path("corrections").asInt()).isPositive();
      assertPricedBy(card, card.equals("after.yaml") ? "card-2" : "card-1");
    }
  }

  @Test
  void correctionsOfAClosedMonthStandInTheOpenOne() throws Exception {
    history(9, 6);
    assertThat(Invocation.on(config, "ledger", "close", "2024-02").code()).isZero();
    String before = export();

    rerate("after.yaml", "--apply", "--reason", "contract");

    assertThat(export()).as("a closed month stays as it is").isEqualTo(before);
    assertPricedBy("after.yaml", "card-2");
  }

  private String export() {
    Invocation run =
        Invocation.on(
            config, "usage", "export", "--from", "2024-02-01", "--to", "2024-03-01", "--out", "-");
    assertThat(run.code()).as(run.err()).isZero();
    return run.out();
  }

  @Test
  void aCorrectionOfTokensStaysWithTheCardThatPricedTheRowAnew() throws Exception {
    history(11, 10);
    rerate("after.yaml", "--apply", "--reason", "contract");
    UsageRow row = modelA(false);

    Invocation run = correct(row);

    assertThat(run.code()).as(run.err()).isZero();
    UsageReport was = reports.get(row.exchangeId());
    TokenUsage usage = row(row.exchangeId()).usage();
    assertThat(usage.output()).isEqualTo(2_000);
    reports.put(
        row.exchangeId(),
        new UsageReport(
            List.of(new UsageReport.Part(null, usage, MediaTokens.NONE, was.units())),
            was.modelServed(),
            was.serviceTier(),
            false));
    assertPricedBy("after.yaml", "card-2");
  }

  @Test
  void aCorrectionOfTokensThatWereSoundInPartAsksForTheCost() throws Exception {
    history(11, 10);
    List<UsageRow> before = rows();

    Invocation run = correct(modelA(true));

    assertThat(run.code()).isNotZero();
    assertThat(run.err()).contains("say the cost");
    assertThat(rows()).isEqualTo(before);
  }

  /** The size of the input of each run decided its price, not that of all of them together. */
  @Test
  void runsBelowAStepAreNotTakenForOneBeyondIt() throws Exception {
    history(11, 3);
    UsageReport.Part run = new UsageReport.Part(null, TokenUsage.of(15_000, 10));
    UsageReport report = new UsageReport(List.of(run, run), "model-a", null, false);
    try (SqliteLedger ledger =
        SqliteLedger.open(
            folder.resolve("data"), LedgerOptions.defaults(), InstantSource.fixed(MONTH))) {
      settle(ledger, report, "runs", "model-a", MONTH.plusSeconds(9_000));
    }
    List<UsageRow> before = rows();

    Invocation corrected = correct(row("runs"));
    assertThat(corrected.code()).as(corrected.out()).isNotZero();
    assertThat(corrected.err()).contains("say the cost");
    assertThat(rows()).isEqualTo(before);

    JsonNode made = rerate("after.yaml", "--apply", "--reason", "contract");
    assertThat(made.path("left").toString()).contains("several runs");
    assertThat(row("runs").nanos()).isEqualTo(expected("before.yaml", row("runs")));
  }

  /** Its effect on the balances would be doubled until the next start. */
  @Test
  void anAttemptThatIsNamedTwiceIsPricedOnce() {
    List<String> twice = List.of("e1#1", "e2#1", "e1#1");
    assertThat(new RerateOrder("0".repeat(64), List.of(), twice, "why").attempts())
        .containsExactly("e1#1", "e2#1");
  }

  private Invocation correct(UsageRow row) {
    return Invocation.on(
        config, "ledger", "correct", row.exchangeId(), "--output", "2000", "--reason", "bill");
  }

  private UsageRow row(String exchange) {
    return rows().stream()
        .filter(one -> one.exchangeId().equals(exchange))
        .findFirst()
        .orElseThrow();
  }

  private UsageRow modelA(boolean withSound) {
    return rows().stream()
        .filter(one -> one.modelRequested().equals("model-a"))
        .filter(one -> !one.exchangeId().equals("march"))
        .filter(
            one ->
                withSound
                    != reports
                        .get(one.exchangeId())
                        .parts()
                        .get(0)
                        .media()
                        .equals(MediaTokens.NONE))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void whatIsAskedWronglyIsToldAndEntersNothing() throws Exception {
    history(3, 2);
    String card = folder.resolve("after.yaml").toString();
    Invocation run = Invocation.on(config, "ledger", "rerate", "2024-2", "--card", card);
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains("MONTH: 2024-2 (expected: such as 2026-11)");
    run = Invocation.on(config, "ledger", "rerate", "2024-02", "--card", card, "--apply");
    assertThat(run.code()).isEqualTo(2);
    assertThat(run.err()).contains("--reason is missing");
    run = Invocation.on(config, "ledger", "rerate", "2024-02", "--card", card + "x");
    assertThat(run.code()).isEqualTo(1);
    assertThat(run.err()).contains("after.yamlx:0:0 no such file");
    run = Invocation.on(config, "ledger", "rerate", "2024-02", "--card", card);
    assertThat(run.out()).contains("openai/model-a", "payments", "CC-1", "Nothing was changed");
    assertPricedBy("before.yaml", "card-1");
  }
}
