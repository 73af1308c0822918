package io.stipend.metering.report;

import io.stipend.metering.report.Chargeback.Bill;
import io.stipend.metering.report.Chargeback.By;
import io.stipend.metering.report.Chargeback.Line;
import io.stipend.metering.report.page.Block;
import io.stipend.metering.report.page.Cell;
import io.stipend.metering.report.page.Chart;
import io.stipend.metering.report.page.Column;
import io.stipend.metering.report.page.Fact;
import io.stipend.metering.report.page.Kind;
import io.stipend.metering.report.page.Report;
import io.stipend.metering.report.page.Table;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** How a {@link Chargeback} is shown. */
final class ChargebackPage {
  private static final String NONE = "(none)";
  private static final String TOTAL = "Total";
  private static final String UNATTRIBUTED = "(unattributed)";
  private static final String NOT_SPLIT = "(shared, borne by nobody)";

  private final Chargeback made;

  ChargebackPage(Chargeback made) {
    this.made = made;
  }

  Report report() {
    List<Fact> facts =
        new ArrayList<>(
            made.terms().scope().facts(made.usage().totalNanos(), made.usage().state()));
    facts.add(
        3, Fact.of("split", "Shared costs split by", Cell.text(made.terms().split().label())));
    List<Block> blocks = new ArrayList<>();
    for (By by : made.terms().by()) {
      if (by == By.COST_CENTER) {
        costCenters(blocks);
      } else {
        grouped(blocks, by);
      }
    }
    return new Report("chargeback", "Chargeback", facts, blocks, notes());
  }

  private void costCenters(List<Block> blocks) {
    Table.Making centers =
        Table.of(
            "cost_centers",
            "By cost centre",
            Column.text("cost_center", "Cost centre"),
            Column.text("currency", "Currency"),
            Column.count("calls", "Calls"),
            Column.count("tokens", "Tokens"),
            Column.money("direct", "Own use"),
            Column.money("shared", "Shared costs borne"),
            Column.money("cost", "To be charged"),
            Column.share("share", "Share of all"));
    made.bills().forEach((currency, bill) -> centers(centers, currency, bill));
    blocks.add(centers.made());
    made.bills().forEach((currency, bill) -> blocks.add(chart(currency, bill)));
    Table.Making shared =
        Table.of(
                "shared_costs",
                "Shared costs",
                Column.text("source", "Source"),
                Column.text("currency", "Currency"),
                Column.count("calls", "Calls"),
                Column.count("tokens", "Tokens"),
                Column.money("cost", "Cost"))
            .note("What was divided among the cost centres above, and where it comes from.");
    made.bills()
        .forEach(
            (currency, bill) ->
                bill.shared()
                    .forEach(
                        (source, sum) ->
                            shared.row(
                                Cell.text(source),
                                Cell.text(currency),
                                Cell.count(sum.calls()),
                                Cell.count(sum.tokens()),
                                Cell.money(sum.nanos()))));
    blocks.add(shared.made());
  }

  private void centers(Table.Making table, String currency, Bill bill) {
    long total = bill.total();
    for (String name : bearers(bill)) {
      long own = bill.directNanos(name);
      long borne = bill.borne().getOrDefault(name, 0L);
      center(table, name, currency, bill.direct().getOrDefault(name, new Sum()), own, borne, total);
    }
    if (bill.borne().isEmpty() && !bill.shared().isEmpty()) {
      Sum all = new Sum();
      bill.shared().values().forEach(all::add);
      center(table, NOT_SPLIT, currency, all, 0, bill.sharedNanos(), total);
    }
    Sum nobody = bill.unattributed();
    center(table, UNATTRIBUTED, currency, nobody, nobody.nanos(), 0, total);
    if (made.bills().size() == 1) {
      Sum all = new Sum();
      made.usage().sums().values().forEach(all::add);
      table.total(
          Cell.text(TOTAL),
          Cell.text(currency),
          Cell.count(all.calls()),
          Cell.count(all.tokens()),
          Cell.money(total - bill.sharedNanos()),
          Cell.money(bill.sharedNanos()),
          Cell.money(total),
          Cell.share(Cell.WHOLE));
    }
  }

  private static SortedSet<String> bearers(Bill bill) {
    SortedSet<String> names = new TreeSet<>(bill.direct().keySet());
    names.addAll(bill.borne().keySet());
    return names;
  }

  private static void center(
      Table.Making table, String name, String currency, Sum sum, long own, long borne, long total) {
    long cost = Math.addExact(own, borne);
    table.row(
        Cell.text(name),
        Cell.text(currency),
        Cell.count(sum.calls()),
        Cell.count(sum.tokens()),
        Cell.money(own),
        Cell.money(borne),
        Cell.money(cost),
        Cell.share(Exactly.share(cost, total)));
  }

  private static Chart chart(String currency, Bill bill) {
    List<Chart.Bar> bars = new ArrayList<>();
    for (String name : bearers(bill)) {
      long borne = bill.borne().getOrDefault(name, 0L);
      bars.add(new Chart.Bar(name, Math.addExact(bill.directNanos(name), borne)));
    }
    bars.add(new Chart.Bar(UNATTRIBUTED, bill.unattributed().nanos()));
    return new Chart.Bars("Charged to each cost centre", Kind.MONEY, currency, bars);
  }

