package io.stipend.gateway.demo;

/** The text of a made-up reply: plain words, each one token for the common tokenizers. */
final class FakeText {
  private static final String[] WORDS = {
    "The",
    " team",
    " can",
    " see",
    " what",
    " each",
    " call",
    " will",
    " cost",
    " before",
    " it",
    " is",
    " made",
    " and",
    " how",
    " much",
    " of",
    " the",
    " month",
    " is",
    " left",
    " for",
    " new",
    " work",
    " so",
    " that",
    " no",
    " one",
    " has",
    " to",
    " ask",
    " the",
    " same",
    " question",
    " again",
    "."
  };

  private FakeText() {}

  /** The text of one token. It needs no escape in JSON. */
  static String token(long index, int bytes) {
    if (bytes == 0) {
      return WORDS[(int) (index % WORDS.length)];
    }
    return "x".repeat(bytes);
  }

  /** The text of a whole choice. */
  static String all(long tokens, int bytes) {
    if (bytes > 0) {
      return "x".repeat(Math.toIntExact(Math.multiplyExact(tokens, bytes)));
    }
    // Not word by word: with the remainder of a long in its loop, HotSpot 17.0.15 divides by zero.
    StringBuilder text =
        new StringBuilder(String.join("", WORDS).repeat(Math.toIntExact(tokens / WORDS.length)));
    for (int i = 0; i < tokens % WORDS.length; i++) {
      text.append(WORDS[i]);
    }
    return text.toString();
  }
}
