package io.stipend.metering.report.statement;

import java.util.Comparator;
import org.jspecify.annotations.Nullable;

/**
 * What was used of one model, in one session, on one day.
 *
 * @param label which one; null where calls named none
 * @param currency of the cost
 * @param calls attempts that were sent to a provider; corrections are none
 * @param tokens of all kinds, each counted once
 * @param nanos the cost in nano-units of the currency
 * @param listNanos the same usage at the vendors' list prices
 */
public record UseLine(
    @Nullable String label, String currency, long calls, long tokens, long nanos, long listNanos) {
  /** The dearest first; what is alike by name. */
  static final Comparator<UseLine> DEAREST =
      Comparator.comparing(UseLine::nanos, Comparator.reverseOrder())
          .thenComparing(UseLine::label, Comparator.nullsLast(Comparator.naturalOrder()))
          .thenComparing(UseLine::currency);

  /** By name. */
  static final Comparator<UseLine> BY_LABEL =
      Comparator.comparing(UseLine::label, Comparator.nullsLast(Comparator.naturalOrder()))
          .thenComparing(UseLine::currency);

  UseLine plus(UseLine o) {
    return new UseLine(
        label,
        currency,
        Math.addExact(calls, o.calls),
        Math.addExact(tokens, o.tokens),
        Math.addExact(nanos, o.nanos),
        Math.addExact(listNanos, o.listNanos));
  }

  UseLine named(@Nullable String other) {
    return new UseLine(other, currency, calls, tokens, nanos, listNanos);
  }
}
