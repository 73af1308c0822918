package io.stipend.gateway.e2e;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.anyRequestedFor;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.postRequestedFor;
import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.gateway.demo.FakeProvider;
import io.stipend.gateway.demo.FakeProvider.Billed;
import io.stipend.gateway.testing.Api;
import io.stipend.metering.ledger.UsageRow;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/**
 * What ends a call that waits for its next attempt, and what it takes along to another upstream.
 */
class BetweenAttemptsTest {
  /** Half a minute between two attempts at the only upstream there is. */
  private static Tandem waiting(String gatewayKeys) {
    String quotas =
        """
        providers: { openai: { url: "SICK", key: "key-1" } }
        people:
          ada: { budget: { amount: 9 USD, every: year }, limits: { concurrent: 1 } }
        """;
    Tandem tandem = new Tandem(quotas, "retry: { same_upstream: on, wait: 60s }\n" + gatewayKeys);
    tandem.says(aResponse().withStatus(503).withHeader("retry-after", "30"));
    return tandem;
  }

  @Test
  void whoLeavesInAPauseFreesWhatTheLimitsHeldAtOnce() throws Exception {
    try (Tandem tandem = waiting("")) {
      String wire = Api.CHAT.wire(tandem.key, Api.CHAT.body(false, 500));
      try (Socket socket =
          new Socket(
              InetAddress.getLoopbackAddress(), tandem.gateway.gateway().address().getPort())) {
        socket.getOutputStream().write(wire.getBytes(StandardCharsets.US_ASCII));
        Awaitility.await().until(() -> tandem.asked() == 1);
        tandem.rows(1);
        assertThat(tandem.post(Api.CHAT, false).statusCode()).isEqualTo(429);
        socket.setSoLinger(true, 0);
      }
      tandem.says(aResponse().withStatus(400));
      Awaitility.await()
          .atMost(Duration.ofSeconds(10))
          .until(() -> tandem.post(Api.CHAT, false).statusCode() == 400);
      tandem.rows(2);
    }
  }

  @Test
  void aGatewayThatStopsTellsWhoeverWaitsInAPause() throws Exception {
    try (Tandem tandem = waiting("drain: { time: 100ms }")) {
      CompletableFuture<HttpResponse<String>> answer =
          HttpClient.newHttpClient()
              .sendAsync(
                  Api.CHAT.request(tandem.gateway, tandem.key, Api.CHAT.body(false, 500)),
                  HttpResponse.BodyHandlers.ofString());
      Awaitility.await().until(() -> tandem.asked() == 1);
      tandem.rows(1);
      tandem.gateway.restart();
      assertThat(answer.join().statusCode()).isEqualTo(503);
      assertThat(answer.join().body()).contains("shutting down");
      tandem.rows(1);
    }
  }

  @Test
  void whatAFallbackKeepsIsGoneOnWithThereAndBookedAsWhatWasAskedFor() throws Exception {
    String quotas =
        """
        providers:
          openai: { url: "SICK", key: "key-1", models: [gpt-4o-mini] }
          spare: { url: "WELL", key: "key-2", dialect: openai, models: [gpt-4.1-nano] }
        models: { fallback: { gpt-4o-mini: [gpt-4.1-nano] } }
        people: { ada: { budget: { amount: 9 USD, every: year } } }
        """;
    try (Tandem tandem = new Tandem(quotas, "")) {
      tandem.says(aResponse().withStatus(503));
      String body = Api.RESPONSES.body("gpt-4o-mini", false, 50, "\"store\":true,");
      HttpResponse<String> first = Api.RESPONSES.post(tandem.gateway, tandem.key, body);
      String id = first.body().replaceAll("(?s).*?\"id\":\"(resp_[^\"]+)\".*", "$1");
      String more = "\"previous_response_id\":\"" + id + "\",";
      String next = Api.RESPONSES.body("gpt-4o-mini", false, 1_000_000, more);
      HttpResponse<String> second = Api.RESPONSES.post(tandem.gateway, tandem.key, next);
      assertThat(second.statusCode()).isEqualTo(200);
      assertThat(second.headers().firstValue("stipend-model-fallback"))
          .contains("gpt-4o-mini -> gpt-4.1-nano");
      // A cap that its model does not have.
      assertThat(second.headers().firstValue("stipend-output-cap")).contains("32768");
      List<UsageRow> rows = tandem.rows(3);
      assertThat(rows).extracting(UsageRow::modelRequested).containsOnly("gpt-4o-mini");
      assertThat(tandem.asked()).as("the one that made it is asked at once").isEqualTo(1);
      assertThat(tandem.well.billed()).extracting(Billed::model).containsOnly("gpt-4.1-nano");
    }
  }

