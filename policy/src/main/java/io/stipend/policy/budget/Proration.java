package io.stipend.policy.budget;

import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/**
 * What part of an allowance somebody gets who joins, leaves or works part time.
 *
 * @param since the first day; null if there was none
 * @param until the last day; null if there is none
 * @param fteThousandths working time in thousandths of full time, 1 to 1,000
 */
public record Proration(@Nullable LocalDate since, @Nullable LocalDate until, int fteThousandths) {
  /** Full time. */
  public static final int FULL_TIME = 1_000;

  /** All of the amount. */
  public static final Proration WHOLE = new Proration(null, null, FULL_TIME);

  /** Checks the bounds. */
  public Proration {
    if (fteThousandths < 1 || fteThousandths > FULL_TIME) {
      throw new IllegalArgumentException(
          "fteThousandths: " + fteThousandths + " (expected: 1..1000)");
    }
    if (since != null && until != null && until.isBefore(since)) {
      throw new IllegalArgumentException(
          "until: " + until + " (expected: not before since, " + since + ")");
    }
  }

  /** Whether nothing is taken off, whatever the period. */
  public boolean isWhole() {
    return since == null && until == null && fteThousandths == FULL_TIME;
  }

  /**
   * amount × fte × days of the period within [since, until] / days of the period, rounded down
   * once. What has no days, {@code once}, is whole in days.
   */
  long of(long amount, Every every, Calendar.Days period) {
    boolean once = every == Every.ONCE;
    long part = fteThousandths * (once ? 1 : daysWithin(period));
    long whole = FULL_TIME * (once ? 1 : period.count());
    // amount × part / whole, taken apart so that no product is larger than the amount or whole².
    return amount / whole * part + amount % whole * part / whole;
  }

  private long daysWithin(Calendar.Days period) {
    LocalDate from = since != null && since.isAfter(period.first()) ? since : period.first();
    LocalDate after =
        until != null && until.isBefore(period.after()) ? until.plusDays(1) : period.after();
    return Math.max(0, ChronoUnit.DAYS.between(from, after));
  }
}
