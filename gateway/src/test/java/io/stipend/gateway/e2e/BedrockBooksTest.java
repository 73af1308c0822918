package io.stipend.gateway.e2e;

import static io.stipend.gateway.e2e.CloudCalls.CLAUDE;
import static io.stipend.gateway.e2e.CloudCalls.NOVA;
import static io.stipend.gateway.e2e.CloudCalls.body;
import static io.stipend.gateway.e2e.CloudCalls.frames;
import static io.stipend.gateway.e2e.CloudCalls.path;
import static io.stipend.gateway.e2e.CloudCalls.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.gateway.demo.FakeProvider.Billed;
import io.stipend.gateway.demo.FakeProvider.End;
import io.stipend.metering.Unit;
import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.UsageRow;
import java.net.http.HttpResponse;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Bedrock's routes by hand: what is signed, metered, cut and broken off. */
class BedrockBooksTest {
  private static final List<String> METHODS =
      List.of("converse", "converse-stream", "invoke", "invoke-with-response-stream");
  private static final List<String> STREAMS = List.of(METHODS.get(1), METHODS.get(3));
  private static final long STEP = 1_024;

  private Books books;
  private String key;

  @AfterEach
  void stop() {
    books.close();
  }

  private void start(String amount, String terms) {
    books = CloudCalls.books(amount, terms);
    key = books.gateway.key("ada");
  }

  private HttpResponse<byte[]> post(String path, String body, String... headers) throws Exception {
    return CloudCalls.post(books.gateway.url(), path, key, body, headers);
  }

  private HttpResponse<byte[]> admitted(String path, String body, String... headers)
      throws Exception {
    HttpResponse<byte[]> answer = post(path, body, headers);
    assertThat(answer.statusCode()).as(text(answer)).isEqualTo(200);
    return answer;
  }

  @Test
  void everyRouteIsSignedAnewAndBookedAsItIsBilled() throws Exception {
    start("400", "");
    for (String method : METHODS) {
      for (String segment : List.of("0", "1")) {
        admitted(
            path(CLAUDE, method),
            body(method, 200),
            "x-fake-output-tokens",
            "40",
            "x-fake-input-tokens",
            "900",
            "x-fake-cache-read-tokens",
            "300",
            "x-fake-cache-write-5m-tokens",
            "200",
            "x-fake-cache-write-1h-tokens",
            "100",
            "x-fake-segment-bytes",
            segment,
            "x-amz-date",
            "20200101T000000Z",
            "x-amz-security-token",
            "the client's own");
      }
      // A colon that stands as it is, and another name for the same model.
      admitted("/model/" + CLAUDE + "/" + method, body(method, 10));
      admitted(path("fast", method), body(method, 7));
    }
    admitted(path("named", "converse"), body("converse", 9));
    List<UsageRow> rows = books.agreed();
    assertThat(rows).hasSize(17).allMatch(row -> row.provider().equals("aws"));
    assertThat(rows).extracting(UsageRow::modelRequested).containsOnly(CLAUDE, NOVA);
    assertThat(rows.get(0).usage().cacheWrite()).isEqualTo(300);
    assertThat(rows.get(0).usage().cacheWrite1h()).isEqualTo(100);
    assertThat(books.provider.billed()).extracting(Billed::key).containsOnly("");
  }

  @Test
  void framesPassByteForByteHoweverTheyAreCutAndMegabytesAreSigned() throws Exception {
    start("400", "");
    for (String segment : List.of("0", "1", "13")) {
      HttpResponse<byte[]> through =
          admitted(
              path(NOVA, "converse-stream"), body("converse", 50), "x-fake-segment-bytes", segment);
      assertThat(through.headers().firstValue("content-type"))
          .contains("application/vnd.amazon.eventstream");
      HttpResponse<byte[]> direct =
          CloudCalls.post(
              books.provider.url(), path(NOVA, "converse-stream"), "a", body("converse", 50));
      assertThat(through.body()).isEqualTo(direct.body());
    }
    HttpResponse<byte[]> arn = post("/model/arn%3Aaws%3Abedrock%3Aeu%2Fx/converse", "{}");
    assertThat(arn.statusCode()).isEqualTo(404);
    assertThat(arn.headers().firstValue("x-amzn-errortype")).contains("UnknownOperationException");
    assertThat(text(arn)).contains("No path takes an ARN");
    for (String escape : List.of("%3a", "%253A", "%2E")) {
      String path = path(NOVA, "converse").replace("%3A", escape);
      assertThat(post(path, body("converse", 5)).statusCode()).as(path).isEqualTo(404);
    }
    String big = "'content':'" + "a".repeat(3 << 20) + "'";
    admitted(path(CLAUDE, "invoke"), body("invoke", 20).replace("'content':'a'", big));
  }

