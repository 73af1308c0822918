package io.stipend.gateway.pitfalls;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.gateway.testing.Api;
import io.stipend.metering.ledger.LedgerReader;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Rows of {@code docs/pitfalls.md} about periods, with a clock that the test sets. */
class PitfallsOfTimeTest {
  /** 20 tokens in and 100 out, which the provider reports for every call here: 63 millionths. */
  private static final long COST = 20 * 150 + 100 * 600;

  /** Of every allowance here, in nanos: one call fits and no second one. */
  private static final long AMOUNT = 100_000;

  private static final String[] SCRIPT = {
    "x-fake-input-tokens", "20", "x-fake-output-tokens", "100"
  };
  private static final String CALL = Api.CHAT.body(false, 100);

  private static final SetClock CLOCK = new SetClock("2026-01-15T12:00:00Z");
  private static Bench bench;

  @BeforeAll
  static void start() {
    bench =
        new Bench(
            Bench.quotas(
                """
                allowances:
                  daily: { amount: 0.0001 USD, every: day, when_short: [refuse] }
                  weekly: { amount: 0.0001 USD, every: week, when_short: [refuse] }
                  monthly: { amount: 0.0001 USD, every: month, when_short: [refuse] }
                  quarterly: { amount: 0.0001 USD, every: quarter, when_short: [refuse] }
                  yearly: { amount: 0.0001 USD, every: year, when_short: [refuse] }
                people:
                  p21: { allowance: monthly }
                  b8: { allowance: monthly }
                  b9-ny: { allowance: monthly, timezone: America/New_York }
                  b9-berlin: { allowance: daily, timezone: Europe/Berlin }
                  b9-leap: { allowance: monthly }
                  b9-february: { allowance: monthly }
                  b9-week: { allowance: weekly }
                  b9-quarter: { allowance: quarterly, timezone: Asia/Kolkata }
                  b9-year: { allowance: yearly, timezone: Pacific/Kiritimati }
                  b9-31: { allowance: monthly, timezone: Asia/Tokyo }
                  b11: { allowance: daily }
                  b12: { allowance: monthly }
                  b17: { allowance: monthly }
                  b17-late: { allowance: monthly }
                """),
            "",
            CLOCK);
  }

  @AfterAll
  static void stop() {
    bench.close();
  }

  @BeforeEach
  void mark() {
    bench.mark();
  }

  private static void spends(String person) {
    bench.admits(Api.CHAT, person, CALL, SCRIPT);
    bench.settled(person);
  }

  private static void refuses(String person) {
    bench.refuses(402, Api.CHAT, person, CALL, SCRIPT);
  }

  /** What was granted to a person in each period, by the ledger alone. */
  private static Map<String, Long> grants(String person) {
    Map<String, Long> grants = new TreeMap<>();
    try (LedgerReader reader = LedgerReader.open(bench.gateway.data())) {
      reader
          .totals()
          .forEach(
              (account, totals) -> {
                if (account.budget().equals("person/" + person)) {
                  grants.put(account.period(), totals.granted());
                }
              });
    }
    return grants;
  }

  @Test
  void p21AClockThatJumpsNeitherGrantsTwiceNorForgets() {
    CLOCK.set("2026-05-10T12:00:00Z");
    CompletableFuture<HttpResponse<String>> underWay = underWay("p21");
    CLOCK.set("2026-05-10T11:00:00Z");
    assertThat(underWay.join().statusCode()).isEqualTo(200);
    bench.settled("p21");
    assertThat(bench.used("p21")).isEqualTo(COST);
    refuses("p21");
    CLOCK.set("2026-05-10T13:00:00Z");
    refuses("p21");
    // Into the next month and back: each month has its own grant, entered once.
    CLOCK.set("2026-06-01T00:30:00Z");
    spends("p21");
    CLOCK.set("2026-05-31T23:30:00Z");
    refuses("p21");
    assertThat(bench.used("p21")).isEqualTo(COST);
    CLOCK.set("2026-06-01T00:30:00Z");
    refuses("p21");
    assertThat(grants("p21"))
        .containsExactly(Map.entry("2026-05", AMOUNT), Map.entry("2026-06", AMOUNT));
    assertThat(bench.rows("p21")).extracting(Bench::cost).containsExactly(COST, COST);
    assertThat(bench.gateway.verify().problems()).isEmpty();
  }

  private static CompletableFuture<HttpResponse<String>> underWay(String person) {
    bench.key(person);
    long before = bench.provider.requests();
    String[] slow = {
      "x-fake-input-tokens", "20", "x-fake-output-tokens", "100", "x-fake-delay-millis", "400"
    };
    CompletableFuture<HttpResponse<String>> answer =
        CompletableFuture.supplyAsync(() -> bench.post(Api.CHAT, person, CALL, slow));
    Awaitility.await().until(() -> bench.provider.requests() == before + 1);
    return answer;
  }

