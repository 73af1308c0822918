package io.stipend.metering.price;

import java.util.List;
import java.util.stream.Collectors;

/** Rate cards that cannot be used, with every problem that was found in them. */
public final class RateCardException extends Exception {
  /** The problems, never empty. */
  private final transient List<Problem> problems;

  RateCardException(List<Problem> problems) {
    super(problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
    this.problems = List.copyOf(problems);
  }

  /** Every problem, in the order of the files and the lines in them. */
  public List<Problem> problems() {
    return problems;
  }

  /**
   * One problem and where it stands.
   *
   * @param file the path as it was given, or the name of a built-in card
   * @param line the line, from 1; 0 if the whole file is meant
   * @param column the column, from 1; 0 if the whole file is meant
   * @param message the offending value and what was expected
   */
  public record Problem(String file, int line, int column, String message) {
    @Override
    public String toString() {
      return file + ":" + line + ":" + column + " " + message;
    }
  }
}
