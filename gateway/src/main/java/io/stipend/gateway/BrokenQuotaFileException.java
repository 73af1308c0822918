package io.stipend.gateway;

import io.stipend.policy.config.Problem;
import java.util.List;
import java.util.stream.Collectors;

/** A quota file cannot be used; the message holds all of its problems, a line each. */
public final class BrokenQuotaFileException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient List<Problem> problems;

  /** With every problem. */
  public BrokenQuotaFileException(List<Problem> problems) {
    super(problems.stream().map(Problem::toString).collect(Collectors.joining("\n")));
    this.problems = List.copyOf(problems);
  }

  /** Every problem, in the order of the file. */
  public List<Problem> problems() {
    return problems;
  }
}
