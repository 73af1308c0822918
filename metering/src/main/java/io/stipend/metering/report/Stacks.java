package io.stipend.metering.report;

import io.stipend.metering.report.page.Chart;
import io.stipend.metering.report.page.Kind;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Costs by day, stacked by name: the largest names have a colour each, all others one together.
 *
 * @param sums by currency, day and name
 */
record Stacks(SortedMap<List<String>, Sum> sums) {
  private static final String OTHERS = "others";

  /** The chart of one currency; days without cost are shown, a negative cost as nothing. */
  Chart chart(String title, String currency) {
    SortedSet<String> days = new TreeSet<>();
    Map<String, Long> names = new HashMap<>();
    sums.forEach(
        (key, sum) -> {
          if (key.get(0).equals(currency)) {
            days.add(key.get(1));
            names.merge(key.get(2), sum.nanos(), Math::addExact);
          }
        });
    List<String> order = new ArrayList<>(names.keySet());
    order.sort(
        (a, b) -> {
          int larger = Long.compare(names.getOrDefault(b, 0L), names.getOrDefault(a, 0L));
          return larger != 0 ? larger : a.compareTo(b);
        });
    boolean tooMany = order.size() > Chart.COLOURS;
    List<String> own = tooMany ? order.subList(0, Chart.COLOURS - 1) : order;
    List<String> all = everyDay(days);
    List<Chart.Series> series = new ArrayList<>();
    for (String name : own) {
      series.add(new Chart.Series(name, values(currency, all, List.of(name))));
    }
    if (tooMany) {
      List<String> rest = order.subList(Chart.COLOURS - 1, order.size());
      series.add(new Chart.Series(OTHERS, values(currency, all, rest)));
    }
    return new Chart.StackedBars(title, Kind.MONEY, currency, "day", all, series);
  }

  private List<@Nullable Long> values(String currency, List<String> days, List<String> names) {
    List<@Nullable Long> values = new ArrayList<>();
    for (String day : days) {
      long sum = 0;
      for (String name : names) {
        Sum found = sums.get(List.of(currency, day, name));
        sum = Math.addExact(sum, found == null ? 0 : found.nanos());
      }
      values.add(Math.max(0, sum));
    }
    return values;
  }

  private static List<String> everyDay(SortedSet<String> days) {
    List<String> all = new ArrayList<>();
    if (!days.isEmpty()) {
      LocalDate last = LocalDate.parse(days.last());
      for (LocalDate day = LocalDate.parse(days.first());
          !day.isAfter(last);
          day = day.plusDays(1)) {
        all.add(day.toString());
      }
    }
    return all;
  }
}
