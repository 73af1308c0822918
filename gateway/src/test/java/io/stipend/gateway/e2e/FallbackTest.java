package io.stipend.gateway.e2e;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.gateway.demo.FakeProvider.Billed;
import io.stipend.gateway.testing.Api;
import io.stipend.metering.ledger.UsageRow;
import java.net.http.HttpResponse;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Other models, several keys, and the bounds of trying again. */
class FallbackTest {
  private static final String QUOTAS =
      """
      providers:
        openai: { url: "SICK", key: "key-1", models: [gpt-4o-mini, gpt-5-mini] }
        spare: { url: "WELL", key: "key-2", dialect: openai, models: [gpt-4o, gpt-4.1-nano] }
      models: { fallback: { gpt-4o-mini: [FALLBACK] } }
      allowances: { engineer: { amount: AMOUNT, every: year } }
      people: { ada: { allowance: engineer } }
      """;

  private static Tandem to(String fallback, String amount, String gatewayKeys) {
    return new Tandem(QUOTAS.replace("FALLBACK", fallback).replace("AMOUNT", amount), gatewayKeys);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aModelFallsBackToAnotherAtThatOnesPrice(boolean stream) throws Exception {
    try (Tandem tandem = to("gpt-4o", "40 USD", "")) {
      tandem.says(aResponse().withStatus(503));
      HttpResponse<String> answer = tandem.post(Api.CHAT, stream);
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.headers().firstValue("stipend-model-fallback"))
          .contains("gpt-4o-mini -> gpt-4o");
      UsageRow row = tandem.rows(2).get(1);
      assertThat(row.modelRequested()).isEqualTo("gpt-4o-mini");
      assertThat(row.modelServed()).isEqualTo("gpt-4o");
      assertThat(row.provider()).isEqualTo("spare");
      Billed billed = tandem.onlyBilled();
      assertThat(billed.model()).isEqualTo("gpt-4o");
      // At the price of the one that ran, which is more than ten times the other's.
      assertThat(row.nanos()).isEqualTo(Books.charge(billed));
    }
  }

  @Test
  void aFallbackThatTheBudgetDoesNotCoverIsNotTried() throws Exception {
    // 1,000 output tokens of gpt-4o-mini are 0.0006 USD, those of gpt-4o are 0.01.
    try (Tandem tandem = to("gpt-4o", "0.002 USD", "")) {
      tandem.says(aResponse().withStatus(503).withBody("sick"));
      HttpResponse<String> answer = tandem.post(Api.CHAT, false);
      assertThat(answer.statusCode()).isEqualTo(503);
      assertThat(answer.body()).isEqualTo("sick");
      assertThat(answer.headers().firstValue("stipend-attempts")).isEmpty();
      tandem.rows(1);
      assertThat(tandem.well.requests()).isZero();
      assertThat(tandem.gateway.refusals("ada")).isZero();
    }
  }

  @Test
  void aFallbackThatTheBudgetDoesNotCoverHidesNoPauseOfTheModelThatWasAskedFor() throws Exception {
    try (Tandem tandem = to("gpt-4o", "0.002 USD", "")) {
      tandem.says(aResponse().withStatus(429).withHeader("retry-after", "60"));
      assertThat(tandem.post(Api.CHAT, false).statusCode()).isEqualTo(429);
      HttpResponse<String> refusal = tandem.post(Api.CHAT, false);
      assertThat(refusal.statusCode()).isEqualTo(429);
      assertThat(refusal.body()).contains("Every provider of `gpt-4o-mini` has asked for a pause");
      assertThat(refusal.headers().firstValue("retry-after")).contains("60");
      assertThat(tandem.asked()).isEqualTo(1);
      tandem.rows(1);
    }
  }

