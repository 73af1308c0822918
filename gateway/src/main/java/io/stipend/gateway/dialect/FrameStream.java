package io.stipend.gateway.dialect;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.function.Consumer;
import software.amazon.eventstream.Message;

/**
 * A stream in the frames of AWS: takes bytes split anywhere, checks and reads whole frames, and
 * passes them on as slices of what came. A frame that never became whole never passes.
 */
abstract class FrameStream implements AnswerReader {
  private final int maxBytes;
  private final Pending pending;

  /** A frame told of an error: nothing more is to be said. */
  private boolean broke;

  FrameStream(Dialect.ReaderLimits limits) {
    this.maxBytes = limits.eventBytes();
    this.pending = new Pending("frame", maxBytes);
  }

  /** One event arrived. */
  abstract void event(String type, byte[] payload);

  /** The text so far. */
  abstract TextSeen seen();

  @Override
  public final void read(ByteBuf in, Consumer<ByteBuf> client) {
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
    int begin = finishPending(bytes, length, client);
    int at = begin;
    while (length - at >= AwsFrames.PRELUDE) {
      int frame = AwsFrames.length(bytes, at, maxBytes);
      if (frame > length - at) {
        break;
      }
      frame(bytes, at, frame);
      at += frame;
    }
    if (at > begin) {
      client.accept(in.retainedSlice(in.readerIndex() + begin, at - begin));
    }
    pending.keep(bytes, at, length);
  }

  /** Fills the frame that earlier reads left; tells where the next one begins. */
  private int finishPending(byte[] bytes, int length, Consumer<ByteBuf> client) {
    int at = 0;
    while (!pending.isEmpty() && at < length) {
      int have = pending.length();
      int need =
          have < AwsFrames.PRELUDE
              ? AwsFrames.PRELUDE
              : AwsFrames.length(pending.bytes(), 0, maxBytes);
      int taken = Math.min(need - have, length - at);
      pending.keep(bytes, at, at + taken);
      at += taken;
      if (need > AwsFrames.PRELUDE && pending.length() == need) {
        frame(pending.bytes(), 0, need);
        client.accept(pending.copy());
        pending.clear();
      }
    }
    return at;
  }

  private void frame(byte[] bytes, int at, int length) {
    Message message = AwsFrames.read(bytes, at, length);
    String type = AwsFrames.event(message);
    if (type == null) {
      broke = true;
    } else {
      event(type, message.getPayload());
    }
  }

  @Override
  public final void end(Consumer<ByteBuf> client) {
    pending.clear();
  }

  /** Nothing, where the provider has told of its error already. */
  @Override
  public final ByteBuf errorEnding(String message) {
    return broke
        ? Unpooled.EMPTY_BUFFER
        : new AwsFrames().exception("internalServerException", message).bytes();
  }

  @Override
  public final boolean framed() {
    return true;
  }

  @Override
  public final boolean streams() {
    return true;
  }

  @Override
  public final long textBytes() {
    return seen().bytes();
  }

  @Override
  public final long textEvents() {
    return seen().events();
  }

  @Override
  public final String text() {
    return seen().text();
  }

  @Override
  public final void close() {
    pending.close();
    seen().clear();
  }
}
