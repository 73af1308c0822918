package io.stipend.gateway.dialect;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.stipend.gateway.dialect.EventScan.Found;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * A stream of legacy Completions chunks: those of Chat Completions, but that the text stands in the
 * choice itself, before the index that says whose it is.
 */
final class CompletionsStream extends ChatStream {
  private static final byte[] TEXT = EventScan.key("text");

  private final @Nullable Echo echo;
  private final BitSet echoed = new BitSet();

  // The text of the choice under way.
  private int from;
  private int to;
  private boolean escaped;

  /**
   * @param echo what the request has sent back before the generated text; null if nothing
   */
  CompletionsStream(boolean usageAsked, @Nullable Echo echo, Dialect.ReaderLimits limits) {
    super(usageAsked, limits);
    this.echo = echo;
  }

  @Override
  void choiceBegun() {
    from = 0;
    to = 0;
  }

  @Override
  void choice(Found found, EventScan scan) {
    if (found == Found.STRING && scan.keyIs(TEXT)) {
      from = scan.start();
      to = scan.end();
      escaped = scan.escaped();
    } else {
      super.choice(found, scan);
    }
  }

  @Override
  void choiceEnded(byte[] bytes, int index) {
    Echo back = echo;
    if (to > from && back != null && !echoed.get(index)) {
      echoed.set(index);
      byte[] text = JsonText.unescaped(bytes, from, to);
      text(text, back.in(index, text), text.length, false);
    } else {
      text(bytes, from, to, escaped);
    }
  }

  @Override
  String object() {
    return "text_completion";
  }

  @Override
  void end(ObjectNode choice) {
    choice.put("text", "").putNull("logprobs");
  }
}
