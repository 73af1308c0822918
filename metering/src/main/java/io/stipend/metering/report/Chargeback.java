package io.stipend.metering.report;

import io.stipend.metering.ledger.BookedLine;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.report.page.Report;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Who pays for a range of time: the cost of each cost centre, what it bears of shared costs, and
 * what nobody can be charged for. The parts of each currency sum up to the ledger's total, to the
 * nano-unit.
 *
 * <p>A line belongs to the cost centre that its team had when it began. What has none is either
 * <em>shared</em> (a team without a cost centre, a service without a team, or what was named to be
 * shared), which the cost centres bear by the stated method, or <em>unattributed</em> (people
 * without a team), which is shown and never spread.
 */
public final class Chargeback {
  private final Terms terms;
  private final UsageSums<Line, Sum> usage;

  /** By currency, in the order of currencies. */
  private final SortedMap<String, Bill> bills = new TreeMap<>();

  private Chargeback(Terms terms, UsageSums<Line, Sum> usage) {
    this.terms = terms;
    this.usage = usage;
  }

  /** How shared costs are divided among the cost centres. */
  public enum Split {
    /** By what each one used itself; one that used nothing bears nothing. */
    USAGE,
    /** The same for each one. */
    EVEN,
    /** By the number of its people in the quota file. */
    HEADCOUNT;

    /** Its name on a command line. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** What costs are grouped by. */
  public enum By {
    COST_CENTER("cost_center", "Cost centre"),
    TEAM("team", "Team"),
    MODEL("model", "Model"),
    DAY("day", "Day"),
    PROJECT("project", "Project"),
    PROVIDER("provider", "Provider"),
    SERVICE_TIER("service_tier", "Service tier"),
    CLIENT("client", "Client");

    private final String column;
    private final String label;

    By(String column, String label) {
      this.column = column;
      this.label = label;
    }

    /** Its name on a command line, and the name of its column. */
    public String column() {
      return column;
    }

    String label() {
      return label;
    }

    /** The one of this name; null if there is none. */
    public static @Nullable By of(String name) {
      return Arrays.stream(values())
          .filter(by -> by.column.equals(name.toLowerCase(Locale.ROOT).replace('-', '_')))
          .findFirst()
          .orElse(null);
    }
  }

  /**
   * What is asked, and what only the quota file knows.
   *
   * @param scope the range of time
   * @param by what to group by, in the order of reading
   * @param split how shared costs are divided
   * @param shared cost centres and teams whose cost is shared by all others
   * @param services the ids of services
   * @param heads how many people each cost centre has; those without use too
   */
  public record Terms(
      Scope scope,
      List<By> by,
      Split split,
      Set<String> shared,
      Set<String> services,
      Map<String, Long> heads) {
    /** Copies. */
    public Terms {
      by = List.copyOf(by);
      shared = Set.copyOf(shared);
      services = Set.copyOf(services);
      heads = Map.copyOf(heads);
    }
  }

  /** What lines are summed up by. */
  record Line(
      @Nullable String costCenter,
      @Nullable String team,
      @Nullable String service,
      String model,
      LocalDate day,
      @Nullable String project,
      String provider,
      @Nullable String serviceTier,
      @Nullable String client,
      String currency) {}

  /**
   * The costs of one currency.
   *
   * @param direct what each cost centre used itself
   * @param shared the sources of shared costs
   * @param borne what each cost centre bears of them; empty if there is nobody to bear them
   * @param unattributed what nobody can be charged for
   */
  record Bill(
      SortedMap<String, Sum> direct,
      SortedMap<String, Sum> shared,
      SortedMap<String, Long> borne,
      Sum unattributed) {
    long sharedNanos() {
      return shared.values().stream().mapToLong(Sum::nanos).reduce(0, Math::addExact);
    }

    long directNanos(String costCenter) {
      Sum sum = direct.get(costCenter);
      return sum == null ? 0 : sum.nanos();
    }

    /** All that it is made of. */
    long total() {
      long sum = direct.values().stream().mapToLong(Sum::nanos).reduce(0, Math::addExact);
      return Math.addExact(Math.addExact(sum, sharedNanos()), unattributed.nanos());
    }
  }

