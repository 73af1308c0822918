package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.google.genai.Client;
import com.google.genai.ResponseStream;
import com.google.genai.errors.ClientException;
import com.google.genai.errors.ServerException;
import com.google.genai.types.FinishReason;
import com.google.genai.types.GenerateContentConfig;
import com.google.genai.types.GenerateContentResponse;
import com.google.genai.types.HttpOptions;
import com.google.genai.types.HttpRetryOptions;
import io.stipend.gateway.demo.FakeProvider.End;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.ledger.UsageRow;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The official SDK of the Gemini API talks to a running gateway. */
class GoogleSdkTest {
  private static final long PLENTY = 400_000_000_000L;
  private static final String MODELS = "'gemini-2.5-flash', 'gemini-2.0-flash'";
  private static final String THINKER = "gemini-2.5-flash";

  /** All of its output shows. */
  private static final String VISIBLE = "gemini-2.0-flash";

  private Books books;

  @AfterEach
  void stop() {
    books.close();
  }

  private String start(long nanos) {
    books = new Books(nanos, MODELS, "");
    return books.gateway.key("ada");
  }

  private HttpOptions.Builder options() {
    return HttpOptions.builder().baseUrl(books.gateway.url());
  }

  private Client client(String key) {
    return Client.builder().apiKey(key).vertexAI(false).httpOptions(options().build()).build();
  }

  private GenerateContentConfig config(int cap, Map<String, String> headers) {
    return GenerateContentConfig.builder()
        .maxOutputTokens(cap)
        .httpOptions(options().headers(headers).build())
        .build();
  }

  private static List<GenerateContentResponse> all(Client client, GenerateContentConfig config) {
    List<GenerateContentResponse> chunks = new ArrayList<>();
    try (ResponseStream<GenerateContentResponse> stream =
        client.models.generateContentStream(VISIBLE, "Say something.", config)) {
      stream.forEach(chunks::add);
    }
    return chunks;
  }

  private static FinishReason.Known finish(List<GenerateContentResponse> chunks) {
    return chunks.get(chunks.size() - 1).finishReason().knownEnum();
  }

  @Test
  void anAnswerIsReadWholeAndEntersTheLedgerAsTheProviderBillsIt() {
    Map<String, String> script =
        Map.of(
            "x-fake-output-tokens", "4",
            "x-fake-reasoning-tokens", "300",
            "x-fake-input-tokens", "1000",
            "x-fake-cache-read-tokens", "600");
    try (Client client = client(start(PLENTY))) {
      GenerateContentResponse answer =
          client.models.generateContent(THINKER, "Say something.", config(900, script));
      assertThat(answer.text()).startsWith("The team can see");
      assertThat(answer.finishReason().knownEnum()).isEqualTo(FinishReason.Known.STOP);
      assertThat(answer.usageMetadata().orElseThrow().thoughtsTokenCount()).hasValue(300);
    }
    assertThat(books.agreed())
        .extracting(UsageRow::usage)
        .containsExactly(new TokenUsage(400, 600, 0, 0, 304, 300));
  }

  @Test
  void aStreamIsReadToItsEnd() {
    try (Client client = client(start(PLENTY))) {
      List<GenerateContentResponse> chunks = all(client, config(3, Map.of()));
      StringBuilder text = new StringBuilder();
      chunks.forEach(chunk -> text.append(chunk.text() == null ? "" : chunk.text()));
      assertThat(text).hasToString("The team can");
      assertThat(finish(chunks)).isEqualTo(FinishReason.Known.MAX_TOKENS);
    }
    UsageRow row = books.agreed().get(0);
    assertThat(row.usage().output()).isEqualTo(3);
    assertThat(row.outcome()).isEqualTo("completed");
  }

  @Test
  void countingTokensCostsNothingAndIsAnsweredWhenNothingIsLeft() {
    try (Client client = client(start(100))) {
      int tokens =
          client.models.countTokens(VISIBLE, "Say something.", null).totalTokens().orElseThrow();
      assertThat(tokens).isPositive();
    }
    assertThat(books.provider.requests()).isEqualTo(1);
    assertThat(books.provider.billed()).isEmpty();
    assertThat(books.rows()).isEmpty();
  }

