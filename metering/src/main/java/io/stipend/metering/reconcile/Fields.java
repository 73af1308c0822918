package io.stipend.metering.reconcile;

import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/** One record of a provider's file, whatever its format: named fields, and where each stands. */
abstract class Fields {
  /** No report counts more of anything in a day. */
  private static final BigDecimal MOST = new BigDecimal("1000000000000000");

  /** Digits that an amount may have on either side of its point. */
  private static final int MOST_DIGITS = 60;

  /** Where a field stands, or would. */
  abstract String place(String name);

  /** Its text; null where it is missing, null or empty. */
  abstract @Nullable String text(String name);

  final String required(String name) {
    String text = text(name);
    if (text == null) {
      throw problem(name, "missing (expected: a value)");
    }
    return text;
  }

  /** A number that counts something; 0 where it is missing. */
  final long count(String name) {
    Long count = countOrNull(name);
    return count == null ? 0 : count;
  }

  final long requiredCount(String name) {
    required(name);
    return count(name);
  }

  /** A number that counts something; a console writes {@code 10.0} for 10. */
  final @Nullable Long countOrNull(String name) {
    String text = text(name);
    if (text == null) {
      return null;
    }
    try {
      BigDecimal value = decimal(text);
      if (value.signum() >= 0 && value.compareTo(MOST) <= 0) {
        return value.longValueExact();
      }
    } catch (ArithmeticException | NumberFormatException e) {
      throw new ProviderFileException(place(name), notACount(text), e);
    }
    throw problem(name, notACount(text));
  }

  private static String notACount(String text) {
    return shown(text) + " (expected: a whole number from 0 to " + MOST.toPlainString() + ")";
  }

  /** A decimal number, from its text. */
  final BigDecimal decimal(String name, String text) {
    try {
      return decimal(text);
    } catch (NumberFormatException e) {
      throw new ProviderFileException(
          place(name), shown(text) + " (expected: a decimal number)", e);
    }
  }

  private static BigDecimal decimal(String text) {
    BigDecimal value = new BigDecimal(text);
    if (value.scale() > MOST_DIGITS || value.precision() - value.scale() > MOST_DIGITS) {
      throw new NumberFormatException("digits: more than " + MOST_DIGITS);
    }
    return value;
  }

  final ProviderFileException problem(String name, String problem) {
    return new ProviderFileException(place(name), problem);
  }

  /** What was found, short and without what a terminal would obey. */
  static String shown(String text) {
    String plain = text.replaceAll("\\p{Cntrl}", "?");
    return plain.length() <= 60 ? plain : plain.substring(0, 60) + "…";
  }
}
