package io.stipend.metering.report.page;

import io.stipend.metering.report.page.Chart.Series;

/** Upright bars of parts. */
final class StackedDrawing {
  private StackedDrawing() {}

  static Svg draw(Chart.StackedBars chart, int width) {
    int count = chart.categories().size();
    long[] sums = new long[count];
    long most = 0;
    for (int i = 0; i < count; i++) {
      for (Series series : chart.series()) {
        sums[i] = Math.addExact(sums[i], value(series, i));
      }
      most = Math.max(most, sums[i]);
    }
    Frame frame =
        Frame.of(width, chart.kind(), chart.unit(), chart.axis(), chart.categories(), 0, most);
    for (int i = 0; i < count; i++) {
      int left = frame.edge(i);
      int gap = Math.min(6, (frame.edge(i + 1) - left) / 5);
      long below = 0;
      for (int s = 0; s < chart.series().size(); s++) {
        long value = value(chart.series().get(s), i);
        int top = frame.y(below + value);
        int height = frame.y(below) - top;
        if (height > 0) {
          frame
              .svg()
              .rect(
                  "s" + s,
                  left + gap,
                  top,
                  Math.max(1, frame.edge(i + 1) - left - 2 * gap),
                  height,
                  chart.categories().get(i)
                      + ", "
                      + chart.series().get(s).name()
                      + ": "
                      + Figures.brief(chart.kind(), value));
        }
        below += value;
      }
    }
    return frame.svg();
  }

  private static long value(Series series, int category) {
    Long value = series.values().get(category);
    return value == null ? 0 : Math.max(0, value);
  }
}
