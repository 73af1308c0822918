package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.gateway.demo.FakeProvider;
import io.stipend.gateway.demo.FakeProvider.Billed;
import io.stipend.gateway.demo.FakeProvider.End;
import io.stipend.gateway.testing.TestGateway;
import io.stipend.metering.Meter;
import io.stipend.metering.Unit;
import io.stipend.metering.Units;
import io.stipend.metering.UsageReport;
import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.UsageRow;
import io.stipend.metering.price.RateCardException;
import io.stipend.metering.price.RateCards;
import io.stipend.metering.price.Rating;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Searches that a provider runs cost their fee on top of their tokens: held for before, charged as
 * the provider bills them, however the answer ends.
 */
class SearchFeesTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final String RICH = "400 USD";
  private static final String RESPONSES = "/v1/responses";
  private static final String MESSAGES = "/v1/messages";
  private static final String CHAT = "/v1/chat/completions";
  private static final long STEP = 1_024;

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private FakeProvider provider;
  private TestGateway gateway;
  private String key;

  @BeforeEach
  void startProvider() {
    provider = FakeProvider.start(0);
  }

  @AfterEach
  void stop() {
    if (gateway != null) {
      gateway.close();
    }
    provider.close();
  }

  private void start(String amount, String gatewayKeys) {
    String url = provider.url();
    gateway =
        TestGateway.start(
            """
            calendar: { timezone: Europe/Berlin, currency: USD }
            providers:
              openai: { url: "%s", key: "provider-key" }
              anthropic: { url: "%s", key: "provider-key" }
              gemini: { url: "%s", key: "provider-key" }
            rate_cards: [builtin]
            models: { allow: ["*"], aliases: { finder: gpt-4o-search-preview } }
            allowances: { engineer: { amount: %s, every: year } }
            people: { ada: { allowance: engineer } }
            """
                .formatted(url, url, url, amount),
            gatewayKeys);
    key = gateway.key("ada");
  }

  private HttpResponse<String> post(String path, String body, String... headers)
      throws IOException, InterruptedException {
    return http.send(
        HttpRequest.newBuilder(URI.create(gateway.url() + path))
            .timeout(PATIENCE)
            .header("Authorization", "Bearer " + key)
            .headers(headers)
            .POST(HttpRequest.BodyPublishers.ofString(body.replace('\'', '"')))
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private static String gemini(String model, String method) {
    return "/v1beta/models/" + model + ":" + method;
  }

  private static String responses(String model, String more) {
    return "{'model':'"
        + model
        + "','input':'find it','max_output_tokens':100,'tools':[{'type':'web_search'}]"
        + more
        + "}";
  }

  private static String messages(String tool, String more) {
    return "{'model':'claude-haiku-4-5','max_tokens':100,'messages':[],"
        + "'tools':[{'type':'web_search_20250305','name':'web_search'"
        + tool
        + "}]"
        + more
        + "}";
  }

  private static String grounded() {
    return "{'contents':[{'parts':[{'text':'find it'}]}],'tools':[{'google_search':{}}]}";
  }

  private static Rating rating(String vendor, String model) {
    try {
      return RateCards.load(List.of(RateCards.Source.builtin()))
          .rating(vendor, vendor, model, Instant.now());
    } catch (RateCardException e) {
      throw new AssertionError(e);
    }
  }

  /** What the double bills: its tokens, and its own count of searches at the fee. */
  private static long tokens(String vendor, Billed one) {
    UsageReport.Part part = new UsageReport.Part(null, one.usage());
    return rating(vendor, one.model())
        .charge(new UsageReport(List.of(part), one.model(), one.serviceTier(), false))
        .nanos();
  }

  /** The one row, when all has ended. */
  private UsageRow row() {
    Awaitility.await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              assertThat(provider.billed()).noneMatch(one -> one.end() == End.RUNNING);
              assertThat(gateway.rows()).hasSize(1);
              assertThat(gateway.balance("ada").held()).isEqualTo("0");
            });
    assertThat(gateway.verify().problems()).isEmpty();
    UsageRow row = gateway.rows().get(0);
    assertThat(Unit.USD.parse(gateway.balance("ada").used())).isEqualTo(row.nanos());
    return row;
  }

  private static Units searches(long count) {
    return Units.of(Meter.WEB_SEARCH, count);
  }

  @ParameterizedTest
  @CsvSource({
    "gpt-5-mini, false, 3, 30000000",
    "gpt-5-mini, true, 3, 30000000",
    "gpt-4o-mini, true, 2, 22400000",
    "gpt-5-mini, true, 0, 0",
  })
  void aResponsePaysForEverySearch(String model, boolean stream, long times, long fee)
      throws Exception {
    start(RICH, "");
    String body = responses(model, ",'stream':" + stream);
    assertThat(
            post(RESPONSES, body, "x-fake-searches", "" + times, "x-fake-reasoning-tokens", "3")
                .statusCode())
        .isEqualTo(200);
    agrees("openai", times, fee);
  }

  @ParameterizedTest
  @CsvSource({"false, 4", "true, 4", "true, 0"})
  void aMessagePaysForEverySearch(boolean stream, long times) throws Exception {
    start(RICH, "");
    String body = messages(",'max_uses':5", ",'stream':" + stream);
    assertThat(post(MESSAGES, body, "x-fake-searches", "" + times).statusCode()).isEqualTo(200);
    agrees("anthropic", times, times * 10_000_000);
  }

  @ParameterizedTest
  @CsvSource({
    "gemini-2.5-flash, generateContent, 3, 35000000",
    "gemini-2.5-flash, streamGenerateContent?alt=sse, 3, 35000000",
    "gemini-3.5-flash, generateContent, 3, 42000000",
    "gemini-3.5-flash, streamGenerateContent?alt=sse, 3, 42000000",
    "gemini-3.5-flash, streamGenerateContent, 3, 42000000",
    "gemini-3.5-flash, generateContent, 0, 0",
  })
  void aGroundedAnswerPaysByTheRequestOrByTheSearch(
      String model, String method, long times, long fee) throws Exception {
    start(RICH, "");
    assertThat(post(gemini(model, method), grounded(), "x-fake-searches", "" + times).statusCode())
        .isEqualTo(200);
    agrees("gemini", times, fee);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'model':'gpt-4o-search-preview' | 35000000",
        "'model':'gpt-4o-search-preview','stream':true | 35000000",
        "'model':'gpt-4o-search-preview','web_search_options':{'search_context_size':'high'} | 50000000",
        "'model':'gpt-4o-mini-search-preview','web_search_options':{'search_context_size':'low'} | 25000000",
        // Nothing is known of the context of a search that an alias hid: the dearest.
        "'model':'finder' | 50000000",
        "'model':'finder','stream':true | 50000000",
      })
  void aChatWithAModelThatSearchesPaysItsFeeOnce(String fields, long fee) throws Exception {
    start(RICH, "");
    assertThat(post(CHAT, "{" + fields + ",'messages':[]}", "x-fake-searches", "9").statusCode())
        .isEqualTo(200);
    agrees("openai", 1, fee);
  }

  private void agrees(String vendor, long times, long fee) {
    UsageRow row = row();
    Billed one = provider.billed().get(0);
    assertThat(one.units()).isEqualTo(searches(times));
    assertThat(row.units()).isEqualTo(one.units());
    assertThat(row.usage()).isEqualTo(one.usage());
    assertThat(row.usageSource()).isEqualTo(UsageSource.REPORTED);
    assertThat(row.nanos()).isEqualTo(tokens(vendor, one) + fee);
    assertThat(row.flags()).isEmpty();
  }

  @Test
  void aSearchWithoutABoundGetsOneAndNeverCostsMoreThanIsHeld() throws Exception {
    start(RICH, "");
    assertThat(post(MESSAGES, messages("", ""), "x-fake-searches", "25").statusCode())
        .isEqualTo(200);
    agrees("anthropic", 10, 100_000_000);
  }

  @Test
  void aResponseWithoutABoundGetsOneToo() throws Exception {
    start(RICH, "");
    assertThat(post(RESPONSES, responses("gpt-5-mini", ""), "x-fake-searches", "25").statusCode())
        .isEqualTo(200);
    agrees("openai", 10, 100_000_000);
  }

  @Test
  void theFeeOfEverySearchThatCanBeIsHeldBeforeOneIsMade() throws Exception {
    String body = messages(",'max_uses':3", "");
    long tokens =
        rating("anthropic", "claude-haiku-4-5").ceiling(Books.estimate(body), 100, null).nanos();
    long all = tokens + 30_000_000;
    start(Unit.USD.format(all - 1) + " USD", "");
    HttpResponse<String> refused = post(MESSAGES, body, "x-fake-searches", "3");
    assertThat(refused.statusCode()).isEqualTo(402);
    assertThat(refused.body()).contains("billing_error", Unit.USD.format(all));
    assertThat(provider.requests()).isZero();
    gateway.close();

    start(Unit.USD.format(all) + " USD", "");
    assertThat(post(MESSAGES, body, "x-fake-searches", "3").statusCode()).isEqualTo(200);
    agrees("anthropic", 3, 30_000_000);
  }

  @Test
  void aToolWithoutAPriceIsRefusedAndNothingIsSent() throws Exception {
    start(RICH, "");
    HttpResponse<String> refused =
        post(gemini("gemini-3.7-flash", "generateContent"), grounded(), "x-a", "b");
    assertThat(refused.statusCode()).isEqualTo(404);
    assertThat(refused.body()).contains("has no price per web search here");
    assertThat(post(RESPONSES, responses("whisper-1", ""), "x-a", "b").body())
        .contains("has no price per token here");
    assertThat(provider.requests()).isZero();
    assertThat(gateway.rows()).isEmpty();
  }

  @Test
  void aBudgetOfTokensPaysTheTokensOfACallThatSearched() throws Exception {
    start("100000 tokens", "");
    assertThat(post(MESSAGES, messages(",'max_uses':2", ""), "x-fake-searches", "2").statusCode())
        .isEqualTo(200);
    Awaitility.await().until(() -> gateway.rows().size() == 1);
    UsageRow row = gateway.rows().get(0);
    assertThat(row.units()).isEqualTo(searches(2));
    assertThat(row.nanos()).isEqualTo(tokens("anthropic", provider.billed().get(0)) + 20_000_000);
    Awaitility.await()
        .untilAsserted(
            () -> assertThat(gateway.balance("ada").used()).isEqualTo("" + row.usage().total()));
  }

  @ParameterizedTest
  @CsvSource({MESSAGES, RESPONSES})
  void aClientThatLeavesPaysForTheSearchesThatWereSeen(String path) throws Exception {
    start(RICH, "client_gone: { time: 1ms, bytes: 1 }");
    boolean message = path.equals(MESSAGES);
    String body =
        message
            ? messages(",'max_uses':8", ",'stream':true")
            : responses("gpt-4o", ",'stream':true");
    // Half a minute's text, of which the client sees the beginning.
    leave(
        path,
        body.replace("tokens':100", "tokens':6000"),
        "x-fake-searches: 3",
        "x-fake-output-tokens: 6000",
        "x-fake-pace-micros: 5000");
    UsageRow row = row();
    Billed one = provider.billed().get(0);
    assertThat(row.outcome()).isEqualTo("client_gone");
    assertThat(row.usageSource()).isEqualTo(UsageSource.COUNTED);
    assertThat(row.units()).isEqualTo(searches(3)).isEqualTo(one.units());
    assertThat(row.nanos())
        .isGreaterThanOrEqualTo(tokens(message ? "anthropic" : "openai", one) + 30_000_000);
  }

  private void leave(String path, String body, String... headers) throws IOException {
    try (Socket socket =
        new Socket(InetAddress.getLoopbackAddress(), gateway.gateway().address().getPort())) {
      socket.setSoTimeout((int) PATIENCE.toMillis());
      socket.getOutputStream().write(Wire.post(path, key, body.replace('\'', '"'), headers));
      Awaitility.await()
          .atMost(PATIENCE)
          .until(() -> provider.billed().stream().anyMatch(one -> one.usage().output() > 9));
      assertThat(socket.getInputStream().readNBytes(2_000)).hasSize(2_000);
      socket.setSoLinger(true, 0);
    }
  }

  @Test
  void aStreamThatIsCutPaysForTheSearchesThatWereSeen() throws Exception {
    String body =
        messages(",'max_uses':2", ",'stream':true")
            .replace("'max_tokens':100", "'max_tokens':8192");
    Rating rating = rating("anthropic", "claude-haiku-4-5");
    long tokens = rating.ceiling(Books.estimate(body) + 8, 2 * STEP, null).nanos();
    long budget = tokens + 20_000_000;
    start(Unit.USD.format(budget) + " USD", "");
    HttpResponse<String> answer =
        post(
            MESSAGES,
            body,
            "x-fake-searches",
            "2",
            "x-fake-output-tokens",
            "8192",
            "x-fake-pace-micros",
            "500");
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(answer.body()).contains("\"stop_reason\":\"max_tokens\"");
    UsageRow row = row();
    Billed one = provider.billed().get(0);
    assertThat(row.outcome()).isEqualTo("cut");
    assertThat(row.units()).isEqualTo(searches(2)).isEqualTo(one.units());
    assertThat(row.nanos()).isGreaterThanOrEqualTo(tokens("anthropic", one) + 20_000_000);
    long step = rating.ceiling(0, STEP, null).nanos();
    assertThat(row.nanos()).isBetween(budget - step, budget + step);
  }

  @Test
  void anAnswerThatBrokeIsAssumedToHaveSearchedAllItCould() throws Exception {
    start(RICH, "");
    post(
        MESSAGES,
        messages(",'max_uses':4", ",'stream':true"),
        "x-fake-searches",
        "2",
        "x-fake-output-tokens",
        "50",
        "x-fake-reset-after",
        "6");
    UsageRow row = row();
    assertThat(row.usageSource()).isEqualTo(UsageSource.ASSUMED);
    assertThat(row.units()).isEqualTo(searches(4));
    assertThat(row.nanos())
        .isGreaterThanOrEqualTo(tokens("anthropic", provider.billed().get(0)) + 40_000_000);
  }

  @Test
  void anErrorPaysNoFee() throws Exception {
    start(RICH, "");
    post(MESSAGES, messages(",'max_uses':4", ""), "x-fake-status", "529");
    Awaitility.await().atMost(PATIENCE).until(() -> gateway.rows().size() == 1);
    assertThat(gateway.rows().get(0).units()).isEqualTo(Units.NONE);
    assertThat(gateway.rows().get(0).nanos()).isZero();
  }
}
