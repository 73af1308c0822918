package io.stipend.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.stipend.gateway.admin.AdminClient;
import io.stipend.gateway.admin.AdminService.CorrectionOrder;
import io.stipend.gateway.demo.FakeProvider;
import io.stipend.gateway.demo.FakeProvider.End;
import io.stipend.gateway.testing.Api;
import io.stipend.gateway.testing.Csv;
import io.stipend.gateway.testing.TestGateway;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.UsageRow;
import io.stipend.metering.reconcile.ProviderFiles;
import io.stipend.metering.reconcile.Vendor;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A bill of the provider double's own tally, against the ledger of a real gateway that runs. */
class ReconcileCommandTest {
  private static final Instant NOW = Instant.parse("2026-11-10T12:00:00Z");
  private static final long DAY = Instant.parse("2026-11-10T00:00:00Z").getEpochSecond();

  /** Nanos for a token of gpt-4o-mini by the built-in card. */
  private static final long INPUT = 150;

  private static final long OUTPUT = 600;

  private final ObjectMapper json = new ObjectMapper();

  @TempDir Path folder;
  private FakeProvider provider;
  private TestGateway gateway;
  private String ada;

  @BeforeEach
  void start() {
    provider = FakeProvider.start(0);
    gateway =
        TestGateway.start(
            """
            calendar: { timezone: UTC, currency: USD }
            providers: { openai: { url: "%s", key: "provider-key" } }
            rate_cards: [builtin]
            allowances: { engineer: { amount: 10 USD, every: year } }
            people: { ada: { allowance: engineer } }
            """
                .formatted(provider.url()),
            "",
            () -> NOW);
    ada = gateway.key("ada");
  }

  @AfterEach
  void stop() {
    gateway.close();
    provider.close();
  }

  private void call(int input, String... headers) throws Exception {
    List<String> all = new ArrayList<>(List.of(headers));
    if (input > 0) {
      all.addAll(List.of("x-fake-input-tokens", Integer.toString(input)));
    }
    int rows = gateway.rows().size();
    try {
      Api.CHAT.post(gateway, ada, Api.CHAT.body(true, 3_000), all.toArray(String[]::new));
    } catch (IOException e) {
      // The provider's connection was reset, and so is ours.
    }
    Awaitility.await().until(() -> gateway.rows().size() > rows);
  }

  /** The files of what the double would bill. */
  private List<Path> bill() throws IOException {
    Awaitility.await()
        .until(() -> provider.billed().stream().noneMatch(one -> one.end() == End.RUNNING));
    TokenUsage sum =
        provider.billed().stream()
            .map(FakeProvider.Billed::usage)
            .reduce(TokenUsage.ZERO, TokenUsage::plus);
    String usage =
        """
        {"object":"page","data":[{"object":"bucket","start_time":%d,"end_time":%d,"results":[
          {"object":"organization.usage.completions.result","input_tokens":%d,"output_tokens":%d,
           "input_cached_tokens":0,"num_model_requests":%d,"project_id":"proj_1","model":"gpt-4o-mini",
           "batch":false,"service_tier":"default"}]}],"has_more":false}
        """
            .formatted(DAY, DAY + 86_400, sum.inputTotal(), sum.output(), provider.billed().size());
    String costs =
        """
        {"object":"page","data":[{"object":"bucket","start_time":%d,"end_time":%d,"results":[
          {"amount":{"value":%s,"currency":"usd"},"line_item":"gpt-4o-mini, input"},
          {"amount":{"value":"%s","currency":"usd"},"line_item":"gpt-4o-mini, output"},
          {"amount":{"value":0.02,"currency":"usd"},"line_item":"sales tax"}]}]}
        """
            .formatted(
                DAY,
                DAY + 86_400,
                BigDecimal.valueOf(sum.inputTotal() * INPUT, 9),
                BigDecimal.valueOf(sum.output() * OUTPUT, 9));
    return List.of(
        Files.writeString(folder.resolve("usage.json"), usage),
        Files.writeString(folder.resolve("costs.json"), costs));
  }

