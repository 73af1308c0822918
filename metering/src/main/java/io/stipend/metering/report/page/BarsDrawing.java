package io.stipend.metering.report.page;

/** Horizontal bars: the name above each bar and the value at its right, so that none is cut. */
final class BarsDrawing {
  private static final int ROW = 34;
  private static final int TOP = 4;
  private static final int BAR = 12;
  private static final int CHARACTER = 7;

  private BarsDrawing() {}

  static Svg draw(Chart.Bars chart, int width) {
    long least = chart.bars().stream().mapToLong(Chart.Bar::value).min().orElse(0);
    long most = chart.bars().stream().mapToLong(Chart.Bar::value).max().orElse(0);
    // Not an axis of round marks: the values are written beside the bars.
    Axis axis =
        new Axis(Math.min(0, least), Math.max(Math.max(0, most), Math.min(0, least) + 1), 1);
    Svg svg = new Svg(width, TOP + ROW * chart.bars().size() + TOP);
    int zero = axis.at(0, width);
    int y = TOP;
    for (Chart.Bar bar : chart.bars()) {
      String value =
          Figures.brief(chart.kind(), bar.value())
              + (chart.unit().isEmpty() ? "" : " " + chart.unit());
      int at = axis.at(bar.value(), width);
      int room = (width - CHARACTER * (value.length() + 2)) / CHARACTER;
      svg.text("label", 0, y + 13, "start", cut(bar.label(), room));
      svg.text("mark", width, y + 13, "end", value);
      svg.rect("track", 0, y + 18, width, BAR, bar.label() + ": " + value);
      svg.rect(
          bar.value() < 0 ? "s4" : bar.pale() ? "s6" : "s0",
          Math.min(zero, at),
          y + 18,
          Math.max(bar.value() == 0 ? 0 : 1, Math.abs(at - zero)),
          BAR,
          bar.label() + ": " + value);
      y += ROW;
    }
    if (least < 0) {
      svg.line("axis", zero, TOP, zero, y);
    }
    return svg;
  }

  static String cut(String label, int characters) {
    return label.codePointCount(0, label.length()) <= characters
        ? label
        : label.substring(0, label.offsetByCodePoints(0, Math.max(1, characters - 1))) + "…";
  }
}
