package io.stipend.metering.reconcile;

import java.math.BigDecimal;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What was compared.
 *
 * @param lines by day, account, key, model, tier and meter
 * @param proposals by exchange and attempt
 * @param currency of all costs
 * @param notes what was not compared, in words
 */
public record ReconcileReport(
    List<ReportLine> lines, List<Proposal> proposals, String currency, List<String> notes) {
  /** Copies the lists. */
  public ReconcileReport {
    lines = List.copyOf(lines);
    proposals = List.copyOf(proposals);
    notes = List.copyOf(notes);
  }

  /** The ledger's cost of all lines that are compared by cost, in nano-units. */
  public long gatewayNanos() {
    return compared().stream()
        .mapToLong(line -> orZero(line.gatewayNanos()))
        .reduce(0, Math::addExact);
  }

  /** The provider's exact cost of all lines. */
  public BigDecimal providerCost() {
    BigDecimal sum = BigDecimal.ZERO;
    for (ReportLine line : compared()) {
      sum = sum.add(line.providerCost() == null ? BigDecimal.ZERO : line.providerCost());
    }
    return sum;
  }

  /** What the provider charges more, in nano-units. */
  public long nanosDelta() {
    return compared().stream()
        .mapToLong(line -> orZero(line.nanosDelta()))
        .reduce(0, Math::addExact);
  }

  /** The parts of that by reason; what they leave is within the tolerance of its lines. */
  public Map<Reason, Long> nanosByReason() {
    Map<Reason, Long> sums = new EnumMap<>(Reason.class);
    for (ReportLine line : compared()) {
      line.parts().forEach(part -> sums.merge(part.reason(), part.nanos(), Math::addExact));
    }
    return Collections.unmodifiableMap(sums);
  }

  /** What the reasons leave of the whole difference: on each line it is within the tolerance. */
  public long withinTolerance() {
    return nanosByReason().values().stream().reduce(nanosDelta(), Math::subtractExact);
  }

  /** How many lines have each status. */
  public Map<Status, Long> lineCounts() {
    Map<Status, Long> counts = new EnumMap<>(Status.class);
    lines.forEach(line -> counts.merge(line.status(), 1L, Math::addExact));
    return Collections.unmodifiableMap(counts);
  }

  /** Whether both sides agree but for what is known to be nobody's here. */
  public boolean isClean() {
    return proposals.isEmpty()
        && lines.stream().noneMatch(line -> line.status() == Status.UNEXPLAINED);
  }

  private List<ReportLine> compared() {
    return lines.stream().filter(line -> line.nanosDelta() != null).toList();
  }

  private static long orZero(@Nullable Long value) {
    return value == null ? 0 : value;
  }
}