  private Invocation reconcile(List<Path> files, String... more) {
    List<String> args = new ArrayList<>(List.of("reconcile", "--provider", "openai"));
    files.forEach(file -> args.addAll(List.of("--file", file.toString())));
    args.addAll(List.of("--from", "2026-11-10", "--to", "2026-11-11"));
    args.addAll(List.of(more));
    return Invocation.on(gateway.quotaFile(), args.toArray(String[]::new));
  }

  @Test
  void aStreamThatWasCutIsMendedToWhatTheProviderBilled() throws Exception {
    call(100);
    call(2_000);
    call(0, "x-fake-output-tokens", "2000", "x-fake-reset-after", "20");
    List<Path> files = bill();
    UsageRow cut =
        gateway.rows().stream()
            .filter(row -> row.usageSource() == UsageSource.ASSUMED)
            .findFirst()
            .orElseThrow();
    Path out = folder.resolve("report.csv");
    Path proposals = folder.resolve("proposals.json");

    Invocation told =
        reconcile(files, "--json", "--out", out.toString(), "--propose", proposals.toString());
    assertThat(told.code()).as(told.err()).isEqualTo(1);
    JsonNode report = json.readTree(told.out());
    assertThat(report.path("by_reason").fieldNames())
        .toIterable()
        .containsExactlyInAnyOrder("stream_cut", "discount_credit_tax_rounding");
    assertThat(report.path("proposals")).hasSize(1);
    assertThat(report.path("proposals").get(0).path("exchange").asText())
        .isEqualTo(cut.exchangeId());
    assertThat(json.readTree(proposals.toFile())).isEqualTo(report.path("proposals"));
    List<Map<String, String>> lines = Csv.read(Files.readString(out));
    assertThat(lines).hasSameSizeAs(report.path("lines"));
    assertThat(lines).extracting(line -> line.get("status")).containsOnly("proposed", "open");
    assertThat(gateway.rows()).as("nothing is entered unless told").contains(cut);

    assertThat(reconcile(files, "--apply").code()).isEqualTo(2);
    Invocation applied = reconcile(files, "--apply", "--reason", "bill of November", "--by", "eve");
    assertThat(applied.code()).as(applied.err()).isZero();
    assertThat(applied.out()).contains("Corrections: 1 proposed, 1 entered.");
    TokenUsage billed =
        provider.billed().stream()
            .map(FakeProvider.Billed::usage)
            .reduce(TokenUsage.ZERO, TokenUsage::plus);
    TokenUsage booked =
        gateway.rows().stream().map(UsageRow::usage).reduce(TokenUsage.ZERO, TokenUsage::plus);
    assertThat(booked).isEqualTo(billed);
    assertThat(gateway.rows().stream().mapToLong(UsageRow::nanos).sum())
        .isEqualTo(billed.inputTotal() * INPUT + billed.output() * OUTPUT);
    assertThat(gateway.verify().problems()).isEmpty();

    Invocation again = reconcile(files, "--apply", "--reason", "bill of November");
    assertThat(again.code()).as(again.out()).isZero();
    assertThat(again.out())
        .contains("discount_credit_tax_rounding 0.02", "0 proposed, 0 entered.")
        .doesNotContain("stream_cut");
  }

  @Test
  void whatSomebodyTookBackIsEnteredAgain() throws Exception {
    call(2_000);
    List<Path> files = bill();
    UsageRow billed = gateway.rows().get(0);
    AdminClient admin = AdminClient.find(gateway.data()).orElseThrow();
    for (int time = 0; time < 3; time++) {
      admin.correct(
          new CorrectionOrder(
              billed.exchangeId(), 1, null, null, null, null, 0L, 0L, "0.0003", "typed wrongly"),
          "eve");
      assertThat(gateway.rows().get(0).usage().output()).isZero();

      Invocation applied = reconcile(files, "--apply", "--reason", "bill of November");

      assertThat(applied.out()).contains("Corrections: 1 proposed, 1 entered.");
      assertThat(gateway.rows().get(0).usage().output())
          .as("time %d", time)
          .isEqualTo(billed.usage().output());
      assertThat(gateway.rows().get(0).nanos()).isEqualTo(billed.nanos());
    }
    assertThat(gateway.verify().problems()).isEmpty();
  }

