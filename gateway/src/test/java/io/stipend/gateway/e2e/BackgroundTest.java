package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.stipend.gateway.demo.FakeProvider.Billed;
import io.stipend.metering.Unit;
import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.UsageRow;
import io.stipend.metering.price.Rating;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Responses that are generated after their request: at a ceiling price, or not at all. */
class BackgroundTest {
  private static final String PATH = "/v1/responses";
  private static final String MODEL = "gpt-4o-mini";
  private static final long CEILING = 5_000_000;
  private static final String BODY = "{'model':'gpt-4o-mini','background':true,'input':'Hi'%s}";

  private Books books;
  private String key;

  @AfterEach
  void stop() {
    books.close();
  }

  private void start(String background, String amount) {
    books =
        Books.of(
            """
            calendar: { timezone: Europe/Berlin, currency: USD }
            providers: { openai: { url: "%1$s", key: "provider-key" } }
            models: { allow: ["gpt-4o-mini"]%2$s }
            allowances: { engineer: { amount: %3$s, every: year, clamp_floor: 512 } }
            people: { ada: { allowance: engineer } }
            """,
            background, amount);
    key = books.gateway.key("ada");
  }

  private void start() {
    start(", background: 0.005 USD", "400 USD");
  }

  private static String body(String fields) {
    return BODY.formatted(fields);
  }

  private long cap(HttpResponse<String> answer) {
    return Long.parseLong(answer.headers().firstValue("stipend-output-cap").orElseThrow());
  }

  /** The one row: all that was held, no more than the ceiling, no less than the bill. */
  private UsageRow assumed(long input, long cap) {
    UsageRow row = books.rows().get(0);
    assertThat(row.usageSource()).isEqualTo(UsageSource.ASSUMED);
    assertThat(row.flags()).isEqualTo("assumed,background");
    assertThat(row.usage().output()).isEqualTo(cap);
    assertThat(row.nanos())
        .isEqualTo(Books.rating(MODEL).ceiling(input, cap, null).nanos())
        .isLessThanOrEqualTo(CEILING);
    Billed billed = books.billed(row);
    assertThat(row.nanos()).isGreaterThanOrEqualTo(Books.charge(billed));
    return row;
  }

  @ParameterizedTest
  @ValueSource(strings = {"", ", background: refuse"})
  void itIsRefusedUnlessThePlatformTeamNamesAPrice(String background) throws Exception {
    start(background, "400 USD");
    HttpResponse<String> answer = books.post(PATH, key, body(""));
    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(answer.body()).contains("\"param\":\"background\"", "stream the answer instead");
    assertThat(books.provider.requests()).isZero();
    // As is said, the same without it is served.
    books.admitted(PATH, key, body("").replace("true", "false"), "x-fake-output-tokens", "5");
    books.agreed();
  }

  @Test
  void itIsCappedBelowTheCeilingAndChargedAllThatItHoldsAtOnce() throws Exception {
    start();
    HttpResponse<String> answer = books.admitted(PATH, key, body(""), "x-fake-output-tokens", "70");
    assertThat(answer.body()).contains("\"status\":\"queued\"", "\"usage\":null");
    Rating rating = Books.rating(MODEL);
    long input = Books.estimate(body(""));
    long cap = rating.affordableOutput(input, CEILING, null);
    assertThat(cap(answer)).isEqualTo(cap).isLessThan(rating.maxOutputTokens());
    UsageRow row = assumed(input, cap);
    assertThat(row.outcome()).isEqualTo("completed");
    assertThat(books.provider.billed().get(0).usage().output()).isEqualTo(70);
    // What came of it is read later, and costs nothing more.
    JsonNode queued = new ObjectMapper().readTree(answer.body());
    HttpRequest get =
        HttpRequest.newBuilder(
                URI.create(books.gateway.url() + PATH + "/" + queued.get("id").asText()))
            .header("x-api-key", key)
            .build();
    HttpResponse<String> done =
        HttpClient.newHttpClient().send(get, HttpResponse.BodyHandlers.ofString());
    assertThat(done.body()).contains("\"status\":\"completed\"", "\"output_tokens\":70");
    assertThat(books.gateway.rows()).containsExactly(row);
  }

  @Test
  void theProviderGeneratesNoMoreThanTheCapThatIsHeld() throws Exception {
    start();
    HttpResponse<String> answer =
        books.admitted(PATH, key, body(""), "x-fake-output-tokens", "1000000");
    assertThat(books.provider.billed().get(0).usage().output()).isEqualTo(cap(answer));
    assumed(Books.estimate(body("")), cap(answer));
  }

