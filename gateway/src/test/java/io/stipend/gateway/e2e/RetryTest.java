package io.stipend.gateway.e2e;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static org.assertj.core.api.Assertions.assertThat;

import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
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
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A call is tried again while its client has seen nothing, and every attempt has its row. */
class RetryTest {
  private Tandem tandem;

  @BeforeEach
  void start() {
    tandem = Tandem.ofEveryApi("");
  }

  @AfterEach
  void stop() {
    tandem.close();
  }

  private static ResponseDefinitionBuilder error(int status) {
    return aResponse()
        .withStatus(status)
        .withHeader("content-type", "application/json")
        .withBody("{\"error\":{\"message\":\"sick\",\"type\":\"sick\"}}");
  }

  @ParameterizedTest
  @CsvSource({
    "CHAT, false, 500",
    "CHAT, true, 503",
    "CHAT, true, 429",
    "MESSAGES, false, 529",
    "MESSAGES, true, 502",
    "MESSAGES, true, 429",
    "RESPONSES, false, 504",
    "RESPONSES, true, 500",
    "GEMINI, false, 429",
    "GEMINI, true, 503"
  })
  void whatOneUpstreamCannotDoAnotherDoes(Api api, boolean stream, int status) throws Exception {
    tandem.says(error(status));
    HttpResponse<String> answer = tandem.post(api, stream, "x-fake-output-tokens", "50");
    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body()).doesNotContain("sick");
    assertThat(answer.headers().firstValue("stipend-attempts")).contains("2");
    assertThat(answer.headers().firstValue("stipend-model-fallback")).isEmpty();
    List<UsageRow> rows = tandem.rows(2);
    assertThat(rows.get(0).attempt()).isEqualTo(1);
    assertThat(rows.get(0).outcome()).isEqualTo("upstream_error");
    assertThat(rows.get(0).httpStatus()).isEqualTo(status);
    assertThat(rows.get(0).provider()).isEqualTo(api.vendor() + "-1");
    assertThat(rows.get(0).nanos()).isZero();
    assertThat(rows.get(1).exchangeId()).isEqualTo(rows.get(0).exchangeId());
    assertThat(rows.get(1).attempt()).isEqualTo(2);
    assertThat(rows.get(1).outcome()).isEqualTo("completed");
    assertThat(rows.get(1).provider()).isEqualTo(api.vendor() + "-2");
    assertThat(tandem.onlyBilled().key()).endsWith("key-2");
  }

  @ParameterizedTest
  @CsvSource({"CHAT, false", "MESSAGES, true", "RESPONSES, true", "GEMINI, false"})
  void whereNoConnectionStandsNothingWasSentAndNoRowIsLeft(Api api, boolean stream)
      throws Exception {
    tandem.sick.stop();
    assertThat(tandem.post(api, stream).statusCode()).isEqualTo(200);
    assertThat(tandem.rows(1).get(0).attempt()).isEqualTo(2);
  }

  @ParameterizedTest
  @CsvSource({"400", "401", "404", "413", "501"})
  void whatIsWrongWithTheRequestIsWrongEverywhere(int status) throws Exception {
    tandem.says(error(status));
    HttpResponse<String> answer = tandem.post(Api.CHAT, true);
    assertThat(answer.statusCode()).isEqualTo(status);
    assertThat(answer.body()).contains("sick");
    assertThat(tandem.rows(1).get(0).httpStatus()).isEqualTo(status);
    assertThat(tandem.well.requests()).isZero();
  }

  @Test
  void aProviderThatSaysNotToTryAgainIsObeyed() throws Exception {
    tandem.says(error(500).withHeader("x-should-retry", "false"));
    assertThat(tandem.post(Api.MESSAGES, false).statusCode()).isEqualTo(500);
    tandem.rows(1);
    assertThat(tandem.well.requests()).isZero();
  }

  @Test
  void aProviderThatAsksForAPauseIsNotCalledMeanwhile() throws Exception {
    tandem.says(error(429).withHeader("retry-after", "60"));
    for (int call = 0; call < 5; call++) {
      assertThat(tandem.post(Api.CHAT, false).statusCode()).isEqualTo(200);
    }
    assertThat(tandem.asked()).isEqualTo(1);
    assertThat(tandem.rows(6)).filteredOn(r -> r.httpStatus() == 429).hasSize(1);
    // A pause is that of a model: others have limits of their own.
    String other = Api.CHAT.body("gpt-4o", false, 100, "");
    assertThat(Api.CHAT.post(tandem.gateway, tandem.key, other).statusCode()).isEqualTo(200);
    assertThat(tandem.asked()).isEqualTo(2);
    tandem.rows(8);
  }

  @Test
  void whereAllAskForAPauseTheClientIsToldHowLong() throws Exception {
    String quotas =
        """
        providers:
          a: { url: "SICK", key: k, dialect: openai }
          b: { url: "SICK", key: l, dialect: openai }
        people: { ada: { budget: { amount: 9 USD, every: year } } }
        """;
    try (Tandem both = new Tandem(quotas, "")) {
      both.says(error(429).withHeader("retry-after", "20"));
      HttpResponse<String> answer = both.post(Api.CHAT, false);
      assertThat(answer.statusCode()).isEqualTo(429);
      assertThat(answer.headers().firstValue("retry-after")).contains("20");
      HttpResponse<String> refusal = both.post(Api.CHAT, false);
      assertThat(refusal.statusCode()).isEqualTo(429);
      assertThat(refusal.body()).contains("has asked for a pause");
      assertThat(refusal.headers().firstValue("retry-after")).contains("20");
      assertThat(refusal.headers().firstValue("x-should-retry")).isEmpty();
      assertThat(both.asked()).isEqualTo(2);
      both.rows(2);
      assertThat(both.gateway.refusals("ada")).isEqualTo(1);
    }
  }

  @Test
  void whereTheStandbyCannotBeReachedTheAnswerOfTheFirstIsTold() throws Exception {
    String quotas =
        """
        providers:
          a: { url: "SICK", key: k, dialect: openai }
          b: { url: "http://127.0.0.1:1", key: l, dialect: openai }
        people: { ada: { budget: { amount: 9 USD, every: year } } }
        """;
    try (Tandem one = new Tandem(quotas, "")) {
      one.says(error(429));
      for (int call = 1; call <= 3; call++) {
        HttpResponse<String> answer = one.post(Api.CHAT, true);
        assertThat(answer.statusCode()).isEqualTo(429);
        assertThat(answer.body()).contains("sick");
      }
      one.rows(3);
    }
  }

  @Test
  void whenAllHaveFailedTheClientGetsTheLastAnswerWithItsHeaders() throws Exception {
    tandem.says(error(503));
    HttpResponse<String> answer = tandem.post(Api.CHAT, true, "x-fake-status", "500");
    assertThat(answer.statusCode()).isEqualTo(500);
    assertThat(answer.body()).contains("scripted status 500");
    assertThat(answer.headers().firstValue("stipend-attempts")).contains("2");
    assertThat(tandem.rows(2)).extracting(UsageRow::httpStatus).containsExactly(503, 500);
  }

  @Test
  void anErrorWhoseEndDoesNotComeIsWaitedForNoLongerThanSeconds() throws Exception {
    tandem.says(error(503).withChunkedDribbleDelay(10, 60_000));
    assertThat(tandem.post(Api.CHAT, false).statusCode()).isEqualTo(200);
    List<UsageRow> rows = tandem.rows(2);
    assertThat(rows.get(0).outcome()).isEqualTo("upstream_timeout");
    assertThat(rows.get(0).httpStatus()).isEqualTo(503);
    assertThat(rows.get(0).nanos()).isZero();
  }

  @Test
  void anErrorTooLongToKeepIsPassedOnAndNotBettered() throws Exception {
    tandem.says(aResponse().withStatus(500).withBody("x".repeat(200_000)));
    HttpResponse<String> answer = tandem.post(Api.CHAT, false);
    assertThat(answer.statusCode()).isEqualTo(500);
    assertThat(answer.body()).hasSize(200_000);
    tandem.rows(1);
  }

  @Test
  void aStreamThatBreaksWhenItsClientHasSeenOfItIsNotTriedAgain() throws Exception {
    tandem.sick.stop();
    HttpResponse<String> answer =
        tandem.post(Api.CHAT, true, "x-fake-output-tokens", "300", "x-fake-truncate-after", "100");
    assertThat(answer.body()).contains("The provider ended the stream early.");
    assertThat(tandem.well.requests()).isEqualTo(1);
    Awaitility.await().until(() -> tandem.gateway.rows().size() == 1);
  }

  @Test
  void aClientThatLeavesBetweenTwoAttemptsEndsThem() throws Exception {
    String quotas =
        """
        providers: { openai: { url: "SICK", key: "key-1" } }
        people: { ada: { budget: { amount: 9 USD, every: year } } }
        """;
    try (Tandem alone = new Tandem(quotas, "retry: { same_upstream: on }")) {
      alone.says(error(503).withHeader("retry-after", "1"));
      byte[] request =
          Api.CHAT.wire(alone.key, Api.CHAT.body(true, 500)).getBytes(StandardCharsets.US_ASCII);
      try (Socket socket =
          new Socket(
              InetAddress.getLoopbackAddress(), alone.gateway.gateway().address().getPort())) {
        socket.getOutputStream().write(request);
        Awaitility.await().until(() -> alone.asked() == 1);
        socket.setSoLinger(true, 0);
      }
      alone.rows(1);
      Awaitility.await()
          .during(Duration.ofMillis(1_200))
          .untilAsserted(() -> assertThat(alone.asked()).isEqualTo(1));
      assertThat(alone.gateway.rows()).hasSize(1);
      assertThat(alone.gateway.balance("ada").held()).isEqualTo("0");
    }
  }

  @Test
  void whatCostsNothingIsTriedAgainToo() throws Exception {
    tandem.says(error(500));
    HttpRequest request =
        HttpRequest.newBuilder(tandem.gateway.url("/v1/messages/count_tokens"))
            .header("x-api-key", tandem.key)
            .POST(HttpRequest.BodyPublishers.ofString(Api.MESSAGES.body(false, 10)))
            .build();
    HttpResponse<String> counted =
        HttpClient.newHttpClient().send(request, HttpResponse.BodyHandlers.ofString());
    assertThat(counted.statusCode()).isEqualTo(200);
    assertThat(counted.body()).contains("input_tokens");
    assertThat(tandem.asked()).isEqualTo(1);
    assertThat(tandem.gateway.rows()).isEmpty();
  }
}
