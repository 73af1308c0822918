package io.stipend.policy.config;

/**
 * Where something stands.
 *
 * @param file as it was named
 * @param line from 1
 * @param column from 1
 */
record Place(String file, int line, int column) {
  /** The first character of a file. */
  static Place start(String file) {
    return new Place(file, 1, 1);
  }
}
