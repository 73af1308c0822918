package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.gateway.admin.PersonBalance;
import io.stipend.gateway.admin.PersonBalance.AccountLine;
import io.stipend.gateway.demo.FakeProvider;
import io.stipend.gateway.demo.FakeProvider.Billed;
import io.stipend.gateway.testing.Api;
import io.stipend.gateway.testing.Csv;
import io.stipend.gateway.testing.TestGateway;
import io.stipend.metering.Charge;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.Unit;
import io.stipend.metering.UsageReport;
import io.stipend.metering.export.UsageExport;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.price.RateCards;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Three books of one load, kept apart: the provider's tally, the export, the balances. */
class MixedLoadTest {
  private static final long SEED = 20_261_123;
  private static final int EXCHANGES = Boolean.getBoolean("stipend.tests.full") ? 20_000 : 2_000;
  private static final int CLIENTS = 12;

  private static final List<String> PEOPLE = List.of("ada", "bob", "cyd", "dee", "ci-bot");
  private static final Map<String, String> TEAM =
      Map.of("ada", "payments", "bob", "payments", "cyd", "search", "dee", "", "ci-bot", "search");

  private static final List<String> CHAT_MODELS =
      List.of("gpt-4o-mini", "gpt-4o", "gpt-5", "gpt-5-mini");
  private static final List<String> MESSAGES_MODELS =
      List.of("claude-haiku-4-5", "claude-sonnet-4-5");

  @TempDir Path folder;
  private FakeProvider provider;
  private TestGateway gateway;
  private RateCards cards;

  /** What one client knows of one of its calls. */
  private record Call(String person, int status, String requestId, String exchangeId) {}

  @BeforeEach
  void start() throws Exception {
    provider = FakeProvider.start(0);
    cards = RateCards.load(List.of(RateCards.Source.builtin()));
    gateway =
        TestGateway.start(
            """
            calendar: { timezone: Europe/Berlin, currency: USD }
            providers:
              openai: { url: "%1$s", key: "provider-key" }
              anthropic: { url: "%1$s", key: "provider-key" }
            rate_cards: [builtin]
            models: { allow: ["gpt-*", "claude-*"] }
            allowances:
              engineer: { amount: 1000000 USD, every: year }
              intern: { amount: 100000000000 tokens, every: year }
            organisation: { budget: [{ amount: 9000000 USD, every: year }, { amount: 900000000000 tokens, every: year }] }
            groups:
              research: { group: science, budget: { amount: 3000000 USD, every: year } }
              science: { budget: { amount: 200000000000 tokens, every: year } }
            teams:
              payments: { group: research, cost_center: CC-1, budget: { amount: 2000000 USD, every: year } }
              search: { group: science, budget: { amount: 300000000000 tokens, every: year } }
            people:
              ada: { team: payments, allowance: engineer }
              bob: { team: payments, allowance: [intern, engineer] }
              cyd: { team: search, allowance: intern }
              dee: { allowance: engineer }
            services:
              ci-bot: { team: search, budget: { amount: 500000 USD, every: once } }
            """
                .formatted(provider.url()));
  }

  @AfterEach
  void stop() {
    gateway.close();
    provider.close();
  }

  @Test
  void theProvidersTallyTheExportAndTheBalancesAgreeToTheLastNano() throws Exception {
    List<Call> calls = load();
    long refused = calls.stream().filter(c -> c.status() >= 400).count();
    List<Billed> billed = provider.billed();
    assertThat(provider.requests()).isEqualTo(EXCHANGES);
    assertThat(billed).hasSize((int) (EXCHANGES - refused));
    assertThat(refused).as("the mix holds provider errors").isGreaterThan(EXCHANGES / 50);

    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .untilAsserted(() -> assertThat(held()).containsOnly("0"));
    Map<String, Map<String, String>> rows = export();
    assertThat(rows).hasSize(EXCHANGES);
    assertThat(rows.values().stream().filter(r -> r.get("outcome").equals("completed")))
        .as("rows that were answered: one for each that the provider bills")
        .hasSize(billed.size());

    Map<String, String> payers = new HashMap<>();
    calls.forEach(call -> payers.put(call.requestId(), call.person()));
    Map<String, Charge> tallies = new HashMap<>();
    for (Billed one : billed) {
      Map<String, String> row = rows.get(one.requestId());
      assertThat(usage(row)).as("usage of " + one).isEqualTo(one.usage());
      Charge charge = price(one);
      assertThat(nanos(row)).as("cost of " + one).isEqualTo(charge.nanos());
      String payer = payers.get(one.requestId());
      assertThat(row.get("person")).isEqualTo(payer);
      assertThat(row.get("usage_source")).isEqualTo("reported");
      tallies.merge(payer, charge, Charge::plus);
    }
    assertThat(rows.values().stream().mapToLong(MixedLoadTest::nanos).sum())
        .isEqualTo(tallies.values().stream().mapToLong(Charge::nanos).sum());
    balancesAre(tallies);
    assertThat(gateway.verify().problems()).isEmpty();
  }

