package io.stipend.gateway.e2e;

import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyRequestedFor;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.core.WireMockConfiguration.options;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import io.stipend.gateway.demo.FakeProvider;
import io.stipend.gateway.demo.FakeProvider.Billed;
import io.stipend.gateway.demo.FakeProvider.End;
import io.stipend.gateway.testing.Api;
import io.stipend.gateway.testing.TestGateway;
import io.stipend.metering.Unit;
import io.stipend.metering.ledger.UsageRow;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.awaitility.Awaitility;

/** A gateway before a provider in trouble and one that is well, and the comparison of the books. */
final class Tandem implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** What fails: it never bills. */
  final WireMockServer sick = new WireMockServer(options().bindAddress("127.0.0.1").dynamicPort());

  /** What answers, and keeps its tally. */
  final FakeProvider well = FakeProvider.start(0);

  final TestGateway gateway;
  final String key;

  /**
   * @param quotas in which {@code SICK} and {@code WELL} stand for the addresses
   */
  Tandem(String quotas, String gatewayKeys) {
    sick.start();
    gateway =
        TestGateway.start(
            quotas.replace("SICK", sick.baseUrl()).replace("WELL", well.url()), gatewayKeys);
    key = gateway.key("ada");
  }

  /** Both serve the same models; the sick one is asked first. */
  static Tandem ofEveryApi(String gatewayKeys) {
    return new Tandem(
        """
        providers:
          openai-1: { url: "SICK", key: "key-1", dialect: openai, prices: openai }
          openai-2: { url: "WELL", key: "key-2", dialect: openai, prices: openai }
          anthropic-1: { url: "SICK", key: "key-1", dialect: anthropic }
          anthropic-2: { url: "WELL", key: "key-2", dialect: anthropic }
          gemini-1: { url: "SICK", key: "key-1", dialect: gemini }
          gemini-2: { url: "WELL", key: "key-2", dialect: gemini }
        allowances: { engineer: { amount: 400 USD, every: year } }
        people: { ada: { allowance: engineer } }
        """,
        gatewayKeys);
  }

  /** The sick one answers everything so. */
  void says(ResponseDefinitionBuilder answer) {
    sick.stubFor(any(anyUrl()).willReturn(answer));
  }

  /** Requests that the sick one has had. */
  int asked() {
    return sick.findAll(anyRequestedFor(anyUrl())).size();
  }

  HttpResponse<String> post(Api api, boolean stream, String... headers) throws Exception {
    return api.post(gateway, key, api.body(stream, 1_000), headers);
  }

  /** The rows when nothing is held any more; what the well one billed is what was charged. */
  List<UsageRow> rows(int count) {
    Awaitility.await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              assertThat(well.billed()).noneMatch(one -> one.end() == End.RUNNING);
              assertThat(gateway.rows()).hasSize(count);
              assertThat(gateway.balance("ada").held()).isEqualTo("0");
            });
    List<UsageRow> rows = new ArrayList<>(gateway.rows());
    rows.sort(Comparator.comparing(UsageRow::exchangeId).thenComparing(UsageRow::attempt));
    long billed = well.billed().stream().mapToLong(Books::charge).sum();
    assertThat(rows.stream().mapToLong(UsageRow::nanos).sum()).isEqualTo(billed);
    assertThat(Unit.USD.parse(gateway.balance("ada").used())).isEqualTo(billed);
    assertThat(gateway.verify().problems()).isEmpty();
    return rows;
  }

  Billed onlyBilled() {
    assertThat(well.billed()).hasSize(1);
    return well.billed().get(0);
  }

  @Override
  public void close() {
    gateway.close();
    well.close();
    sick.stop();
  }
}
