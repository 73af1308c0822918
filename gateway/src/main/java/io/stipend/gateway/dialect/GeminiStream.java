package io.stipend.gateway.dialect;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.stipend.metering.Units;
import java.nio.charset.StandardCharsets;

/** A Gemini answer as server-sent events, each a chunk without a name. Every event passes. */
final class GeminiStream extends EventStream implements GeminiAnswer {
  private final GeminiChunks chunks;

  /**
   * @param choices candidates that were asked for
   * @param asked the most searches that the request is held for
   */
  GeminiStream(int choices, Units asked, Dialect.ReaderLimits limits) {
    super(limits);
    this.chunks = new GeminiChunks(choices, asked, seen(), limits);
  }

  @Override
  public GeminiChunks chunks() {
    return chunks;
  }

  @Override
  boolean data(byte[] bytes, int from, int to) {
    chunks.take(bytes, from, to);
    return true;
  }

  @Override
  public ByteBuf cutEnding(long inputTokens, long outputTokens) {
    return event(chunks.cut(inputTokens, outputTokens));
  }

  @Override
  public ByteBuf errorEnding(String message) {
    return event(ErrorJson.text(GeminiErrors.json(502, message)));
  }

  private ByteBuf event(String json) {
    return Unpooled.copiedBuffer(boundary() + "data: " + json + "\n\n", StandardCharsets.UTF_8);
  }
}