  @Test
  void aLowerCapOfTheClientStands() throws Exception {
    start();
    String body = body(",'max_output_tokens':100");
    HttpResponse<String> answer = books.admitted(PATH, key, body, "x-fake-output-tokens", "5000");
    assertThat(answer.headers().firstValue("stipend-output-cap")).isEmpty();
    assertThat(books.provider.billed().get(0).usage().output()).isEqualTo(100);
    assumed(Books.estimate(body), 100);
  }

  @Test
  void whatCannotStayBelowTheCeilingIsNotSent() throws Exception {
    start();
    // Of 5,000,000 nano-units an input of 31,300 tokens leaves 500 tokens of output.
    long bytes = 3 * 31_300;
    String small = body("").replace("Hi", "a".repeat((int) bytes - body("").length()));
    HttpResponse<String> answer = books.post(PATH, key, small);
    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
    assertThat(answer.body()).contains("\"param\":\"background\"", "may cost more than 0.005 USD");
    String large = small.replace("aaa", "aaaaaaaaa");
    assertThat(books.post(PATH, key, large).statusCode()).isEqualTo(400);
    assertThat(books.provider.requests()).isZero();
    // One that asks for less than the floor gets it.
    books.admitted(PATH, key, small.replace("'input'", "'max_output_tokens':90,'input'"));
    assertThat(books.rows().get(0).nanos()).isLessThanOrEqualTo(CEILING);
  }

  @Test
  void aBudgetThatIsShortLowersTheCapFurtherOrRefuses() throws Exception {
    long most = Books.rating(MODEL).ceiling(Books.estimate(body("")), 900, null).nanos();
    start(", background: 0.005 USD", Unit.USD.format(most) + " USD");
    HttpResponse<String> answer = books.admitted(PATH, key, body(""), "x-fake-output-tokens", "9");
    assertThat(cap(answer)).isEqualTo(900);
    assumed(Books.estimate(body("")), 900);
    assertThat(books.post(PATH, key, body("")).statusCode()).isEqualTo(402);
    assertThat(books.provider.requests()).isEqualTo(1);
  }

  @Test
  void aStreamOfItIsChargedAsReportedWhereTheReportComes() throws Exception {
    start();
    String body = body(",'stream':true");
    HttpResponse<String> answer = books.admitted(PATH, key, body, "x-fake-output-tokens", "40");
    assertThat(answer.body()).contains("response.completed");
    assertThat(cap(answer)).isPositive();
    books.leave(700, PATH, key, body, "x-fake-output-tokens: 60", "x-fake-pace-micros: 5000");
    assertThat(books.agreed()).extracting(row -> row.usage().output()).containsExactly(40L, 60L);
  }

  @Test
  void aStreamThatBreaksOffIsChargedAllThatItHolds() throws Exception {
    start();
    String body = body(",'stream':true,'max_output_tokens':3000");
    books.admitted(PATH, key, body, "x-fake-output-tokens", "2500", "x-fake-truncate-after", "20");
    assertThat(assumed(Books.estimate(body), 3_000).outcome()).isEqualTo("upstream_truncated");
  }

  @Test
  void anAnswerThatNeverComesIsChargedAllThatItHolds() throws Exception {
    start();
    HttpResponse<String> answer =
        books.post(
            PATH, key, body(",'stream':true,'max_output_tokens':3000"), "x-fake-reset-after", "0");
    assertThat(answer.statusCode()).isEqualTo(502);
    UsageRow row = books.rows().get(0);
    assertThat(row.flags()).isEqualTo("assumed,background");
    assertThat(row.usage().output()).isEqualTo(3_000);
  }

  @Test
  void anAnswerThatTellsItsUsageAtOnceIsChargedByIt() throws Exception {
    start();
    // This double does not know what the background is.
    books.admitted(PATH, key, body(""), "x-fake-output-tokens", "40", "x-fake-flavour", "vllm");
    books.agreed();
  }

  @Test
  void anErrorOfTheProviderCostsNothing() throws Exception {
    start();
    assertThat(books.post(PATH, key, body(""), "x-fake-status", "500").statusCode()).isEqualTo(500);
    assertThat(books.gateway.balance("ada").used()).isEqualTo("0");
  }
}
