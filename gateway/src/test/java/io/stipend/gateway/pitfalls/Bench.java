package io.stipend.gateway.pitfalls;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.gateway.admin.PersonBalance.AccountLine;
import io.stipend.gateway.demo.FakeProvider;
import io.stipend.gateway.demo.FakeProvider.Billed;
import io.stipend.gateway.server.RawClient;
import io.stipend.gateway.testing.Api;
import io.stipend.gateway.testing.Csv;
import io.stipend.gateway.testing.TestGateway;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.Unit;
import io.stipend.metering.UsageReport;
import io.stipend.metering.export.UsageExport;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.price.RateCardException;
import io.stipend.metering.price.RateCards;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;

/**
 * A provider that keeps its own tally, a gateway before it, and the comparison of their books. Each
 * test has people of its own, so that many share one gateway.
 */
final class Bench implements AutoCloseable {
  private static final Instant FAR = Instant.parse("2200-01-01T00:00:00Z");
  private static final Duration PATIENCE = Duration.ofSeconds(20);

  final FakeProvider provider = FakeProvider.start(0);
  final TestGateway gateway;
  private final RateCards cards;
  private final InstantSource clock;
  private final Map<String, String> keys = new HashMap<>();
  private int marked;

  /** {@code PROVIDER} in the quota file becomes the provider's address. */
  Bench(String quotas, String gatewayKeys, InstantSource clock) {
    this.clock = clock;
    try {
      cards = RateCards.load(List.of(RateCards.Source.builtin()));
      String all = quotas.replace("PROVIDER", provider.url());
      gateway = TestGateway.start(withAccount(all), gatewayKeys, clock);
    } catch (RateCardException | IOException | RuntimeException e) {
      provider.close();
      throw new AssertionError(e);
    }
  }

  Bench(String quotas) {
    this(quotas, "", InstantSource.system());
  }

  /** {@code ACCOUNT} becomes the file of the provider's service account. */
  private String withAccount(String quotas) throws IOException {
    if (!quotas.contains("ACCOUNT")) {
      return quotas;
    }
    Path file = Files.createTempFile("account", ".json");
    file.toFile().deleteOnExit();
    Files.writeString(file, provider.serviceAccount());
    return quotas.replace("ACCOUNT", file.toString());
  }

  /** Both vendors, list prices, and these people with their allowances. */
  static String quotas(String more) {
    return """
        calendar: { timezone: UTC, currency: USD }
        providers:
          openai: { url: "PROVIDER", key: "provider-key" }
          anthropic: { url: "PROVIDER", key: "provider-key" }
        rate_cards: [builtin]
        models: { allow: ["gpt-*", "claude-*"] }
        """
        + more;
  }

  /** A test begins: the tally up to here belongs to others. */
  void mark() {
    marked = provider.billed().size();
  }

  String key(String person) {
    return keys.computeIfAbsent(person, gateway::key);
  }

  HttpResponse<String> post(Api api, String person, String body, String... headers) {
    return send(api, key(person), body, headers);
  }

  HttpResponse<String> send(Api api, String key, String body, String... headers) {
    try {
      return api.post(gateway, key, body, headers);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** Exactly these bytes on a connection of their own; the status that came back. */
  int raw(String wire) {
    try (RawClient client = new RawClient(gateway.gateway().address())) {
      return client.send(wire.getBytes(StandardCharsets.UTF_8)).answer().status();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The request is answered with this status and the provider hears nothing of it. */
  void refuses(int status, Api api, String person, String body, String... headers) {
    long before = provider.requests();
    HttpResponse<String> answer = post(api, person, body, headers);
    assertThat(answer.statusCode()).as("%s said %s", body, answer.body()).isEqualTo(status);
    assertThat(provider.requests()).as(body).isEqualTo(before);
  }

  void admits(Api api, String person, String body, String... headers) {
    HttpResponse<String> answer = post(api, person, body, headers);
    assertThat(answer.statusCode()).as("%s said %s", body, answer.body()).isEqualTo(200);
  }

  /** Waits until nothing is held on any of a person's accounts. */
  void settled(String person) {
    Awaitility.await()
        .atMost(PATIENCE)
        .untilAsserted(
            () ->
                assertThat(gateway.balance(person).accounts())
                    .extracting(AccountLine::held)
                    .as("held")
                    .containsOnly("0"));
  }

  long used(String person) {
    return Unit.USD.parse(gateway.balance(person).used());
  }

  long remaining(String person) {
    return Unit.USD.parse(gateway.balance(person).remaining());
  }

  /** The export's rows of a person, in the order of their starts. */
  List<Map<String, String>> rows(String person) {
    return export().stream().filter(row -> row.get("person").equals(person)).toList();
  }

  List<Map<String, String>> export() {
    try (LedgerReader reader = LedgerReader.open(gateway.data())) {
      Path file = Files.createTempFile("pitfalls", ".csv");
      UsageExport.write(reader, Instant.EPOCH, FAR, UsageExport.Format.CSV, file);
      List<Map<String, String>> rows = Csv.read(Files.readString(file));
      Files.delete(file);
      return rows;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * The books agree to the nano: every reply that the provider bills since the mark has one row of
   * this person with its usage and its price, no other row costs anything, the balance is their
   * sum, and the ledger verifies.
   *
   * @return the rows
   */
  List<Map<String, String>> agrees(String person) {
    settled(person);
    Map<String, Billed> tally = new HashMap<>();
    List<Billed> billed = provider.billed();
    billed.subList(marked, billed.size()).forEach(one -> tally.put(one.requestId(), one));
    List<Map<String, String>> rows = rows(person);
    long sum = 0;
    for (Map<String, String> row : rows) {
      Billed one = tally.remove(row.get("provider_request_id"));
      if (one == null) {
        assertThat(cost(row)).as("of a row that is not in the tally: %s", row).isZero();
      } else {
        assertThat(usage(row)).as("%s", row).isEqualTo(one.usage());
        assertThat(row).containsEntry("usage_source", "reported");
        assertThat(cost(row)).as("%s", row).isEqualTo(price(one));
      }
      sum += cost(row);
    }
    assertThat(tally.values()).as("billed without a row").isEmpty();
    assertThat(used(person)).as("used").isEqualTo(sum);
    assertThat(gateway.verify().problems()).isEmpty();
    return rows;
  }

  private long price(Billed one) {
    String vendor = one.path().equals(Api.MESSAGES.path) ? "anthropic" : "openai";
    List<UsageReport.Part> parts = new ArrayList<>();
    parts.add(new UsageReport.Part(null, one.usage()));
    return cards
        .rating(vendor, vendor, one.model(), clock.instant())
        .charge(new UsageReport(parts, one.model(), one.serviceTier(), false))
        .nanos();
  }

  static long cost(Map<String, String> row) {
    return Unit.USD.parse(row.get("cost"));
  }

  static long tokens(Map<String, String> row, String kind) {
    return Long.parseLong(row.get(kind + "_tokens"));
  }

  static TokenUsage usage(Map<String, String> row) {
    return new TokenUsage(
        tokens(row, "input"),
        tokens(row, "cache_read"),
        tokens(row, "cache_write"),
        tokens(row, "cache_write_1h"),
        tokens(row, "output"),
        tokens(row, "reasoning"));
  }

  @Override
  public void close() {
    gateway.close();
    provider.close();
  }
}