  private void grouped(List<Block> blocks, By by) {
    boolean team = by == By.TEAM;
    List<Column> columns = new ArrayList<>();
    if (team) {
      columns.add(Column.text("cost_center", "Cost centre"));
    }
    columns.add(
        by == By.DAY ? Column.time(by.column(), by.label()) : Column.text(by.column(), by.label()));
    columns.add(Column.text("currency", "Currency"));
    columns.add(Column.count("calls", "Calls"));
    columns.add(Column.count("tokens", "Tokens"));
    columns.add(Column.count("cached_tokens", "Read from cache"));
    columns.add(Column.count("output_tokens", "Generated"));
    columns.add(Column.money("cost", "Cost"));
    columns.add(Column.share("share", "Share of all"));
    Table.Making table =
        Table.of(
            "by_" + by.column(),
            "By " + by.label().toLowerCase(Locale.ROOT),
            columns.toArray(Column[]::new));
    table.note("Where the cost arose, before shared costs are divided.");
    SortedMap<List<String>, Sum> sums =
        made.grouped(
            line ->
                team
                    ? List.of(named(line.costCenter()), of(line, by), line.currency())
                    : List.of(of(line, by), line.currency()));
    sums.forEach((key, sum) -> row(table, by, key, sum));
    total(table, columns, sums);
    if (by == By.DAY) {
      made.bills().keySet().forEach(currency -> blocks.add(byDay(currency)));
    } else if (by == By.MODEL) {
      made.bills().keySet().forEach(currency -> blocks.add(bars(by, currency, sums)));
    }
    blocks.add(table.made());
  }

  private void row(Table.Making table, By by, List<String> key, Sum sum) {
    String currency = key.get(key.size() - 1);
    List<Cell> cells = new ArrayList<>();
    for (int i = 0; i < key.size() - 1; i++) {
      boolean day = by == By.DAY && i == 0;
      cells.add(day ? Cell.day(LocalDate.parse(key.get(i))) : Cell.text(key.get(i)));
    }
    cells.add(Cell.text(currency));
    figures(cells, sum);
    long total = Objects.requireNonNull(made.usage().totalNanos().get(currency));
    cells.add(Cell.share(Exactly.share(sum.nanos(), total)));
    table.row(cells.toArray(Cell[]::new));
  }

  private static void figures(List<Cell> cells, Sum sum) {
    cells.add(Cell.count(sum.calls()));
    cells.add(Cell.count(sum.tokens()));
    cells.add(Cell.count(sum.cached()));
    cells.add(Cell.count(sum.output()));
    cells.add(Cell.money(sum.nanos()));
  }

  private void total(Table.Making table, List<Column> columns, SortedMap<List<String>, Sum> sums) {
    if (made.bills().size() != 1) {
      return;
    }
    Sum all = new Sum();
    sums.values().forEach(all::add);
    List<Cell> cells = new ArrayList<>();
    // What comes before the seven columns of figures are names, of which the last is the currency.
    for (int i = 0; i < columns.size() - 7; i++) {
      boolean words = i == 0 && columns.get(0).kind() == Kind.TEXT;
      cells.add(words ? Cell.text(TOTAL) : Cell.NONE);
    }
    cells.add(Cell.text(made.bills().firstKey()));
    figures(cells, all);
    cells.add(Cell.share(Cell.WHOLE));
    table.total(cells.toArray(Cell[]::new));
  }

  private static Chart bars(By by, String currency, SortedMap<List<String>, Sum> sums) {
    List<Chart.Bar> bars = new ArrayList<>();
    sums.forEach(
        (key, sum) -> {
          if (key.get(1).equals(currency)) {
            bars.add(new Chart.Bar(key.get(0), sum.nanos()));
          }
        });
    return new Chart.Bars(
        "Cost by " + by.label().toLowerCase(Locale.ROOT), Kind.MONEY, currency, bars);
  }

  private Chart byDay(String currency) {
    return new Stacks(
            made.grouped(
                line -> List.of(line.currency(), line.day().toString(), named(line.costCenter()))))
        .chart("Cost by day and cost centre", currency);
  }

  private static String of(Line line, By by) {
    Function<Line, String> field =
        switch (by) {
          case COST_CENTER -> l -> named(l.costCenter());
          case TEAM -> l -> named(l.team());
          case MODEL -> Line::model;
          case DAY -> l -> l.day().toString();
          case PROJECT -> l -> named(l.project());
          case PROVIDER -> Line::provider;
          case SERVICE_TIER -> l -> named(l.serviceTier());
          case CLIENT -> l -> named(l.client());
        };
    return field.apply(line);
  }

  private static String named(@Nullable String name) {
    return name == null ? NONE : name;
  }

  private List<String> notes() {
    Chargeback.Terms terms = made.terms();
    List<String> notes = new ArrayList<>();
    notes.add(
        "A call belongs to the cost centre that its team had when the call began. Amounts are in"
            + " whole nano-units and sum up to the ledger's total.");
    notes.add(
        "Shared are services without a team, teams without a cost centre"
            + (terms.shared().isEmpty()
                ? ""
                : " and what was named: " + String.join(", ", new TreeSet<>(terms.shared())))
            + ". "
            + switch (terms.split()) {
              case USAGE ->
                  "Each cost centre bears of them in proportion to the cost of its own use.";
              case EVEN ->
                  "Each cost centre of the quota file, and each other one that used something, bears"
                      + " the same.";
              case HEADCOUNT ->
                  "Each cost centre bears of them in proportion to its people in the quota file as it"
                      + " is now.";
            }
            + " Parts are rounded down to nano-units, and the units that are left go to the largest"
            + " remainders.");
    notes.add(
        "Unattributed is the use of people who had no team and no cost centre. It is spread over"
            + " nobody.");
    return notes;
  }
}
