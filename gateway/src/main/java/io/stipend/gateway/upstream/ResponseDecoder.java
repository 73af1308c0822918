package io.stipend.gateway.upstream;

import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.util.ReferenceCountUtil;

/**
 * Netty's response decoder, plus the three things a pool must know: whether bytes came while no
 * answer was due, whether any are left over after an answer, and whether its framing was ambiguous.
 */
final class ResponseDecoder extends HttpResponseDecoder {
  private static final int MAX_STATUS_LINE_BYTES = 4_096;

  /** As large as a read, so that a read becomes one part. */
  private static final int MAX_PART_BYTES = 64 * 1_024;

  private boolean due;
  private boolean bodiless;
  private boolean ambiguous;

  ResponseDecoder(int maxHeaderBytes) {
    super(
        new HttpDecoderConfig()
            .setMaxInitialLineLength(MAX_STATUS_LINE_BYTES)
            .setMaxHeaderSize(maxHeaderBytes)
            .setMaxChunkSize(MAX_PART_BYTES));
  }

  /** An answer may come from now on; to HEAD it has no body, whatever its headers say. */
  void expect(boolean head) {
    due = true;
    bodiless = head;
    ambiguous = false;
  }

  /** No byte may come from now on: any that does ends the connection. */
  void expectNothing() {
    due = false;
  }

  /** Bytes that came after what was decoded. */
  int unread() {
    return actualReadableBytes();
  }

  /** Whether the answer held both a length and chunks, the mark of a smuggled response. */
  boolean ambiguous() {
    return ambiguous;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object bytes) throws Exception {
    if (due) {
      ctx.fireUserEventTriggered(UpstreamConnection.BYTES_CAME);
      super.channelRead(ctx, bytes);
    } else {
      ReferenceCountUtil.release(bytes);
      ctx.fireUserEventTriggered(UpstreamConnection.BYTES_UNASKED);
    }
  }

  @Override
  protected boolean isContentAlwaysEmpty(HttpMessage message) {
    return bodiless || super.isContentAlwaysEmpty(message);
  }

  @Override
  protected void handleTransferEncodingChunkedWithContentLength(HttpMessage message) {
    ambiguous = true;
    super.handleTransferEncodingChunkedWithContentLength(message);
  }
}
