package io.stipend.metering.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.stipend.metering.ChargeBasis;
import io.stipend.metering.ChargeLine;
import io.stipend.metering.Meter;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.Units;
import io.stipend.metering.UsageSource;
import io.stipend.metering.export.FocusExport.FocusOptions;
import io.stipend.metering.export.FocusFile.Row;
import io.stipend.metering.ledger.Booking;
import io.stipend.metering.ledger.LedgerOptions;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.Progress;
import io.stipend.metering.ledger.SignedUsage;
import io.stipend.metering.ledger.SqliteLedger;
import io.stipend.metering.ledger.UsageRow;
import java.io.InputStream;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a FOCUS row says of lines of the books. */
class FocusExportTest {
  private static final Instant OCTOBER = Instant.parse("2026-10-31T23:59:59.999Z");
  private static final Instant NOVEMBER = Instant.parse("2026-11-02T12:00:00Z");
  private static final ChargeLine INPUT = new ChargeLine("input", 1_840_233, 1_250_001, 1_500_000);
  private static final ChargeLine CACHED = new ChargeLine("cache_read", 7, 125_000, 150_000);

  private static final Pattern COLUMN = Pattern.compile("`(x_)?[A-Z][A-Za-z]+`");

  @TempDir Path folder;

  private static UsageRow attempt(Instant at, String provider, UsageSource source) {
    return new UsageRow(
        "e1",
        1,
        at,
        at.plusSeconds(1),
        "ada",
        "payments",
        "CC-1",
        null,
        "k1",
        "ada@corp.example",
        "ada@corp.example",
        "openai-chat",
        provider,
        "gpt-5",
        "gpt-5",
        "flex",
        TokenUsage.ZERO,
        source,
        "completed",
        200,
        0,
        "USD",
        "card-1",
        "ada@corp.example",
        "",
        "ada@corp.example",
        null,
        Units.NONE,
        ChargeBasis.NONE);
  }

  private static Booking booking(SignedUsage usage, ChargeLine... lines) {
    return booking(attempt(OCTOBER, "openai", UsageSource.REPORTED), OCTOBER, false, usage, lines);
  }

  private static Booking booking(
      UsageRow attempt, Instant at, boolean correction, SignedUsage usage, ChargeLine... lines) {
    return new Booking(attempt, at, at, usage, correction, List.of(lines), "card-1");
  }

  private static SignedUsage used(long input, long cacheRead, long output, long nanos) {
    return new SignedUsage(input, cacheRead, 0, 0, output, 0, nanos);
  }

  private static FocusFile file(FocusVersion version, Booking... bookings) {
    return file(new FocusOptions(version, Map.of()), bookings);
  }

  private static FocusFile file(FocusOptions options, Booking... bookings) {
    StringWriter out = new StringWriter();
    FocusWriter writer = new FocusWriter(options, out);
    writer.header();
    List.of(bookings).forEach(writer::row);
    writer.end();
    FocusFile file = FocusFile.parse(out.toString());
    assertThat(writer.written()).isEqualTo(file.rows.size());
    return file;
  }

  private static FocusFile file14(Booking... bookings) {
    return file(FocusVersion.V1_4, bookings);
  }

  @Test
  void aRowIsOfOneMeterAtOnePriceAndItsCostIsPriceTimesQuantity() {
    SignedUsage usage = used(INPUT.quantity(), CACHED.quantity(), 0, 2_300_293_966L);
    FocusFile file = file14(booking(usage, CACHED, INPUT), booking(usage, INPUT, CACHED));

    assertThat(file.rows).hasSize(3);
    assertThat(file.rows.get(0).cells)
        .containsEntry("BilledCost", "4.600586180466")
        .containsEntry("EffectiveCost", "4.600586180466")
        .containsEntry("ContractedCost", "4.600586180466")
        .containsEntry("ListCost", "5.520699")
        .containsEntry("ListUnitPrice", "1.5")
        .containsEntry("ContractedUnitPrice", "1.250001")
        .containsEntry("PricingQuantity", "3.680466")
        .containsEntry("ConsumedQuantity", "3680466.0")
        .containsEntry("BillingPeriodStart", "2026-10-01T00:00:00Z")
        .containsEntry("BillingPeriodEnd", "2026-11-01T00:00:00Z")
        .containsEntry("ChargePeriodStart", "2026-10-31T00:00:00Z")
        .containsEntry("ChargePeriodEnd", "2026-11-01T00:00:00Z")
        .containsEntry("ChargeDescription", "gpt-5: Input Tokens, flex")
        .containsEntry("SkuId", "openai/gpt-5/input")
        .containsEntry("SkuPriceId", "openai/gpt-5/input/flex/USD-1.5")
        .containsEntry("PricingCategory", "Standard")
        .containsEntry("Tags", "{\"team\":\"payments\",\"cost_center\":\"CC-1\"}")
        .containsEntry("x_RequestCount", "2.0")
        .containsEntry("x_UsageSource", "provider")
        .doesNotContainKeys("ChargeClass", "RegionId", "InvoiceId", "x_Project", "x_OutputTokens");
    assertThat(file.rows.get(1).cells)
        .containsEntry("SkuMeter", "Cache Read Input Tokens")
        .containsEntry("BilledCost", "0.00000175")
        .containsEntry("x_CacheReadTokens", "14.0")
        .containsEntry("x_RequestCount", "0.0")
        .doesNotContainKey("x_InputTokens");
    assertThat(file.rows.get(2).cells)
        .containsEntry("ChargeCategory", "Adjustment")
        .containsEntry("BilledCost", "0.000000001534")
        .containsEntry("ListCost", "0.000000001534")
        .containsEntry("ServiceProviderName", "Stipend")
        .doesNotContainKeys("SkuId", "ListUnitPrice", "ConsumedQuantity", "x_ConsumerId");
  }

