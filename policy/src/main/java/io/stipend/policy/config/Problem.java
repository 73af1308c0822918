package io.stipend.policy.config;

/**
 * One thing that is wrong with a configuration file.
 *
 * @param file as it was named
 * @param line from 1
 * @param column from 1
 * @param message the offending value and what was expected; never a secret
 */
public record Problem(String file, int line, int column, String message) {
  /** {@code file:line:column: message}. */
  @Override
  public String toString() {
    return file + ":" + line + ":" + column + ": " + message;
  }
}
