package io.stipend.metering.report;

import io.stipend.metering.ledger.BookedLine;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.report.page.Report;
import java.time.Instant;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A month of each cost centre: what it was given, what it used, and why that differs from another
 * month ({@link Variance}). Of a month that is not closed it also says what is not settled for
 * good.
 */
public final class BudgetVsActual {
  /** Whom nobody charges; the name cannot be that of a cost centre, which is never empty. */
  static final String NOBODY = "";

  private final Terms terms;
  private final UsageSums<Key, MeterSums> actual;
  private final UsageSums<Key, MeterSums> baseline;

  private BudgetVsActual(
      Terms terms, UsageSums<Key, MeterSums> actual, UsageSums<Key, MeterSums> baseline) {
    this.terms = terms;
    this.actual = actual;
    this.baseline = baseline;
  }

  /**
   * What is asked, and what the quota file and the accounts say.
   *
   * @param month the month, as {@code scope} has it
   * @param baseline the month that it is compared with
   * @param scope the month's range
   * @param before the baseline's range
   * @param currency of the budgets
   * @param budgets what each owner was given in the month, in nano-units
   * @param held what attempts under way hold now, by cost centre; empty of a month that is over
   */
  public record Terms(
      YearMonth month,
      YearMonth baseline,
      Scope scope,
      Scope before,
      String currency,
      List<Budget> budgets,
      Map<String, Long> held) {
    /** Copies. */
    public Terms {
      budgets = List.copyOf(budgets);
      held = Map.copyOf(held);
    }
  }

  /**
   * What somebody was given in a month.
   *
   * @param costCenter whom finance charges; null if nobody
   * @param owner whose budget it is, such as {@code team/payments}
   * @param nanos how much; 0 where the budget counts tokens
   * @param basis where the amount is from, in words
   */
  public record Budget(@Nullable String costCenter, String owner, long nanos, String basis) {}

  /** What lines are summed up by. */
  record Key(String costCenter, String model, String currency) {}

  /** Reads both months. */
  static BudgetVsActual read(LedgerReader reader, Terms terms) {
    return new BudgetVsActual(terms, sums(reader, terms.scope()), sums(reader, terms.before()));
  }

  /** The report. */
  public static Report report(LedgerReader reader, Terms terms) {
    return new BudgetPage(read(reader, terms)).report();
  }

  private static UsageSums<Key, MeterSums> sums(LedgerReader reader, Scope scope) {
    Function<BookedLine, Key> key =
        line -> {
          String center = line.costCenter() == null ? NOBODY : line.costCenter();
          return new Key(center, line.provider() + "/" + line.modelServed(), line.currency());
        };
    return UsageSums.read(reader, scope.from(), scope.to(), () -> key, MeterSums::new);
  }

  /** All cost centres of budgets and use, nobody last. */
  SortedSet<String> costCenters() {
    SortedSet<String> names =
        new TreeSet<>(
            Comparator.comparing((String name) -> name.equals(NOBODY))
                .thenComparing(Comparator.naturalOrder()));
    terms.budgets().forEach(b -> names.add(b.costCenter() == null ? NOBODY : b.costCenter()));
    actual.sums().keySet().forEach(key -> names.add(key.costCenter()));
    baseline.sums().keySet().forEach(key -> names.add(key.costCenter()));
    return names;
  }

  long budget(String costCenter) {
    return terms.budgets().stream()
        .filter(b -> costCenter.equals(b.costCenter() == null ? NOBODY : b.costCenter()))
        .mapToLong(Budget::nanos)
        .reduce(0, Math::addExact);
  }

  /** By model; of all cost centres together if null. */
  Map<String, MeterSums> actual(@Nullable String costCenter) {
    return models(actual, costCenter);
  }

  Map<String, MeterSums> baseline(@Nullable String costCenter) {
    return models(baseline, costCenter);
  }

  private Map<String, MeterSums> models(
      UsageSums<Key, MeterSums> sums, @Nullable String costCenter) {
    Map<String, MeterSums> models = new HashMap<>();
    sums.sums()
        .forEach(
            (key, sum) -> {
              if (key.currency().equals(terms.currency())
                  && (costCenter == null || costCenter.equals(key.costCenter()))) {
                models.computeIfAbsent(key.model(), m -> new MeterSums()).add(sum);
              }
            });
    return models;
  }

  /** Costs in other currencies than the budgets', which are in no table. */
  Map<String, Long> otherCurrencies() {
    Map<String, Long> others = new TreeMap<>(actual.totalNanos());
    others.remove(terms.currency());
    return others;
  }

  /** Whether every month of UTC that the range touches is closed. */
  boolean closed() {
    YearMonth first = utc(terms.scope().from());
    YearMonth last = utc(terms.scope().to().minusNanos(1));
    for (YearMonth month = first; !month.isAfter(last); month = month.plusMonths(1)) {
      var entry = actual.state().months().get(month.toString());
      if (entry == null || !entry.closed()) {
        return false;
      }
    }
    return true;
  }

  private static YearMonth utc(Instant at) {
    return YearMonth.from(at.atOffset(ZoneOffset.UTC));
  }

  Terms terms() {
    return terms;
  }

  UsageSums<Key, MeterSums> usage() {
    return actual;
  }
}
