package io.stipend.metering.price;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.metering.Charge;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.UsageReport;
import io.stipend.metering.UsageReport.Part;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** What is reserved covers what can be charged, for random usages of every built-in model. */
class CeilingTest {
  private static final int ROUNDS = Boolean.getBoolean("stipend.tests.full") ? 2_000_000 : 50_000;
  private static final long[] EDGES = {0, 1, 199_999, 200_000, 200_001, 272_000, 272_001};
  private static final List<String> VENDORS = List.of("openai", "anthropic", "gemini");
  private static final String[] TIERS = {
    null, "auto", "default", "flex", "batch", "priority", "fast", "us", "unheard-of"
  };

  private final RateCards cards = Cards.builtin();

  @Test
  void theCeilingIsNeverBelowTheChargeForAnySplitOfTheSameTokens() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int i = 0; i < ROUNDS; i++) {
      String vendor = VENDORS.get(random.nextInt(VENDORS.size()));
      List<String> models = cards.models("p", vendor, Cards.AT);
      String model = models.get(random.nextInt(models.size()));
      Rating rating = Cards.rating(cards, "p", vendor, model);
      String tier = TIERS[random.nextInt(TIERS.length)];
      TokenUsage usage = usage(random);
      UsageReport report = new UsageReport(List.of(new Part(null, usage)), model, tier, false);

      Charge ceiling = rating.ceiling(usage.inputTotal(), usage.output(), tier);
      Charge charge = rating.charge(report);

      assertThat(ceiling.nanos())
          .as("seed %d round %d: %s %s %s", seed, i, model, tier, usage)
          .isGreaterThanOrEqualTo(charge.nanos());
      assertThat(ceiling.tokens()).as("seed %d", seed).isEqualTo(charge.tokens());
    }
  }

  @Test
  void aCeilingForMoreInputIsNeverLower() {
    for (String vendor : VENDORS) {
      for (String model : cards.models("p", vendor, Cards.AT)) {
        Rating rating = Cards.rating(cards, "p", vendor, model);
        long last = 0;
        for (long input : EDGES) {
          long nanos = rating.ceiling(input, 1_000, null).nanos();
          assertThat(nanos).as("%s at %d", model, input).isGreaterThanOrEqualTo(last);
          last = nanos;
        }
      }
    }
  }

  @Test
  void theAffordableOutputIsTheLargestThatTheMoneyCovers() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int i = 0; i < ROUNDS; i++) {
      String vendor = VENDORS.get(random.nextInt(VENDORS.size()));
      List<String> models = cards.models("p", vendor, Cards.AT);
      String model = models.get(random.nextInt(models.size()));
      String tier = TIERS[random.nextInt(TIERS.length)];
      Rating rating = Cards.rating(cards, "p", vendor, model);
      long input = size(random);
      long nanos = random.nextLong() >>> random.nextInt(1, 64);
      String as = "seed %d round %d: %s %s input %d nanos %d";

      long most = rating.affordableOutput(input, nanos, tier);

      if (most < 0) {
        assertThat(rating.ceiling(input, 0, tier).nanos())
            .as(as, seed, i, model, tier, input, nanos)
            .isGreaterThan(nanos);
        continue;
      }
      assertThat(rating.ceiling(input, most, tier).nanos())
          .as(as, seed, i, model, tier, input, nanos)
          .isLessThanOrEqualTo(nanos);
      if (most < TokenUsage.MAX_COUNT) {
        assertThat(rating.ceiling(input, most + 1, tier).nanos())
            .as(as, seed, i, model, tier, input, nanos)
            .isGreaterThan(nanos);
      }
    }
  }

  @Test
  void anAmountThatJustCoversTheInputAffordsNoOutputAndOneNanoLessAffordsNothing() {
    Rating rating = Cards.rating(cards, "p", "openai", "gpt-5");
    long input = rating.ceiling(200_000, 0, null).nanos();

    assertThat(rating.affordableOutput(200_000, input, null)).isZero();
    assertThat(rating.affordableOutput(200_000, input - 1, null)).isNegative();
    assertThat(rating.affordableOutput(0, 0, null)).isZero();
    assertThat(rating.affordableOutput(0, -1, null)).isNegative();
    assertThat(rating.affordableOutput(0, Long.MAX_VALUE, null)).isEqualTo(TokenUsage.MAX_COUNT);
  }

  private static TokenUsage usage(Random random) {
    long total = size(random);
    long cacheRead = random.nextLong(total + 1);
    long cacheWrite = random.nextLong(total - cacheRead + 1);
    long cacheWrite1h = random.nextLong(cacheWrite + 1);
    long output = size(random);
    long input = total - cacheRead - cacheWrite;
    return new TokenUsage(input, cacheRead, cacheWrite, cacheWrite1h, output, output / 2);
  }

  /** Sizes of every magnitude, and those at the cliffs more often than chance would give. */
  private static long size(Random random) {
    return random.nextInt(4) == 0
        ? EDGES[random.nextInt(EDGES.length)]
        : random.nextLong(1L << random.nextInt(1, 30));
  }
}
