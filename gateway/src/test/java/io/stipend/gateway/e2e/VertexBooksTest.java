package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.auth.oauth2.AccessToken;
import com.google.auth.oauth2.GoogleCredentials;
import com.google.genai.Client;
import com.google.genai.ResponseStream;
import com.google.genai.types.GenerateContentConfig;
import com.google.genai.types.GenerateContentResponse;
import com.google.genai.types.HttpOptions;
import io.stipend.gateway.demo.FakeProvider;
import io.stipend.gateway.demo.FakeProvider.Billed;
import io.stipend.gateway.demo.FakeProvider.End;
import io.stipend.metering.Unit;
import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.UsageRow;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Vertex AI's paths: whose token, whose project, and that the books agree. */
class VertexBooksTest {
  private static final String GEMINI = "gemini-2.0-flash";
  private static final String CLAUDE = "claude-haiku-4-5@20251001";
  private static final String PLACE = "/v1/projects/anybody/locations/nowhere/publishers/";
  private static final String ASK =
      "{'generationConfig':{'maxOutputTokens':%d},'contents':[{'parts':[{'text':'a'}]}]}";
  private static final String MESSAGE =
      "{'anthropic_version':'vertex-2023-10-16','max_tokens':%d,'messages':[{'role':'user',"
          + "'content':'a'}]}";

  private static final String CONFIG =
      """
      calendar: { timezone: Europe/Berlin, currency: USD }
      providers:
        cloud:
          url: "%%1$s"
          dialect: vertex
          project: %s
          location: %s
          credentials: "file:%%2$s"
      models: { aliases: { fast: "%s" } }
      allowances: { engineer: { amount: %%3$s USD, every: year } }
      people: { ada: { allowance: engineer } }
      """
          .formatted(FakeProvider.VERTEX_PROJECT, FakeProvider.VERTEX_LOCATION, CLAUDE);

  @TempDir Path folder;
  private Books books;
  private String key;

  @AfterEach
  void stop() {
    books.close();
  }

  private void start(String amount) throws Exception {
    books = Books.ofVertex(folder, CONFIG, amount);
    key = books.gateway.key("ada");
  }

  private static String gemini(String method) {
    return PLACE + "google/models/" + GEMINI + ":" + method;
  }

  private static String claude(String model, String method) {
    return PLACE + "anthropic/models/" + model + ":" + method;
  }

  @Test
  void everyRouteHasTheProvidersTokenAndProjectAndIsBookedAsItIsBilled() throws Exception {
    start("400");
    String[] script = {
      "x-fake-output-tokens", "30", "x-fake-cache-read-tokens", "5", "x-fake-input-tokens", "40"
    };
    books.admitted(gemini("generateContent"), key, ASK.formatted(50), script);
    books.admitted(gemini("streamGenerateContent?alt=sse"), key, ASK.formatted(50), script);
    books.admitted(gemini("streamGenerateContent"), key, ASK.formatted(50), script);
    books.admitted(
        gemini("generateContent").replace("/v1/", "/v1beta1/"), key, ASK.formatted(50), script);
    assertThat(books.admitted(gemini("countTokens"), key, ASK.formatted(50)).body())
        .contains("totalTokens");
    books.admitted(claude(CLAUDE, "rawPredict"), key, MESSAGE.formatted(50), script);
    books.admitted(claude(CLAUDE, "streamRawPredict"), key, MESSAGE.formatted(50), script);
    books.admitted(
        claude("fast", "streamRawPredict"),
        key,
        MESSAGE.formatted(50).replace("{'anth", "{'stream':true,'anth"),
        "x-fake-segment-bytes",
        "1");
    List<UsageRow> rows = books.agreed();
    assertThat(rows)
        .extracting(UsageRow::dialect)
        .startsWith("vertex-gemini")
        .endsWith("vertex-anthropic")
        .hasSize(7);
    assertThat(rows).extracting(UsageRow::modelRequested).containsOnly(GEMINI, CLAUDE);
    assertThat(books.provider.billed())
        .allMatch(one -> one.path().contains("/projects/fake-project/locations/europe-west1/"))
        .allMatch(one -> one.key().startsWith("ya29.fake-token-"));
    assertThat(books.provider.tokens().fetched()).isEqualTo(1);
  }

  @Test
  void theSdkOfGoogleIsAnsweredInItsVertexMode() throws Exception {
    start("400");
    HttpOptions.Builder options =
        HttpOptions.builder()
            .baseUrl(books.gateway.url())
            .headers(Map.of("Authorization", "Bearer " + key, "x-fake-output-tokens", "12"));
    try (Client client =
        Client.builder()
            .project("anybody")
            .location("nowhere")
            .vertexAI(true)
            .credentials(
                GoogleCredentials.create(AccessToken.newBuilder().setTokenValue(key).build()))
            .httpOptions(options.build())
            .build()) {
      GenerateContentConfig config = GenerateContentConfig.builder().maxOutputTokens(50).build();
      GenerateContentResponse one = client.models.generateContent(GEMINI, "Say it.", config);
      assertThat(one.text()).isNotBlank();
      List<GenerateContentResponse> chunks = new ArrayList<>();
      try (ResponseStream<GenerateContentResponse> stream =
          client.models.generateContentStream(GEMINI, "Say it.", config)) {
        stream.forEach(chunks::add);
      }
      assertThat(chunks).hasSizeGreaterThan(1);
    }
    assertThat(books.agreed()).extracting(row -> row.usage().output()).containsExactly(12L, 12L);
  }

