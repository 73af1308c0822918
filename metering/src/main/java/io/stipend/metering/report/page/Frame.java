package io.stipend.metering.report.page;

import java.util.List;

/**
 * The axes of a chart of categories, and where values are in it.
 *
 * @param svg drawn on
 * @param axis of the values
 * @param left the x of the axis
 * @param right the end of the categories
 * @param categories how many there are
 */
record Frame(Svg svg, Axis axis, int left, int right, int categories) {
  /** Below the axis stand two lines: the categories and what they are. */
  private static final int TOP = 26;

  private static final int PLOT = 190;
  private static final int BOTTOM = 42;
  private static final int CHARACTER = 7;
  private static final int MARKS = 5;

  static Frame of(
      int width, Kind kind, String unit, String what, List<String> names, long least, long most) {
    Axis axis = Axis.of(least, most, MARKS);
    int widest =
        axis.marks().stream().mapToInt(m -> Figures.brief(kind, m).length()).max().orElse(1);
    int left = CHARACTER * widest + 12;
    Svg svg = new Svg(width, TOP + PLOT + BOTTOM);
    Frame frame = new Frame(svg, axis, left, width - 10, names.size());
    for (long mark : axis.marks()) {
      int y = frame.y(mark);
      svg.line(mark == 0 ? "axis" : "grid", left, y, frame.right, y);
      svg.text("mark", left - 6, y + 4, "end", Figures.brief(kind, mark));
    }
    svg.text("name", 2, 12, "start", unit);
    svg.text("name", (left + frame.right) / 2, TOP + PLOT + BOTTOM - 6, "middle", what);
    frame.names(names);
    return frame;
  }

  /** As many names as stand side by side without touching, evenly spaced from the first one. */
  private void names(List<String> names) {
    int widest = names.stream().mapToInt(String::length).max().orElse(1) * CHARACTER + 10;
    int slot = Math.max(1, (right - left) / Math.max(1, categories));
    int every = Math.max(1, (widest + slot - 1) / slot);
    int end = 0;
    for (int i = 0; i < names.size(); i += every) {
      int half = names.get(i).length() * CHARACTER / 2;
      // Not beyond the edges of the drawing.
      int x = Math.max(half, Math.min(right + 10 - half, middle(i)));
      if (x - half >= end) {
        svg.line("axis", middle(i), TOP + PLOT, middle(i), TOP + PLOT + 4);
        svg.text("mark", x, TOP + PLOT + 18, "middle", names.get(i));
        end = x + half + CHARACTER;
      }
    }
  }

  int y(long value) {
    return TOP + PLOT - axis.at(value, PLOT);
  }

  /** The left edge of a category. */
  int edge(int category) {
    return left + (right - left) * category / Math.max(1, categories);
  }

  int middle(int category) {
    return (edge(category) + edge(category + 1)) / 2;
  }
}
