package io.stipend.metering.report.page;

import io.stipend.metering.report.page.Chart.Series;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Lines over categories. A line is broken where it has no value. */
final class LinesDrawing {
  private LinesDrawing() {}

  static Svg draw(Chart.Lines chart, int width) {
    List<List<@Nullable Long>> all = new ArrayList<>();
    chart.series().forEach(series -> all.add(series.values()));
    Chart.Band band = chart.band();
    if (band != null) {
      all.add(band.low());
      all.add(band.high());
    }
    long least = 0;
    long most = 0;
    for (List<@Nullable Long> values : all) {
      for (Long value : values) {
        if (value != null) {
          least = Math.min(least, value);
          most = Math.max(most, value);
        }
      }
    }
    Frame frame =
        Frame.of(width, chart.kind(), chart.unit(), chart.axis(), chart.categories(), least, most);
    if (band != null) {
      band(frame, band);
    }
    for (int s = chart.series().size() - 1; s >= 0; s--) {
      line(frame, "l" + s, chart.series().get(s));
    }
    return frame.svg();
  }

  private static void line(Frame frame, String style, Series series) {
    StringBuilder path = new StringBuilder();
    boolean drawing = false;
    for (int i = 0; i < series.values().size(); i++) {
      Long value = series.values().get(i);
      if (value != null) {
        path.append(drawing ? "L" : "M").append(frame.middle(i)).append(' ').append(frame.y(value));
      }
      drawing = value != null;
    }
    if (!path.isEmpty()) {
      frame.svg().path(style, path.toString());
    }
  }

  private static void band(Frame frame, Chart.Band band) {
    StringBuilder there = new StringBuilder();
    StringBuilder back = new StringBuilder();
    for (int i = 0; i < band.low().size(); i++) {
      Long low = band.low().get(i);
      Long high = band.high().get(i);
      if (low != null && high != null) {
        there.append(there.isEmpty() ? "M" : "L").append(frame.middle(i)).append(' ');
        there.append(frame.y(high));
        back.insert(0, "L" + frame.middle(i) + " " + frame.y(low));
      }
    }
    if (!there.isEmpty()) {
      frame.svg().path("band", there.append(back).append('Z').toString());
    }
  }
}
