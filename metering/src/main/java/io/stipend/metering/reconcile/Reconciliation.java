package io.stipend.metering.reconcile;

import io.stipend.metering.TokenUsage;
import io.stipend.metering.Unit;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.reconcile.ReportLine.Part;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Compares a provider's reports with the ledger, day by day: reads both sides ({@link Books}),
 * names the differences in tokens ({@link Quantities}), then those in cost that are left ({@link
 * Costs}), and works out the corrections that would mend the attempts that were found. It changes
 * nothing.
 */
public final class Reconciliation {
  private final Scope scope;
  private final Books books;
  private final Map<String, Proposal> proposals;

  private Reconciliation(Scope scope, Books books, Predicate<String> isEntered) {
    this.scope = scope;
    this.books = books;
    proposals = proposals(books, isEntered);
  }

  /**
   * Compares.
   *
   * @throws ProviderFileException if the files contradict each other or the ledger's currency
   */
  public static ReconcileReport of(Scope scope, LedgerReader reader) {
    RowPricing pricing = new RowPricing(scope.cards(), scope.vendors());
    Books books = Books.read(scope, pricing, reader);
    new Quantities(books, scope, pricing).name();
    new Costs(books, pricing).name();
    return new Reconciliation(scope, books, reader::isCorrection).report();
  }

  private ReconcileReport report() {
    List<ReportLine> lines = new ArrayList<>();
    for (Group group : books.groups()) {
      for (BillMeter meter : BillMeter.values()) {
        ReportLine line = line(group, meter);
        if (line != null) {
          lines.add(line);
        }
      }
    }
    return new ReconcileReport(lines, List.copyOf(proposals.values()), books.currency(), notes());
  }

  private List<String> notes() {
    List<String> notes = new ArrayList<>();
    note(notes, "usage", scope.files().usageDays());
    note(notes, "costs", scope.files().costDays());
    return notes;
  }

  private void note(List<String> notes, String what, ProviderFiles.Days days) {
    Set<LocalDate> missing = new TreeSet<>();
    for (LocalDate day = scope.from(); day.isBefore(scope.to()); day = day.plusDays(1)) {
      if (!days.has(day)) {
        missing.add(day);
      }
    }
    if (!missing.isEmpty()) {
      notes.add(
          what
              + ": "
              + missing.size()
              + (missing.size() == 1 ? " day" : " days")
              + " from "
              + missing.iterator().next()
              + " on not in the files, and not compared");
    }
  }

  private @Nullable ReportLine line(Group group, BillMeter meter) {
    boolean ofTokens = BillMeter.TOKENS.contains(meter) || meter == BillMeter.WEB_SEARCH;
    Long ours = ofTokens ? group.tokens().of(meter) : null;
    Long theirs = ofTokens && group.hasUsage() ? group.billed().of(meter) : null;
    Long cost = group.cost(meter);
    long nanos = group.nanos().of(meter);
    List<Part> parts = parts(group, meter);
    boolean silent = isNothing(ours) && isNothing(theirs) && isNothing(cost) && nanos == 0;
    if (silent && parts.isEmpty()) {
      return null;
    }
    GroupKey key = group.key();
    List<String> entries = entries(group, meter);
    return new ReportLine(
        key.day(),
        key.account(),
        key.key(),
        key.model(),
        key.tier(),
        meter,
        ours,
        theirs,
        nanos,
        cost,
        group.exactCost(meter),
        parts,
        status(parts, entries),
        entries);
  }

  private static boolean isNothing(@Nullable Long value) {
    return value == null || value == 0;
  }

  private static List<Part> parts(Group group, BillMeter meter) {
    List<Part> parts = new ArrayList<>();
    for (Finding finding : group.findings()) {
      long quantity = finding.tokens().of(meter);
      long nanos = finding.nanos().of(meter);
      if (quantity != 0 || nanos != 0) {
        parts.add(new Part(finding.reason(), quantity, nanos, finding.evidence()));
      }
    }
    return parts;
  }

  private List<String> entries(Group group, BillMeter meter) {
    Set<String> ids = new LinkedHashSet<>();
    for (Finding finding : group.findings()) {
      for (Mend mend : finding.mends()) {
        Proposal proposal = proposals.get(mend.row().attempt());
        if (proposal != null && (mend.tokens().of(meter) != 0 || mend.nanos().of(meter) != 0)) {
          ids.add(proposal.id());
        }
      }
    }
    return List.copyOf(ids);
  }

  private static Status status(List<Part> parts, List<String> entries) {
    Status status = entries.isEmpty() ? Status.MATCHED : Status.PROPOSED;
    for (Part part : parts) {
      Status of =
          switch (part.reason()) {
            case UNEXPLAINED -> Status.UNEXPLAINED;
            case DAY_EDGE, SERVICE_TIER, ALIAS_OR_PRICE_CHANGE -> Status.EXPLAINED;
            default -> Status.OPEN;
          };
      status = of.compareTo(status) > 0 ? of : status;
    }
    return status;
  }

  /** One correction for each attempt, whatever the reasons. */
  private static Map<String, Proposal> proposals(Books books, Predicate<String> isEntered) {
    Map<String, List<Mend>> mends = new TreeMap<>();
    Map<String, Set<Reason>> reasons = new TreeMap<>();
    Map<String, Set<String>> evidence = new TreeMap<>();
    for (Group group : books.groups()) {
      for (Finding finding : group.findings()) {
        for (Mend mend : finding.mends()) {
          String attempt = mend.row().attempt();
          mends.computeIfAbsent(attempt, a -> new ArrayList<>()).add(mend);
          reasons.computeIfAbsent(attempt, a -> new LinkedHashSet<>()).add(finding.reason());
          evidence.computeIfAbsent(attempt, a -> new LinkedHashSet<>()).add(finding.evidence());
        }
      }
    }
    Map<String, Proposal> proposals = new TreeMap<>();
    mends.forEach(
        (attempt, all) -> {
          GatewayRow row = all.get(0).row();
          MeterSums tokens = MeterSums.ZERO;
          long nanos = row.row().nanos();
          for (Mend mend : all) {
            tokens = tokens.plus(mend.tokens());
            nanos = Math.addExact(nanos, mend.nanos().total());
          }
          TokenUsage after = tokens.addedTo(row.row().usage());
          boolean changes = !tokens.isZero() || nanos != row.row().nanos();
          if (after != null && nanos >= 0 && changes) {
            proposals.put(
                attempt,
                Proposal.of(
                    row,
                    after,
                    nanos,
                    List.copyOf(reasons.getOrDefault(attempt, Set.of())),
                    String.join("; ", evidence.getOrDefault(attempt, Set.of())),
                    isEntered));
          }
        });
    return proposals;
  }

  /** An amount in the currency, as a decimal. */
  static String amount(String currency, long nanos) {
    return new Unit(currency).format(nanos);
  }
}
