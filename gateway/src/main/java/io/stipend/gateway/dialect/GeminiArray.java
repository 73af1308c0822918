package io.stipend.gateway.dialect;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.stipend.metering.Units;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/**
 * A Gemini stream that is no event stream: one JSON list, whose elements are the chunks and come as
 * they are generated. Each passes when it is whole, with what stands before it, so that the list
 * can be ended as valid JSON after any of them. A body that is no list passes whole as one element,
 * and what is no JSON as it comes.
 */
final class GeminiArray implements GeminiAnswer {
  private final TextSeen text = new TextSeen();
  private final GeminiChunks chunks;

  /** What earlier reads left of an element, with what stands before it. */
  private final Pending pending;

  private int depth;

  /** How deep an element stands: 1 in a list, 0 if the body is one itself. */
  private int outside;

  private boolean inString;
  private boolean escape;
  private boolean any;

  /** What follows is no part of any element. */
  private boolean over;

  /**
   * @param choices candidates that were asked for
   * @param asked the most searches that the request is held for
   */
  GeminiArray(int choices, Units asked, Dialect.ReaderLimits limits) {
    this.pending = new Pending("element", limits.eventBytes());
    this.chunks = new GeminiChunks(choices, asked, text, limits);
  }

  @Override
  public GeminiChunks chunks() {
    return chunks;
  }

  @Override
  public boolean streams() {
    return true;
  }

  @Override
  public void read(ByteBuf in, Consumer<ByteBuf> client) {
    int length = in.readableBytes();
    byte[] bytes = Scratch.take(length);
    try {
      in.getBytes(in.readerIndex(), bytes, 0, length);
      scan(bytes, length, in, client);
    } finally {
      Scratch.give(bytes);
      in.release();
    }
  }

  private void scan(byte[] bytes, int length, ByteBuf in, Consumer<ByteBuf> client) {
    int unsent = 0;
    int begin = 0;
    int at = 0;
    while ((at = endOfElement(bytes, at, length)) >= 0) {
      if (!pending.isEmpty()) {
        pending.keep(bytes, begin, at);
        element(pending.bytes(), 0, pending.length());
        pass(client);
        unsent = at;
      } else {
        pending.checkBound(at - begin);
        element(bytes, begin, at);
      }
      begin = at;
    }
    if (over) {
      pass(client);
      begin = length;
    }
    if (begin > unsent) {
      client.accept(in.retainedSlice(in.readerIndex() + unsent, begin - unsent));
    }
    pending.keep(bytes, begin, length);
  }

  /** After the element that is being read; -1 if it does not end in these bytes. */
  private int endOfElement(byte[] bytes, int from, int to) {
    int i = from;
    while (i < to && !over) {
      if (inString) {
        i = inString(bytes, i, to);
        continue;
      }
      byte b = bytes[i++];
      switch (b) {
        case '"' -> inString = true;
        case '{', '[' -> {
          outside = depth == 0 && b == '[' ? 1 : outside;
          depth++;
        }
        case '}', ']' -> {
          depth--;
          over = depth <= 0;
          if (depth == outside) {
            return i;
          }
        }
        // A byte order mark is negative.
        default -> over = depth == 0 && b > ' ';
      }
    }
    return -1;
  }

  private int inString(byte[] bytes, int from, int to) {
    if (escape) {
      escape = false;
      return from + 1;
    }
    int i = ByteSearch.quoteOrEscape(bytes, from, to);
    if (i == to) {
      return to;
    }
    escape = bytes[i] == '\\';
    inString = escape;
    return i + 1;
  }

  private void element(byte[] bytes, int from, int to) {
    any = true;
    int open = from;
    while (open < to && bytes[open] != '{') {
      open++;
    }
    chunks.take(bytes, open, to);
  }

  private void pass(Consumer<ByteBuf> client) {
    if (!pending.isEmpty()) {
      client.accept(pending.copy());
      pending.clear();
    }
  }

  /** What broke off passes: a reader of JSON takes no broken list for an answer. */
  @Override
  public void end(Consumer<ByteBuf> client) {
    over |= !pending.isEmpty();
    pass(client);
  }

  @Override
  public long textBytes() {
    return text.bytes();
  }

  @Override
  public long textEvents() {
    return text.events();
  }

  @Override
  public String text() {
    return text.text();
  }

  @Override
  public ByteBuf cutEnding(long inputTokens, long outputTokens) {
    return last(chunks.cut(inputTokens, outputTokens));
  }

  @Override
  public ByteBuf errorEnding(String message) {
    return last(ErrorJson.text(GeminiErrors.json(502, message)));
  }

  /** One more element, and the end of the list. */
  private ByteBuf last(String json) {
    return over
        ? Unpooled.EMPTY_BUFFER
        : Unpooled.copiedBuffer((any ? "," : "[") + json + "]", StandardCharsets.UTF_8);
  }

  @Override
  public void close() {
    pending.close();
    text.clear();
  }
}
