package io.stipend.gateway.exchange;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Ids of exchanges: {@code ex_}, then 48 bits of milliseconds and 80 random bits in Crockford's
 * base 32, so that they sort by time. They are labels, not secrets.
 */
final class ExchangeIds {
  private static final byte[] PREFIX = "ex_".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] DIGITS =
      "0123456789abcdefghjkmnpqrstvwxyz".getBytes(StandardCharsets.US_ASCII);
  private static final int TIME_DIGITS = 10;
  private static final int RANDOM_DIGITS = 8;
  private static final int BITS = 5;
  private static final int MASK = 31;

  private ExchangeIds() {}

  static String next(Instant now) {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    byte[] id = new byte[PREFIX.length + TIME_DIGITS + 2 * RANDOM_DIGITS];
    System.arraycopy(PREFIX, 0, id, 0, PREFIX.length);
    int at = digits(id, PREFIX.length, now.toEpochMilli(), TIME_DIGITS);
    at = digits(id, at, random.nextLong(), RANDOM_DIGITS);
    digits(id, at, random.nextLong(), RANDOM_DIGITS);
    return new String(id, StandardCharsets.ISO_8859_1);
  }

  /** Returns the index after them. */
  private static int digits(byte[] to, int from, long bits, int count) {
    for (int i = 0; i < count; i++) {
      to[from + i] = DIGITS[(int) (bits >>> ((count - 1 - i) * BITS)) & MASK];
    }
    return from + count;
  }
}
