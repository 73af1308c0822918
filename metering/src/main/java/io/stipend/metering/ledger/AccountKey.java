package io.stipend.metering.ledger;

import io.stipend.metering.Unit;
import org.jspecify.annotations.Nullable;

/**
 * The name of one account. A period is part of the name: nothing is ever reset, the next period is
 * another account.
 *
 * @param budget whose it is and by which rule, such as {@code person/ada/engineer}, {@code
 *     team/payments}, {@code group/research}, {@code organisation}
 * @param period the period, such as {@code 2026-11-23}, {@code 2026-W48}, {@code 2026-11}, {@code
 *     2026-Q4}, {@code 2026} or {@code once}
 * @param unit what it counts
 */
public record AccountKey(String budget, String period, Unit unit) {
  /**
   * What the accounts of one budget have in common over all its periods: one owner may have a
   * budget by the day and another by the month, whose names differ in the form of the period alone.
   */
  public String series() {
    String form = period.replaceFirst("^FY", "").replaceAll("[0-9]", "0");
    return new AccountKey(budget, form, unit).toString();
  }

  /** Spelled out, because the hot path compares accounts: nearly always one with itself. */
  @Override
  public boolean equals(@Nullable Object other) {
    return this == other
        || (other instanceof AccountKey o
            && budget.equals(o.budget)
            && period.equals(o.period)
            && unit.equals(o.unit));
  }

  @Override
  public int hashCode() {
    return (budget.hashCode() * 31 + period.hashCode()) * 31 + unit.hashCode();
  }

  /** {@code budget@period#unit}: unique, for messages and the ledger's dictionary. */
  @Override
  public String toString() {
    return budget + "@" + period + "#" + unit.name();
  }

  /** Reads what {@link #toString} wrote. */
  public static AccountKey parse(String text) {
    int at = text.lastIndexOf('@');
    int hash = text.lastIndexOf('#');
    if (at < 0 || hash < at) {
      throw new IllegalArgumentException("account: " + text + " (expected: budget@period#unit)");
    }
    return new AccountKey(
        text.substring(0, at), text.substring(at + 1, hash), new Unit(text.substring(hash + 1)));
  }
}
