package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.gateway.demo.FakeProvider.Billed;
import io.stipend.gateway.demo.FakeProvider.End;
import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.UsageRow;
import io.stipend.metering.price.Rating;
import java.net.http.HttpResponse;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Legacy completions are charged as the provider bills them, however they are asked for. */
class CompletionsBooksTest {
  private static final String PATH = "/v1/completions";
  private static final String MODEL = "gpt-3.5-turbo-instruct";
  private static final long RICH = 400_000_000_000L;
  private static final long STEP = 1_024;

  /** For calls that no budget is in the way of. */
  private static Books rich;

  private static String richKey;

  private Books books;
  private String key;

  @BeforeAll
  static void startRich() {
    rich = new Books(RICH, "'" + MODEL + "'", "");
    richKey = rich.gateway.key("ada");
  }

  @AfterAll
  static void stopRich() {
    rich.close();
  }

  @AfterEach
  void stop() {
    if (books != null) {
      books.close();
    }
  }

  private void start(long nanos, String gatewayKeys) {
    books = new Books(nanos, "'" + MODEL + "'", gatewayKeys);
    key = books.gateway.key("ada");
  }

  private static String body(String more) {
    return "{'model':'" + MODEL + "'," + more + "}";
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        // fields | tokens that would come | output billed
        "'prompt':'Once','max_tokens':100 | 40 | 40",
        "'prompt':'Once','max_tokens':30 | 40 | 30",
        "'prompt':'Once' | 40 | 16",
        "'prompt':'Once','max_tokens':null | 40 | 16",
        "'prompt':'Once','n':3 | 5 | 15",
        "'prompt':['Once','upon','a time'],'n':2 | 5 | 30",
        "'prompt':'Once','n':2,'best_of':6 | 5 | 30",
        "'prompt':['Once','upon'],'n':2,'best_of':5 | 5 | 50",
        "'prompt':[15339,1917] | 5 | 5",
        "'prompt':[[15339],[1917,3]],'best_of':2 | 5 | 20",
        "'prompt':'Once upon a time','echo':true,'logprobs':1 | 5 | 5",
        "'prompt':'Once','suffix':'the end' | 5 | 5",
        "'prompt':'Once','stream':true | 40 | 16",
        "'prompt':['Once','upon'],'n':2,'stream':true,'max_tokens':50 | 40 | 160",
        "'prompt':'Once','echo':true,'stream':true | 5 | 5",
        "'prompt':'Once','stream':true,'stream_options':{'include_usage':true} | 5 | 5",
        "'prompt':'Once','stream':true,'stream_options':null,'max_tokens':null | 40 | 16",
      })
  void whatIsGeneratedIsCharged(String fields, String comes, long output) throws Exception {
    int before = rich.gateway.rows().size();
    HttpResponse<String> answer =
        rich.admitted(PATH, richKey, body(fields), "x-fake-output-tokens", comes);
    List<UsageRow> rows = rich.agreed();
    assertThat(rows).hasSize(before + 1);
    assertThat(rows.get(before).usage().output()).isEqualTo(output);
    assertThat(rows.get(before).dialect()).isEqualTo("openai-completions");
    boolean asked = fields.contains("'include_usage':true");
    boolean stream = fields.contains("'stream':true");
    assertThat(answer.body().contains("\"usage\":{")).isEqualTo(asked || !stream);
    assertThat(answer.body().contains("\"choices\":[]")).isEqualTo(asked);
    assertThat(answer.body().endsWith("data: [DONE]\n\n")).isEqualTo(stream);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ",'echo':true"})
  void aStreamThatOutgrowsItsBudgetEndsNaturallyAndWithinTheBound(String echo) throws Exception {
    String body = body("'prompt':'Once','stream':true,'max_tokens':4096" + echo);
    Rating rating = Books.rating(MODEL);
    long budget = rating.ceiling(Books.estimate(body) + 8, 2 * STEP, null).nanos();
    start(budget, "");
    HttpResponse<String> answer =
        books.admitted(
            PATH, key, body, "x-fake-output-tokens", "4096", "x-fake-pace-micros", "500");
    assertThat(answer.body())
        .endsWith(
            "\"text\":\"\",\"logprobs\":null,\"finish_reason\":\"length\"}]}\n\ndata: [DONE]\n\n")
        .doesNotContain("error");
    UsageRow row = books.rows().get(0);
    assertThat(row.outcome()).isEqualTo("cut");
    assertThat(row.usageSource()).isEqualTo(UsageSource.COUNTED);
    Billed billed = books.billed(row);
    assertThat(billed.end()).isEqualTo(End.CLIENT_GONE);
    assertThat(billed.usage().output()).isLessThanOrEqualTo(row.usage().output());
    assertThat(Books.charge(billed)).isLessThanOrEqualTo(row.nanos());
    long step = rating.ceiling(0, STEP, null).nanos();
    assertThat(row.nanos()).as("spent").isBetween(budget - step, budget + step);
    assertThat(books.post(PATH, key, body).statusCode()).isEqualTo(402);
    assertThat(books.provider.requests()).isEqualTo(1);
  }

  @Test
  void aClientThatLeavesAStreamIsChargedWhatTheProviderBills() throws Exception {
    start(RICH, "client_gone: { time: 30s, bytes: 4MiB }");
    String body = body("'prompt':'Once','stream':true,'max_tokens':400");
    books.leave(600, PATH, key, body, "x-fake-output-tokens: 200", "x-fake-pace-micros: 10000");
    UsageRow row = books.agreed().get(0);
    assertThat(row.outcome()).isEqualTo("client_gone");
    assertThat(row.usage().output()).isEqualTo(200);
  }

  @Test
  void aClientThatLeavesBeyondTheBoundIsChargedNoLessThanWasGenerated() throws Exception {
    start(RICH, "client_gone: { time: 1ms, bytes: 1 }");
    String body = body("'prompt':'Once','stream':true,'max_tokens':400");
    books.leave(600, PATH, key, body, "x-fake-output-tokens: 400", "x-fake-pace-micros: 10000");
    UsageRow row = books.rows().get(0);
    assertThat(row.outcome()).isEqualTo("client_gone");
    assertThat(row.usageSource()).isEqualTo(UsageSource.COUNTED);
    assertThat(row.usage().output()).isBetween(books.billed(row).usage().output(), 400L);
  }

  @Test
  void candidatesThatAreNotSentArePaidForWhereNothingIsReported() throws Exception {
    start(RICH, "");
    books.admitted(
        PATH,
        key,
        body("'prompt':'Once','n':1,'best_of':8,'max_tokens':50"),
        "x-fake-output-tokens",
        "50",
        "x-fake-no-usage",
        "true");
    UsageRow row = books.rows().get(0);
    assertThat(row.usageSource()).isEqualTo(UsageSource.ASSUMED);
    assertThat(row.usage().output()).isEqualTo(books.billed(row).usage().output()).isEqualTo(400);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "'prompt':'Once'",
        "'prompt':'Once','stream':true",
        "'prompt':['Once','upon'],'n':2,'best_of':3",
        "'prompt':[1,2,3],'max_tokens':1",
      })
  void anExhaustedCallerIsRefusedAndNothingIsSent(String fields) throws Exception {
    start(100, "");
    HttpResponse<String> answer = books.post(PATH, key, body(fields));
    assertThat(answer.statusCode()).isEqualTo(402);
    assertThat(answer.body()).contains("\"code\":\"insufficient_quota\"");
    assertThat(books.provider.requests()).isZero();
    assertThat(books.rows()).isEmpty();
  }

  @Test
  void everyCandidateOfEveryPromptIsHeldFor() throws Exception {
    String fields = "'prompt':['Once','upon'],'max_tokens':100,'best_of':5";
    long one = Books.rating(MODEL).ceiling(0, 100, null).nanos();
    start(9 * one, "");
    assertThat(books.post(PATH, key, body(fields)).statusCode()).isEqualTo(402);
    assertThat(books.provider.requests()).isZero();
    books.admitted(PATH, key, body(fields.replace("5", "4")), "x-fake-output-tokens", "100");
    Awaitility.await().until(() -> books.gateway.rows().size() == 1);
    assertThat(books.agreed().get(0).usage().output()).isEqualTo(800);
  }
}
