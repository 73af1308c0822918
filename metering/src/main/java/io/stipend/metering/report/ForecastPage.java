package io.stipend.metering.report;

import io.stipend.metering.report.UsageForecast.Owner;
import io.stipend.metering.report.UsageForecast.Projected;
import io.stipend.metering.report.UsageForecast.Remaining;
import io.stipend.metering.report.page.Block;
import io.stipend.metering.report.page.Cell;
import io.stipend.metering.report.page.Chart;
import io.stipend.metering.report.page.Column;
import io.stipend.metering.report.page.Fact;
import io.stipend.metering.report.page.Kind;
import io.stipend.metering.report.page.Report;
import io.stipend.metering.report.page.Table;
import java.time.LocalDate;
import java.time.YearMonth;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** How a {@link UsageForecast} is shown. */
final class ForecastPage {
  private static final String NO_TEAM = "(no team)";

  private final UsageForecast made;
  private final UsageForecast.Terms terms;
  private final Projected all;

  ForecastPage(UsageForecast made) {
    this.made = made;
    this.terms = made.terms();
    this.all = made.projected(new Owner(UsageForecast.Kind.ORGANISATION, ""));
  }

  Report report() {
    List<Fact> facts = new ArrayList<>();
    YearMonth month = YearMonth.from(made.today());
    facts.add(Fact.of("month", "Month", Cell.text(month.toString())));
    facts.add(Fact.of("today", "Forecast from", Cell.day(made.today())));
    facts.add(Fact.of("currency", "Currency", Cell.text(terms.currency())));
    facts.add(Fact.of("history_days", "Days of history", Cell.count(all.history().days())));
    facts.add(Fact.of("to_date", "Month to date", Cell.exact(all.toDate())));
    facts.add(Fact.of("month_end", "Month at its end", exact(all.atMonthEnd())));
    facts.add(Fact.of("backtest_error", "Back-test error", share(all.test().error())));
    facts.add(Fact.of("timezone", "Days of", Cell.text(terms.zone().getId())));
    facts.addAll(terms.scope().record(made.usage().state()));
    List<Block> blocks = new ArrayList<>();
    blocks.add(projection());
    if (!all.days().isEmpty()) {
      blocks.add(month());
    }
    blocks.add(tested());
    blocks.add(exhaustion());
    blocks.add(days());
    return new Report("forecast", "Forecast of " + month, facts, blocks, notes());
  }

  private Table projection() {
    Table.Making table =
        Table.of(
            "projection",
            "The month at its end, by team",
            Column.text("team", "Team"),
            Column.count("history_days", "Days of history"),
            Column.money("rate_7", "A day, last 7"),
            Column.money("rate_28", "A day, last 28"),
            Column.money("to_date", "To date"),
            Column.money("rest", "Still to come"),
            Column.money("low", "Low"),
            Column.money("month_end", "At month end"),
            Column.money("high", "High"),
            Column.count("window", "Window"),
            Column.count("tested_days", "Days tested"),
            Column.share("backtest_error", "Back-test error"));
    made.teams()
        .forEach(
            (team, one) ->
                table.row(projected(team.equals(UsageForecast.NO_TEAM) ? NO_TEAM : team, one)));
    table.row(projected("All together", all));
    table.note("All together is forecast by itself; it need not be the sum of the teams.");
    return table.made();
  }

  private static Cell[] projected(String name, Projected one) {
    RunRate.Interval interval = one.interval();
    boolean told = !one.days().isEmpty();
    return new Cell[] {
      Cell.text(name),
      Cell.count(one.history().days()),
      money(one.week()),
      money(one.month()),
      Cell.money(one.toDate()),
      told ? Cell.money(one.rest()) : Cell.NONE,
      interval == null ? Cell.NONE : Cell.money(one.toDate() + interval.low()),
      money(one.atMonthEnd()),
      interval == null ? Cell.NONE : Cell.money(one.toDate() + interval.high()),
      told
          ? Cell.count(Math.min(one.window(), one.month() == null ? RunRate.WEEK : one.window()))
          : Cell.NONE,
      Cell.count(one.test().tested()),
      share(one.test().error())
    };
  }

  /** The month summed up from its first day: what was, what is forecast, between what it lies. */
  private Chart month() {
    List<String> names = new ArrayList<>();
    List<@Nullable Long> actual = new ArrayList<>();
    List<@Nullable Long> forecast = new ArrayList<>();
    List<@Nullable Long> low = new ArrayList<>();
    List<@Nullable Long> high = new ArrayList<>();
    long[] series = made.series(new Owner(UsageForecast.Kind.ORGANISATION, ""));
    int passed = made.today().getDayOfMonth() - 1;
    long sum = 0;
    for (int i = 0; i < passed; i++) {
      sum = Math.addExact(sum, series[series.length - 1 - passed + i]);
      names.add(made.today().minusDays(passed - i).toString());
      actual.add(sum);
      // The forecast begins where the past ends.
      boolean last = i == passed - 1;
      forecast.add(last ? sum : null);
      low.add(last && all.interval() != null ? sum : null);
      high.add(last && all.interval() != null ? sum : null);
    }
    long rest = 0;
    for (int i = 0; i < all.days().size(); i++) {
      names.add(made.today().plusDays(i).toString());
      actual.add(null);
      rest =
          Math.addExact(
              rest, i == 0 ? Math.max(all.days().get(0), all.todaySoFar()) : all.days().get(i));
      forecast.add(Math.addExact(sum, rest));
      RunRate.Interval interval = all.history().interval(rest, i + 1, all.window());
      low.add(interval == null || all.interval() == null ? null : sum + interval.low());
      high.add(interval == null || all.interval() == null ? null : sum + interval.high());
    }
    return new Chart.Lines(
        "The month so far and as forecast, summed up",
        Kind.MONEY,
        terms.currency(),
        "day",
        names,
        List.of(new Chart.Series("Actual", actual), new Chart.Series("Forecast", forecast)),
        all.interval() == null
            ? null
            : new Chart.Band("Four of five outcomes, as errors of the past go", low, high));
  }