  @Test
  void anEntryThatTellsNoPricesIsAnAmountOfUnitsWorthOneEach() {
    FocusFile file = file14(booking(used(10, 20, 40, 1_234_500_000L)));
    assertThat(file.rows).hasSize(1);
    assertThat(file.rows.get(0).cells)
        .containsEntry("SkuMeter", "Unitemized Usage")
        .containsEntry("BilledCost", "1.2345")
        .containsEntry("ListCost", "1.2345")
        .containsEntry("ContractedUnitPrice", "1.0")
        .containsEntry("PricingQuantity", "1.2345")
        .containsEntry("PricingUnit", "Units")
        .containsEntry("ConsumedQuantity", "70.0")
        .containsEntry("ConsumedUnit", "Tokens")
        .containsEntry("x_InputTokens", "10.0")
        .containsEntry("x_CacheReadTokens", "20.0")
        .containsEntry("x_CacheWriteTokens", "0.0")
        .containsEntry("x_OutputTokens", "40.0")
        .containsEntry("x_RequestCount", "1.0");
  }

  @Test
  void whatLinesDoNotTellIsNeitherLostNorCountedTwice() {
    FocusFile file =
        file14(
            booking(used(10, 0, 5, 2_000), new ChargeLine("input", 10, 100_000, 100_000)),
            booking(used(0, 0, 0, 0)));
    assertThat(file.rows).hasSize(2);
    assertThat(file.rows.get(0).cells)
        .containsEntry("BilledCost", "0.000001")
        .containsEntry("x_InputTokens", "10.0")
        .containsEntry("x_RequestCount", "1.0");
    assertThat(file.rows.get(1).cells)
        .containsEntry("SkuMeter", "Unitemized Usage")
        .containsEntry("BilledCost", "0.000001")
        .containsEntry("x_InputTokens", "0.0")
        .containsEntry("x_OutputTokens", "5.0")
        .containsEntry("x_RequestCount", "0.0");
  }

  @Test
  void aCorrectionIsOfTheDayOfItsUsageInTheMonthThatIsOpen() {
    UsageRow attempt = attempt(OCTOBER, "openai", UsageSource.COUNTED);
    ChargeLine less = new ChargeLine("output", -3, 10_000_000, 10_000_000);
    FocusFile file =
        file14(
            booking(attempt, NOVEMBER, true, used(0, 0, -3, -30_000), less),
            booking(attempt, NOVEMBER, false, used(0, 0, 1, 10_000), less.of(1)));
    assertThat(file.rows).hasSize(1);
    assertThat(file.rows.get(0).cells)
        .containsEntry("ChargeClass", "Correction")
        .containsEntry("ChargePeriodStart", "2026-10-31T00:00:00Z")
        .containsEntry("BillingPeriodStart", "2026-11-01T00:00:00Z")
        .containsEntry("x_BookedDate", "2026-11-02T00:00:00Z")
        .containsEntry("ConsumedQuantity", "-2.0")
        .containsEntry("BilledCost", "-0.00002")
        .containsEntry("x_RequestCount", "1.0")
        .containsEntry("x_UsageSource", "estimated");
  }