  private List<String> held() {
    List<String> held = new ArrayList<>();
    for (PersonBalance balance : gateway.gateway().admin().balances()) {
      balance.accounts().forEach(account -> held.add(account.held()));
    }
    return held;
  }

  /** Each account, from whichever of its people it is asked for, used what they used. */
  private void balancesAre(Map<String, Charge> tallies) {
    int accounts = 0;
    for (PersonBalance balance : gateway.gateway().admin().balances()) {
      for (AccountLine line : balance.accounts()) {
        Unit unit = new Unit(line.unit());
        long used = 0;
        for (String person : PEOPLE) {
          used += pays(person, line.name()) ? tallies.get(person).in(unit) : 0;
        }
        assertThat(line.used())
            .as("used of " + line.name() + " in " + line.unit() + " as " + balance.person())
            .isEqualTo(unit.format(used));
        accounts++;
      }
    }
    // Own budgets, then those of teams, groups and the organisation.
    assertThat(accounts).isEqualTo((1 + 5) + (2 + 5) + (1 + 4) + (1 + 2) + (1 + 4));
  }

  private static boolean pays(String person, String account) {
    String team = TEAM.get(person);
    return switch (account.substring(0, account.contains("/") ? account.indexOf('/') : 0)) {
      case "" -> true;
      case "team" -> account.equals("team/" + team);
      case "group" -> account.equals("group/research") ? team.equals("payments") : !team.isEmpty();
      default -> account.startsWith("person/" + person) || account.startsWith("service/" + person);
    };
  }

  private Charge price(Billed one) {
    String vendor = one.path().equals(Api.MESSAGES.path) ? "anthropic" : "openai";
    UsageReport report =
        new UsageReport(
            List.of(new UsageReport.Part(null, one.usage())),
            one.model(),
            one.serviceTier(),
            false);
    return cards.rating(vendor, vendor, one.model(), Instant.now()).charge(report);
  }

  private Map<String, Map<String, String>> export() throws Exception {
    Path file = folder.resolve("usage.csv");
    UsageExport.Summary summary;
    try (LedgerReader reader = LedgerReader.open(gateway.data())) {
      Instant end = Instant.now().plusSeconds(60);
      summary = UsageExport.write(reader, Instant.EPOCH, end, UsageExport.Format.CSV, file);
    }
    Map<String, Map<String, String>> rows = new HashMap<>();
    long total = 0;
    for (Map<String, String> row : Csv.read(Files.readString(file))) {
      assertThat(rows.put(row.get("provider_request_id"), row)).isNull();
      total += nanos(row);
    }
    assertThat(summary.rows()).isEqualTo(rows.size());
    assertThat(summary.totalNanos()).isEqualTo(Map.of("USD", total));
    return rows;
  }

  private static long nanos(Map<String, String> row) {
    return Unit.USD.parse(row.get("cost"));
  }

  private static TokenUsage usage(Map<String, String> row) {
    return new TokenUsage(
        Long.parseLong(row.get("input_tokens")),
        Long.parseLong(row.get("cache_read_tokens")),
        Long.parseLong(row.get("cache_write_tokens")),
        Long.parseLong(row.get("cache_write_1h_tokens")),
        Long.parseLong(row.get("output_tokens")),
        Long.parseLong(row.get("reasoning_tokens")));
  }

