package io.stipend.metering.report.page;

import io.stipend.metering.report.page.Chart.Bar;
import io.stipend.metering.report.page.Chart.Point;
import io.stipend.metering.report.page.Chart.Series;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/** Charts in words, for those who do not see them. */
final class Words {
  private static final int MOST = 12;

  private Words() {}

  static void check(Series series, int categories) {
    if (series.values().size() != categories) {
      throw new IllegalArgumentException(
          series.name() + ": " + series.values().size() + " (expected: " + categories + ")");
    }
  }

  static List<Chart.Key> legend(String style, List<Series> series) {
    List<Chart.Key> keys = new ArrayList<>();
    for (int i = 0; i < series.size(); i++) {
      keys.add(new Chart.Key(style + i, series.get(i).name()));
    }
    return keys;
  }

  static List<Chart.Key> legend(Chart.Lines lines) {
    List<Chart.Key> keys = new ArrayList<>(legend("l", lines.series()));
    if (lines.band() != null) {
      keys.add(new Chart.Key("band", lines.band().name()));
    }
    return keys;
  }

  static String of(Chart.Bars chart) {
    StringBuilder text = begin("Bars", chart.unit());
    for (Bar bar : chart.bars().subList(0, Math.min(MOST, chart.bars().size()))) {
      text.append(' ').append(bar.label()).append(": ").append(brief(chart, bar.value()));
      text.append(';');
    }
    return end(text, chart.bars().size());
  }

  static String of(Chart.StackedBars chart) {
    StringBuilder text = begin("Stacked bars by " + chart.axis(), chart.unit());
    for (Series series : chart.series()) {
      long sum =
          series.values().stream()
              .filter(Objects::nonNull)
              .mapToLong(v -> v)
              .reduce(0, Math::addExact);
      text.append(' ')
          .append(series.name())
          .append(": ")
          .append(brief(chart, sum))
          .append(" in all;");
    }
    return end(text, 0);
  }

  static String of(Chart.Lines chart) {
    StringBuilder text = begin("Lines by " + chart.axis(), chart.unit());
    for (Series series : chart.series()) {
      List<Long> values = series.values().stream().filter(Objects::nonNull).toList();
      if (!values.isEmpty()) {
        text.append(' ').append(series.name()).append(": from ");
        text.append(brief(chart, values.get(0))).append(" to ");
        text.append(brief(chart, values.get(values.size() - 1))).append(';');
      }
    }
    return end(text, 0);
  }

  static String of(Chart.Lorenz chart) {
    StringBuilder text =
        new StringBuilder("Lorenz curve of ").append(chart.what()).append(" over ");
    text.append(chart.of()).append('.');
    for (long part : new long[] {500_000, 900_000}) {
      Point last = new Point(0, 0);
      for (Point point : chart.points()) {
        if (point.people() <= part) {
          last = point;
        }
      }
      text.append(" The lowest ").append(Figures.brief(Kind.SHARE, last.people()));
      text.append(" have ").append(Figures.brief(Kind.SHARE, last.share())).append(';');
    }
    return end(text, 0);
  }

  private static String brief(Chart chart, long value) {
    return Figures.brief(chart.kind(), value);
  }

  private static StringBuilder begin(String what, String unit) {
    return new StringBuilder(what).append(unit.isEmpty() ? "" : ", in " + unit).append('.');
  }

  private static String end(StringBuilder text, int of) {
    if (text.charAt(text.length() - 1) == ';') {
      text.setCharAt(text.length() - 1, '.');
    }
    return text.append(of > MOST ? " And " + (of - MOST) + " more." : "").toString();
  }
}
