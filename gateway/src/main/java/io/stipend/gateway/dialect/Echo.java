package io.stipend.gateway.dialect;

import java.util.List;
import java.util.zip.CRC32C;

/**
 * The prompts that a request with {@code echo} gets back before what is generated. A choice's first
 * text is compared with its prompt, as not every service echoes: only what really is the prompt is
 * no output. What cannot be compared counts as output, from above.
 *
 * @param perPrompt choices of each prompt; they are numbered through, prompt after prompt
 * @param prompts what each sends back
 */
record Echo(int perPrompt, List<Prompt> prompts) {
  /**
   * One prompt, remembered by what it takes to know it again.
   *
   * @param bytes of its text in UTF-8; 0 if it has none that could be compared
   * @param checksum of them
   */
  record Prompt(int bytes, long checksum) {
    static Prompt of(byte[] text) {
      return new Prompt(text.length, Echo.checksum(text, text.length));
    }
  }

  /** How many of the first bytes that a choice sends are its prompt: all of it, or none. */
  int in(int choice, byte[] text) {
    int at = choice / perPrompt;
    if (at >= prompts.size()) {
      return 0;
    }
    Prompt prompt = prompts.get(at);
    boolean same = text.length >= prompt.bytes && checksum(text, prompt.bytes) == prompt.checksum;
    return same ? prompt.bytes : 0;
  }

  private static long checksum(byte[] text, int length) {
    CRC32C sum = new CRC32C();
    sum.update(text, 0, length);
    return sum.getValue();
  }
}
