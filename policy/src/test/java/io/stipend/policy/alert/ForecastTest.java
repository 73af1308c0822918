package io.stipend.policy.alert;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.Random;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ForecastTest {
  private static final Instant START = Instant.parse("2026-11-01T00:00:00Z");
  private static final Instant END = Instant.parse("2026-12-01T00:00:00Z");
  private static final int CASES = Boolean.getBoolean("stipend.tests.full") ? 1_000_000 : 20_000;

  @ParameterizedTest
  @CsvSource(
      nullValues = "-",
      value = {
        // used of 400, now, exhausted
        "200, 2026-11-11T00:00:00Z, 2026-11-21T00:00:00Z", // 20 a day last 20 days
        "100, 2026-11-11T00:00:00Z, -", // 10 a day last 40
        "133, 2026-11-11T00:00:00Z, -", // a hair too slow
        "134, 2026-11-11T00:00:00Z, 2026-11-30T20:25:04.477Z",
        "399, 2026-11-30T23:00:00Z, -", // reaches the end by a minute
        "400, 2026-11-11T00:00:00Z, -", // is used up, not going to be
        "500, 2026-11-11T00:00:00Z, -",
        "0, 2026-11-11T00:00:00Z, -",
        "-5, 2026-11-11T00:00:00Z, -",
        "200, 2026-11-03T23:59:59Z, -", // less than a tenth of the time
        "200, 2026-11-04T00:00:00Z, 2026-11-07T00:00:00Z",
        "200, 2026-10-31T00:00:00Z, -", // the clock went back
      })
  void theAverageSinceTheFirstUseGoesOn(long used, Instant now, Instant exhausted) {
    assertThat(Forecast.exhaustion(used, 400, START, now, END)).isEqualTo(exhausted);
  }

  @Test
  void aTenthMustBeUsedAndAnHourBehind() {
    Instant end = START.plus(Duration.ofHours(5));
    Instant soon = START.plus(Duration.ofMinutes(59));
    Instant later = START.plus(Duration.ofMinutes(60));

    assertThat(Forecast.exhaustion(900, 1_000, START, soon, end)).isNull();
    assertThat(Forecast.exhaustion(900, 1_000, START, later, end)).isNotNull();
    assertThat(Forecast.exhaustion(99, 1_000, START, later, END)).isNull();
    assertThat(Forecast.exhaustion(99, 1_000, START, START.plus(Duration.ofDays(3)), END)).isNull();
    assertThat(Forecast.exhaustion(101, 1_000, START, START.plus(Duration.ofDays(3)), END))
        .isEqualTo(START.plusMillis(Duration.ofDays(3).toMillis() * 1_000 / 101));
  }

  @Test
  void anyForecastIsTheExactQuotientRoundedDownAndLiesBetweenNowAndTheEnd() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    int told = 0;
    for (int i = 0; i < CASES; i++) {
      Case c = Case.of(random);
      String what = "seed " + seed + ", case " + i + ": " + c;
      Instant exhausted = c.exhaustion();
      if (exhausted == null) {
        continue;
      }
      told++;
      assertThat(exhausted).as(what).isBetween(c.now, END).isBefore(END);
      // used × needed ≤ elapsed × given < used × (needed + 1)
      BigInteger needed = BigInteger.valueOf(exhausted.toEpochMilli() - c.since.toEpochMilli());
      BigInteger used = BigInteger.valueOf(c.used);
      BigInteger whole =
          BigInteger.valueOf(c.now.toEpochMilli() - c.since.toEpochMilli())
              .multiply(BigInteger.valueOf(c.given));
      assertThat(used.multiply(needed)).as(what).isLessThanOrEqualTo(whole);
      assertThat(used.multiply(needed.add(BigInteger.ONE))).as(what).isGreaterThan(whole);
    }
    assertThat(told).as("seed %d: forecasts", seed).isGreaterThan(CASES / 20);
  }

  @Test
  void whoeverUsesMoreRunsOutNoLater() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int i = 0; i < CASES; i++) {
      Case c = Case.of(random);
      String what = "seed " + seed + ", case " + i + ": " + c;
      Instant before = c.exhaustion();
      long more = c.used + random.nextLong(c.given - c.used);
      Instant after = Forecast.exhaustion(more, c.given, c.since, c.now, END);
      if (before != null) {
        assertThat(after).as(what + ", " + more).isNotNull().isBeforeOrEqualTo(before);
      }
    }
  }

  @Test
  void theUnitOfMoneyMakesNoDifference() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int i = 0; i < CASES; i++) {
      // Tenths exactly, so that the least part is the same in both.
      long given = 10 * random.nextLong(1, 1_000_000);
      long used = random.nextLong(1, given);
      Instant now = START.plusMillis(random.nextLong(Duration.ofDays(30).toMillis()));
      assertThat(Forecast.exhaustion(used * 1_000_000, given * 1_000_000, START, now, END))
          .as("seed %d, case %d: %d of %d at %s", seed, i, used, given, now)
          .isEqualTo(Forecast.exhaustion(used, given, START, now, END));
    }
  }

  private record Case(long used, long given, Instant since, Instant now) {
    static Case of(RandomGenerator random) {
      long given = 1 + (random.nextLong() >>> random.nextInt(2, 62));
      long millis = END.toEpochMilli() - START.toEpochMilli();
      Instant since = START.plusMillis(random.nextLong(millis));
      Instant now = since.plusMillis(random.nextLong(END.toEpochMilli() - since.toEpochMilli()));
      return new Case(random.nextLong(given), given, since, now);
    }

    Instant exhaustion() {
      return Forecast.exhaustion(used, given, since, now, END);
    }
  }
}