  @Test
  void aFallbackThatTheBudgetDoesNotCoverIsNoReasonNotToCallAnUpstreamThatRests() throws Exception {
    try (Tandem tandem = to("gpt-4o", "0.002 USD", "retry: { rest: 1h }")) {
      tandem.says(aResponse().withStatus(500));
      int calls = 15;
      for (int call = 0; call < calls; call++) {
        assertThat(tandem.post(Api.CHAT, false).statusCode()).isEqualTo(500);
      }
      assertThat(tandem.asked()).isEqualTo(calls);
      tandem.rows(calls);
      assertThat(tandem.gateway.refusals("ada")).isZero();
    }
  }

  @Test
  void whereNothingWasReachedTheRefusalOfAFallbackIsNotTold() throws Exception {
    try (Tandem tandem = to("gpt-4o", "0.002 USD", "")) {
      tandem.sick.stop();
      HttpResponse<String> answer = tandem.post(Api.CHAT, false);
      assertThat(answer.statusCode()).isEqualTo(502);
      assertThat(answer.body()).contains("cannot be reached; nothing was charged");
      tandem.rows(0);
    }
  }

  @Test
  void aFallbackTakesACapThatItsModelHas() throws Exception {
    try (Tandem tandem = to("gpt-4.1-nano", "40 USD", "")) {
      tandem.says(aResponse().withStatus(500));
      String body = Api.CHAT.body("gpt-4o-mini", false, 1_000_000, "");
      HttpResponse<String> answer = Api.CHAT.post(tandem.gateway, tandem.key, body);
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.headers().firstValue("stipend-output-cap")).contains("32768");
      tandem.rows(2);
    }
  }

  @Test
  void noMoreIsTriedThanTheRetryBudgetPays() throws Exception {
    try (Tandem tandem = to("gpt-4o", "40 USD", "retry: { budget: 0% }")) {
      tandem.says(aResponse().withStatus(503));
      assertThat(tandem.post(Api.CHAT, false).statusCode()).isEqualTo(503);
      tandem.rows(1);
      assertThat(tandem.well.requests()).isZero();
    }
  }

  @Test
  void anUpstreamThatKeepsFailingGetsNoCallsAndComesBack() throws Exception {
    try (Tandem tandem = to("gpt-4o", "40 USD", "retry: { rest: 500ms }")) {
      tandem.says(aResponse().withStatus(500));
      int calls = 40;
      for (int call = 0; call < calls; call++) {
        assertThat(tandem.post(Api.CHAT, false).statusCode()).isEqualTo(200);
      }
      // Ten by which it is judged; then at most three to see whether it is well, each half second.
      assertThat(tandem.asked()).isBetween(10, calls / 2);
      tandem.rows(calls + tandem.asked());
      tandem.says(
          aResponse()
              .withHeader("content-type", "application/json")
              .withBody(
                  "{\"choices\":[],\"usage\":{\"prompt_tokens\":0,\"completion_tokens\":0}}"));
      int before = tandem.asked();
      Awaitility.await()
          .until(
              () -> {
                tandem.post(Api.CHAT, false);
                return tandem.asked() > before + 5;
              });
    }
  }

  @Test
  void theSameUpstreamIsAskedAgainWhereTheFileSaysSo() throws Exception {
    String quotas =
        """
        providers: { openai: { url: "SICK", key: "key-1" } }
        people: { ada: { budget: { amount: 9 USD, every: year } } }
        """;
    try (Tandem tandem =
        new Tandem(quotas, "retry: { same_upstream: on, attempts: 2, wait: 1s }")) {
      tandem.says(aResponse().withStatus(503));
      assertThat(tandem.post(Api.CHAT, false).statusCode()).isEqualTo(503);
      assertThat(tandem.asked()).isEqualTo(2);
      tandem.says(aResponse().withStatus(429).withHeader("retry-after", "30"));
      assertThat(tandem.post(Api.CHAT, false).statusCode()).isEqualTo(429);
      assertThat(tandem.asked()).as("30 s are not waited for").isEqualTo(3);
      tandem.rows(3);
    }
  }

  @Test
  void severalKeysShareTheCallsByWeightAndASessionStays() throws Exception {
    String quotas =
        """
        providers:
          openai:
            url: "WELL"
            keys: { main: { key: key-main, weight: 3 }, other: key-other }
        people: { ada: { budget: { amount: 9 USD, every: year } } }
        """;
    try (Tandem tandem = new Tandem(quotas, "")) {
      int calls = 200;
      for (int call = 0; call < calls; call++) {
        assertThat(tandem.post(Api.CHAT, false).statusCode()).isEqualTo(200);
      }
      Map<String, Integer> byKey = new HashMap<>();
      tandem.well.billed().forEach(one -> byKey.merge(one.key(), 1, Integer::sum));
      assertThat(byKey).hasSize(2);
      // Five standard deviations of 200 draws at 3 in 4.
      int main = byKey.getOrDefault("key-main", 0);
      assertThat(main).isBetween(150 - 31, 150 + 31);
      Set<String> ofSession = new HashSet<>();
      for (int call = 0; call < 10; call++) {
        tandem.post(Api.CHAT, false, "x-claude-code-session-id", "session-1");
      }
      List<Billed> last = tandem.well.billed().subList(calls, calls + 10);
      last.forEach(one -> ofSession.add(one.key()));
      assertThat(ofSession).hasSize(1);
      tandem.rows(calls + 10);
    }
  }

  @Test
  void aDowngradedCallIsSharedByTheKeysToo() throws Exception {
    String quotas =
        """
        providers: { openai: { url: "WELL", keys: { a: key-a, b: key-b } } }
        allowances:
          small:
            amount: 0.009 USD
            every: year
            when_short: [downgrade, refuse]
            downgrade: { gpt-4o: gpt-4o-mini }
        people: { ada: { allowance: small } }
        """;
    try (Tandem tandem = new Tandem(quotas, "")) {
      Map<String, Integer> byKey = new HashMap<>();
      String body = Api.CHAT.body("gpt-4o", false, 1_000, "");
      int calls = 24;
      for (int call = 0; call < calls; call++) {
        HttpResponse<String> answer =
            Api.CHAT.post(tandem.gateway, tandem.key, body, "x-fake-output-tokens", "5");
        assertThat(answer.headers().firstValue("stipend-model-downgraded"))
            .contains("gpt-4o -> gpt-4o-mini");
      }
      tandem.well.billed().forEach(one -> byKey.merge(one.key(), 1, Integer::sum));
      assertThat(byKey).hasSize(2);
      tandem.rows(calls);
    }
  }

  @Test
  void whatAProviderKeepsIsAskedForWithTheKeyThatMadeIt() throws Exception {
    String quotas =
        """
        providers:
          openai: { url: "WELL", keys: { a: key-a, b: key-b, c: key-c } }
        people: { ada: { budget: { amount: 9 USD, every: year } } }
        """;
    try (Tandem tandem = new Tandem(quotas, "")) {
      for (int round = 0; round < 6; round++) {
        String body = Api.RESPONSES.body("gpt-4o-mini", false, 50, "\"store\":true,");
        HttpResponse<String> first = Api.RESPONSES.post(tandem.gateway, tandem.key, body);
        String id = first.body().replaceAll("(?s).*?\"id\":\"(resp_[^\"]+)\".*", "$1");
        String more = "\"previous_response_id\":\"" + id + "\",";
        String next = Api.RESPONSES.body("gpt-4o-mini", false, 50, more);
        assertThat(Api.RESPONSES.post(tandem.gateway, tandem.key, next).statusCode())
            .isEqualTo(200);
        List<Billed> billed = tandem.well.billed();
        assertThat(billed.get(2 * round + 1).key()).isEqualTo(billed.get(2 * round).key());
      }
      tandem.rows(12);
    }
  }
}
