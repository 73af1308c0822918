package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.UsageRow;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Embeddings are held and charged for their input; moderations pass and cost nothing. */
class EmbeddingsBooksTest {
  private static final String PATH = "/v1/embeddings";
  private static final String MODERATIONS = "/v1/moderations";
  private static final String SMALL = "text-embedding-3-small";
  private static final String MODELS = "'text-embedding-*', 'omni-moderation-*'";
  private static final long RICH = 400_000_000_000L;

  private Books books;
  private String key;

  @AfterEach
  void stop() {
    books.close();
  }

  private void start(long nanos, String gatewayKeys) {
    books = new Books(nanos, MODELS, gatewayKeys);
    key = books.gateway.key("ada");
  }

  private static String body(String input, String more) {
    return "{'model':'" + SMALL + "','input':" + input + more + "}";
  }

  @Test
  void everyShapeOfInputIsChargedAsTheProviderBillsIt() throws Exception {
    start(RICH, "");
    Map<String, Long> tokens =
        Map.of(
            "'How much of the month is left?'",
            8L,
            "['How much','Grüße, 世界 🌍']",
            7L,
            "[15339,1917,99,7]",
            4L,
            "[[1,2,3],[4],[100000,100001]]",
            6L);
    for (Map.Entry<String, Long> input : tokens.entrySet()) {
      int before = books.provider.billed().size();
      HttpResponse<String> answer = books.admitted(PATH, key, body(input.getKey(), ""));
      assertThat(answer.body()).contains("\"usage\":{\"prompt_tokens\":" + input.getValue() + ",");
      assertThat(answer.headers().firstValue("stipend-output-cap")).isEmpty();
      assertThat(books.provider.billed().get(before).usage().input()).isEqualTo(input.getValue());
    }
    List<UsageRow> rows = books.agreed();
    assertThat(rows).hasSize(4).allMatch(row -> row.usage().output() == 0);
    assertThat(rows).extracting(UsageRow::dialect).containsOnly("openai-embeddings");
    // 25 tokens in all, at 20 nano-units each.
    assertThat(books.gateway.balance("ada").used()).isEqualTo("0.0000005");
  }

  @Test
  void manyLargeVectorsPassUnchangedAndCostTheirInput() throws Exception {
    start(RICH, "");
    String inputs = "['a'" + ",'a'".repeat(299) + "]";
    for (String format : List.of("float", "base64")) {
      HttpResponse<String> answer =
          books.admitted(
              PATH,
              key,
              body(inputs, ",'dimensions':3072,'encoding_format':'" + format + "'"),
              "x-fake-segment-bytes",
              "1400");
      assertThat(answer.body().length()).isGreaterThan(3 << 20);
      assertThat(answer.body()).endsWith("\"usage\":{\"prompt_tokens\":300,\"total_tokens\":300}}");
    }
    assertThat(books.agreed()).extracting(row -> row.usage().input()).containsOnly(300L);
  }

  @Test
  void nothingButTheInputIsHeld() throws Exception {
    String body = body("'" + "word ".repeat(100) + "'", "");
    start(Books.rating(SMALL).ceiling(Books.estimate(body), 0, null).nanos(), "");
    books.admitted(PATH, key, body);
    books.agreed();
  }

  @Test
  void tokenIdsAreHeldForOneByOne() throws Exception {
    String ids = body("[" + "1,".repeat(999) + "1]", "");
    long others = Books.estimate(ids) - Books.estimate("1,".repeat(999) + "1");
    start(Books.rating(SMALL).ceiling(1_000 + others + 1, 0, null).nanos(), "");
    String more = body("[" + "1,".repeat(1_999) + "1]", "");
    assertThat(books.post(PATH, key, more).statusCode()).isEqualTo(402);
    assertThat(books.provider.requests()).isZero();
    books.admitted(PATH, key, ids);
    assertThat(books.agreed().get(0).usage().input()).isEqualTo(1_000);
  }

  @Test
  void anAnswerWithoutUsageIsCountedByItsInput() throws Exception {
    start(RICH, "");
    String body = body("['How much of the month','is left?']", "");
    books.admitted(PATH, key, body, "x-fake-no-usage", "true");
    UsageRow row = books.rows().get(0);
    assertThat(row.usageSource()).isEqualTo(UsageSource.COUNTED);
    assertThat(row.usage().input()).isEqualTo(Books.estimate(body));
    assertThat(row.usage().output()).isZero();
    assertThat(row.usage().input()).isGreaterThan(books.billed(row).usage().input());
  }

  @ParameterizedTest
  @ValueSource(strings = {"time: 30s", "time: 1ms"})
  void aClientThatLeavesPaysForItsInput(String bound) throws Exception {
    start(RICH, "client_gone: { " + bound + ", bytes: 4MiB }");
    String body = body("'How much of the month is left?'", "");
    books.leave(0, PATH, key, body, "x-fake-delay-millis: 2500");
    UsageRow row = books.rows().get(0);
    assertThat(row.outcome()).isEqualTo("client_gone");
    assertThat(row.usage().output()).isZero();
    if (bound.endsWith("30s")) {
      books.agreed();
    } else {
      assertThat(row.usageSource()).isEqualTo(UsageSource.ASSUMED);
      assertThat(row.usage().input()).isEqualTo(Books.estimate(body));
    }
  }

  @Test
  void anExhaustedCallerIsRefusedAndMayStillHaveTextModerated() throws Exception {
    start(100, "");
    for (String input : List.of("'How much?'", "['a','b']", "[1,2,3,4,5,6]", "[[1,2],[3,4]]")) {
      HttpResponse<String> answer = books.post(PATH, key, body(input, ""));
      assertThat(answer.statusCode()).as(input).isEqualTo(402);
      assertThat(answer.body()).contains("\"code\":\"insufficient_quota\"");
    }
    assertThat(books.provider.requests()).isZero();
    for (String body :
        List.of(
            "{'input':'a'}",
            "{'model':'omni-moderation-latest','input':['a','b']}",
            "{'input':'a','model':'openai/omni-moderation-2024-09-26'}")) {
      assertThat(books.admitted(MODERATIONS, key, body).body()).contains("\"flagged\":false");
    }
    assertThat(books.provider.requests()).isEqualTo(3);
    assertThat(books.rows()).isEmpty();
    assertThat(books.post(MODERATIONS, key, "{'model':'gpt-5','input':'a'}").statusCode())
        .as("a model that she may not use")
        .isEqualTo(404);
    assertThat(books.provider.requests()).isEqualTo(3);
  }
}
