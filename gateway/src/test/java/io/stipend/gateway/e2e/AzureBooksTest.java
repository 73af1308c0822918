package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.openai.azure.AzureOpenAIServiceVersion;
import com.openai.azure.AzureUrlPathMode;
import com.openai.azure.credential.AzureApiKeyCredential;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.http.StreamResponse;
import com.openai.errors.NotFoundException;
import com.openai.errors.RateLimitException;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.embeddings.EmbeddingCreateParams;
import com.openai.models.responses.ResponseCreateParams;
import io.stipend.gateway.demo.FakeProvider.Billed;
import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.UsageRow;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Azure's paths, by its own SDK and by hand: the ledger has what the provider bills. */
class AzureBooksTest {
  private static final String QUERY = "?api-version=2024-10-21";
  private static final String CHAT = "/openai/deployments/gpt-4o/chat/completions" + QUERY;
  private static final String BODY = "{'max_tokens':%d,'messages':[{'role':'user','content':'a'}]}";

  private Books books;
  private String key;

  @AfterEach
  void stop() {
    books.close();
  }

  private void start(String amount, String terms) {
    books =
        Books.of(
            """
            calendar: { timezone: Europe/Berlin, currency: USD }
            providers:
              openai: { url: "%1$s", key: "wrong-key" }
              east: { url: "%1$s", key: "provider-key", dialect: azure, prices: openai }
            models:
              allow: ["gpt-4o", "gpt-4o-mini", "text-embedding-3-small", "gpt-3.5-turbo-instruct"]
              aliases: { fast: east/gpt-4o-mini }
            allowances: { engineer: { amount: %2$s USD, every: year%3$s } }
            people: { ada: { allowance: engineer } }
            """,
            amount, terms);
    key = books.gateway.key("ada");
  }

  private OpenAIClient sdk(AzureUrlPathMode mode, String path) {
    return OpenAIOkHttpClient.builder()
        .baseUrl(books.gateway.url() + path)
        .azureUrlPathMode(mode)
        .azureServiceVersion(AzureOpenAIServiceVersion.fromString("2024-10-21"))
        .credential(AzureApiKeyCredential.create(key))
        .maxRetries(0)
        .build();
  }

  private static ChatCompletionCreateParams chat(String model) {
    return ChatCompletionCreateParams.builder()
        .model(model)
        .addUserMessage("Say hello.")
        .maxCompletionTokens(200)
        .putAdditionalHeader("x-fake-output-tokens", "40")
        .build();
  }

  @Test
  void itsSdkIsAnsweredByDeploymentAndByModel() {
    start("400", "");
    OpenAIClient classic = sdk(AzureUrlPathMode.LEGACY, "");
    assertThat(classic.chat().completions().create(chat("gpt-4o")).choices()).hasSize(1);
    try (StreamResponse<ChatCompletionChunk> stream =
        classic.chat().completions().createStreaming(chat("gpt-4o-mini"))) {
      assertThat(stream.stream().filter(chunk -> !chunk.choices().isEmpty()).count())
          .isGreaterThan(40);
    }
    assertThat(
            classic
                .embeddings()
                .create(
                    EmbeddingCreateParams.builder()
                        .model("text-embedding-3-small")
                        .input("Hello you")
                        .build())
                .data())
        .hasSize(1);
    OpenAIClient v1 = sdk(AzureUrlPathMode.UNIFIED, "/openai/v1");
    assertThat(v1.chat().completions().create(chat("fast")).choices()).hasSize(1);
    assertThat(
            v1.responses()
                .create(
                    ResponseCreateParams.builder()
                        .model("gpt-4o")
                        .input("Hi")
                        .putAdditionalHeader("x-fake-output-tokens", "11")
                        .build())
                .usage()
                .orElseThrow()
                .outputTokens())
        .isEqualTo(11);
    List<UsageRow> rows = books.agreed();
    assertThat(rows)
        .extracting(UsageRow::dialect)
        .containsExactly(
            "azure-chat", "azure-chat", "azure-embeddings", "azure-chat", "azure-responses");
    assertThat(rows).allMatch(row -> row.provider().equals("east"));
    assertThat(books.provider.billed()).allMatch(one -> one.key().equals("provider-key"));
    assertThat(books.provider.billed())
        .extracting(Billed::path)
        .startsWith("/openai/deployments/gpt-4o/chat/completions")
        .endsWith("/openai/v1/responses");
    assertThat(v1.models().list().data())
        .extracting(model -> model.id())
        .contains("fast", "gpt-4o", "text-embedding-3-small");
    assertThat(v1.models().retrieve("gpt-4o").id()).isEqualTo("gpt-4o");
  }

