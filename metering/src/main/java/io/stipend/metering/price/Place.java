package io.stipend.metering.price;

/**
 * Where in a file something stands.
 *
 * @param file the path as it was given, or the name of a built-in card
 * @param line from 1
 * @param column from 1
 */
record Place(String file, int line, int column) {
  RateCardException.Problem problem(String message) {
    return new RateCardException.Problem(file, line, column, message);
  }
}
