package io.stipend.gateway.faults;

import java.util.List;

/**
 * What must come of a fault, in six words.
 *
 * @param outcome of the ledger's row
 * @param status that the client gets
 * @param end how the client sees the end: {@code whole}, byte for byte what the provider sent;
 *     {@code error}, an answer of the gateway in its dialect; {@code event}, an error event of the
 *     gateway as the last part; {@code cut-off}, a body that ends before its framing says
 * @param source of the usage: {@code reported}, {@code counted}, {@code assumed}
 * @param charge {@code bill}: what the provider asks, to the nano-unit; {@code covers}: no less,
 *     and no more than the input and the cap
 * @param connection {@code kept} for the next request, or {@code closed}
 */
record Stated(
    String outcome, int status, String end, String source, String charge, String connection) {
  private static final List<String> SOURCES = List.of("reported", "counted", "assumed");

  Stated {
    require(SOURCES, source);
    require(List.of("bill", "covers"), charge);
    require(List.of("kept", "closed"), connection);
  }

  private static void require(List<String> words, String word) {
    if (!words.contains(word)) {
      throw new IllegalArgumentException(word + " (expected: one of " + words + ")");
    }
  }

  /** Of six words with blanks between them. */
  static Stated of(String words) {
    List<String> word = List.of(words.split(" "));
    return new Stated(
        word.get(0),
        Integer.parseInt(word.get(1)),
        word.get(2),
        word.get(3),
        word.get(4),
        word.get(5));
  }

  @Override
  public String toString() {
    return String.join(" ", outcome, String.valueOf(status), end, source, charge, connection);
  }
}
