package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;
import static org.awaitility.Awaitility.await;

import io.stipend.gateway.testing.SelfSigned;
import io.stipend.gateway.testing.TestGateway;
import io.stipend.gateway.upstream.RawProvider;
import io.stipend.gateway.upstream.TestTls;
import io.stipend.gateway.upstream.TinyProxy;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.ledger.UsageRow;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * TLS from the client to the gateway, and from there through a proxy to a provider with its own CA.
 */
class TlsEndToEndTest {
  private static final String USAGE =
      "\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":5,\"input_tokens\":9,"
          + "\"output_tokens\":5}";
  private static final String PLAIN = "{\"model\":\"m\"," + USAGE + "}";
  private static final String STREAM =
      "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"model\":\"m\","
          + USAGE
          + "}}\n\n"
          + "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{},"
          + USAGE
          + "}\n\nevent: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";

  @TempDir static Path folder;
  private static SelfSigned listener;
  private static TestTls provider;

  @BeforeAll
  static void certificates() throws Exception {
    listener = SelfSigned.in(folder);
    provider = TestTls.make(folder, "provider.test");
  }

  private static TestGateway gateway(int proxyPort, Path ca) {
    return TestGateway.start(
        """
        calendar: { timezone: UTC, currency: USD }
        providers:
          openai: { url: "https://provider.test", key: "provider-key" }
          anthropic: { url: "https://provider.test", key: "provider-key" }
        rate_cards: [builtin]
        models: { allow: ["gpt-4o-mini", "claude-haiku-4-5"] }
        allowances: { engineer: { amount: 4000 USD, every: month } }
        people: { ada: { allowance: engineer } }
        """,
        "tls: { certificate: \"file:%s\", key: \"file:%s\" }\n"
                .formatted(listener.certificate(), listener.key())
            + "upstream: { proxy: \"http://127.0.0.1:%d\"%s }\n"
                .formatted(proxyPort, ca == null ? "" : ", ca: \"file:" + ca + "\""));
  }

  private static HttpResponse<String> call(
      HttpClient client, TestGateway gateway, String key, Wire wire, boolean stream)
      throws Exception {
    URI url = URI.create("https://localhost:" + gateway.gateway().address().getPort() + wire.path);
    return client.send(
        HttpRequest.newBuilder(url)
            .header("Authorization", "Bearer " + key)
            .POST(HttpRequest.BodyPublishers.ofString(wire.body("\"stream\":" + stream)))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private static void answer(RawProvider.Wire connection) throws Exception {
    for (String head = connection.head(); head != null; head = connection.head()) {
      boolean stream = connection.readBody(head).contains("\"stream\":true");
      String body = stream ? STREAM : PLAIN;
      connection.write(
          "HTTP/1.1 200 OK\r\ncontent-type: "
              + (stream ? "text/event-stream" : "application/json")
              + "\r\ncontent-length: "
              + body.length()
              + "\r\n\r\n"
              + body);
    }
  }

  private static HttpClient client() {
    return HttpClient.newBuilder().sslContext(listener.trust()).build();
  }

  @Test
  void callsGoThroughTlsOnBothLegsAndTheProxy() throws Exception {
    try (RawProvider upstream = new RawProvider(TlsEndToEndTest::answer, provider.sockets());
        TinyProxy proxy = new TinyProxy(upstream.port());
        TestGateway gateway = gateway(proxy.port(), provider.certificate())) {
      String key = gateway.key("ada");
      HttpClient client = client();
      assertThat(call(client, gateway, key, Wire.CHAT, false).body()).isEqualTo(PLAIN);
      assertThat(call(client, gateway, key, Wire.MESSAGES, false).body()).isEqualTo(PLAIN);
      assertThat(call(client, gateway, key, Wire.MESSAGES, true).body()).isEqualTo(STREAM);
      await().until(() -> gateway.rows().size() == 3);
      assertThat(gateway.rows()).extracting(UsageRow::usage).containsOnly(TokenUsage.of(9, 5));
      assertThat(proxy.heads)
          .isNotEmpty()
          .allMatch(head -> head.startsWith("CONNECT provider.test:443 "))
          .noneMatch(head -> head.contains("provider-key") || head.contains(key));
    }
  }

  @Test
  void aProviderOfAnUnknownAuthorityGetsNothingAndCostsNothing() throws Exception {
    try (RawProvider upstream = new RawProvider(TlsEndToEndTest::answer, provider.sockets());
        TinyProxy proxy = new TinyProxy(upstream.port());
        TestGateway gateway = gateway(proxy.port(), null)) {
      HttpResponse<String> answer = call(client(), gateway, gateway.key("ada"), Wire.CHAT, false);
      assertThat(answer.statusCode()).isEqualTo(502);
      assertThat(answer.body()).contains("upstream_unreachable").contains("nothing was charged");
      await().until(() -> gateway.balance("ada").held().equals("0"));
      assertThat(gateway.balance("ada").used()).isEqualTo("0");
      assertThat(gateway.rows()).isEmpty();
    }
  }

  @Test
  void aCertificateThatCannotBeReadIsNamedAtTheStart() throws Exception {
    Path wrong = Files.writeString(folder.resolve("wrong.pem"), "no certificate");
    assertThat(catchThrowable(() -> gateway(1, wrong).close()))
        .isNotNull()
        .hasMessageContaining("wrong.pem");
  }
}
