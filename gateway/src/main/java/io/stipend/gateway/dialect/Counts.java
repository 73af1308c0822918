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
    if (!node.isNumber()) {
      return ABSENT;
    }
    if (node.canConvertToLong()) {
      // A fraction: rounded up, as every count is taken from above.
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