  @Test
  void anOrderOfTheSameIdIsEnteredOnce() throws Exception {
    call(100);
    UsageRow row = gateway.rows().get(0);
    AdminClient admin = AdminClient.find(gateway.data()).orElseThrow();
    CorrectionOrder order =
        new CorrectionOrder(
            row.exchangeId(), 1, 90L, null, null, null, 5L, null, "0.5", "why", "reconcile-1");
    assertThat(admin.correct(order, "eve").costAfter()).isEqualTo("0.5");
    String used = gateway.balance("ada").accounts().get(0).used();
    assertThat(admin.correct(order, "eve").costBefore()).isEqualTo("0.5");
    assertThat(gateway.balance("ada").accounts().get(0).used()).isEqualTo(used);
    assertThat(gateway.rows().get(0).nanos()).isEqualTo(500_000_000);
    assertThat(gateway.verify().problems()).isEmpty();
  }

  @Test
  void whatCannotBeUsedIsTold() throws Exception {
    call(100);
    List<Path> files = bill();
    assertThat(reconcile(files, "--month", "2026-11").err())
        .contains("--month, or --from and --to");
    Invocation provider = reconcile(files, "--provider", "azure");
    assertThat(provider.code()).isEqualTo(2);
    Invocation missing = reconcile(List.of(folder.resolve("no.json")));
    assertThat(missing.code()).isEqualTo(1);
    assertThat(missing.err()).isEqualToIgnoringNewLines("stipend: no.json: no such file");
    Path bad = Files.writeString(folder.resolve("bad.json"), "{\"data\": 5}");
    Invocation refused = reconcile(List.of(bad));
    assertThat(refused.code()).isEqualTo(1);
    assertThat(refused.err()).contains("bad.json: page 1.data: expected a list");
    Path map = Files.writeString(folder.resolve("keys.txt"), "proj_1: opnai\n");
    assertThat(reconcile(files, "--key-map", map.toString()).err())
        .contains("keys.txt: line 1: provider: opnai (expected: one of [openai])");
    Files.writeString(map, "proj_2: openai\n");
    JsonNode unknown = json.readTree(reconcile(files, "--json", "--key-map", map.toString()).out());
    assertThat(unknown.path("lines"))
        .as("a project that the map does not name is nobody's here")
        .anySatisfy(
            line -> {
              assertThat(line.path("key").asText()).isEqualTo("proj_1");
              assertThat(line.path("provider").asText()).isEmpty();
              assertThat(line.path("reasons").get(0).path("reason").asText())
                  .isEqualTo("unattributed");
              assertThat(line.path("status").asText()).isEqualTo("open");
            });
    assertThat(unknown.path("proposals")).isEmpty();
  }

  /** The files that the documentation shows are read as it says. */
  @Test
  void theFilesOfThePageAreRead() throws Exception {
    String page = Files.readString(Path.of("../docs/reconcile.md"));
    Matcher block =
        Pattern.compile("(?s)<!-- (openai|anthropic) -->\n```\\w+\n(.*?)```").matcher(page);
    List<String> read = new ArrayList<>();
    while (block.find()) {
      Path file = Files.writeString(folder.resolve("page-" + read.size()), block.group(2));
      Vendor vendor = Vendor.valueOf(block.group(1).toUpperCase(java.util.Locale.ROOT));
      ProviderFiles.read(vendor, List.of(file));
      read.add(vendor.label());
    }
    assertThat(read.stream().collect(Collectors.groupingBy(v -> v, Collectors.counting())))
        .isEqualTo(Map.of("openai", 3L, "anthropic", 3L));
  }
}