  @Test
  void sumsOfADayMayExceedWhatALongHolds() {
    ChargeLine much =
        new ChargeLine("output", TokenUsage.MAX_COUNT, 1_000_000_000L, 1_000_000_000L);
    Booking one = booking(used(0, 0, TokenUsage.MAX_COUNT, 1_000_000_000_000_000L), much);
    List<Booking> many = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      many.add(one);
    }
    FocusFile file = file14(many.toArray(Booking[]::new));
    assertThat(file.rows).hasSize(1);
    assertThat(file.rows.get(0).cells).containsEntry("BilledCost", "30000000.0");
  }

  @Test
  void providersAreWhoStandsBehindThem() {
    record Case(String provider, String name, String service, String host) {}
    FocusOptions options =
        new FocusOptions(
            FocusVersion.V1_4,
            Map.of("eu", FocusProvider.BEDROCK, "work", FocusProvider.ANTHROPIC));
    for (Case each :
        List.of(
            new Case("openai", "OpenAI", "OpenAI API", null),
            new Case("work", "Anthropic", "Claude API", null),
            new Case("eu", "Amazon Web Services", "Amazon Bedrock", "Amazon Web Services"),
            new Case("gone/1", "gone/1", "gone/1", null))) {
      UsageRow attempt = attempt(NOVEMBER, each.provider, UsageSource.REPORTED);
      Row row = file(options, booking(attempt, NOVEMBER, false, used(1, 0, 0, 1))).rows.get(0);
      assertThat(row.get("ServiceProviderName")).isEqualTo(each.name);
      assertThat(row.get("InvoiceIssuerName")).isEqualTo(each.name);
      assertThat(row.get("ServiceName")).isEqualTo(each.service);
      assertThat(row.get("HostProviderName")).isEqualTo(each.host);
      assertThat(row.get("BillingAccountId")).isEqualTo(each.provider);
    }
    assertThat(FocusProvider.ofDialect("azure")).isEqualTo(FocusProvider.AZURE);
    assertThat(FocusProvider.ofDialect("x")).isNull();
  }

  @Test
  void everyMeterOfALineHasAPlace() {
    List<String> meters = new ArrayList<>(ChargeLine.TOKENS);
    meters.addAll(ChargeLine.MEDIA_TOKENS);
    meters.forEach(meter -> assertThat(FocusMeter.of(meter).kind()).as(meter).isNotNull());
    for (Meter meter : Meter.values()) {
      assertThat(FocusMeter.of(meter.label()).kind()).as(meter.label()).isNull();
    }
    assertThatThrownBy(() -> FocusMeter.of("steps"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("steps");
  }

  @Test
  void thePageTellsOfEveryColumnAndOfNoOther() throws Exception {
    Set<String> columns = new TreeSet<>();
    for (FocusVersion version : FocusVersion.values()) {
      FocusColumns.of(version).forEach(column -> columns.add(column.name()));
    }
    Set<String> told = new TreeSet<>();
    for (String line : Files.readAllLines(Path.of("../docs/focus.md"))) {
      Matcher name = COLUMN.matcher(line.startsWith("| `") ? line.split("[|]")[1] : "");
      while (name.find()) {
        told.add(name.group().replace("`", ""));
      }
    }
    assertThat(told).isEqualTo(columns);
  }

  @Test
  void noLabelOfACallIsInIt() {
    Booking booking = booking(used(INPUT.quantity(), 0, 0, 2_300_293_091L), INPUT);
    for (FocusVersion version : FocusVersion.values()) {
      StringWriter out = new StringWriter();
      FocusWriter writer = new FocusWriter(new FocusOptions(version, Map.of()), out);
      writer.row(booking);
      writer.end();
      assertThat(out.toString()).contains("ada").doesNotContain("corp.example");
    }
  }

  @Test
  void aLedgerOfAnEarlierBuildHasItsCostsAndTokens() throws Exception {
    try (InputStream resource = getClass().getResourceAsStream("/ledger/issue-2-killed.zip");
        ZipInputStream zip = new ZipInputStream(resource)) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        Files.write(folder.resolve(Path.of(entry.getName()).getFileName()), zip.readAllBytes());
      }
    }
    InstantSource later = InstantSource.fixed(Instant.parse("2026-11-23T11:15:30.123Z"));
    SqliteLedger.open(folder, new LedgerOptions(8, 1_000, 64, () -> {}), later).close();
    Instant from = Instant.parse("2026-11-01T00:00:00Z");
    Instant to = Instant.parse("2026-12-01T00:00:00Z");
    try (LedgerReader reader = LedgerReader.open(folder)) {
      FocusSums ledger = FocusSums.of(reader, from, to);
      for (FocusVersion version : FocusVersion.values()) {
        StringWriter out = new StringWriter();
        new FocusExport(new FocusOptions(version, Map.of()))
            .write(reader, from, to, out, Progress.NONE);
        FocusFile file = FocusFile.parse(out.toString());
        assertThat(FocusChecker.check(version, file, FocusSchema.of(version, "test"), ledger))
            .isEmpty();
        assertThat(file.rows).isNotEmpty().allMatch(row -> row.is("SkuMeter", "Unitemized Usage"));
      }
    }
  }
}