  private static final int SHOWN = 28;

  /** The last days as they were, and as they would have been forecast the day before. */
  private Chart tested() {
    List<String> names = new ArrayList<>();
    List<@Nullable Long> actual = new ArrayList<>();
    List<@Nullable Long> forecast = new ArrayList<>();
    RunRate history = all.history();
    for (int day = Math.max(0, history.days() - SHOWN); day < history.days(); day++) {
      names.add(history.first().plusDays(day).toString());
      actual.add(history.nanos().get(day));
      forecast.add(day < RunRate.MONTH ? null : history.day(day, all.window(), 0));
    }
    return new Chart.Lines(
        "Each day, and what was forecast for it the day before",
        Kind.MONEY,
        terms.currency(),
        "day",
        names,
        List.of(new Chart.Series("Actual", actual), new Chart.Series("Forecast", forecast)),
        null);
  }

  private Table days() {
    Table.Making table =
        Table.of(
            "days",
            "Days",
            Column.time("day", "Day"),
            Column.money("actual", "Actual"),
            Column.money("forecast", "Forecast"));
    table.note("Forecasts of past days are those of the day before; today's cost is that so far.");
    RunRate history = all.history();
    for (int day = Math.max(0, history.days() - SHOWN); day < history.days(); day++) {
      table.row(
          Cell.day(history.first().plusDays(day)),
          Cell.money(history.nanos().get(day)),
          day < RunRate.MONTH ? Cell.NONE : money(history.day(day, all.window(), 0)));
    }
    for (int i = 0; i < all.days().size(); i++) {
      table.row(
          Cell.day(made.today().plusDays(i)),
          i == 0 ? Cell.money(all.todaySoFar()) : Cell.NONE,
          Cell.money(all.days().get(i)));
    }
    return table.made();
  }

  private Table exhaustion() {
    Table.Making table =
        Table.of(
            "exhaustion",
            "Budgets that end before their period does",
            Column.text("kind", "Of a"),
            Column.text("owner", "Owner"),
            Column.time("runs_out", "Ends on"),
            Column.time("resets_at", "Begins anew"),
            Column.money("remaining", "Left now"),
            Column.money("rate", "Forecast a day"),
            Column.count("history_days", "Days of history"));
    int unknown = 0;
    for (Remaining budget : sorted()) {
      Projected one = made.projected(new Owner(budget.kind(), budget.owner()));
      LocalDate end = made.exhaustion(budget, one);
      if (one.days().isEmpty() && budget.nanos() > 0) {
        unknown++;
      }
      if (end != null) {
        table.row(
            Cell.text(budget.kind().name().toLowerCase(Locale.ROOT)),
            Cell.text(budget.owner()),
            Cell.day(end),
            budget.resetsAt() == null ? Cell.NONE : Cell.time(budget.resetsAt()),
            Cell.money(budget.nanos()),
            one.month() != null && one.window() == RunRate.MONTH
                ? money(one.month())
                : money(one.week()),
            Cell.count(one.history().days()));
      }
    }
    table.note(
        "In the order of kinds and names, of "
            + terms.remaining().size()
            + " budgets; "
            + unknown
            + " have less than 7 days of history, and nothing is said of them.");
    return table.made();
  }

  private List<Remaining> sorted() {
    List<Remaining> sorted = new ArrayList<>(terms.remaining());
    sorted.sort(Comparator.comparing(Remaining::kind).reversed().thenComparing(Remaining::owner));
    return sorted;
  }

  private static Cell money(@Nullable Long nanos) {
    return nanos == null ? Cell.NONE : Cell.money(nanos);
  }

  private static Cell exact(@Nullable Long nanos) {
    return nanos == null ? Cell.NONE : Cell.exact(nanos);
  }

  private static Cell share(@Nullable Long millionths) {
    return millionths == null ? Cell.NONE : Cell.share(millionths);
  }

  private List<String> notes() {
    List<String> notes = new ArrayList<>();
    int days = all.history().days();
    if (days < RunRate.WEEK) {
      notes.add(
          "No forecast: "
              + days
              + " complete days of history (expected: at least 7). The figures of the past stand.");
    } else if (days < RunRate.MONTH) {
      notes.add(
          "Only "
              + days
              + " complete days of history: weekdays are not told apart, nothing is tested and no"
              + " interval is given (expected: at least 28 and, for the test, some more).");
    }
    notes.add(
        "A day of the future gets the mean of the last 7 or 28 days × 7 × the share of its weekday in"
            + " the last 28. Which of the two is taken (the window) is decided by the back-test: each of"
            + " the last 28 days that have 28 before them is forecast again from what was known the"
            + " day before.");
    notes.add(
        "Back-test error: the sum of absolute errors over the sum of what was used. Low and high: the"
            + " 10th and 90th percentile (nearest rank) of the errors that forecasts of as many days,"
            + " at most 7, would have had, as a part of the forecast; at least 14 of them.");
    notes.add(
        "Days are those of "
            + terms.zone().getId()
            + ". Today counts as forecast, or as it is if it is more already.");
    return notes;
  }
}
