package io.stipend.gateway.demo;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;

/** Cuts what is written into segments, each flushed by itself, where the script says so. */
final class FakeSegments extends ChannelOutboundHandlerAdapter {
  private int segmentBytes;

  /** From now on; 0 means not at all. */
  void segmentBytes(int bytes) {
    segmentBytes = bytes;
  }

  @Override
  public void write(ChannelHandlerContext ctx, Object message, ChannelPromise promise) {
    if (segmentBytes == 0 || !(message instanceof ByteBuf bytes)) {
      ctx.write(message, promise);
      return;
    }
    while (bytes.readableBytes() > segmentBytes) {
      ctx.writeAndFlush(bytes.readRetainedSlice(segmentBytes));
    }
    ctx.writeAndFlush(bytes, promise);
  }
}
