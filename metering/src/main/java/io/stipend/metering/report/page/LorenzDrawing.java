package io.stipend.metering.report.page;

/** A Lorenz curve in a square, with the diagonal of equal shares. */
final class LorenzDrawing {
  private static final int LEFT = 52;
  private static final int TOP = 26;
  private static final int BOTTOM = 42;
  private static final int MOST = 320;
  private static final int MARKS = 4;

  private LorenzDrawing() {}

  static Svg draw(Chart.Lorenz chart, int width) {
    int side = Math.min(MOST, width - LEFT - 24);
    Svg svg = new Svg(LEFT + side + 24, TOP + side + BOTTOM);
    for (int i = 0; i <= MARKS; i++) {
      long mark = Cell.WHOLE * i / MARKS;
      int x = LEFT + side * i / MARKS;
      int y = TOP + side - side * i / MARKS;
      svg.line(i == 0 ? "axis" : "grid", LEFT, y, LEFT + side, y);
      svg.line(i == 0 ? "axis" : "grid", x, TOP, x, TOP + side);
      svg.text("mark", LEFT - 6, y + 4, "end", Figures.brief(Kind.SHARE, mark));
      svg.text("mark", x, TOP + side + 18, "middle", Figures.brief(Kind.SHARE, mark));
    }
    svg.text("name", 2, 12, "start", "share of " + chart.what());
    svg.text("name", LEFT + side / 2, TOP + side + BOTTOM - 6, "middle", "share of " + chart.of());
    svg.line("l4", LEFT, TOP + side, LEFT + side, TOP);
    StringBuilder path = new StringBuilder();
    for (Chart.Point point : chart.points()) {
      path.append(path.isEmpty() ? "M" : "L");
      path.append(LEFT + Figures.scaled(point.people(), Cell.WHOLE, side)).append(' ');
      path.append(TOP + side - Figures.scaled(point.share(), Cell.WHOLE, side));
    }
    if (!path.isEmpty()) {
      svg.path("l0", path.toString());
    }
    return svg;
  }
}
