package io.stipend.gateway.exchange;

import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.function.Consumer;

/** Parts of an answer that its client may not see yet, in their order. Used on one event loop. */
final class Backlog {
  /** What a part keeps from being used again, however small it is: a read's least buffer. */
  private static final int PINNED_BYTES = 4 * 1_024;

  /** The gate opens within milliseconds: less than this is not worth two system calls. */
  private static final int MUCH_BYTES = 64 * 1_024;

  private static final int FIRST_PARTS = 4;

  private final Queue<ByteBuf> parts = new ArrayDeque<>(FIRST_PARTS);
  private long bytes;

  /** Takes ownership. */
  void add(ByteBuf part) {
    bytes += Math.max(part.readableBytes(), PINNED_BYTES);
    parts.add(part);
  }

  boolean isEmpty() {
    return parts.isEmpty();
  }

  /** Whether so much waits that no more should be read. */
  boolean isMuch() {
    return bytes > MUCH_BYTES;
  }

  /** Gives all away. */
  void drainTo(Consumer<ByteBuf> client) {
    for (ByteBuf part = parts.poll(); part != null; part = parts.poll()) {
      client.accept(part);
    }
    bytes = 0;
  }

  /** Forgets all. */
  void release() {
    drainTo(ByteBuf::release);
  }
}