  private List<Call> load() throws Exception {
    Map<String, String> keys = new HashMap<>();
    PEOPLE.forEach(person -> keys.put(person, gateway.key(person)));
    ExecutorService clients = Executors.newFixedThreadPool(CLIENTS);
    try {
      List<Future<List<Call>>> all = new ArrayList<>();
      for (int client = 0; client < CLIENTS; client++) {
        int share = EXCHANGES / CLIENTS + (client < EXCHANGES % CLIENTS ? 1 : 0);
        Random random = new Random(SEED + client);
        all.add(clients.submit(() -> calls(random, share, keys)));
      }
      List<Call> calls = new ArrayList<>();
      for (Future<List<Call>> some : all) {
        calls.addAll(some.get());
      }
      return calls;
    } finally {
      clients.shutdownNow();
    }
  }

  private List<Call> calls(Random random, int count, Map<String, String> keys) throws Exception {
    List<Call> calls = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      String person = PEOPLE.get(random.nextInt(PEOPLE.size()));
      Api api = Api.BOTH.get(random.nextInt(2));
      calls.add(call(random, api, person, keys.get(person)));
    }
    return calls;
  }

  private Call call(Random random, Api api, String person, String key) throws Exception {
    List<String> headers = new ArrayList<>();
    script(random, api, headers);
    List<String> models = api == Api.CHAT ? CHAT_MODELS : MESSAGES_MODELS;
    String model = models.get(random.nextInt(models.size()));
    boolean stream = random.nextBoolean();
    String more = api == Api.CHAT ? chatFields(random, model, stream) : "";
    String body = api.body(model, stream, 50 + random.nextInt(400), more);
    HttpResponse<String> answer = api.post(gateway, key, body, headers.toArray(String[]::new));
    int error = status(headers);
    assertThat(answer.statusCode())
        .as("seed %d: %s with %s said %s", SEED, body, headers, answer.body())
        .isEqualTo(error == 0 ? 200 : error);
    return new Call(
        person,
        answer.statusCode(),
        answer.headers().firstValue("request-id").orElseThrow(),
        answer.headers().firstValue("stipend-exchange-id").orElseThrow());
  }

  private static int status(List<String> headers) {
    int at = headers.indexOf("x-fake-status");
    return at < 0 ? 0 : Integer.parseInt(headers.get(at + 1));
  }

  private static String chatFields(Random random, String model, boolean stream) {
    StringBuilder more = new StringBuilder();
    if (random.nextInt(4) == 0) {
      more.append("\"n\":").append(2 + random.nextInt(3)).append(',');
    }
    if (random.nextInt(3) == 0) {
      boolean flex = model.startsWith("gpt-5") && random.nextBoolean();
      more.append("\"service_tier\":\"").append(flex ? "flex" : "priority").append("\",");
    }
    if (stream && random.nextInt(3) == 0) {
      more.append("\"stream_options\":{\"include_usage\":").append(random.nextBoolean());
      more.append("},");
    }
    return more.toString();
  }

  private static void script(Random random, Api api, List<String> headers) {
    if (random.nextInt(20) == 0) {
      int[] statuses = {400, 429, 500, 503, 529};
      put(headers, "status", statuses[random.nextInt(statuses.length)]);
      return;
    }
    put(headers, "output-tokens", random.nextInt(200));
    if (random.nextInt(3) == 0) {
      put(headers, "reasoning-tokens", 1 + random.nextInt(150));
    }
    long read = random.nextInt(3) == 0 ? 1 + random.nextInt(5_000) : 0;
    long write = random.nextInt(3) == 0 ? 1 + random.nextInt(3_000) : 0;
    long hour = api == Api.MESSAGES && random.nextInt(3) == 0 ? 1 + random.nextInt(3_000) : 0;
    // One in twenty is above the step of the long-context prices.
    long rest = random.nextInt(20) == 0 ? 250_000 + random.nextInt(50_000) : random.nextInt(9_000);
    put(headers, "cache-read-tokens", read);
    put(headers, "cache-write-5m-tokens", write);
    put(headers, "cache-write-1h-tokens", hour);
    put(headers, "input-tokens", rest + read + write + hour);
    if (random.nextInt(8) == 0) {
      put(headers, "segment-bytes", 1 + random.nextInt(40));
    }
    if (api == Api.CHAT && random.nextInt(8) == 0) {
      headers.add("x-fake-model-served");
      headers.add("gpt-4o-mini-2024-07-18");
    }
    if (api == Api.CHAT && random.nextInt(8) == 0) {
      headers.add("x-fake-service-tier");
      headers.add("default");
    }
  }

  private static void put(List<String> headers, String name, long value) {
    headers.add("x-fake-" + name);
    headers.add(Long.toString(value));
  }
}