  @Test
  void b8APeriodIsAnAccountAndNothingIsEverReset() {
    CLOCK.set("2026-07-31T23:59:59.999Z");
    spends("b8");
    refuses("b8");
    CLOCK.set("2026-08-01T00:00:00Z");
    assertThat(bench.used("b8")).isZero();
    spends("b8");
    bench.gateway.restart();
    refuses("b8");
    assertThat(bench.gateway.balance("b8").granted()).isEqualTo("0.0001");
    assertThat(bench.used("b8")).isEqualTo(COST);
    assertThat(grants("b8"))
        .containsExactly(Map.entry("2026-07", AMOUNT), Map.entry("2026-08", AMOUNT));
    CLOCK.set("2026-07-31T23:59:59.999Z");
    assertThat(bench.used("b8")).as("July still stands").isEqualTo(COST);
    assertThat(bench.rows("b8")).hasSize(2);
    assertThat(bench.gateway.verify().problems()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    // A month of New York's ends by its own clock: in winter time, then in summer time.
    "b9-ny, 2026-02-15T12:00:00Z, 2026-03-01T05:00:00Z",
    "b9-ny, 2026-07-15T12:00:00Z, 2026-08-01T04:00:00Z",
    // Days of 23 and of 25 hours.
    "b9-berlin, 2026-03-28T23:00:00Z, 2026-03-29T22:00:00Z",
    "b9-berlin, 2026-10-24T22:00:00Z, 2026-10-25T23:00:00Z",
    // February, with and without its leap day.
    "b9-leap, 2028-02-01T00:00:00Z, 2028-03-01T00:00:00Z",
    "b9-february, 2027-02-01T00:00:00Z, 2027-03-01T00:00:00Z",
    "b9-week, 2026-12-28T00:00:00Z, 2027-01-04T00:00:00Z",
    "b9-quarter, 2026-09-30T18:30:00Z, 2026-12-31T18:30:00Z",
    "b9-year, 2026-06-15T12:00:00Z, 2026-12-31T10:00:00Z",
    "b9-31, 2026-03-30T15:00:00Z, 2026-03-31T15:00:00Z"
  })
  void b9APeriodEndsAtItsInstantInThePersonsZone(String person, String from, String edge) {
    CLOCK.set(from);
    spends(person);
    assertThat(bench.gateway.balance(person).resetsAt()).isEqualTo(edge);
    CLOCK.set(CLOCK.instant().plusMillis(1).toString());
    refuses(person);
    CLOCK.set(java.time.Instant.parse(edge).minusMillis(1).toString());
    refuses(person);
    assertThat(bench.used(person)).isEqualTo(COST);
    CLOCK.set(edge);
    assertThat(bench.used(person)).isZero();
    spends(person);
    refuses(person);
    assertThat(bench.gateway.verify().problems()).isEmpty();
  }

  @Test
  void b11RefusedCallsDoNotKeepAPeriodAlive() {
    CLOCK.set("2026-09-09T00:00:00Z");
    spends("b11");
    for (int hour = 1; hour < 24; hour++) {
      CLOCK.set("2026-09-09T%02d:00:00Z".formatted(hour));
      refuses("b11");
    }
    CLOCK.set("2026-09-09T23:59:59.999Z");
    refuses("b11");
    CLOCK.set("2026-09-10T00:00:00Z");
    spends("b11");
    assertThat(bench.gateway.refusals("b11")).isEqualTo(24);
    assertThat(bench.rows("b11")).hasSize(2);
  }

  @Test
  void b12ABudgetIsNotRefilledDropByDrop() {
    CLOCK.set("2026-10-01T00:00:00Z");
    spends("b12");
    for (int day = 2; day <= 31; day++) {
      CLOCK.set("2026-10-%02dT12:00:00Z".formatted(day));
      refuses("b12");
    }
    assertThat(bench.remaining("b12")).isEqualTo(AMOUNT - COST);
    assertThat(bench.agrees("b12")).hasSize(1);
  }

  @Test
  void b17ASettleAfterTheRolloverGoesToThePeriodOfItsReservation() {
    CLOCK.set("2026-11-30T23:59:59.900Z");
    CompletableFuture<HttpResponse<String>> underWay = underWay("b17");
    CLOCK.set("2026-12-01T00:00:00.100Z");
    assertThat(bench.used("b17")).isZero();
    assertThat(bench.gateway.balance("b17").held()).as("of December").isEqualTo("0");
    assertThat(underWay.join().statusCode()).isEqualTo(200);
    Awaitility.await().until(() -> bench.rows("b17").size() == 1);
    assertThat(bench.rows("b17").get(0))
        .containsEntry("started_at", "2026-11-30T23:59:59.900Z")
        .containsEntry("finished_at", "2026-12-01T00:00:00.100Z");
    assertThat(bench.used("b17")).isZero();
    spends("b17");
    assertThat(bench.used("b17")).isEqualTo(COST);
    CLOCK.set("2026-11-30T23:59:59.900Z");
    bench.settled("b17");
    assertThat(bench.used("b17")).isEqualTo(COST);
    assertThat(bench.gateway.verify().problems()).isEmpty();
  }

  @Test
  void b17NoReservationExpiresUnderALivingExchange() {
    CLOCK.set("2027-04-01T00:00:00Z");
    CompletableFuture<HttpResponse<String>> underWay = underWay("b17-late");
    CLOCK.set("2027-04-29T00:00:00Z");
    refuses("b17-late");
    assertThat(underWay.join().statusCode()).isEqualTo(200);
    List<Map<String, String>> rows = bench.agrees("b17-late");
    assertThat(rows).hasSize(1);
    assertThat(rows.get(0)).containsEntry("outcome", "completed");
    assertThat(bench.used("b17-late")).isEqualTo(COST);
  }
}
