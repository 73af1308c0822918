package io.stipend.gateway.coding;

import com.aayushatharva.brotli4j.decoder.DecoderJNI;
import com.aayushatharva.brotli4j.decoder.DecoderJNI.Status;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;

/** Brotli: one stream, whose window is at most 16 MB of native memory. */
final class BrotliDecoder implements BodyDecoder {
  private static final int INPUT_BYTES = 8 * 1_024;

  private final DecoderJNI.Wrapper wrapper;

  /**
   * Output was pulled since the last push. The library then says that it needs input though it may
   * have some left, where the output filled its window: only an empty push tells.
   */
  private boolean pulled;

  BrotliDecoder() {
    try {
      wrapper = new DecoderJNI.Wrapper(INPUT_BYTES);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public boolean decode(ByteBuf in, ByteBuf out, int most) throws BadCodingException {
    int left = most;
    while (true) {
      Status status = wrapper.getStatus();
      if (status == Status.NEEDS_MORE_OUTPUT || wrapper.hasOutput()) {
        if (left == 0) {
          return true;
        }
        ByteBuffer got = wrapper.pull(left);
        left -= got.remaining();
        out.writeBytes(got);
        pulled = true;
      } else if (status == Status.OK || (status == Status.NEEDS_MORE_INPUT && pulled)) {
        pulled = false;
        wrapper.push(0);
      } else if (status == Status.ERROR) {
        throw new BadCodingException("it is corrupt, or bytes follow its end");
      } else if (!in.isReadable()) {
        return false;
      } else if (status == Status.DONE) {
        throw new BadCodingException("bytes follow its end");
      } else {
        push(in);
      }
    }
  }

  private void push(ByteBuf in) {
    ByteBuffer to = wrapper.getInputBuffer();
    to.clear();
    to.limit(Math.min(to.capacity(), in.readableBytes()));
    int length = to.remaining();
    in.readBytes(to);
    wrapper.push(length);
  }

  @Override
  public boolean complete() {
    return wrapper.getStatus() == Status.DONE && !wrapper.hasOutput();
  }

  @Override
  public void close() {
    wrapper.destroy();
  }
}
