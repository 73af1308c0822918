package io.stipend.metering.export;

import java.time.Instant;

/** Takes the values of one row, column after column, without texts being made of numbers. */
interface Cells {
  /** Nothing is known. */
  void none();

  /** Words that somebody chose. */
  void text(String text);

  /** A word of ours. */
  void word(String word);

  /** A whole number. */
  void number(long number);

  /** A point in time. */
  void time(Instant instant);

  /** An amount of money in nano-units. */
  void money(long nanos);
}
