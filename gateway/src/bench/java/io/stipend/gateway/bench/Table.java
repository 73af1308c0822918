package io.stipend.gateway.bench;

import java.io.PrintStream;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;

/** The rounds of every scenario and candidate, shown as medians and as ratios to nginx. */
final class Table {
  private static final String YARDSTICK = "nginx";

  private final Map<Scenario, Map<String, List<Figures>>> rows = new LinkedHashMap<>();

  void add(Scenario scenario, String candidate, Figures figures) {
    rows.computeIfAbsent(scenario, key -> new LinkedHashMap<>())
        .computeIfAbsent(candidate, key -> new ArrayList<>())
        .add(figures);
  }

  /** Answers of a candidate that were not as they should be. */
  double faults(String candidate) {
    double sum = 0;
    for (Map<String, List<Figures>> ofScenario : rows.values()) {
      for (Figures figures : ofScenario.getOrDefault(candidate, List.of())) {
        sum += figures.faults();
      }
    }
    return sum;
  }

  /** As Markdown. */
  void print(PrintStream out) {
    rows.forEach(
        (scenario, candidates) -> {
          boolean streams = scenario.streams();
          out.printf(
              "%n| %s | %s/s | CPU µs | %sp50 µs | p99 | p99.9 | %s MiB | to nginx: rate, CPU, p99"
                  + " | faults |%n| --- | --- | --- | --- | --- | --- | --- |%s --- | --- |%n",
              scenario.name().toLowerCase(Locale.ROOT),
              streams ? "events" : "exchanges",
              streams ? "first event " : "",
              streams ? "gap p99 | most |" : "",
              streams ? " --- | --- |" : "");
          Figures yardstick =
              candidates.containsKey(YARDSTICK) ? median(candidates.get(YARDSTICK)) : null;
          candidates.forEach(
              (name, rounds) -> print(out, name, median(rounds), yardstick, streams));
        });
  }

  private static void print(
      PrintStream out, String name, Figures figures, Figures yardstick, boolean streams) {
    out.printf(
        Locale.ROOT,
        "| %s | %,.0f | %.1f | %,.0f | %,.0f | %,.0f | %s%,.0f | %s | %.0f |%n",
        name,
        figures.perSecond(),
        figures.cpuMicros(),
        figures.p50(),
        figures.p99(),
        figures.p999(),
        streams
            ? String.format(Locale.ROOT, "%,.0f | %,.0f | ", figures.gap99(), figures.gapMost())
            : "",
        figures.residentMib(),
        yardstick == null
            ? ""
            : String.format(
                Locale.ROOT,
                "%.2f, %.2f, %.2f",
                figures.perSecond() / yardstick.perSecond(),
                figures.cpuMicros() / Math.max(1e-9, yardstick.cpuMicros()),
                figures.p99() / Math.max(1, yardstick.p99())),
        figures.faults());
  }

  private static Figures median(List<Figures> rounds) {
    return new Figures(
        median(rounds, Figures::perSecond),
        median(rounds, Figures::cpuMicros),
        median(rounds, Figures::p50),
        median(rounds, Figures::p99),
        median(rounds, Figures::p999),
        median(rounds, Figures::gap99),
        median(rounds, Figures::gapMost),
        median(rounds, Figures::residentMib),
        median(rounds, Figures::faults));
  }

  private static double median(List<Figures> rounds, ToDoubleFunction<Figures> figure) {
    double[] sorted = rounds.stream().mapToDouble(figure).sorted().toArray();
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }
}
