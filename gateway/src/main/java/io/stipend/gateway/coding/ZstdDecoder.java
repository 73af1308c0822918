package io.stipend.gateway.coding;

import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;

/** Zstandard: one frame after the other. Its native memory is bounded by the window. */
final class ZstdDecoder implements BodyDecoder {
  /** RFC 9659: what a sender of this coding may ask of every receiver is 8 MB. */
  private static final int MAX_WINDOW_LOG = 23;

  private final ZstdDecompressCtx context = new ZstdDecompressCtx().setLongMax(MAX_WINDOW_LOG);
  private boolean complete;
  private boolean pending;

  @Override
  public boolean decode(ByteBuf in, ByteBuf out, int most) throws BadCodingException {
    int left = most;
    while (in.isReadable() || pending) {
      if (left == 0) {
        return true;
      }
      left -= step(in, out, left);
    }
    return false;
  }

  private int step(ByteBuf in, ByteBuf out, int most) throws BadCodingException {
    ByteBuffer from = in.nioBuffer();
    ByteBuffer to = Room.in(out, most);
    int fromBefore = from.remaining();
    int toBefore = to.remaining();
    try {
      complete = context.decompressByteBufferStream(to, from);
    } catch (ZstdException e) {
      throw new BadCodingException(String.valueOf(e.getMessage()));
    }
    in.skipBytes(fromBefore - from.remaining());
    int got = toBefore - to.remaining();
    out.writerIndex(out.writerIndex() + got);
    pending = !complete && !to.hasRemaining();
    return got;
  }

  @Override
  public boolean complete() {
    return complete;
  }

  @Override
  public void close() {
    context.close();
  }
}
