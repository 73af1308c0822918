package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.UsageRow;
import io.stipend.metering.price.Rating;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Compaction costs tokens, and nothing can be said in its body of how many. */
class CompactBooksTest {
  private static final String PATH = "/v1/responses/compact";
  private static final String MODEL = "gpt-4o-mini";
  private static final String BODY = "{'model':'" + MODEL + "','input':'Shorten all of this.'}";
  private static final long RICH = 400_000_000_000L;

  private Books books;
  private String key;

  @AfterEach
  void stop() {
    books.close();
  }

  private void start(long nanos, String gatewayKeys) {
    books = new Books(nanos, "'" + MODEL + "'", gatewayKeys);
    key = books.gateway.key("ada");
  }

  @Test
  void everyKindOfItsTokensIsChargedAsTheProviderBillsIt() throws Exception {
    start(RICH, "");
    HttpResponse<String> answer =
        books.admitted(
            PATH,
            key,
            BODY,
            "x-fake-input-tokens",
            "3000",
            "x-fake-cache-read-tokens",
            "2000",
            "x-fake-output-tokens",
            "300",
            "x-fake-segment-bytes",
            "7");
    assertThat(answer.body()).contains("\"object\":\"response.compaction\"");
    assertThat(answer.headers().firstValue("stipend-output-cap")).isEmpty();
    List<UsageRow> rows = books.agreed();
    assertThat(rows).extracting(UsageRow::dialect).containsExactly("openai-compact");
    assertThat(rows.get(0).usage().output()).isEqualTo(300);
    assertThat(rows.get(0).nanos()).isPositive();
  }

  @Test
  void whatTheModelMayWriteAtMostIsHeldOrNothingIsSent() throws Exception {
    Rating rating = Books.rating(MODEL);
    long whole = rating.ceiling(Books.estimate(BODY), rating.maxOutputTokens(), null).nanos();
    start(whole, "");
    // A body that is four bytes longer has one token more than the budget covers.
    String longer = BODY.replace("all", "all all");
    HttpResponse<String> refused = books.post(PATH, key, longer);
    assertThat(refused.statusCode()).as(refused.body()).isEqualTo(402);
    HttpResponse<String> codex = books.post(PATH, key, longer, "user-agent", "codex_exec/0.171.0");
    assertThat(codex.statusCode()).isEqualTo(429);
    assertThat(codex.body()).contains("usage_limit_reached");
    assertThat(books.provider.requests()).isZero();
    books.admitted(PATH, key, BODY);
    // A response of the same is clamped where a compaction is refused.
    HttpResponse<String> clamped =
        books.post("/v1/responses", key, longer, "x-fake-output-tokens", "9");
    assertThat(clamped.statusCode()).isEqualTo(200);
    assertThat(clamped.headers().firstValue("stipend-output-cap")).isPresent();
    assertThat(books.agreed()).hasSize(2);
  }

  @Test
  void oneThatTellsNoUsageIsAssumedAndNeverFree() throws Exception {
    start(RICH, "");
    books.admitted(PATH, key, BODY, "x-fake-no-usage", "true", "x-fake-output-tokens", "700");
    UsageRow row = books.rows().get(0);
    assertThat(row.usageSource()).isEqualTo(UsageSource.ASSUMED);
    assertThat(row.usage().output()).isGreaterThanOrEqualTo(700);
    assertThat(row.nanos()).isGreaterThanOrEqualTo(Books.charge(books.billed(row)));
  }

  @Test
  void whoeverLeavesPaysForWhatWasWritten() throws Exception {
    start(RICH, "");
    books.leave(0, PATH, key, BODY, "x-fake-output-tokens: 60", "x-fake-pace-micros: 20000");
    List<UsageRow> rows = books.agreed();
    assertThat(rows.get(0).outcome()).isEqualTo("client_gone");
    assertThat(rows.get(0).usage().output()).isEqualTo(60);
  }

  @Test
  void anErrorOfTheProviderCostsNothing() throws Exception {
    start(RICH, "");
    HttpResponse<String> answer =
        books.post(PATH, key, BODY.replace("'input'", "'max_output_tokens':20,'input'"));
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(books.gateway.balance("ada").used()).isEqualTo("0");
  }
}
