package io.stipend.gateway.demo;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOption;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.LastHttpContent;
import io.stipend.gateway.demo.FakeProvider.End;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;

/**
 * Writes the events of one reply: no faster than its pace, no faster than the client reads, one
 * flush for each event that is paced. Runs on the connection's event loop.
 */
final class FakeStream {
  /** Events that are written before the event loop may look at other connections. */
  private static final int BURST = 16;

  /** Time for what was written to reach the client before the connection is reset. */
  private static final long RESET_MILLIS = 50;

  private final ChannelHandlerContext ctx;
  private final FakeScript script;
  private final boolean binary;
  private final FakeEvents events;
  private final FakeTally.Row row;
  private final Runnable done;
  private final long startNanos = System.nanoTime();
  private long steps;
  private long shown;
  private boolean over;
  private boolean waiting;

  /**
   * @param done is run when the reply is over and the connection lives
   */
  FakeStream(ChannelHandlerContext ctx, FakeCall call, FakeTally.Row row, Runnable done) {
    this.ctx = ctx;
    this.script = call.script();
    this.binary = call.wire().isBinary();
    this.events = FakeEvents.of(call);
    this.row = row;
    this.done = done;
  }

  void start(HttpResponse head) {
    if (script.resetAfter() != 0 && script.stallAfter() != 0) {
      ctx.write(head);
    }
    if (!fault()) {
      pump();
    }
  }

  /** The client has gone. */
  void stop() {
    over = true;
  }

  /** Writes what is due; comes again when more is due or the client has read. */
  void pump() {
    int burst = script.paceMicros() == 0 ? BURST : Integer.MAX_VALUE;
    while (!over && burst-- > 0) {
      if (!ctx.channel().isWritable()) {
        ctx.flush();
        return;
      }
      long waitNanos = dueNanos() - System.nanoTime();
      if (waitNanos > 0) {
        ctx.flush();
        later(waitNanos);
        return;
      }
      step();
    }
    ctx.flush();
    if (!over) {
      later(0);
    }
  }

  private long dueNanos() {
    return startNanos + TimeUnit.MICROSECONDS.toNanos(steps * script.paceMicros());
  }

  private void later(long nanos) {
    if (!waiting) {
      waiting = true;
      ctx.executor()
          .schedule(
              () -> {
                waiting = false;
                pump();
              },
              nanos,
              TimeUnit.NANOSECONDS);
    }
  }

  private void step() {
    FakeEvents.Event event = events.next();
    if (event == null) {
      finish(End.COMPLETED);
      return;
    }
    // Setting up and closing the reply takes no time; each token does.
    steps += event.tokens();
    row.generated(event.tokens(), event.reasoning());
    row.searched(event.searches());
    if (event.shown()) {
      write(event.text());
      shown++;
      fault();
    }
  }

  private void write(String text) {
    ByteBuf bytes =
        binary
            ? Unpooled.wrappedBuffer(text.getBytes(StandardCharsets.ISO_8859_1))
            : ByteBufUtil.writeUtf8(ctx.alloc(), text);
    ctx.write(new DefaultHttpContent(bytes));
  }

  private void finish(End end) {
    over = true;
    row.end(end);
    ctx.writeAndFlush(LastHttpContent.EMPTY_LAST_CONTENT)
        .addListener(
            (ChannelFutureListener)
                written -> {
                  if (written.isSuccess()) {
                    done.run();
                  } else {
                    row.notTaken();
                  }
                });
  }

  /** Whether a scripted fault happens now. */
  private boolean fault() {
    if (shown == script.truncateAfter()) {
      if (script.exception() != null && binary) {
        write(BedrockFrames.exception(script.exception()));
      }
      finish(End.FAULT);
    } else if (shown == script.resetAfter()) {
      over = true;
      row.end(End.FAULT);
      ctx.flush();
      ctx.executor().schedule(() -> reset(ctx), RESET_MILLIS, TimeUnit.MILLISECONDS);
    } else if (shown == script.stallAfter()) {
      // Nothing more comes; the row stays open until the client goes.
      over = true;
      ctx.flush();
    } else {
      return false;
    }
    return true;
  }

  /** Closes with a reset instead of an orderly end. */
  static void reset(ChannelHandlerContext ctx) {
    ctx.channel().config().setOption(ChannelOption.SO_LINGER, 0);
    ctx.close();
  }
}
