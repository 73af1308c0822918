package io.stipend.metering.tokens;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class TokenBoundTest {
  private final TokenBound bound = new TokenBound();

  @Test
  void beforeAnythingIsKnownThreeBytesMakeAToken() {
    assertThat(bound.estimate("m", 0)).isZero();
    assertThat(bound.estimate("m", 1)).isEqualTo(1);
    assertThat(bound.estimate("m", 3_000)).isEqualTo(1_000);
    assertThat(bound.estimate("m", 3_001)).isEqualTo(1_001);
    assertThatThrownBy(() -> bound.estimate("m", -1)).hasMessage("bytes: -1 (expected: >= 0)");
  }

  @Test
  void fewObservationsChangeNothing() {
    for (int i = 0; i < 50; i++) {
      bound.learn("m", 1_000, 100);
    }
    assertThat(bound.estimate("m", 3_000)).isEqualTo(1_000);
  }

  @Test
  void theEstimateStaysAboveNinetyNineOfAHundredObservationsAndNear() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int i = 0; i < 3_000; i++) {
      long bytes = 10_000 + random.nextInt(40_000);
      bound.learn("m", bytes, bytes * (200 + random.nextInt(51)) / 1_000);
    }
    int below = 0;
    for (int i = 0; i < 10_000; i++) {
      long bytes = 10_000 + random.nextInt(40_000);
      long tokens = bytes * (200 + random.nextInt(51)) / 1_000;
      below += bound.estimate("m", bytes) < tokens ? 1 : 0;
    }
    assertThat(below).as("seed %d", seed).isLessThanOrEqualTo(200);
    assertThat(bound.estimate("m", 20_000)).as("seed %d", seed).isBetween(4_900L, 5_300L);
  }

  @Test
  void aDenserModelIsLearnedAboveTheFirstGuess() {
    for (int i = 0; i < 200; i++) {
      bound.learn("m", 1_000, 1_500);
    }
    assertThat(bound.estimate("m", 1_000)).isBetween(1_500L, 1_510L);
    assertThat(bound.estimate("other", 1_000)).isEqualTo(334);
  }

  @Test
  void smallBodiesDoNotInflateLargeOnes() {
    for (int i = 0; i < 200; i++) {
      bound.learn("m", 100, 90);
      bound.learn("m", 200_000, 40_000);
    }
    assertThat(bound.estimate("m", 100)).isBetween(90L, 92L);
    assertThat(bound.estimate("m", 200_000)).isBetween(40_000L, 42_000L);
  }

  @Test
  void figuresThatMakeNoSenseTeachNothing() {
    for (int i = 0; i < 200; i++) {
      bound.learn("m", 0, 100);
      bound.learn("m", -5, 100);
      bound.learn("m", 100, 0);
      bound.learn("m", 100, Long.MAX_VALUE);
    }
    assertThat(bound.estimate("m", 300)).isEqualTo(100);
  }

  @Test
  void memoryIsBoundedWhateverNamesAreLearned() {
    for (int i = 0; i < ModelTable.MAX_MODELS + 500; i++) {
      for (int n = 0; n < 3; n++) {
        bound.learn("model-" + i, 1_000, 200);
      }
    }
    // The names past the bound share one row, which has learned from all of them.
    assertThat(bound.estimate("never-seen", 1_000)).isBetween(200L, 210L);
    assertThat(bound.estimate("model-0", 3_000)).isEqualTo(1_000);
  }

  @Test
  void manyThreadsLearnAtOnce() throws Exception {
    CountDownLatch start = new CountDownLatch(1);
    List<Thread> threads =
        java.util.stream.IntStream.range(0, 8)
            .mapToObj(
                t ->
                    new Thread(
                        () -> {
                          try {
                            start.await();
                          } catch (InterruptedException e) {
                            throw new AssertionError(e);
                          }
                          for (int i = 0; i < 2_000; i++) {
                            bound.learn("m" + i % 3, 1_000, 250);
                            bound.estimate("m" + i % 3, 1_000);
                          }
                        }))
            .toList();
    threads.forEach(Thread::start);
    start.countDown();
    for (Thread thread : threads) {
      thread.join();
    }
    assertThat(bound.estimate("m0", 1_000)).isBetween(250L, 258L);
  }
}
