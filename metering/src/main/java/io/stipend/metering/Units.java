package io.stipend.metering;

import java.util.EnumMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What was used that is not a token: a count for each {@link Meter}. Immutable. */
public final class Units {
  /** Nothing used. */
  public static final Units NONE = new Units(new EnumMap<>(Meter.class));

  /** The most that one count may hold, as with {@link TokenUsage#MAX_COUNT}. */
  public static final long MAX_COUNT = 1_000_000_000L;

  /** What was used, in the order of the meters; no zeros. Never changed. */
  private final Map<Meter, Long> counts;

  private Units(Map<Meter, Long> counts) {
    this.counts = counts;
  }

  /**
   * So much of one meter.
   *
   * @throws IllegalArgumentException if the count is not within 0..{@link #MAX_COUNT}
   */
  public static Units of(Meter meter, long count) {
    if (count < 0 || count > MAX_COUNT) {
      throw new IllegalArgumentException(
          meter.label() + ": " + count + " (expected: 0.." + MAX_COUNT + ")");
    }
    if (count == 0) {
      return NONE;
    }
    return new Units(new EnumMap<>(Map.of(meter, count)));
  }

  /** How much of this meter was used. */
  public long of(Meter meter) {
    return counts.getOrDefault(meter, 0L);
  }

  /** The sum by meter, each count held at {@link #MAX_COUNT}. */
  public Units plus(Units other) {
    if (other.isNone()) {
      return this;
    }
    if (isNone()) {
      return other;
    }
    Map<Meter, Long> sums = new EnumMap<>(counts);
    other.counts.forEach(
        (meter, more) -> sums.merge(meter, more, (a, b) -> Math.min(a + b, MAX_COUNT)));
    return new Units(sums);
  }

  /** Whether nothing was used. */
  public boolean isNone() {
    return counts.isEmpty();
  }

  /**
   * The one way to write it: {@code web_search=3;image=1}, in the order of the meters, without what
   * was not used; empty for {@link #NONE}.
   */
  public String text() {
    StringBuilder text = new StringBuilder();
    counts.forEach(
        (meter, count) ->
            text.append(text.isEmpty() ? "" : ";").append(meter.label()).append('=').append(count));
    return text.toString();
  }

  /**
   * Reads what {@link #text} writes; the order of the meters is free.
   *
   * @throws IllegalArgumentException if it is anything else, or names a meter twice
   */
  public static Units parse(String text) {
    if (text.isEmpty()) {
      return NONE;
    }
    Units sum = NONE;
    for (String part : text.split(";", -1)) {
      int equals = part.indexOf('=');
      Meter meter = equals < 0 ? null : meter(part.substring(0, equals));
      if (meter == null || sum.of(meter) != 0) {
        throw malformed(text, null);
      }
      try {
        sum = sum.plus(of(meter, Long.parseLong(part.substring(equals + 1))));
      } catch (NumberFormatException e) {
        throw malformed(text, e);
      }
    }
    return sum;
  }

  private static @Nullable Meter meter(String label) {
    for (Meter meter : Meter.values()) {
      if (meter.label().equals(label)) {
        return meter;
      }
    }
    return null;
  }

  private static IllegalArgumentException malformed(
      String text, @Nullable NumberFormatException cause) {
    return new IllegalArgumentException(
        "units: " + text + " (expected: counts by meter, such as web_search=3;image=1)", cause);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Units units && counts.equals(units.counts);
  }

  @Override
  public int hashCode() {
    return counts.hashCode();
  }

  @Override
  public String toString() {
    return text();
  }
}
