package io.stipend.metering.report;

import io.stipend.metering.Unit;
import io.stipend.metering.report.page.Block;
import io.stipend.metering.report.page.Cell;
import io.stipend.metering.report.page.Chart;
import io.stipend.metering.report.page.Column;
import io.stipend.metering.report.page.Fact;
import io.stipend.metering.report.page.Kind;
import io.stipend.metering.report.page.Report;
import io.stipend.metering.report.page.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** How {@link BudgetVsActual} is shown. */
final class BudgetPage {
  private static final String NONE = "(no cost centre)";

  private final BudgetVsActual made;
  private final BudgetVsActual.Terms terms;
  private final boolean closed;

  BudgetPage(BudgetVsActual made) {
    this.made = made;
    this.terms = made.terms();
    this.closed = made.closed();
  }

  Report report() {
    List<Fact> facts =
        new ArrayList<>(terms.scope().facts(made.usage().totalNanos(), made.usage().state()));
    facts.add(0, Fact.of("month", "Month", Cell.text(terms.month().toString())));
    facts.add(1, Fact.of("baseline", "Compared with", Cell.text(terms.baseline().toString())));
    facts.add(2, Fact.of("state", "The month is", Cell.text(closed ? "closed" : "not closed")));
    facts.add(3, Fact.of("currency", "Currency", Cell.text(terms.currency())));
    List<Block> blocks = new ArrayList<>();
    blocks.add(actuals());
    blocks.add(given());
    Variance all = Variance.of(made.baseline(null), made.actual(null));
    blocks.add(variances(all));
    blocks.add(
        new Chart.Bars(
            "Why " + terms.month() + " differs from " + terms.baseline(),
            Kind.MONEY,
            terms.currency(),
            List.of(
                new Chart.Bar("Volume", all.volume()),
                new Chart.Bar("Mix", all.mix()),
                new Chart.Bar("Cache", all.cache()),
                new Chart.Bar("Price", all.price()),
                new Chart.Bar("Whole difference", all.difference()))));
    if (!closed) {
      blocks.add(accrual());
    }
    blocks.add(budgets());
    return new Report(
        "budget-vs-actual", "Budget and actual, " + terms.month(), facts, blocks, notes(all));
  }

  private Table actuals() {
    Table.Making table =
        Table.of(
            "cost_centers",
            "Budget and actual by cost centre",
            Column.text("cost_center", "Cost centre"),
            Column.money("budget", "Budget"),
            Column.money("actual", "Actual"),
            Column.money("variance", "Left over"),
            Column.share("used", "Used"),
            Column.count("calls", "Calls"),
            Column.count("tokens", "Tokens"));
    long allBudget = 0;
    for (String center : made.costCenters()) {
      long budget = made.budget(center);
      allBudget = Math.addExact(allBudget, budget);
      table.row(actual(named(center), budget, sum(made.actual(center))));
    }
    table.total(actual("Total", allBudget, sum(made.actual(null))));
    return table.made();
  }

  private static Cell[] actual(String name, long budget, MeterSums sum) {
    return new Cell[] {
      Cell.text(name),
      Cell.money(budget),
      Cell.money(sum.nanos()),
      Cell.money(Math.subtractExact(budget, sum.nanos())),
      budget > 0 ? Cell.share(Exactly.share(sum.nanos(), budget)) : Cell.NONE,
      Cell.count(sum.calls()),
      Cell.count(sum.tokens())
    };
  }

  private Chart given() {
    List<Chart.Bar> bars = new ArrayList<>();
    for (String center : made.costCenters()) {
      bars.add(new Chart.Bar(named(center) + ", budget", made.budget(center), true));
      bars.add(new Chart.Bar(named(center) + ", actual", sum(made.actual(center)).nanos()));
    }
    return new Chart.Bars("Budget and actual", Kind.MONEY, terms.currency(), bars);
  }

  private Table variances(Variance all) {
    Table.Making table =
        Table.of(
            "variance",
            "Difference to " + terms.baseline() + " by cause",
            Column.text("cost_center", "Cost centre"),
            Column.money("baseline", terms.baseline().toString()),
            Column.money("volume", "Volume"),
            Column.money("mix", "Mix"),
            Column.money("cache", "Cache"),
            Column.money("price", "Price"),
            Column.money("actual", terms.month().toString()),
            Column.money("difference", "Difference"));
    for (String center : made.costCenters()) {
      table.row(variance(named(center), Variance.of(made.baseline(center), made.actual(center))));
    }
    // Of all together, not the sum of the rows: use that moves between cost centres is no volume.
    table.row(variance("All together", all));
    table.note(
        "The four causes sum up to the difference of their row. The last row compares all use as one:"
            + " its causes are not the sums of those above, its amounts are.");
    return table.made();
  }

