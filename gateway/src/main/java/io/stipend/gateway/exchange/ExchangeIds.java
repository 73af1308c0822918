package io.stipend.gateway.exchange;

import java.time.Instant;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Ids of exchanges: {@code ex_}, then 48 bits of milliseconds and 80 random bits in Crockford's
 * base 32, so that they sort by time. They are labels, not secrets.
 */
final class ExchangeIds {
  private static final char[] DIGITS = "0123456789abcdefghjkmnpqrstvwxyz".toCharArray();
  private static final int TIME_DIGITS = 10;
  private static final int RANDOM_DIGITS = 8;
  private static final int BITS = 5;
  private static final int MASK = 31;

  private ExchangeIds() {}

  static String next(Instant now) {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    StringBuilder id = new StringBuilder("ex_");
    digits(id, now.toEpochMilli(), TIME_DIGITS);
    digits(id, random.nextLong(), RANDOM_DIGITS);
    digits(id, random.nextLong(), RANDOM_DIGITS);
    return id.toString();
  }

  private static void digits(StringBuilder to, long bits, int count) {
    for (int i = count - 1; i >= 0; i--) {
      to.append(DIGITS[(int) (bits >>> (i * BITS)) & MASK]);
    }
  }
}
