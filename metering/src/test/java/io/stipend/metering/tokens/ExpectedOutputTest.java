package io.stipend.metering.tokens;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class ExpectedOutputTest {
  private final ExpectedOutput expected = new ExpectedOutput();

  @Test
  void isNeverBelowTheLeastAnswer() {
    assertThat(expected.of("ada", "m")).isEqualTo(1_024);
    for (int i = 0; i < 1_000; i++) {
      expected.learn("ada", "m", 20);
    }
    assertThat(expected.of("ada", "m")).isEqualTo(1_024);
  }

  @Test
  void isTheLengthThatNinetyFiveOfAHundredAnswersStayWithin() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int i = 0; i < 3_000; i++) {
      expected.learn("ada", "m", random.nextInt(100) < 90 ? 500 : 8_000);
    }
    assertThat(expected.of("ada", "m")).as("seed %d", seed).isBetween(8_000L, 10_000L);
    assertThat(expected.of("ada", "other")).isEqualTo(1_024);
  }

  @Test
  void oneLongAnswerAmongManyDoesNotCount() {
    for (int i = 0; i < 100; i++) {
      expected.learn("ada", "m", i == 50 ? 100_000 : 2_000);
    }
    assertThat(expected.of("ada", "m")).isBetween(2_000L, 2_500L);
  }

  @Test
  void oldAnswersFade() {
    for (int i = 0; i < 4_000; i++) {
      expected.learn("ada", "m", 50_000);
    }
    for (int i = 0; i < 40_000; i++) {
      expected.learn("ada", "m", 2_000);
    }
    assertThat(expected.of("ada", "m")).isBetween(2_000L, 2_500L);
  }

  @Test
  void whoeverHasFewAnswersGetsWhatTheModelUsuallyWrites() {
    for (int i = 0; i < 19; i++) {
      expected.learn("ada", "m", 8_000);
    }
    assertThat(expected.of("ada", "m")).as("19 answers").isEqualTo(1_024);
    expected.learn("bob", "m", 8_000);
    assertThat(expected.of("ada", "m")).as("20 of the model").isEqualTo(8_192);
    assertThat(expected.of("carol", "m")).isEqualTo(8_192);
    for (int i = 0; i < 18; i++) {
      expected.learn("bob", "m", 100);
    }
    assertThat(expected.of("bob", "m")).as("19 answers").isEqualTo(8_192);
    expected.learn("bob", "m", 100);
    assertThat(expected.of("bob", "m")).as("his own: one long answer in 20").isEqualTo(1_024);
    assertThat(expected.of("ada", "m")).as("hers are not").isEqualTo(8_192);
    assertThat(expected.of("bob", "other")).isEqualTo(1_024);
  }

  @Test
  void memoryIsBoundedWhoeverAsks() {
    ExpectedOutput few = new ExpectedOutput(100);
    for (int i = 0; i < 5_000; i++) {
      few.learn("p" + i, "m", 3_000);
    }
    assertThat(few.size()).isLessThanOrEqualTo(100);
    assertThat(few.of("p17", "m")).isEqualTo(3_072);
    few.learn("p".repeat(1_000), "n".repeat(1_000), 3_000);
    assertThat(few.size()).isLessThanOrEqualTo(100);
  }

  @Test
  void everyCountFallsIntoABucketWhoseUpperBoundIsAtMostAQuarterAboveIt() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int i = 0; i < 100_000; i++) {
      long tokens = 1_024 + (i < 5_000 ? i : random.nextLong(1L << (5 + random.nextInt(16))));
      long upper = ExpectedOutput.upperBound(ExpectedOutput.bucket(tokens));
      assertThat(upper).as("seed %d: %d", seed, tokens).isGreaterThanOrEqualTo(tokens);
      assertThat(upper - tokens).as("seed %d: %d", seed, tokens).isLessThanOrEqualTo(tokens / 4);
    }
  }

  @Test
  void nothingIsLearnedFromAnswersWithoutOutputAndNoLengthIsTooLong() {
    for (int i = 0; i < 100; i++) {
      expected.learn("ada", "m", 0);
      expected.learn("ada", "m", -1);
    }
    assertThat(expected.of("ada", "m")).isEqualTo(1_024);
    for (int i = 0; i < 100; i++) {
      expected.learn("ada", "huge", Long.MAX_VALUE);
    }
    assertThat(expected.of("ada", "huge")).isEqualTo(2_097_152);
  }
}
