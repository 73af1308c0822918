package io.stipend.gateway.coding;

import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;

/** Where the next decoded bytes go. */
final class Room {
  /** A small body must not cost a large buffer. */
  private static final int LEAST = 16 * 1_024;

  private Room() {}

  /** The writable end of a buffer, made longer if it is short; at most {@code most} bytes. */
  static ByteBuffer in(ByteBuf out, int most) {
    int room = Math.min(most, Math.max(LEAST, out.writableBytes()));
    out.ensureWritable(room);
    return out.nioBuffer(out.writerIndex(), room);
  }
}
