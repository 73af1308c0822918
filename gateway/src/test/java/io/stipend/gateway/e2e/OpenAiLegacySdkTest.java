package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.errors.RateLimitException;
import com.openai.models.completions.Completion;
import com.openai.models.completions.CompletionCreateParams;
import com.openai.models.embeddings.CreateEmbeddingResponse;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.moderations.ModerationCreateParams;
import io.stipend.metering.ledger.UsageRow;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The official SDK asks a running gateway for embeddings, completions and moderations. */
class OpenAiLegacySdkTest {
  private static final String MODELS =
      "'text-embedding-*', 'gpt-3.5-turbo-instruct', 'omni-moderation-*'";

  private Books books;
  private OpenAIClient client;

  private void start(long nanos) {
    books = new Books(nanos, MODELS, "");
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

  private static EmbeddingCreateParams.Builder embeddings() {
    return EmbeddingCreateParams.builder().model("text-embedding-3-small");
  }

  private static CompletionCreateParams.Builder completions() {
    return CompletionCreateParams.builder().model("gpt-3.5-turbo-instruct").prompt("Once upon");
  }

  @Test
  void embeddingsComeInEveryShapeAndFormat() {
    start(400_000_000_000L);
    for (EmbeddingCreateParams params :
        List.of(
            embeddings().input("Hello you").dimensions(8).build(),
            embeddings().inputOfArrayOfStrings(List.of("Hello", "you")).dimensions(8).build(),
            embeddings().inputOfArrayOfTokens(List.of(1L, 2L)).dimensions(8).build(),
            embeddings()
                .inputOfArrayOfTokenArrays(List.of(List.of(1L), List.of(2L)))
                .dimensions(8)
                .encodingFormat(EmbeddingCreateParams.EncodingFormat.FLOAT)
                .build())) {
      CreateEmbeddingResponse answer = client.embeddings().create(params);
      assertThat(answer.data()).isNotEmpty();
      assertThat(answer.data().get(0).embedding()).hasSize(8).startsWith(-0.5f);
      assertThat(answer.usage().promptTokens()).isBetween(2L, 3L);
      assertThat(answer.model()).isEqualTo("text-embedding-3-small");
    }
    assertThat(books.agreed()).hasSize(4);
  }

  @Test
  void completionsComeWholeAndStreamed() {
    start(400_000_000_000L);
    Completion whole = client.completions().create(completions().n(2).build());
    assertThat(whole.choices()).hasSize(2);
    assertThat(whole.choices().get(1).text()).startsWith("The team can see");
    assertThat(whole.usage().orElseThrow().completionTokens()).isEqualTo(32);

    StringBuilder text = new StringBuilder();
    try (StreamResponse<Completion> stream =
        client.completions().createStreaming(completions().maxTokens(3).build())) {
      for (Completion chunk : (Iterable<Completion>) stream.stream()::iterator) {
        // Without a choice this would fail in many a client: the gateway keeps that chunk.
        text.append(chunk.choices().get(0).text());
      }
    }
    assertThat(text).hasToString("The team can");
    assertThat(books.agreed())
        .extracting(UsageRow::usage)
        .extracting(usage -> usage.output())
        .containsExactly(32L, 3L);
  }

  @Test
  void aStreamThatTheBudgetCutsEndsForItsLength() {
    start(Books.rating("gpt-3.5-turbo-instruct").ceiling(100, 2_048, null).nanos());
    CompletionCreateParams params =
        completions()
            .maxTokens(4_096)
            .putAdditionalHeader("x-fake-output-tokens", "4096")
            .putAdditionalHeader("x-fake-pace-micros", "500")
            .build();
    String finish = "";
    try (StreamResponse<Completion> stream = client.completions().createStreaming(params)) {
      for (Completion chunk : (Iterable<Completion>) stream.stream()::iterator) {
        finish = chunk.choices().get(0)._finishReason().asKnown().map(r -> r.asString()).orElse("");
      }
    }
    assertThat(finish).isEqualTo("length");
    assertThat(books.rows()).extracting(UsageRow::outcome).containsExactly("cut");
  }

  @Test
  void whoHasNothingLeftGetsTheSdksOwnExceptionAndModerationsAllTheSame() {
    start(100);
    for (Runnable call :
        List.<Runnable>of(
            () -> client.embeddings().create(embeddings().input("Hello you").build()),
            () -> client.completions().create(completions().build()))) {
      RateLimitException refusal = catchThrowableOfType(RateLimitException.class, call::run);
      assertThat(refusal.code()).contains("insufficient_quota");
    }
    assertThat(books.provider.requests()).isZero();
    assertThat(books.gateway.refusals("ada")).isEqualTo(2);
    ModerationCreateParams params = ModerationCreateParams.builder().input("Hello you").build();
    assertThat(client.moderations().create(params).results()).hasSize(1);
    assertThat(client.moderations().create(params).model()).isEqualTo("omni-moderation-latest");
    assertThat(books.rows()).isEmpty();
  }
}
