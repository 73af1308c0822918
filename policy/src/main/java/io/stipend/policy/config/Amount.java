package io.stipend.policy.config;

import io.stipend.metering.Unit;
import java.math.BigInteger;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * So much of a unit, and the readers of what is written so: {@code 400 USD}, {@code 5000000 tokens}
 * or, of another amount, {@code 5%}.
 */
record Amount(Unit unit, long value) {
  /** The whole of an amount, in percent. */
  static final int WHOLE = 100;

  private static final Pattern AMOUNT = Pattern.compile("([0-9]{1,18}(?:\\.[0-9]{1,9})?) +(\\S+)");
  private static final Pattern PERCENT = Pattern.compile("([0-9]{1,4})(?:\\.([0-9]{1,3}))?%");
  private static final String EXPECTED =
      "a number and USD or tokens, such as 400 USD or 5000000 tokens";

  /** Keeps every sum of amounts within a long. */
  private static final long MAX = 1_000_000_000_000_000_000L;

  private static final int THOUSAND = 1_000;

  /** An amount within the bounds; null, told to nobody, if it is none. */
  static @Nullable Amount of(String text) {
    Matcher matcher = AMOUNT.matcher(text);
    if (!matcher.matches()) {
      return null;
    }
    try {
      Unit unit = new Unit(matcher.group(2));
      long amount = unit.parse(matcher.group(1));
      return amount <= MAX ? new Amount(unit, amount) : null;
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  /** An amount; null, reported, if it is none. */
  static @Nullable Amount read(@Nullable Value value) {
    return read(value, EXPECTED);
  }

  /** An amount; null, reported as not what was expected, if it is none. */
  static @Nullable Amount read(@Nullable Value value, String expected) {
    String text = value == null ? null : value.text(expected);
    if (value == null || text == null) {
      return null;
    }
    Matcher matcher = AMOUNT.matcher(text);
    if (!matcher.matches()) {
      value.unexpected(text, expected);
      return null;
    }
    Unit unit = new Unit(matcher.group(2));
    if (!unit.equals(Unit.USD) && !unit.equals(Unit.TOKENS)) {
      value.unexpected(text, "USD or tokens; no other currency is built yet");
      return null;
    }
    try {
      long amount = unit.parse(matcher.group(1));
      if (amount <= MAX) {
        return new Amount(unit, amount);
      }
    } catch (IllegalArgumentException e) {
      // Told below, with the bound.
    }
    value.unexpected(
        text,
        unit.isMoney()
            ? "at most " + unit.format(MAX) + " " + unit.name() + ", nine decimals"
            : "a whole number of tokens, at most " + MAX);
    return null;
  }

  /** An amount in the unit of another; null, reported, if it is none. */
  static @Nullable Amount like(Value value, @Nullable Amount whole) {
    return like(value, whole, EXPECTED);
  }

  private static @Nullable Amount like(Value value, @Nullable Amount whole, String expected) {
    Amount amount = read(value, expected);
    if (amount != null && whole != null && !whole.unit.equals(amount.unit)) {
      value.problem(
          "is in " + amount.unit.name() + " (expected: " + whole.unit.name() + ", as the amount)");
      return null;
    }
    return amount;
  }

  /**
   * A part of a whole above nothing: an amount, or so many percent, rounded down.
   *
   * @param whole null if it is broken and was reported
   * @param maxPercent the bound, in percent of the whole
   * @return in the unit; 0, reported, if it is none, or if the whole is broken
   */
  static long part(Value value, @Nullable Amount whole, int maxPercent) {
    String expected = "a share such as 5%, or an amount such as 20 USD, above 0";
    String text = value.text(expected);
    if (text == null) {
      return 0;
    }
    Matcher percent = PERCENT.matcher(text);
    Amount amount = null;
    if (percent.matches()) {
      if (whole != null) {
        amount = new Amount(whole.unit, share(whole.value, percent));
      } else if (thousandths(percent) == 0) {
        value.unexpected(text, expected);
      }
    } else {
      amount = like(value, whole, expected);
    }
    if (amount == null || whole == null) {
      return 0;
    }
    BigInteger bound =
        BigInteger.valueOf(whole.value)
            .multiply(BigInteger.valueOf(maxPercent))
            .divide(BigInteger.valueOf(WHOLE));
    if (amount.value == 0) {
      value.unexpected(text, expected);
    } else if (BigInteger.valueOf(amount.value).compareTo(bound) > 0) {
      value.unexpected(text, "at most " + maxPercent + "% of the amount");
      return 0;
    }
    return amount.value;
  }

  private static long thousandths(Matcher percent) {
    String fraction = percent.group(2) == null ? "" : percent.group(2);
    return Math.addExact(
        Long.parseLong(percent.group(1)) * THOUSAND,
        Long.parseLong((fraction + "000").substring(0, 3)));
  }

  /** Rounded down; what exceeds a long exceeds every bound. */
  private static long share(long whole, Matcher percent) {
    return BigInteger.valueOf(whole)
        .multiply(BigInteger.valueOf(thousandths(percent)))
        .divide(BigInteger.valueOf((long) WHOLE * THOUSAND))
        .min(BigInteger.valueOf(Long.MAX_VALUE))
        .longValueExact();
  }
}
