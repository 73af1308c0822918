package io.stipend.gateway.testing;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/** One connection of the generator: at most one request at a time. Used on its loop only. */
final class LoadConnection extends ChannelInboundHandlerAdapter {
  private final LoadLoop owner;
  private final AnswerParser parser = new AnswerParser();
  private final Channel channel;
  private final ByteBuf request;
  private boolean busy;
  private long fromNanos;
  private long events;
  private long lastEventNanos;

  LoadConnection(LoadLoop owner, Channel channel, ByteBuf request) {
    this.owner = owner;
    this.channel = channel;
    this.request = request;
  }

  /** Sends a request whose time counts from the given instant, which may lie in the past. */
  void send(long from) {
    busy = true;
    fromNanos = from;
    events = 0;
    channel.writeAndFlush(request.retainedDuplicate(), channel.voidPromise());
  }

  boolean busy() {
    return busy;
  }

  void close() {
    channel.close();
  }

  /** The load ends: how long nothing has come of a stream counts as long as it took. */
  void end() {
    if (busy && events > 0) {
      owner.result().eventGaps.record(System.nanoTime() - lastEventNanos);
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ByteBuf bytes = (ByteBuf) message;
    try {
      boolean complete = parser.feed(bytes);
      noteEvents();
      if (complete) {
        complete();
      }
    } finally {
      bytes.release();
    }
  }

  private void noteEvents() {
    long seen = parser.events();
    if (seen == events) {
      return;
    }
    long now = System.nanoTime();
    if (events == 0) {
      owner.result().firstBodyByte.record(now - fromNanos);
    } else {
      owner.result().eventGaps.record(now - lastEventNanos);
    }
    owner.result().events += seen - events;
    events = seen;
    lastEventNanos = now;
  }

  private void complete() {
    busy = false;
    boolean keep = !parser.close();
    owner.answered(this, parser.status(), fromNanos, keep);
    if (!keep) {
      channel.close();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    if (busy && parser.untilClose()) {
      busy = false;
      owner.answered(this, parser.status(), fromNanos, false);
    } else if (busy) {
      busy = false;
      owner.reset();
    }
    owner.gone(this);
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    ctx.close();
  }
}
