package io.stipend.gateway.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import io.stipend.metering.TokenUsage;
import org.jspecify.annotations.Nullable;

/**
 * Token counts as providers write them, read with suspicion: what is absurd is clamped and told.
 */
final class Counts {
  /** No such field, or a JSON null. */
  static final long ABSENT = -1;

  private boolean absurd;

  /** Whether anything was clamped so far. */
  boolean absurd() {
    return absurd;
  }

  /** Something contradicts itself. */
  void markAbsurd() {
    absurd = true;
  }

  /** The count in this field, within {@code 0..TokenUsage.MAX_COUNT}, or {@link #ABSENT}. */
  long in(@Nullable JsonNode object, String name) {
    JsonNode node = object == null ? null : object.get(name);
    if (node == null || node.isNull()) {
      return ABSENT;
    }
    if (node.isIntegralNumber() && node.canConvertToLong()) {
      return clamped(node.longValue());
    }
    if (node.isFloatingPointNumber() && node.canConvertToExactIntegral()) {
      return clamped(node.canConvertToLong() ? node.longValue() : Long.MAX_VALUE);
    }
    absurd = true;
    return node.isNumber() ? roundedUp(node) : ABSENT;
  }

  /** A measure that may have a fraction, such as seconds, rounded up; otherwise like a count. */
  long upTo(@Nullable JsonNode object, String name) {
    JsonNode node = object == null ? null : object.get(name);
    boolean fraction = node != null && node.isFloatingPointNumber() && node.canConvertToLong();
    if (node == null || !fraction || node.canConvertToExactIntegral()) {
      return in(object, name);
    }
    return roundedUp(node);
  }

  /** A fraction, or what is no number of this size: every count is taken from above. */
  private long roundedUp(JsonNode node) {
    if (node.canConvertToLong()) {
      return clamped(node.longValue() + 1);
    }
    return node.asText().startsWith("-") ? 0 : TokenUsage.MAX_COUNT;
  }

  private long clamped(long count) {
    if (count < 0 || count > TokenUsage.MAX_COUNT) {
      absurd = true;
      return count < 0 ? 0 : TokenUsage.MAX_COUNT;
    }
    return count;
  }

  /** A whole that is no less than its known part. */
  long atLeast(long whole, long part) {
    if (part > whole) {
      absurd = true;
      return Math.min(part, TokenUsage.MAX_COUNT);
    }
    return whole;
  }

  /** The count, 0 if absent. */
  static long orZero(long count) {
    return Math.max(0, count);
  }
}
