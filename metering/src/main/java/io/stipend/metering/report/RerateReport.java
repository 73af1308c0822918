package io.stipend.metering.report;

import io.stipend.metering.ledger.UsageRow;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What re-rating a month would change: in total, by model, team and cost centre. */
public final class RerateReport {
  private final Sum total = new Sum();
  private final Map<String, Sum> models = new TreeMap<>();
  private final Map<String, Sum> teams = new TreeMap<>();
  private final Map<String, Sum> costCenters = new TreeMap<>();
  private final Map<String, Long> left = new TreeMap<>();
  private final List<String> changed = new ArrayList<>();
  private long untouched;

  /**
   * Sums of rows.
   *
   * @param name whose
   * @param rows how many the card prices
   * @param changed how many of them cost another amount
   * @param before their cost as it stands, in nano-units
   * @param after their cost under the card
   */
  public record Line(String name, long rows, long changed, long before, long after) {
    /** What the card adds; negative if it takes away. */
    public long difference() {
      return Math.subtractExact(after, before);
    }
  }

  private static final class Sum {
    private long rows;
    private long changed;
    private long before;
    private long after;

    void add(long old, long now) {
      rows++;
      changed += old == now ? 0 : 1;
      before = Math.addExact(before, old);
      after = Math.addExact(after, now);
    }

    Line line(String name) {
      return new Line(name, rows, changed, before, after);
    }
  }

  /** Adds a row. */
  public void add(UsageRow row, Rerating.Result result) {
    if (result instanceof Rerating.Left one) {
      left.merge(one.reason(), 1L, Long::sum);
    } else if (result instanceof Rerating.Priced priced) {
      String team = row.team() == null ? "" : row.team();
      String costCenter = row.costCenter() == null ? "" : row.costCenter();
      String model = row.provider() + "/" + row.modelServed();
      total.add(row.nanos(), priced.nanos());
      models.computeIfAbsent(model, name -> new Sum()).add(row.nanos(), priced.nanos());
      teams.computeIfAbsent(team, name -> new Sum()).add(row.nanos(), priced.nanos());
      costCenters.computeIfAbsent(costCenter, name -> new Sum()).add(row.nanos(), priced.nanos());
      if (row.nanos() != priced.nanos()) {
        changed.add(row.exchangeId() + "#" + row.attempt());
      }
    } else {
      untouched++;
    }
  }

  /** All rows together. */
  public Line total() {
    return total.line("total");
  }

  /** By provider and model as it was served. */
  public List<Line> models() {
    return lines(models);
  }

  /** By team; of nobody's, empty. */
  public List<Line> teams() {
    return lines(teams);
  }

  /** By cost centre; of none, empty. */
  public List<Line> costCenters() {
    return lines(costCenters);
  }

  private static List<Line> lines(Map<String, Sum> sums) {
    return sums.entrySet().stream().map(e -> e.getValue().line(e.getKey())).toList();
  }

  /** How many rows stand as they are, though the card prices their model, by the reason. */
  public Map<String, Long> left() {
    return left;
  }

  /** How many rows another card prices. */
  public long untouched() {
    return untouched;
  }

  /** The attempts that cost another amount, as {@code exchange#attempt}. */
  public List<String> changed() {
    return List.copyOf(changed);
  }
}