  @Test
  void underLoadATokenThatExpiresIsFetchedOnceEachTime() throws Exception {
    start("400");
    books.provider.tokens().lifetime(Duration.ofSeconds(4));
    HttpClient http = HttpClient.newHttpClient();
    long begun = System.nanoTime();
    int waves = 0;
    while (books.provider.tokens().fetched() < 2) {
      List<CompletableFuture<HttpResponse<String>>> wave = new ArrayList<>();
      for (int i = 0; i < 12; i++) {
        wave.add(http.sendAsync(request(ASK.formatted(5)), HttpResponse.BodyHandlers.ofString()));
      }
      for (CompletableFuture<HttpResponse<String>> one : wave) {
        assertThat(one.join().statusCode()).as(() -> one.join().body()).isEqualTo(200);
      }
      waves++;
    }
    // The second when a quarter of the first one's life is left, and none more for a while.
    long seconds = Duration.ofNanos(System.nanoTime() - begun).toSeconds();
    assertThat(seconds).isGreaterThanOrEqualTo(2);
    assertThat(books.provider.tokens().fetched()).isLessThanOrEqualTo(2 + seconds / 3);
    assertThat(books.agreed()).hasSize(12 * waves);
  }

  private HttpRequest request(String body) {
    return HttpRequest.newBuilder(URI.create(books.gateway.url() + gemini("generateContent")))
        .header("x-goog-api-key", key)
        .header("x-fake-delay-millis", "100")
        .POST(HttpRequest.BodyPublishers.ofString(body.replace('\'', '"')))
        .build();
  }

  @Test
  void withoutATokenNothingIsSentAndNothingIsHeld() throws Exception {
    start("400");
    books.provider.tokens().status(500);
    for (int i = 0; i < 5; i++) {
      HttpResponse<String> answer = books.post(gemini("generateContent"), key, ASK.formatted(50));
      assertThat(answer.statusCode()).isEqualTo(502);
      assertThat(answer.body()).contains("UNAVAILABLE");
    }
    HttpResponse<String> message =
        books.post(claude(CLAUDE, "rawPredict"), key, MESSAGE.formatted(50));
    assertThat(message.statusCode()).isEqualTo(502);
    assertThat(message.body()).contains("api_error");
    // One fetch a second at most, whoever asks.
    assertThat(books.provider.tokens().fetched()).isLessThanOrEqualTo(3);
    assertThat(books.provider.requests()).isZero();
    assertThat(books.gateway.balance("ada").used()).isEqualTo("0");
    Awaitility.await()
        .untilAsserted(() -> assertThat(books.gateway.balance("ada").held()).isEqualTo("0"));
    books.provider.tokens().status(200);
    Awaitility.await()
        .untilAsserted(
            () ->
                assertThat(
                        books.post(gemini("generateContent"), key, ASK.formatted(5)).statusCode())
                    .isEqualTo(200));
    assertThat(books.agreed()).hasSize(1);
  }

  @Test
  void aTokenThatIsRefusedIsFetchedAnewForTheNextCall() throws Exception {
    start("400");
    books.admitted(gemini("generateContent"), key, ASK.formatted(5));
    books.provider.tokens().revoke();
    assertThat(books.post(gemini("generateContent"), key, ASK.formatted(5)).statusCode())
        .isEqualTo(401);
    books.admitted(gemini("generateContent"), key, ASK.formatted(5));
    assertThat(books.provider.tokens().fetched()).isEqualTo(2);
  }

  @Test
  void streamsAreCutAndLeftAndBrokenOffAsElsewhere() throws Exception {
    String body = MESSAGE.formatted(8_000);
    long input = Books.estimate(body);
    long budget = Books.rating(CLAUDE).ceiling(input, 2 * 1_024 + 4, null).nanos();
    start(Unit.USD.format(budget));
    HttpResponse<String> answer =
        books.admitted(
            claude(CLAUDE, "streamRawPredict"),
            key,
            body,
            "x-fake-output-tokens",
            "8000",
            "x-fake-pace-micros",
            "300");
    assertThat(answer.body()).contains("\"stop_reason\":\"max_tokens\"").contains("message_stop");
    Awaitility.await().until(() -> books.gateway.rows().size() == 1);
    assertThat(books.gateway.rows().get(0).outcome()).isEqualTo("cut");
    HttpResponse<String> refused = books.post(claude(CLAUDE, "rawPredict"), key, body);
    assertThat(refused.statusCode()).isEqualTo(402);
    assertThat(refused.body()).contains("billing_error");
    assertThat(books.post(gemini("generateContent"), key, ASK.formatted(65_000)).statusCode())
        .isEqualTo(429);
  }

  @Test
  void whoeverLeavesPaysForWhatWasGeneratedAndABreakIsBookedFromAbove() throws Exception {
    start("400");
    books.leave(
        400,
        gemini("streamGenerateContent?alt=sse"),
        key,
        ASK.formatted(400),
        "x-fake-output-tokens: 200",
        "x-fake-pace-micros: 5000");
    UsageRow left = books.agreed().get(0);
    assertThat(left.outcome()).isEqualTo("client_gone");
    assertThat(left.usageSource()).isEqualTo(UsageSource.REPORTED);
    books.post(
        claude(CLAUDE, "streamRawPredict"),
        key,
        MESSAGE.formatted(90),
        "x-fake-truncate-after",
        "9");
    Awaitility.await().until(() -> books.gateway.rows().size() == 2);
    UsageRow broke = books.rows().get(1);
    Billed billed = books.billed(broke);
    assertThat(billed.end()).isEqualTo(End.FAULT);
    assertThat(broke.outcome()).isEqualTo("upstream_truncated");
    assertThat(broke.nanos()).isGreaterThanOrEqualTo(Books.charge(billed));
  }
}
