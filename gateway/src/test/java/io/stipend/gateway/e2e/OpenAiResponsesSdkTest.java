package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.errors.NotFoundException;
import com.openai.errors.RateLimitException;
import com.openai.helpers.ResponseAccumulator;
import com.openai.models.responses.Response;
import com.openai.models.responses.ResponseCreateParams;
import com.openai.models.responses.ResponseStatus;
import com.openai.models.responses.ResponseStreamEvent;
import com.openai.models.responses.inputtokens.InputTokenCountParams;
import io.stipend.gateway.demo.FakeProvider.End;
import io.stipend.metering.ledger.UsageRow;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The ends of a Responses stream as the official SDK puts them together. */
class OpenAiResponsesSdkTest {
  private static final String MODEL = "gpt-4o-mini";
  private static final long PLENTY = 400_000_000_000L;

  private Books books;
  private OpenAIClient client;

  private void start(long nanos) {
    books = new Books(nanos, "'" + MODEL + "'", "");
    client =
        OpenAIOkHttpClient.builder()
            .baseUrl(books.gateway.url() + "/v1")
            .apiKey(books.gateway.key("ada"))
            .build();
  }

  @AfterEach
  void stop() {
    client.close();
    books.close();
  }

  private static ResponseCreateParams.Builder call(long cap) {
    return ResponseCreateParams.builder().model(MODEL).input("Go on.").maxOutputTokens(cap);
  }

  private Response streamed(ResponseCreateParams params) {
    ResponseAccumulator whole = ResponseAccumulator.create();
    try (StreamResponse<ResponseStreamEvent> stream = client.responses().createStreaming(params)) {
      stream.stream().forEach(whole::accumulate);
    }
    return whole.response();
  }

  @Test
  void aWholeStreamIsCompleted() {
    start(PLENTY);
    Response response =
        streamed(call(200).putAdditionalHeader("x-fake-output-tokens", "3").build());
    assertThat(response.status()).hasValue(ResponseStatus.COMPLETED);
    assertThat(response.output().get(0).asMessage().content().get(0).asOutputText().text())
        .isEqualTo("The team can");
    assertThat(response.usage().orElseThrow().outputTokens()).isEqualTo(3);
    assertThat(books.agreed()).hasSize(1);
  }

  @Test
  void aStreamThatTheBudgetCutsIsIncompleteForItsLength() {
    start(Books.rating(MODEL).ceiling(100, 2_048, null).nanos());
    Response response =
        streamed(
            call(8_000)
                .putAdditionalHeader("x-fake-output-tokens", "8000")
                .putAdditionalHeader("x-fake-pace-micros", "500")
                .build());
    assertThat(response.status()).hasValue(ResponseStatus.INCOMPLETE);
    assertThat(response.incompleteDetails().orElseThrow().reason())
        .hasValue(Response.IncompleteDetails.Reason.MAX_OUTPUT_TOKENS);
    UsageRow row = books.rows().get(0);
    assertThat(row.outcome()).isEqualTo("cut");
    Awaitility.await().until(() -> books.billed(row).end() == End.CLIENT_GONE);
  }

  @Test
  void aStreamThatBreaksAtTheProviderIsFailed() {
    start(PLENTY);
    Response response = streamed(call(200).putAdditionalHeader("x-fake-reset-after", "12").build());
    assertThat(response.status()).hasValue(ResponseStatus.FAILED);
    UsageRow row = books.rows().get(0);
    assertThat(row.outcome()).isEqualTo("upstream_reset");
    assertThat(row.usage().output()).isGreaterThanOrEqualTo(books.billed(row).usage().output());
  }

  @Test
  void whoHasNothingLeftGetsTheSdksOwnExceptionAfterOneRequestAndMayCount() {
    start(100);
    assertThat(
            catchThrowableOfType(RateLimitException.class, () -> streamed(call(200).build()))
                .code())
        .contains("insufficient_quota");
    assertThat(books.gateway.refusals("ada")).isEqualTo(1);
    assertThat(books.provider.requests()).isZero();
    InputTokenCountParams count =
        InputTokenCountParams.builder().model(MODEL).input("Go on.").build();
    assertThat(client.responses().inputTokens().count(count).inputTokens()).isPositive();
    assertThat(books.rows()).isEmpty();
  }

  @Test
  void anUnknownModelIsTheSdksOwnException() {
    start(PLENTY);
    NotFoundException unknown =
        catchThrowableOfType(
            NotFoundException.class, () -> streamed(call(200).model("gpt-9-turbo").build()));
    assertThat(unknown.code()).contains("model_not_found");
    assertThat(books.gateway.refusals("ada")).isEqualTo(1);
  }
}
