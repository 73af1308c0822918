package io.stipend.gateway.upstream;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * A request as it goes over the wire.
 *
 * @param first the head, and a small body behind it
 * @param rest the body if it is not small; else null
 * @param toHead whether the method is HEAD, whose answer has no body
 */
record RequestBytes(ByteBuf first, @Nullable ByteBuf rest, boolean toHead) {
  void release() {
    first.release();
    if (rest != null) {
      rest.release();
    }
  }
}
