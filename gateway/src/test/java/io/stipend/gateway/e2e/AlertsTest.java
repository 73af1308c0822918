package io.stipend.gateway.e2e;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.core.WireMockConfiguration.options;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.github.tomakehurst.wiremock.WireMockServer;
import io.stipend.gateway.demo.FakeProvider;
import io.stipend.gateway.testing.Api;
import io.stipend.gateway.testing.TestGateway;
import io.stipend.metering.ledger.LedgerEntry.AlertRaised;
import io.stipend.metering.ledger.LedgerReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Alerts of a whole gateway: from a settled call to a webhook. */
class AlertsTest {
  private static final JsonMapper JSON = new JsonMapper();

  private FakeProvider provider;
  private WireMockServer webhook;
  private TestGateway gateway;

  @BeforeEach
  void start() {
    provider = FakeProvider.start(0);
    webhook = new WireMockServer(options().bindAddress("127.0.0.1").dynamicPort());
    webhook.start();
    webhook.stubFor(any(anyUrl()).willReturn(aResponse().withStatus(200)));
  }

  @AfterEach
  void stop() {
    gateway.close();
    webhook.stop();
    provider.close();
  }

  private void gateway(String webhookUrl) {
    gateway =
        TestGateway.start(
            """
            providers:
              openai: { url: "%s", key: "provider-key" }
            rate_cards: [builtin]
            models: { allow: ["gpt-4o-mini"] }
            allowances:
              small:
                amount: 10000 tokens
                every: year
                when_short: [refuse]
                alerts: [50%%, 80%%, 100%%]
            alerts: { webhooks: [{ url: "%s", secret: "signing-secret" }] }
            people: { ada: { allowance: small } }
            """
                .formatted(provider.url(), webhookUrl));
  }

  /** Calls of about 300 tokens. */
  private int call(String key) throws Exception {
    return Api.CHAT
        .post(gateway, key, Api.CHAT.body(false, 300), "x-fake-output-tokens", "300")
        .statusCode();
  }

  private long used() {
    return Long.parseLong(gateway.balance("ada").used());
  }

  /** The thresholds that the webhook was told, in order. */
  private List<String> told() {
    return webhook.getAllServeEvents().stream()
        .map(event -> threshold(event.getRequest().getBody()))
        .sorted()
        .toList();
  }

  private static String threshold(byte[] body) {
    try {
      JsonNode json = JSON.readTree(body);
      return json.get("budget").textValue() + " " + json.path("threshold_percent").asText();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private List<AlertRaised> entries() {
    try (LedgerReader reader = LedgerReader.open(gateway.data())) {
      return reader.alerts();
    }
  }

  @Test
  void eachThresholdIsToldOnceAlsoAcrossRestarts() throws Exception {
    gateway(webhook.baseUrl() + "/hook");
    String key = gateway.key("ada");
    while (used() < 4_500) {
      assertThat(call(key)).isEqualTo(200);
    }
    assertThat(told()).isEmpty();
    while (used() < 6_000) {
      assertThat(call(key)).isEqualTo(200);
    }
    await().untilAsserted(() -> assertThat(told()).hasSize(1));

    gateway.restart();
    while (call(key) == 200) {
      assertThat(used()).isLessThanOrEqualTo(10_000);
    }
    await().untilAsserted(() -> assertThat(told()).hasSize(3));
    gateway.restart();
    assertThat(call(key)).isNotEqualTo(200);
    gateway.restart();

    assertThat(told()).extracting(t -> t.replaceAll(".* ", "")).containsExactly("100", "50", "80");
    assertThat(entries()).extracting(AlertRaised::threshold).containsExactly("50", "80", "100");
    assertThat(entries()).allMatch(entry -> entry.account().budget().startsWith("person/ada"));
    assertThat(gateway.verify().problems()).isEmpty();
  }

  @Test
  void whatWasRaisedButNotDeliveredIsSentAfterARestart() throws Exception {
    webhook.stubFor(any(anyUrl()).willReturn(aResponse().withStatus(503)));
    gateway(webhook.baseUrl() + "/hook");
    String key = gateway.key("ada");
    while (used() < 5_000) {
      assertThat(call(key)).isEqualTo(200);
    }
    await().untilAsserted(() -> assertThat(told()).hasSize(1));

    webhook.stubFor(any(anyUrl()).willReturn(aResponse().withStatus(200)));
    gateway.restart();
    await().untilAsserted(() -> assertThat(told()).hasSize(2));
    assertThat(
            webhook.getAllServeEvents().stream()
                .map(event -> event.getRequest().getHeader("stipend-alert-id")))
        .hasSize(2)
        .containsOnly(
            webhook.getAllServeEvents().get(0).getRequest().getHeader("stipend-alert-id"));
  }

  @Test
  void aWebhookThatHangsIsNotFeltByExchanges() throws Exception {
    try (ServerSocket hangs = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"))) {
      gateway("http://127.0.0.1:" + hangs.getLocalPort() + "/hook");
      String key = gateway.key("ada");
      while (used() < 5_000) {
        assertThat(call(key)).isEqualTo(200);
      }
      hangs.setSoTimeout(10_000);
      List<Long> millis = new ArrayList<>();
      try (Socket taken = hangs.accept()) {
        assertThat(taken.getInputStream().read()).as("the alert's first byte").isEqualTo('P');
        while (used() < 9_000) {
          long begun = System.nanoTime();
          assertThat(call(key)).isEqualTo(200);
          millis.add(Duration.ofNanos(System.nanoTime() - begun).toMillis());
        }
      }
      // A try of the webhook takes five seconds: an exchange that met it would show.
      assertThat(millis).hasSizeGreaterThan(10).allMatch(took -> took < 2_000);
    }
  }

  @Test
  void noFileOfTheDataFolderHoldsTheWebhooksSecretOrItsAddress() throws Exception {
    gateway(webhook.baseUrl() + "/services/address-is-a-secret");
    String key = gateway.key("ada");
    while (used() < 5_000) {
      call(key);
    }
    await().untilAsserted(() -> assertThat(told()).hasSize(1));
    gateway.restart();
    try (Stream<Path> files = Files.list(gateway.data())) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        assertThat(Files.readString(file, StandardCharsets.ISO_8859_1))
            .as(file.toString())
            .doesNotContain("signing-secret")
            .doesNotContain("address-is-a-secret");
      }
    }
  }
}
