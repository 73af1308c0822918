package io.stipend.metering.tokens;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class ExpectedOutputTest {
  private final ExpectedOutput expected = new ExpectedOutput();

  @Test
  void isNeverBelowTheLeastAnswer() {
    assertThat(expected.of("m")).isEqualTo(1_024);
    for (int i = 0; i < 1_000; i++) {
      expected.learn("m", 20);
    }
    assertThat(expected.of("m")).isEqualTo(1_024);
  }

  @Test
  void isTheLengthThatNinetyFiveOfAHundredAnswersStayWithin() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int i = 0; i < 3_000; i++) {
      expected.learn("m", random.nextInt(100) < 90 ? 500 : 8_000);
    }
    assertThat(expected.of("m")).as("seed %d", seed).isBetween(8_000L, 10_000L);
    assertThat(expected.of("other")).isEqualTo(1_024);
  }

  @Test
  void oneLongAnswerAmongManyDoesNotCount() {
    for (int i = 0; i < 100; i++) {
      expected.learn("m", i == 50 ? 100_000 : 2_000);
    }
    assertThat(expected.of("m")).isBetween(2_000L, 2_500L);
  }

  @Test
  void oldAnswersFade() {
    for (int i = 0; i < 4_000; i++) {
      expected.learn("m", 50_000);
    }
    for (int i = 0; i < 40_000; i++) {
      expected.learn("m", 2_000);
    }
    assertThat(expected.of("m")).isBetween(2_000L, 2_500L);
  }

  @Test
  void everyCountFallsIntoABucketWhoseUpperBoundIsAtMostAQuarterAboveIt() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int i = 0; i < 100_000; i++) {
      long tokens = i < 5_000 ? i + 1 : (random.nextLong() >>> (1 + random.nextInt(62)));
      tokens = Math.max(1, tokens);
      long upper = ExpectedOutput.upperBound(ExpectedOutput.bucket(tokens));
      assertThat(upper).as("seed %d: %d", seed, tokens).isGreaterThanOrEqualTo(tokens);
      assertThat(upper - tokens).as("seed %d: %d", seed, tokens).isLessThanOrEqualTo(tokens / 4);
    }
  }

  @Test
  void nothingIsLearnedFromAnswersWithoutOutputAndNoLengthIsTooLong() {
    for (int i = 0; i < 100; i++) {
      expected.learn("m", 0);
      expected.learn("m", -1);
    }
    assertThat(expected.of("m")).isEqualTo(1_024);
    for (int i = 0; i < 100; i++) {
      expected.learn("huge", Long.MAX_VALUE);
    }
    assertThat(expected.of("huge")).isEqualTo(Long.MAX_VALUE);
  }
}