  /** The SDK sends every 429 five times, whatever that says: it gets another status. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void anExhaustedBudgetIsTheSdksOwnExceptionAfterExactlyOneRequest(boolean stream) {
    try (Client client = client(start(100))) {
      GenerateContentConfig config = config(900, Map.of());
      ClientException refusal =
          catchThrowableOfType(
              ClientException.class,
              () -> {
                if (stream) {
                  all(client, config);
                } else {
                  client.models.generateContent(THINKER, "Say something.", config);
                }
              });
      assertThat(refusal.code()).isEqualTo(402);
      assertThat(refusal.status()).isEqualTo("RESOURCE_EXHAUSTED");
      assertThat(refusal.message()).contains("person/ada", "resets at");
    }
    assertThat(books.gateway.refusals("ada")).isEqualTo(1);
    assertThat(books.provider.requests()).isZero();
    assertThat(books.rows()).isEmpty();
  }

  @Test
  void aStreamThatTheBudgetCutsEndsForItsLength() {
    String key = start(Books.rating(VISIBLE).ceiling(100, 2_048, null).nanos());
    try (Client client = client(key)) {
      Map<String, String> script =
          Map.of("x-fake-output-tokens", "8000", "x-fake-pace-micros", "500");
      List<GenerateContentResponse> chunks = all(client, config(8_000, script));
      assertThat(finish(chunks)).isEqualTo(FinishReason.Known.MAX_TOKENS);
      assertThat(chunks.size()).isBetween(100, 7_000);
      UsageRow row = books.rows().get(0);
      assertThat(row.outcome()).isEqualTo("cut");
      Awaitility.await().until(() -> books.billed(row).end() == End.CLIENT_GONE);
    }
  }

  @Test
  void anErrorOfTheProviderIsTheSdksOwnExceptionAndCostsNothing() {
    String key = start(PLENTY);
    HttpOptions twice =
        options()
            .headers(Map.of("x-fake-status", "503"))
            .retryOptions(HttpRetryOptions.builder().attempts(2).initialDelay(0.01).build())
            .build();
    try (Client client = Client.builder().apiKey(key).vertexAI(false).httpOptions(twice).build()) {
      ServerException fault =
          catchThrowableOfType(
              ServerException.class,
              () -> client.models.generateContent(VISIBLE, "Say something.", null));
      assertThat(fault.code()).isEqualTo(503);
      assertThat(fault.status()).isEqualTo("UNAVAILABLE");
    }
    Awaitility.await().until(() -> books.gateway.rows().size() == 2);
    assertThat(books.gateway.rows()).extracting(UsageRow::nanos).containsOnly(0L);
    assertThat(books.provider.requests()).isEqualTo(2);
  }

  @Test
  void anUnknownModelAndABadKeyAreTheSdksOwnExceptionsToo() {
    try (Client ada = client(start(PLENTY));
        Client nobody = client("wrong")) {
      ClientException unknown =
          catchThrowableOfType(
              ClientException.class,
              () -> ada.models.generateContent("gemini-9-ultra", "Say something.", null));
      assertThat(unknown.code()).isEqualTo(404);
      assertThat(unknown.status()).isEqualTo("NOT_FOUND");
      assertThat(unknown.message()).contains("gemini-9-ultra");
      ClientException bad =
          catchThrowableOfType(
              ClientException.class,
              () -> nobody.models.generateContent(VISIBLE, "Say something.", null));
      assertThat(bad.code()).isEqualTo(400);
      assertThat(bad.status()).isEqualTo("INVALID_ARGUMENT");
    }
    assertThat(books.gateway.refusals("ada")).isEqualTo(1);
    assertThat(books.provider.requests()).isZero();
  }

  @Test
  void theModelsThatTheCallerMayUseAreListed() {
    try (Client client = client(start(PLENTY))) {
      List<String> names = new ArrayList<>();
      client.models.list(null).forEach(model -> names.add(model.name().orElseThrow()));
      assertThat(names).containsExactlyInAnyOrder("models/" + THINKER, "models/" + VISIBLE);
    }
  }
}
