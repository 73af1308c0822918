package io.stipend.metering.tokens;

/**
 * Counts the tokens of plain text for one model family. Counting costs about 0.1 ms per KB: call it
 * off the event loop or on text of a bounded length.
 */
public interface TokenCounter {
  /**
   * The number of tokens of the text; text that looks like a special token counts as plain text.
   */
  long count(String text);
}