  private static Cell[] variance(String name, Variance v) {
    return new Cell[] {
      Cell.text(name),
      Cell.money(v.baseline()),
      Cell.money(v.volume()),
      Cell.money(v.mix()),
      Cell.money(v.cache()),
      Cell.money(v.price()),
      Cell.money(v.actual()),
      Cell.money(v.difference())
    };
  }

  private Table accrual() {
    Table.Making table =
        Table.of(
                "accrual",
                "Accrual",
                Column.text("cost_center", "Cost centre"),
                Column.money("actual", "Actual"),
                Column.money("assumed", "Of it assumed"),
                Column.money("held", "Held now"),
                Column.money("at_most", "Actual and held"))
            .note(
                "The month is not closed. Assumed is the cost of calls of which neither the provider"
                    + " nor the text told the use; held is what calls under way may still cost.");
    long held = 0;
    for (String center : made.costCenters()) {
      long some = Objects.requireNonNullElse(terms.held().get(center), 0L);
      held = Math.addExact(held, some);
      table.row(accrued(named(center), sum(made.actual(center)), some));
    }
    table.total(accrued("Total", sum(made.actual(null)), held));
    return table.made();
  }

  private static Cell[] accrued(String name, MeterSums sum, long held) {
    return new Cell[] {
      Cell.text(name),
      Cell.money(sum.nanos()),
      Cell.money(sum.assumed()),
      Cell.money(held),
      Cell.money(Math.addExact(sum.nanos(), held))
    };
  }

  private Table budgets() {
    Table.Making table =
        Table.of(
                "budgets",
                "What the budgets are made of",
                Column.text("cost_center", "Cost centre"),
                Column.text("owner", "Owner"),
                Column.text("basis", "Basis"),
                Column.money("budget", "Budget"))
            .note("The budget of a cost centre is the sum of these.");
    for (BudgetVsActual.Budget budget : terms.budgets()) {
      String center = budget.costCenter();
      table.row(
          Cell.text(named(center == null ? BudgetVsActual.NOBODY : center)),
          Cell.text(budget.owner()),
          Cell.text(budget.basis()),
          Cell.money(budget.nanos()));
    }
    return table.made();
  }

  private static MeterSums sum(Map<String, MeterSums> models) {
    MeterSums all = new MeterSums();
    models.values().forEach(all::add);
    return all;
  }

  private static String named(String center) {
    return center.equals(BudgetVsActual.NOBODY) ? NONE : center;
  }

  private List<String> notes(Variance all) {
    List<String> notes = new ArrayList<>();
    notes.add(
        "Budget: of a team with a budget of its own that budget, because no call passes that it does"
            + " not cover; of another team what its people, services and pool are given. A group's or"
            + " the organisation's budget belongs to no cost centre and is not counted. Left over ="
            + " budget − actual.");
    notes.add(
        "Difference by cause (price-volume-mix analysis, one factor after the other): volume = baseline"
            + " × tokens now / tokens then − baseline; mix = the tokens of now by model, input and"
            + " output at the averages of then, less that; cache = the same with fresh input, cache"
            + " reads and cache writes as now at the prices of then, less that; price = actual, less"
            + " that. What had no price then is taken at its cost of now: a new model is mix. Each step"
            + " is rounded to nano-units once, half to even.");
    notes.add(
        "A service tier and a longer context change unit prices here, and so are price, not mix.");
    long untold = untold(made.actual(null)) + untold(made.baseline(null));
    if (untold != 0) {
      notes.add(
          new Unit(terms.currency()).format(untold)
              + " "
              + terms.currency()
              + " of both months are of entries that do not tell unit prices: their cache effect is"
              + " in price.");
    }
    if (all.baseline() == 0) {
      notes.add("The baseline has no use: the whole difference is volume.");
    }
    made.otherCurrencies()
        .forEach(
            (currency, nanos) ->
                notes.add(
                    new Unit(terms.currency()).format(nanos)
                        + " "
                        + currency
                        + " are not in the tables: the budgets are in "
                        + terms.currency()
                        + "."));
    return notes;
  }

  private static long untold(Map<String, MeterSums> models) {
    return models.values().stream().mapToLong(MeterSums::untold).reduce(0, Math::addExact);
  }
}