  /** Reads and divides. */
  static Chargeback read(LedgerReader reader, Terms terms) {
    Set<By> by = Set.copyOf(terms.by());
    Chargeback made =
        new Chargeback(
            terms,
            UsageSums.read(
                reader, terms.scope().from(), terms.scope().to(), () -> key(terms, by), Sum::new));
    made.usage.sums().forEach(made::add);
    made.bills.values().forEach(made::divide);
    return made;
  }

  /** The report. */
  public static Report report(LedgerReader reader, Terms terms) {
    return new ChargebackPage(read(reader, terms)).report();
  }

  /** Only what is grouped by is told apart: the fewer keys, the faster. */
  private static Function<BookedLine, Line> key(Terms terms, Set<By> by) {
    DayOf days = new DayOf(terms.scope().zone());
    return line -> {
      return new Line(
          line.costCenter(),
          line.team(),
          line.team() == null && terms.services().contains(line.person()) ? line.person() : null,
          by.contains(By.MODEL) ? line.modelServed() : "",
          by.contains(By.DAY) ? days.day(line.startedAt()) : LocalDate.EPOCH,
          by.contains(By.PROJECT) ? line.project() : null,
          by.contains(By.PROVIDER) ? line.provider() : "",
          by.contains(By.SERVICE_TIER) ? line.serviceTier() : null,
          by.contains(By.CLIENT) ? line.client() : null,
          line.currency());
    };
  }

  private void add(Line line, Sum sum) {
    Bill bill =
        bills.computeIfAbsent(
            line.currency(),
            c -> new Bill(new TreeMap<>(), new TreeMap<>(), new TreeMap<>(), new Sum()));
    String source = sharedSource(line);
    if (source != null) {
      bill.shared().computeIfAbsent(source, s -> new Sum()).add(sum);
    } else if (line.costCenter() != null) {
      bill.direct().computeIfAbsent(line.costCenter(), c -> new Sum()).add(sum);
    } else {
      bill.unattributed().add(sum);
    }
  }

  private @Nullable String sharedSource(Line line) {
    if (line.costCenter() != null && terms.shared().contains(line.costCenter())) {
      return "cost centre " + line.costCenter();
    }
    if (line.team() != null
        && (terms.shared().contains(line.team()) || line.costCenter() == null)) {
      return "team " + line.team();
    }
    return line.service() == null || line.costCenter() != null ? null : "service " + line.service();
  }

  private void divide(Bill bill) {
    SortedSet<String> bearers = new TreeSet<>(bill.direct().keySet());
    bearers.addAll(terms.heads().keySet());
    bearers.removeAll(terms.shared());
    List<String> names = List.copyOf(bearers);
    long[] weights = names.stream().mapToLong(name -> weight(bill, name)).toArray();
    long nanos = bill.sharedNanos();
    if (bill.shared().isEmpty() || Arrays.stream(weights).allMatch(w -> w == 0)) {
      return;
    }
    long[] parts = Exactly.split(nanos, weights);
    for (int i = 0; i < parts.length; i++) {
      bill.borne().put(names.get(i), parts[i]);
    }
  }

  private long weight(Bill bill, String costCenter) {
    return switch (terms.split()) {
      case USAGE -> Math.max(0, bill.directNanos(costCenter));
      case EVEN -> 1;
      case HEADCOUNT -> terms.heads().getOrDefault(costCenter, 0L);
    };
  }

  Terms terms() {
    return terms;
  }

  SortedMap<String, Bill> bills() {
    return bills;
  }

  UsageSums<Line, Sum> usage() {
    return usage;
  }

  /** The sums by currency and one or two fields. */
  SortedMap<List<String>, Sum> grouped(Function<Line, List<String>> key) {
    Map<List<String>, Sum> sums = new HashMap<>();
    usage
        .sums()
        .forEach((line, sum) -> sums.computeIfAbsent(key.apply(line), k -> new Sum()).add(sum));
    SortedMap<List<String>, Sum> sorted = new TreeMap<>(Lists.ORDER);
    sorted.putAll(sums);
    return sorted;
  }
}
