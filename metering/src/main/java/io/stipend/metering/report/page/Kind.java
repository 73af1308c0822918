package io.stipend.metering.report.page;

/** What the cells of a column are. */
public enum Kind {
  /** Words. */
  TEXT,
  /** A whole number. */
  COUNT,
  /** Money in nano-units; a page of HTML rounds it for the eye and keeps all digits in a tip. */
  MONEY,
  /** Money in nano-units that is shown with all its digits everywhere. */
  EXACT,
  /** A part of a whole in millionths, shown in percent. */
  SHARE,
  /** One number divided by another, in millionths. */
  RATIO,
  /** An instant or a day. */
  TIME;

  /** Whether it stands at the right, digit under digit. */
  boolean isNumber() {
    return this != TEXT && this != TIME;
  }

  /** Whether it is an amount of money. */
  boolean isMoney() {
    return this == MONEY || this == EXACT;
  }
}
