package io.stipend.policy.config;

import io.stipend.metering.Unit;
import io.stipend.policy.budget.Proration;
import java.math.BigInteger;
import java.time.LocalDate;
import java.time.YearMonth;
import java.util.Collection;
import org.jspecify.annotations.Nullable;

/**
 * What a person is given in a year besides AI compute. It stands in their own statement and nowhere
 * else: {@link #toString} hides it, and problems never repeat what the file says.
 *
 * @param unit a currency
 * @param nanos of a year, all parts together
 */
public record Compensation(Unit unit, long nanos) {
  private static final String EXPECTED =
      "is no amount of a year (expected: a number and USD, such as 150000 USD)";

  private static final BigInteger MONTHS = BigInteger.valueOf(12);

  /** Reads a mapping of parts; null, reported, if any is no amount, or there is none. */
  static @Nullable Compensation read(@Nullable Value value) {
    Section section =
        value == null ? null : value.section("a mapping such as { base: 150000 USD }");
    if (section == null) {
      return null;
    }
    long sum = 0;
    boolean good = true;
    boolean some = false;
    try (section) {
      for (Value part :
          new Value[] {
            section.get("base"),
            section.get("bonus"),
            section.get("equity"),
            section.get("benefits")
          }) {
        if (part == null) {
          continue;
        }
        some = true;
        long nanos = part.isScalar() ? nanos(part.text("150000 USD")) : -1;
        if (nanos < 0) {
          part.problem(EXPECTED);
          good = false;
        } else {
          sum = Math.addExact(sum, nanos);
        }
      }
    }
    if (!some) {
      section
          .problems()
          .add(
              section.place(),
              section.path() + ": names no part (expected: base," + " bonus, equity or benefits)");
    }
    return good && some ? new Compensation(Unit.USD, sum) : null;
  }

  /** Reads a sum; null if it is none. */
  static @Nullable Compensation read(String text) {
    long nanos = nanos(text);
    return nanos < 0 ? null : new Compensation(Unit.USD, nanos);
  }

  /** What is wrong with a sum, without saying it. */
  static String problem() {
    return EXPECTED;
  }

  private static long nanos(@Nullable String text) {
    Amount amount = text == null ? null : Amount.of(text);
    return amount == null || !amount.unit().equals(Unit.USD) ? -1 : amount.value();
  }

  /**
   * What of it falls into months: a twelfth each, and of a month in which somebody comes or goes
   * the days that they are there; each month rounded half up.
   */
  public long within(Collection<YearMonth> months, Proration proration) {
    long sum = 0;
    for (YearMonth month : months) {
      long days = days(month, proration.since(), proration.until());
      BigInteger whole = MONTHS.multiply(BigInteger.valueOf(month.lengthOfMonth()));
      BigInteger part = BigInteger.valueOf(nanos).multiply(BigInteger.valueOf(days));
      sum =
          Math.addExact(
              sum, part.shiftLeft(1).add(whole).divide(whole.shiftLeft(1)).longValueExact());
    }
    return sum;
  }

  private static long days(YearMonth month, @Nullable LocalDate since, @Nullable LocalDate until) {
    LocalDate first = month.atDay(1);
    LocalDate last = month.atEndOfMonth();
    first = since != null && since.isAfter(first) ? since : first;
    last = until != null && until.isBefore(last) ? until : last;
    return Math.max(0, last.toEpochDay() - first.toEpochDay() + 1);
  }

  @Override
  public String toString() {
    return "compensation";
  }
}
