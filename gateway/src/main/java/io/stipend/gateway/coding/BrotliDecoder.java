package io.stipend.gateway.coding;

import com.aayushatharva.brotli4j.Brotli4jLoader;
import com.aayushatharva.brotli4j.decoder.DecoderJNI;
import com.aayushatharva.brotli4j.decoder.DecoderJNI.Status;
import io.netty.buffer.ByteBuf;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/** Brotli: one stream, whose window is at most 16 MB of native memory. */
final class BrotliDecoder implements BodyDecoder {
  private static final int INPUT_BYTES = 8 * 1_024;

  /** Where the library unpacks its native part; its own choice has a name that can be guessed. */
  private static final String WORK_FOLDER = "com.aayushatharva.brotli4j.native.workdir";

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

  /** Loads the native library by way of a folder that nobody else can write to, and deletes it. */
  static void load() {
    if (System.getProperty(WORK_FOLDER) != null) {
      Brotli4jLoader.ensureAvailability();
      return;
    }
    try {
      Path folder = Files.createTempDirectory("stipend-br");
      System.setProperty(WORK_FOLDER, folder.toString());
      try {
        Brotli4jLoader.ensureAvailability();
      } finally {
        System.clearProperty(WORK_FOLDER);
        delete(folder);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
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
