package io.stipend.metering.report;

import io.stipend.metering.ChargeLine;
import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.BookedLine;
import java.math.BigDecimal;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * What was used of each meter of one model, and what it cost. A cost whose meters are not known is
 * of the meter {@link #UNTOLD}, a cost without any quantity of {@link #AMOUNT}.
 */
final class MeterSums implements UsageSums.Tally<MeterSums> {
  /** Tokens of all kinds together, of lines that do not tell what their cost is made of. */
  static final String UNTOLD = "untold";

  /** Money without a quantity, such as a correction of the cost alone. */
  static final String AMOUNT = "amount";

  private static final long PICOS = 1_000;

  private final Map<String, Used> meters = new TreeMap<>();
  private long calls;
  private long tokens;
  private long nanos;
  private long assumed;

  /**
   * A sum of one meter.
   *
   * @param quantity how many
   * @param nanos whole nano-units
   * @param picos the rest of the cost in pico-units, so that no sum leaves a long
   */
  record Used(long quantity, long nanos, long picos) {
    static Used of(long quantity, long picos) {
      return new Used(quantity, picos / PICOS, picos % PICOS);
    }

    Used plus(Used o) {
      long rest = picos + o.picos;
      return new Used(
          Math.addExact(quantity, o.quantity),
          Math.addExact(Math.addExact(nanos, o.nanos), rest / PICOS),
          rest % PICOS);
    }

    /** The exact cost in nano-units. */
    BigDecimal cost() {
      return BigDecimal.valueOf(nanos).add(BigDecimal.valueOf(picos, 3));
    }
  }

  @Override
  public void add(BookedLine line) {
    calls += line.correction() ? 0 : 1;
    long some = Sum.tokens(line);
    tokens = Math.addExact(tokens, some);
    nanos = Math.addExact(nanos, line.nanos());
    if (line.usageSource() == UsageSource.ASSUMED) {
      assumed = Math.addExact(assumed, line.nanos());
    }
    List<ChargeLine> lines = line.lines();
    for (ChargeLine one : lines) {
      use(one.meter(), Used.of(one.quantity(), one.cost()));
    }
    if (lines.isEmpty()) {
      use(some == 0 ? AMOUNT : UNTOLD, new Used(some, line.nanos(), 0));
    }
  }

  /** Adds to one meter. */
  void use(String meter, Used used) {
    meters.merge(meter, used, Used::plus);
  }

  @Override
  public void add(MeterSums o) {
    calls += o.calls;
    tokens = Math.addExact(tokens, o.tokens);
    nanos = Math.addExact(nanos, o.nanos);
    assumed = Math.addExact(assumed, o.assumed);
    o.meters.forEach(this::use);
  }

  /** By meter. */
  Map<String, Used> meters() {
    return meters;
  }

  /** Attempts that were sent. */
  long calls() {
    return calls;
  }

  /** All tokens, each counted once. */
  long tokens() {
    return tokens;
  }

  /** The cost as the ledger has it. */
  long nanos() {
    return nanos;
  }

  /** The part of the cost that is assumed until somebody corrects it. */
  long assumed() {
    return assumed;
  }

  /** The cost whose meters are not known. */
  long untold() {
    Used used = meters.get(UNTOLD);
    return used == null ? 0 : used.nanos();
  }
}
