package io.stipend.metering.report.page;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** A picture of figures that a table of the same report holds. Only HTML draws it. */
public sealed interface Chart extends Block {
  /** The most series that have a colour of their own. */
  int COLOURS = 7;

  /** What it shows, for people. */
  String title();

  /** What values are, and how they are written. */
  Kind kind();

  /** What it shows in words, for those who do not see it. */
  String spoken();

  /** The names of its series, in the order of their colours; empty for one that needs no legend. */
  List<Key> legend();

  /** Draws it, so many units wide. */
  Svg draw(int width);

  /**
   * A line of a legend.
   *
   * @param style class of the style sheet
   * @param name of the series
   */
  record Key(String style, String name) {}

  /**
   * One bar.
   *
   * @param label its name
   * @param value may be negative
   * @param pale whether it is only there to compare with
   */
  record Bar(String label, long value, boolean pale) {
    /** A bar of its own. */
    public Bar(String label, long value) {
      this(label, value, false);
    }
  }

  /**
   * Values along an axis of categories.
   *
   * @param name of the series
   * @param values one for each category; null where there is none
   */
  record Series(String name, List<@Nullable Long> values) {
    /** All values are there. */
    public static Series of(String name, List<Long> values) {
      return new Series(name, List.copyOf(values));
    }
  }

  /**
   * Horizontal bars, one below the other.
   *
   * @param unit what is measured, such as {@code USD}
   */
  record Bars(String title, Kind kind, String unit, List<Bar> bars) implements Chart {
    /** Copies. */
    public Bars {
      bars = List.copyOf(bars);
    }

    @Override
    public String spoken() {
      return Words.of(this);
    }

    @Override
    public List<Key> legend() {
      return List.of();
    }

    @Override
    public Svg draw(int width) {
      return BarsDrawing.draw(this, width);
    }
  }

  /**
   * Upright bars of parts, a bar for each category.
   *
   * @param unit what is measured
   * @param axis what the categories are, such as {@code day}
   * @param categories their names, in order
   * @param series the parts, from the bottom up; values are not negative, at most {@link #COLOURS}
   */
  record StackedBars(
      String title,
      Kind kind,
      String unit,
      String axis,
      List<String> categories,
      List<Series> series)
      implements Chart {
    /** Copies, and checks the sizes. */
    public StackedBars {
      categories = List.copyOf(categories);
      series = List.copyOf(series);
      if (series.size() > COLOURS) {
        throw new IllegalArgumentException(
            "series: " + series.size() + " (expected: at most " + COLOURS + ")");
      }
      for (Series one : series) {
        Words.check(one, categories.size());
      }
    }

    @Override
    public String spoken() {
      return Words.of(this);
    }

    @Override
    public List<Key> legend() {
      return Words.legend("s", series);
    }

    @Override
    public Svg draw(int width) {
      return StackedDrawing.draw(this, width);
    }
  }

  /**
   * Lines over categories, the first one thick, with a band around one of them.
   *
   * @param unit what is measured
   * @param axis what the categories are, such as {@code day}
   * @param categories their names, in order
   * @param series at most {@link #COLOURS} lines
   * @param band what lies between two lines; null for none
   */
  record Lines(
      String title,
      Kind kind,
      String unit,
      String axis,
      List<String> categories,
      List<Series> series,
      @Nullable Band band)
      implements Chart {
    /** Copies, and checks the sizes. */
    public Lines {
      categories = List.copyOf(categories);
      series = List.copyOf(series);
      if (series.size() > COLOURS) {
        throw new IllegalArgumentException(
            "series: " + series.size() + " (expected: at most " + COLOURS + ")");
      }
      for (Series one : series) {
        Words.check(one, categories.size());
      }
      if (band != null) {
        Words.check(new Series(band.name(), band.low()), categories.size());
        Words.check(new Series(band.name(), band.high()), categories.size());
      }
    }

    @Override
    public String spoken() {
      return Words.of(this);
    }

    @Override
    public List<Key> legend() {
      return Words.legend(this);
    }

    @Override
    public Svg draw(int width) {
      return LinesDrawing.draw(this, width);
    }
  }

  /**
   * An interval for each category.
   *
   * @param low null where there is none, then {@code high} is null too
   */
  record Band(String name, List<@Nullable Long> low, List<@Nullable Long> high) {}

  /**
   * A Lorenz curve: what part of the whole the lowest part of all has.
   *
   * @param of whose share is on the x axis, such as {@code people}
   * @param what is shared, such as {@code cost}
   * @param points ascending from (0, 0) to (1, 1), in millionths
   */
  record Lorenz(String title, String of, String what, List<Point> points) implements Chart {
    /** Copies. */
    public Lorenz {
      points = List.copyOf(points);
    }

    @Override
    public Kind kind() {
      return Kind.SHARE;
    }

    @Override
    public String spoken() {
      return Words.of(this);
    }

    @Override
    public List<Key> legend() {
      return List.of(new Key("l0", "as it is"), new Key("l4", "if all had the same"));
    }

    @Override
    public Svg draw(int width) {
      return LorenzDrawing.draw(this, width);
    }
  }

  /**
   * A point of a Lorenz curve, in millionths.
   *
   * @param people the lowest part of all
   * @param share what they have together
   */
  record Point(long people, long share) {}
}
