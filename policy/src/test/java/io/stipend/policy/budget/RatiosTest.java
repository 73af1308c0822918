package io.stipend.policy.budget;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.time.LocalDate;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Arithmetic on every call's path is done in longs; here it is compared with that of big ones. */
class RatiosTest {
  private static final int CASES = 200_000;

  private static BigInteger big(long value) {
    return BigInteger.valueOf(value);
  }

  private static long any(Random random) {
    return random.nextLong() >> random.nextInt(64);
  }

  private static long positive(Random random) {
    return 1 + (random.nextLong() >>> 1 >> random.nextInt(63)) % Long.MAX_VALUE;
  }

  @Test
  void fractionsCompareAsTheirExactProductsDo() {
    long seed = 7;
    Random random = new Random(seed);
    for (int i = 0; i < CASES; i++) {
      long a = any(random);
      long b = positive(random);
      boolean equal = i % 10 == 0;
      long c = equal ? a : any(random);
      long d = equal ? b : positive(random);
      assertThat(Ratios.less(a, b, c, d))
          .as("seed %s: %s / %s < %s / %s", seed, a, b, c, d)
          .isEqualTo(big(a).multiply(big(d)).compareTo(big(c).multiply(big(b))) < 0);
    }
  }

  @Test
  void aPartOfAnAmountIsRoundedDownAsTheExactQuotientIs() {
    long seed = 8;
    Random random = new Random(seed);
    LocalDate first = LocalDate.of(2026, 1, 1);
    for (int i = 0; i < CASES; i++) {
      int count = 1 + random.nextInt(366);
      int joined = random.nextInt(count);
      int fte = 1 + random.nextInt(Proration.FULL_TIME);
      long amount = positive(random) - 1;
      BigInteger exact =
          big(amount)
              .multiply(big((long) fte * (count - joined)))
              .divide(big((long) Proration.FULL_TIME * count));
      assertThat(
              new Proration(first.plusDays(joined), null, fte)
                  .of(amount, Every.YEAR, new Calendar.Days(first, first.plusDays(count))))
          .as("seed %s: %s, %s of %s days, %s", seed, amount, count - joined, count, fte)
          .isEqualTo(exact.longValueExact());
    }
  }
}
