package io.stipend.gateway.demo;

import static io.stipend.gateway.demo.FakeClient.data;
import static io.stipend.gateway.demo.FakeClient.json;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.stipend.gateway.demo.FakeProvider.End;
import io.stipend.metering.TokenUsage;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The made-up provider's Completions, Embeddings and Moderations; bodies with single quotes. */
class FakePromptsTest {
  private static final String COMPLETIONS = "/v1/completions";
  private static final String EMBEDDINGS = "/v1/embeddings";
  private static final String MODERATIONS = "/v1/moderations";

  private static FakeProvider provider;
  private static FakeClient client;

  @BeforeAll
  static void start() {
    provider = FakeProvider.start(0);
    client = new FakeClient(provider);
  }

  @AfterAll
  static void stop() {
    provider.close();
  }

  private static HttpResponse<String> post(String path, String body, String... headers)
      throws Exception {
    return client.post(path, body.replace('\'', '"'), headers);
  }

  private static FakeProvider.Billed billed(HttpResponse<?> response) {
    String id = response.headers().firstValue("x-request-id").orElseThrow();
    return provider.billed().stream()
        .filter(b -> b.requestId().equals(id))
        .findFirst()
        .orElseThrow();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "'Hello you' | 1 | 3",
        "['Hello','you'] | 2 | 3",
        "[1,2,3,4] | 1 | 4",
        "[[1,2],[3]] | 2 | 3",
      })
  void anInputIsEmbeddedAndBilledByItsTokens(String input, int vectors, long tokens)
      throws Exception {
    HttpResponse<String> response =
        post(EMBEDDINGS, "{'model':'e','input':" + input + ",'dimensions':3}");
    JsonNode answer = json(response.body());
    assertThat(answer.path("data")).hasSize(vectors);
    assertThat(answer.at("/data/0/embedding")).hasSize(3);
    assertThat(answer.at("/usage/prompt_tokens").asLong()).isEqualTo(tokens);
    assertThat(answer.at("/usage/total_tokens").asLong()).isEqualTo(tokens);
    assertThat(answer.path("usage")).hasSize(2);
    assertThat(billed(response).usage()).isEqualTo(TokenUsage.of(tokens, 0));
    assertThat(billed(response).end()).isEqualTo(End.COMPLETED);
  }

  @Test
  void bothFormatsSayTheSameVector() throws Exception {
    String body = "{'model':'e','input':'a','encoding_format':'%s'}";
    JsonNode numbers = json(post(EMBEDDINGS, body.formatted("float")).body());
    JsonNode base64 = json(post(EMBEDDINGS, body.formatted("base64")).body());
    byte[] bytes = Base64.getDecoder().decode(base64.at("/data/0/embedding").asText());
    ByteBuffer floats = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    for (JsonNode number : numbers.at("/data/0/embedding")) {
      assertThat(floats.getFloat()).isEqualTo(number.floatValue());
    }
    assertThat(bytes).hasSize(4 * 1_536);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        // fields | choices | output
        "'prompt':'a' | 1 | 16",
        "'prompt':'a','max_tokens':3 | 1 | 3",
        "'prompt':'a','max_tokens':90 | 1 | 64",
        "'prompt':['a','b'],'n':2 | 4 | 64",
        "'prompt':['a','b'],'n':2,'best_of':3 | 4 | 96",
        "'prompt':[[1],[2],[3]],'max_tokens':1 | 3 | 3",
      })
  void everyCandidateIsBilledAndTheBestAreShown(String fields, int choices, long output)
      throws Exception {
    HttpResponse<String> response = post(COMPLETIONS, "{'model':'c'," + fields + "}");
    JsonNode answer = json(response.body());
    assertThat(answer.path("object").asText()).isEqualTo("text_completion");
    assertThat(answer.path("choices")).hasSize(choices);
    assertThat(answer.at("/usage/completion_tokens").asLong()).isEqualTo(output);
    assertThat(billed(response).usage().output()).isEqualTo(output);
  }

  @Test
  void aStreamEndsWithUsageOnlyWhereItWasAskedFor() throws Exception {
    String body = "{'model':'c','prompt':['a','b'],'stream':true,'max_tokens':2%s}";
    List<String> without = data(post(COMPLETIONS, body.formatted("")).body());
    assertThat(without).hasSize(2 * 2 + 2 + 1).last().isEqualTo("[DONE]");
    assertThat(without.toString()).doesNotContain("usage");
    assertThat(json(without.get(1)).at("/choices/0/index").asInt()).isEqualTo(1);
    assertThat(json(without.get(5)).at("/choices/0/finish_reason").asText()).isEqualTo("length");
    String asked = ",'stream_options':{'include_usage':true}";
    HttpResponse<String> response = post(COMPLETIONS, body.formatted(asked));
    List<String> with = data(response.body());
    assertThat(with).hasSize(2 * 2 + 2 + 2);
    assertThat(json(with.get(0)).path("usage").isNull()).isTrue();
    assertThat(json(with.get(6)).path("choices")).isEmpty();
    assertThat(json(with.get(6)).at("/usage/completion_tokens").asLong()).isEqualTo(4);
    assertThat(billed(response).usage()).isEqualTo(TokenUsage.of(2, 4));
    assertThat(billed(response).streamed()).isTrue();
  }

  @Test
  void anEchoComesFirstAndIsNotBilled() throws Exception {
    String body = "{'model':'c','prompt':['Once','upon'],'max_tokens':1,'echo':true%s}";
    HttpResponse<String> whole = post(COMPLETIONS, body.formatted(""));
    assertThat(json(whole.body()).at("/choices/1/text").asText()).isEqualTo("uponThe");
    assertThat(billed(whole).usage()).isEqualTo(TokenUsage.of(2, 2));
    HttpResponse<String> stream = post(COMPLETIONS, body.formatted(",'stream':true"));
    assertThat(json(data(stream.body()).get(1)).at("/choices/0/text").asText()).isEqualTo("upon");
    assertThat(billed(stream).usage()).isEqualTo(TokenUsage.of(2, 2));
  }

  @Test
  void moderationsAreSeenButNotBilled() throws Exception {
    int rows = provider.billed().size();
    JsonNode answer = json(post(MODERATIONS, "{'input':['a','b']}").body());
    assertThat(answer.path("model").asText()).isEqualTo("omni-moderation-latest");
    assertThat(answer.path("results")).hasSize(2);
    assertThat(answer.at("/results/0/flagged").asBoolean(true)).isFalse();
    assertThat(post(MODERATIONS, "{'model':'m'}").statusCode()).isEqualTo(400);
    assertThat(provider.billed()).hasSize(rows);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "/v1/completions | {'prompt':'a'}",
        "/v1/completions | {'model':'c','max_tokens':0}",
        "/v1/completions | {'model':'c','n':0}",
        "/v1/completions | {'model':'c','best_of':129}",
        "/v1/completions | {'model':'c','stream_options':{'include_usage':true}}",
        "/v1/completions | {'model':'c','stream':true,'best_of':2}",
        "/v1/embeddings | {'model':'e'}",
        "/v1/embeddings | {'input':'a'}",
      })
  void whatTheRealApisRefuseIsRefusedAndNotBilled(String path, String body) throws Exception {
    int rows = provider.billed().size();
    assertThat(post(path, body).statusCode()).isEqualTo(400);
    assertThat(provider.billed()).hasSize(rows);
  }
}