  @ParameterizedTest
  @ValueSource(strings = {"converse-stream", "invoke-with-response-stream"})
  void aStreamThatOutgrowsItsBudgetEndsInFramesOfItsDialect(String method) throws Exception {
    String body = body(method, 8_000);
    long input = Books.estimate(body);
    long budget = Books.rating(CLAUDE).ceiling(input, 2 * STEP + 4, null).nanos();
    start(Unit.USD.format(budget), "");
    HttpResponse<byte[]> answer =
        admitted(
            path(CLAUDE, method),
            body,
            "x-fake-output-tokens",
            "8000",
            "x-fake-pace-micros",
            "300");
    List<String> frames = frames(answer.body());
    String last = frames.get(frames.size() - 1);
    String stop = frames.get(frames.size() - 2);
    if (method.startsWith("converse")) {
      assertThat(frames.get(frames.size() - 3)).startsWith("contentBlockStop ");
      assertThat(stop).isEqualTo("messageStop {\"stopReason\":\"max_tokens\"}");
      assertThat(last).startsWith("metadata {\"usage\":{\"inputTokens\":").contains("outputTokens");
    } else {
      assertThat(stop).contains("message_delta").contains("\"stop_reason\":\"max_tokens\"");
      assertThat(last).contains("message_stop").contains("amazon-bedrock-invocationMetrics");
    }
    Awaitility.await().until(() -> books.gateway.rows().size() == 1);
    UsageRow row = books.gateway.rows().get(0);
    assertThat(row.outcome()).isEqualTo("cut");
    assertThat(row.usageSource()).isEqualTo(UsageSource.COUNTED);
    Awaitility.await().until(() -> books.provider.billed().get(0).end() != End.RUNNING);
    assertThat(books.provider.billed().get(0).usage().output())
        .isLessThanOrEqualTo(row.usage().output());
    assertThat(post(path(CLAUDE, method), body).statusCode()).isEqualTo(402);
    assertThat(books.provider.requests()).isEqualTo(1);
  }

  @Test
  void whoeverLeavesPaysForWhatWasGenerated() throws Exception {
    start("400", "");
    for (String method : STREAMS) {
      books.leave(
          700,
          path(CLAUDE, method),
          key,
          body(method, 400),
          "x-fake-output-tokens: 200",
          "x-fake-pace-micros: 5000");
    }
    List<UsageRow> rows = books.agreed();
    assertThat(rows).hasSize(2).allMatch(row -> row.outcome().equals("client_gone"));
    assertThat(rows).allMatch(row -> row.usage().output() == 200);
  }

  @Test
  void aStreamThatBreaksOffIsToldAndBookedFromAbove() throws Exception {
    start("400", "");
    String[][] faults = {
      {"x-fake-truncate-after", "20"},
      {"x-fake-truncate-after", "20", "x-fake-exception", "throttlingException"},
      {"x-fake-reset-after", "20"}
    };
    List<String> errors =
        List.of("internalServerException", "throttlingException", "internalServerException");
    for (String method : STREAMS) {
      for (int i = 0; i < faults.length; i++) {
        HttpResponse<byte[]> answer = admitted(path(CLAUDE, method), body(method, 300), faults[i]);
        List<String> frames = frames(answer.body());
        assertThat(frames).hasSize(21);
        assertThat(frames.get(20)).startsWith(errors.get(i) + " {\"message\":");
      }
    }
    List<UsageRow> rows = books.rows();
    List<String> outcomes = List.of("upstream_truncated", "upstream_truncated", "upstream_reset");
    assertThat(rows.subList(0, 3)).extracting(UsageRow::outcome).isEqualTo(outcomes);
    assertThat(rows.subList(3, 6)).extracting(UsageRow::outcome).isEqualTo(outcomes);
    for (UsageRow row : rows) {
      Billed billed = books.billed(row);
      assertThat(row.usage().output()).isGreaterThanOrEqualTo(billed.usage().output());
      assertThat(row.nanos()).isGreaterThanOrEqualTo(Books.charge(billed));
    }
  }

  @Test
  void anAnswerWithoutUsageIsBookedFromAboveAndAnErrorCostsNothing() throws Exception {
    start("400", "");
    for (String method : METHODS) {
      admitted(path(CLAUDE, method), body(method, 50), "x-fake-no-usage", "true");
    }
    for (UsageRow row : books.rows()) {
      assertThat(row.nanos()).isGreaterThanOrEqualTo(Books.charge(books.billed(row)));
    }
    String used = books.gateway.balance("ada").used();
    for (String method : METHODS) {
      HttpResponse<byte[]> answer =
          post(path(CLAUDE, method), body(method, 50), "x-fake-status", "429");
      assertThat(answer.statusCode()).isEqualTo(429);
      assertThat(text(answer)).isEqualTo("{\"message\":\"scripted status 429\"}");
    }
    assertThat(books.gateway.balance("ada").used()).isEqualTo(used);
  }

  @Test
  void aWrongSecretIsRefusedThereAndShowsNothing() throws Exception {
    books =
        Books.of(
            CloudCalls.CONFIG.replace("fake/secret+access+key", "another-secret-access-key"),
            "400",
            "");
    key = books.gateway.key("ada");
    HttpResponse<byte[]> answer = post(path(CLAUDE, "converse"), body("converse", 5));
    assertThat(answer.statusCode()).isEqualTo(403);
    assertThat(text(answer)).contains("does not match").doesNotContain("another-secret");
    assertThat(books.gateway.balance("ada").used()).isEqualTo("0");
  }

  @Test
  void aShortBudgetLowersTheCapWhereverItStands() throws Exception {
    String bare = "{'messages':[{'role':'user','content':[{'text':'a'}]}]}";
    long budget = Books.rating(CLAUDE).ceiling(Books.estimate(bare), 2_000, null).nanos();
    start(Unit.USD.format(budget), ", when_short: [clamp, refuse]");
    HttpResponse<byte[]> answer =
        admitted(path(CLAUDE, "converse"), bare, "x-fake-output-tokens", "4000");
    assertThat(answer.headers().firstValue("stipend-output-cap")).contains("2000");
    assertThat(books.agreed().get(0).usage().output()).isEqualTo(2_000);
  }
}