  @Test
  void aStoredResponseIsReadAndDeletedWithTheKeyThatMadeIt() throws Exception {
    String quotas =
        """
        providers: { openai: { url: "SICK", keys: { a: key-a, b: key-b, c: key-c } } }
        people: { ada: { budget: { amount: 9 USD, every: year } } }
        """;
    try (Tandem tandem = new Tandem(quotas, "")) {
      tandem.says(
          aResponse()
              .withHeader("content-type", "application/json")
              .withBody(
                  "{\"id\":\"resp_1\",\"model\":\"gpt-4o-mini\",\"output\":[],"
                      + "\"usage\":{\"input_tokens\":1,\"output_tokens\":1}}"));
      String body = Api.RESPONSES.body("gpt-4o-mini", false, 50, "\"store\":true,");
      assertThat(Api.RESPONSES.post(tandem.gateway, tandem.key, body).statusCode()).isEqualTo(200);
      for (int call = 0; call < 12; call++) {
        HttpRequest stored =
            HttpRequest.newBuilder(tandem.gateway.url("/v1/responses/resp_1"))
                .header("x-api-key", tandem.key)
                .method(call < 11 ? "GET" : "DELETE", HttpRequest.BodyPublishers.noBody())
                .build();
        HttpResponse<String> answer =
            HttpClient.newHttpClient().send(stored, HttpResponse.BodyHandlers.ofString());
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
      }
      assertThat(tandem.sick.findAll(anyRequestedFor(anyUrl())))
          .hasSize(13)
          .extracting(request -> request.getHeader("authorization"))
          .containsOnly(
              tandem.sick.findAll(postRequestedFor(anyUrl())).get(0).getHeader("authorization"));
    }
  }

  @Test
  void anotherCloudGetsTheCallSignedForItself() throws Exception {
    String quotas =
        """
        providers:
          aws-1:
            url: "SICK"
            dialect: bedrock
            region: eu-west-9
            access_key_id: AKIDOTHER
            secret_access_key: other
          aws-2:
            url: "WELL"
            dialect: bedrock
            region: %s
            access_key_id: %s
            secret_access_key: "%s"
        models: { fallback: { "%s": ["%s"] } }
        people: { ada: { budget: { amount: 9 USD, every: year } } }
        """
            .formatted(
                FakeProvider.AWS_REGION,
                FakeProvider.AWS_ACCESS_KEY_ID,
                FakeProvider.AWS_SECRET_ACCESS_KEY,
                CloudCalls.CLAUDE,
                CloudCalls.NOVA);
    try (Tandem tandem = new Tandem(quotas, "")) {
      tandem.says(aResponse().withStatus(503).withBody("{\"message\":\"sick\"}"));
      for (String method : List.of("converse", "invoke-with-response-stream")) {
        HttpResponse<byte[]> answer =
            CloudCalls.post(
                tandem.gateway.url(),
                CloudCalls.path(CloudCalls.CLAUDE, method),
                tandem.key,
                CloudCalls.body(method, 50));
        assertThat(answer.statusCode()).as(CloudCalls.text(answer)).isEqualTo(200);
        assertThat(answer.headers().firstValue("stipend-attempts")).contains("2");
      }
      // Nobody is well: Converse goes on to another maker's model, Anthropic's own form does not.
      for (String method : List.of("converse", "invoke")) {
        HttpResponse<byte[]> answer =
            CloudCalls.post(
                tandem.gateway.url(),
                CloudCalls.path(CloudCalls.CLAUDE, method),
                tandem.key,
                CloudCalls.body(method, 50),
                "x-fake-status",
                "500");
        boolean converse = method.equals("converse");
        assertThat(answer.statusCode()).isEqualTo(converse ? 503 : 500);
        assertThat(answer.headers().firstValue("stipend-attempts")).contains(converse ? "3" : "2");
      }
      tandem.rows(9);
    }
  }

  @Test
  void aFallbackWithoutRoomForTheThinkingThatIsAskedForIsNotTried() throws Exception {
    String quotas =
        """
        providers:
          anthropic: { url: "SICK", key: "key-1", models: [claude-haiku-4-5] }
          spare: { url: "WELL", key: "key-2", dialect: anthropic, models: [claude-3-haiku-20240307] }
        models: { fallback: { claude-haiku-4-5: [claude-3-haiku-20240307] } }
        people: { ada: { budget: { amount: 9 USD, every: year } } }
        """;
    try (Tandem tandem = new Tandem(quotas, "")) {
      tandem.says(aResponse().withStatus(529).withBody("sick"));
      String thinks = Api.MESSAGES.thinking(5_000, 8_000);
      HttpResponse<String> answer = Api.MESSAGES.post(tandem.gateway, tandem.key, thinks);
      assertThat(answer.statusCode()).isEqualTo(529);
      assertThat(answer.body()).isEqualTo("sick");
      tandem.rows(1);
      assertThat(tandem.well.requests()).isZero();
      // Without it there is room.
      assertThat(tandem.post(Api.MESSAGES, true).statusCode()).isEqualTo(200);
      tandem.rows(3);
    }
  }
}
