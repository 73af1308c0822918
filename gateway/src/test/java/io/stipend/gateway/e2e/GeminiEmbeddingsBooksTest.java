package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.stipend.gateway.demo.FakeProvider.Billed;
import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.UsageRow;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Embeddings of Gemini are charged, told or not; and each list of models answers for one. */
class GeminiEmbeddingsBooksTest {
  private static final String ONE = "/v1beta/models/%s:embedContent";
  private static final String MANY = "/v1beta/models/%s:batchEmbedContents";
  private static final String SILENT = "gemini-embedding-001";
  private static final String TELLS = "gemini-embedding-2";
  private static final String TEXT = "'content':{'parts':[{'text':'How much of it is left?'}]}";
  private static final long NANOS_PER_TOKEN = 150;

  private static final String CARD =
      """
      version: house-1
      kind: contracted
      currency: USD
      provider: gemini
      source: a contract
      checked_on: 2026-01-05
      valid_from: 2026-01-01
      models:
        - { model: "gemini-embedding-*", max_output: 0, prices: { input: 0.15 } }
        - { model: gemini-embedding-001, max_output: 0, prices: { input: 0.15 } }
        - { model: gemini-embedding-2, max_output: 0, prices: { input: 0.15 } }
      """;

  @TempDir Path folder;
  private Books books;
  private String key;

  @AfterEach
  void stop() {
    books.close();
  }

  private void start(String amount) throws Exception {
    Path card = Files.writeString(folder.resolve("card.yaml"), CARD);
    books =
        Books.of(
            """
            calendar: { timezone: Europe/Berlin, currency: USD }
            providers:
              gemini: { url: "%1$s", key: "provider-key" }
              openai: { url: "%1$s", key: "provider-key" }
              anthropic: { url: "%1$s", key: "provider-key" }
            rate_cards: [builtin, "%3$s"]
            models:
              allow: ["gemini-embedding-*", "gemini-2.5-flash", "gpt-4o-mini", "claude-haiku-4-5"]
              aliases: { embed: gemini-embedding-001 }
            allowances: { engineer: { amount: %2$s USD, every: year } }
            people: { ada: { allowance: engineer } }
            """,
            amount, card.toString());
    key = books.gateway.key("ada");
  }

  @Test
  void whatTheAnswerDoesNotTellIsChargedAsItWasEstimatedAndNeverNothing() throws Exception {
    start("400");
    String one = "{" + TEXT + "}";
    String many = "{'requests':[{'model':'models/embed'," + TEXT + "},{" + TEXT + "}]}";
    assertThat(books.admitted(ONE.formatted(SILENT), key, one).body()).startsWith("{\"embedding\"");
    HttpResponse<String> answer = books.admitted(MANY.formatted("embed"), key, many);
    assertThat(new ObjectMapper().readTree(answer.body()).get("embeddings")).hasSize(2);
    List<UsageRow> rows = books.rows();
    String[] bodies = {one, many};
    for (int i = 0; i < 2; i++) {
      UsageRow row = rows.get(i);
      Billed billed = books.billed(row);
      assertThat(row.usageSource()).isEqualTo(UsageSource.COUNTED);
      assertThat(row.usage().input())
          .isEqualTo(Books.estimate(bodies[i]))
          .isGreaterThanOrEqualTo(billed.usage().input());
      assertThat(row.usage().output()).isZero();
      assertThat(row.nanos()).isEqualTo(row.usage().input() * NANOS_PER_TOKEN).isPositive();
      assertThat(row.modelServed()).isEqualTo(SILENT);
      assertThat(row.dialect()).isEqualTo("gemini-embeddings");
    }
  }

  @Test
  void whatItTellsIsChargedAsTold() throws Exception {
    start("400");
    books.admitted(ONE.formatted(TELLS), key, "{" + TEXT + "}", "x-fake-segment-bytes", "13");
    UsageRow row = books.rows().get(0);
    assertThat(row.usageSource()).isEqualTo(UsageSource.REPORTED);
    assertThat(row.usage()).isEqualTo(books.billed(row).usage());
    assertThat(row.nanos()).isEqualTo(row.usage().input() * NANOS_PER_TOKEN);
  }

  @Test
  void whoHasNothingLeftIsRefusedAndNothingIsSent() throws Exception {
    start("0.000000001");
    for (String path : new String[] {ONE, MANY}) {
      HttpResponse<String> answer = books.post(path.formatted(SILENT), key, "{" + TEXT + "}");
      assertThat(answer.statusCode()).isEqualTo(429);
      assertThat(answer.body()).contains("RESOURCE_EXHAUSTED");
    }
    assertThat(books.provider.requests()).isZero();
    assertThat(books.gateway.rows()).isEmpty();
  }

  @Test
  void whoeverLeavesPaysForTheInput() throws Exception {
    start("400");
    books.leave(0, ONE.formatted(SILENT), key, "{" + TEXT + "}", "x-fake-delay-millis: 700");
    UsageRow row = books.rows().get(0);
    assertThat(row.outcome()).isEqualTo("client_gone");
    assertThat(row.nanos()).isPositive();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      nullValues = "-",
      value = {
        "/v1/models/gpt-4o-mini | - | 200 | \"id\":\"gpt-4o-mini\",\"object\":\"model\"",
        "/v1/models/claude-haiku-4-5 | anthropic-version | 200 | \"type\":\"model\",\"id\":\"claude-haiku-4-5\"",
        "/v1beta/models/gemini-2.5-flash | - | 200 | \"name\":\"models/gemini-2.5-flash\"",
        "/v1beta/models/gemini-embedding-001 | - | 200 | embedContent",
        "/v1/models/embed | - | 200 | \"owned_by\":\"gemini\"",
        "/v1/models/gpt-5 | - | 404 | model_not_found",
        "/v1/models/gpt-4o-mini/x | - | 404 | model_not_found",
        "/v1/models/ | - | 404 | unknown_url",
        "/v1/models/claude-opus-4-5 | anthropic-version | 404 | not_found_error",
        "/v1beta/models/gpt-4o-mini | - | 404 | NOT_FOUND",
        "/v1beta/models/gemini-2.5-flash:generateContent | - | 405 | INVALID_ARGUMENT",
        "/openai/v1/models/gpt-4o-mini | - | 404 | model_not_found",
      })
  void aModelIsToldFromTheGatewaysOwnList(String path, String header, int status, String text)
      throws Exception {
    start("400");
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(books.gateway.url() + path)).header("x-api-key", key);
    if (header != null) {
      request.header(header, "2023-06-01");
    }
    HttpResponse<String> answer =
        HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
    assertThat(answer.body()).contains(text);
    assertThat(books.provider.requests()).isZero();
  }
}