  @Test
  void aStreamIsMeteredThoughItsClientAskedForNoUsage() throws Exception {
    start("400", "");
    HttpResponse<String> answer =
        books.admitted(
            CHAT,
            key,
            BODY.formatted(100).replace("{'max", "{'stream':true,'model':'other','max"),
            "x-fake-output-tokens",
            "33",
            "x-fake-segment-bytes",
            "11");
    assertThat(answer.body())
        .contains("prompt_filter_results")
        .doesNotContain("\"usage\":{")
        .endsWith("data: [DONE]\n\n");
    HttpResponse<String> legacy =
        books.admitted(
            "/openai/deployments/gpt-3.5-turbo-instruct/completions" + QUERY,
            key,
            "{'prompt':'Say it.','stream':true}",
            "x-fake-output-tokens",
            "12");
    assertThat(legacy.body()).doesNotContain("\"usage\":{");
    assertThat(books.agreed()).extracting(row -> row.usage().output()).containsExactly(33L, 12L);
  }

  @Test
  void anotherDeploymentIsCalledWhereTheBudgetIsShortOfTheDearOne() throws Exception {
    long mini =
        Books.rating("gpt-4o-mini")
            .ceiling(Books.estimate(BODY.formatted(2_000)), 2_000, null)
            .nanos();
    start(
        io.stipend.metering.Unit.USD.format(mini),
        ", when_short: [downgrade, refuse], downgrade: { gpt-4o: gpt-4o-mini }");
    HttpResponse<String> answer =
        books.admitted(CHAT, key, BODY.formatted(2_000), "x-fake-output-tokens", "50");
    assertThat(answer.headers().firstValue("stipend-model-downgraded"))
        .contains("gpt-4o -> gpt-4o-mini");
    UsageRow row = books.agreed().get(0);
    assertThat(row.modelRequested()).isEqualTo("gpt-4o");
    assertThat(row.modelServed()).isEqualTo("gpt-4o-mini");
    assertThat(books.provider.billed().get(0).path())
        .isEqualTo("/openai/deployments/gpt-4o-mini/chat/completions");
  }

  @Test
  void whatIsRefusedIsRefusedInTheSdksWordsAndNothingIsSent() {
    start("0.000001", "");
    OpenAIClient client = sdk(AzureUrlPathMode.LEGACY, "");
    assertThat(
            catchThrowableOfType(
                    RateLimitException.class,
                    () -> client.chat().completions().create(chat("gpt-4o")))
                .code())
        .contains("insufficient_quota");
    assertThat(
            catchThrowableOfType(
                    NotFoundException.class,
                    () -> client.chat().completions().create(chat("gpt-5")))
                .code())
        .contains("model_not_found");
    assertThat(books.provider.requests()).isZero();
  }

  @Test
  void whoeverLeavesPaysForWhatWasGenerated() throws Exception {
    start("400", "");
    books.leave(
        500,
        CHAT,
        key,
        BODY.formatted(400).replace("{'max", "{'stream':true,'max"),
        "x-fake-output-tokens: 60",
        "x-fake-pace-micros: 5000");
    UsageRow row = books.agreed().get(0);
    assertThat(row.outcome()).isEqualTo("client_gone");
    assertThat(row.usageSource()).isEqualTo(UsageSource.REPORTED);
    assertThat(row.usage().output()).isEqualTo(60);
  }

  @Test
  void anErrorOfAzureCostsNothing() throws Exception {
    start("400", "");
    // Without its version.
    HttpResponse<String> answer = books.post(CHAT.replace(QUERY, ""), key, BODY.formatted(20));
    assertThat(answer.statusCode()).isEqualTo(404);
    assertThat(answer.body()).contains("Resource not found");
    assertThat(books.gateway.balance("ada").used()).isEqualTo("0");
  }
}
