package io.stipend.metering.report.page;

import io.stipend.metering.Unit;
import java.math.BigDecimal;
import java.time.Instant;
import java.time.LocalDate;
import org.jspecify.annotations.Nullable;

/**
 * One value of a report, which knows how it is written.
 *
 * @param kind what it is; null for {@link #NONE}
 * @param number the value of all but words and times
 * @param text the value of words and times
 */
public record Cell(@Nullable Kind kind, long number, String text) {
  /** Nothing is known, or nothing is to be said. */
  public static final Cell NONE = new Cell(null, 0, "");

  /** A whole, in the millionths of {@link Kind#SHARE} and {@link Kind#RATIO}. */
  public static final long WHOLE = 1_000_000;

  private static final int MILLIONTHS = 6;

  /** Words; {@link #NONE} for null. */
  public static Cell text(@Nullable String text) {
    return text == null ? NONE : new Cell(Kind.TEXT, 0, text);
  }

  /** A whole number. */
  public static Cell count(long number) {
    return new Cell(Kind.COUNT, number, "");
  }

  /** Money in nano-units. */
  public static Cell money(long nanos) {
    return new Cell(Kind.MONEY, nanos, "");
  }

  /** Money in nano-units, to be shown with all its digits. */
  public static Cell exact(long nanos) {
    return new Cell(Kind.EXACT, nanos, "");
  }

  /** A part of a whole, in millionths. */
  public static Cell share(long millionths) {
    return new Cell(Kind.SHARE, millionths, "");
  }

  /** One number divided by another, in millionths. */
  public static Cell ratio(long millionths) {
    return new Cell(Kind.RATIO, millionths, "");
  }

  /** An instant. */
  public static Cell time(Instant at) {
    return new Cell(Kind.TIME, 0, at.toString());
  }

  /** A day. */
  public static Cell day(LocalDate day) {
    return new Cell(Kind.TIME, 0, day.toString());
  }

  /** Whether there is no value. */
  public boolean isNone() {
    return kind == null;
  }

  /** For machines: all digits, a share as a decimal such as 0.25; empty for no value. */
  String plain() {
    if (kind == null) {
      return "";
    }
    return switch (kind) {
      case TEXT, TIME -> text;
      case COUNT -> Long.toString(number);
      case MONEY, EXACT -> Unit.USD.format(number);
      case SHARE, RATIO ->
          BigDecimal.valueOf(number, MILLIONTHS).stripTrailingZeros().toPlainString();
    };
  }

  /** For people who read it on a terminal: all digits of money, a share in percent. */
  String spoken() {
    if (kind == Kind.SHARE) {
      return Figures.percent(number);
    }
    return kind == Kind.RATIO ? Figures.ratio(number) : plain();
  }

  /**
   * For people who read it on a page: thousands apart.
   *
   * @param decimals how many of money are shown
   */
  String shown(int decimals) {
    if (kind == null) {
      return "";
    }
    return switch (kind) {
      case COUNT -> Figures.grouped(Long.toString(number));
      case MONEY -> Figures.grouped(Figures.rounded(number, decimals));
      case EXACT -> Figures.grouped(plain());
      case TEXT, SHARE, RATIO -> spoken();
      case TIME -> spoken().replace('T', ' ').replaceFirst("\\.[0-9]+Z$", "Z");
    };
  }
}
