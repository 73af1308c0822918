package io.stipend.metering.report.page;

import io.stipend.metering.Unit;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Locale;

/** How numbers are written for the eye. All of it is exact until the last step rounds half up. */
final class Figures {
  private static final int MONEY_SCALE = 9;
  private static final int MILLIONTHS = 6;
  private static final int GROUP = 3;
  private static final BigDecimal THOUSAND = BigDecimal.valueOf(1_000);
  private static final String[] STEPS = {"", "k", "M", "G", "T"};

  private Figures() {}

  /** Millionths in percent with two decimals. */
  static String percent(long millionths) {
    return BigDecimal.valueOf(millionths, MILLIONTHS - 2)
            .setScale(2, RoundingMode.HALF_UP)
            .toPlainString()
        + " %";
  }

  /** Millionths as a number with three decimals. */
  static String ratio(long millionths) {
    return BigDecimal.valueOf(millionths, MILLIONTHS)
        .setScale(3, RoundingMode.HALF_UP)
        .toPlainString();
  }

  /** Money with so many decimals. */
  static String rounded(long nanos, int decimals) {
    return BigDecimal.valueOf(nanos, MONEY_SCALE)
        .setScale(decimals, RoundingMode.HALF_UP)
        .toPlainString();
  }

  /** A comma between thousands. */
  static String grouped(String number) {
    int point = number.indexOf('.');
    int end = point < 0 ? number.length() : point;
    int start = number.startsWith("-") ? 1 : 0;
    StringBuilder text = new StringBuilder(number);
    for (int i = end - GROUP; i > start; i -= GROUP) {
      text.insert(i, ',');
    }
    return text.toString();
  }

  /** Three digits and a power of a thousand, such as 1.25k: for axes and labels in charts. */
  static String brief(Kind kind, long value) {
    if (kind == Kind.SHARE) {
      return short3(BigDecimal.valueOf(value, MILLIONTHS - 2)) + " %";
    }
    BigDecimal number =
        kind.isMoney()
            ? BigDecimal.valueOf(value, MONEY_SCALE)
            : BigDecimal.valueOf(value, kind == Kind.RATIO ? MILLIONTHS : 0);
    // Rounded first: 999.9k is 1M.
    number = number.round(new MathContext(GROUP, RoundingMode.HALF_UP));
    int step = 0;
    while (step < STEPS.length - 1 && number.abs().compareTo(THOUSAND) >= 0) {
      number = number.movePointLeft(GROUP);
      step++;
    }
    return short3(number) + STEPS[step];
  }

  private static String short3(BigDecimal number) {
    BigDecimal rounded = number.round(new MathContext(GROUP, RoundingMode.HALF_UP));
    return rounded.signum() == 0 ? "0" : rounded.stripTrailingZeros().toPlainString();
  }

  /** How many decimals of money a page shows: the larger the amounts, the fewer. */
  static int decimals(long largestNanos) {
    if (largestNanos >= 10 * Unit.NANOS) {
      return 2;
    }
    return largestNanos >= Unit.NANOS / 10 ? 4 : MILLIONTHS;
  }

  /** value × length / of, rounded down; no product overflows. */
  static int scaled(long value, long of, int length) {
    return BigInteger.valueOf(value)
        .multiply(BigInteger.valueOf(length))
        .divide(BigInteger.valueOf(Math.max(1, of)))
        .intValueExact();
  }

  /** A name as a heading: first letter large. */
  static String heading(String label) {
    return label.toUpperCase(Locale.ROOT);
  }
}
