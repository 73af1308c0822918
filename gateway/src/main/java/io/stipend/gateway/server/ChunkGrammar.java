package io.stipend.gateway.server;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads one chunked body, byte by byte but for the data, which is copied: a size is 1 to 8 hex
 * digits and nothing else, lines end in CRLF, no extensions. Trailers are checked and dropped; one
 * that would change the framing is refused.
 *
 * <pre>SIZE → SIZE_LF → DATA → DATA_CR → DATA_LF → SIZE … ; size 0: SIZE_LF → TRAILER → DONE</pre>
 */
final class ChunkGrammar {
  private static final int MAX_SIZE_DIGITS = 8;
  private static final int FIRST_LINE = 128;
  private static final Set<String> NO_TRAILERS =
      Set.of("content-length", "transfer-encoding", "host", "trailer", "content-encoding");

  private final int maxTrailerBytes;
  private State state = State.SIZE;
  private long size;
  private int digits;
  private byte[] line = new byte[0];
  private int lineLength;
  private int trailerBytes;

  ChunkGrammar(int maxTrailerBytes) {
    this.maxTrailerBytes = maxTrailerBytes;
  }

  private enum State {
    SIZE,
    SIZE_LF,
    DATA,
    DATA_CR,
    DATA_LF,
    TRAILER,
    DONE
  }

  /** Whether the body is complete. */
  boolean done() {
    return state == State.DONE;
  }

  /**
   * Takes the bytes that are there, up to the end of the body, from {@code in}.
   *
   * @param out takes the data; null if nobody wants it
   */
  void decode(ByteBuf in, @Nullable ByteBuf out) throws MalformedRequest {
    while (state != State.DONE && in.isReadable()) {
      if (state == State.DATA) {
        int length = (int) Math.min(size, in.readableBytes());
        if (out == null) {
          in.skipBytes(length);
        } else {
          out.writeBytes(in, length);
        }
        size -= length;
        if (size == 0) {
          state = State.DATA_CR;
        }
      } else {
        step(in.readByte());
      }
    }
  }

  private void step(byte b) throws MalformedRequest {
    switch (state) {
      case SIZE -> sizeByte(b);
      case SIZE_LF -> {
        expect(b, '\n');
        state = size == 0 ? State.TRAILER : State.DATA;
        digits = 0;
      }
      case DATA_CR -> {
        expect(b, '\r');
        state = State.DATA_LF;
      }
      case DATA_LF -> {
        expect(b, '\n');
        state = State.SIZE;
      }
      case TRAILER -> trailerByte(b);
      case DATA, DONE -> throw new IllegalStateException("state: " + state);
    }
  }

  private void sizeByte(byte b) throws MalformedRequest {
    if (b == '\r' && digits > 0) {
      state = State.SIZE_LF;
      return;
    }
    int digit = b < 0 ? -1 : Character.digit(b, 16);
    if (digit < 0 || ++digits > MAX_SIZE_DIGITS) {
      throw new MalformedRequest("A chunk's size is not 1 to 8 hex digits.");
    }
    size = (digits == 1 ? 0 : size << 4) | digit;
  }

  private void trailerByte(byte b) throws MalformedRequest {
    if (++trailerBytes > maxTrailerBytes) {
      throw new MalformedRequest(
          MalformedRequest.HEADERS_TOO_LARGE,
          "The trailers are longer than " + maxTrailerBytes + " bytes.");
    }
    if (b != '\n') {
      if (lineLength == line.length) {
        line = Arrays.copyOf(line, Math.max(FIRST_LINE, 2 * lineLength));
      }
      line[lineLength++] = b;
      return;
    }
    if (lineLength == 0 || line[lineLength - 1] != '\r') {
      throw new MalformedRequest("The trailers hold a bare line feed.");
    }
    int end = lineLength - 1;
    lineLength = 0;
    if (end == 0) {
      state = State.DONE;
      return;
    }
    int colon = HeadGrammar.checkField(line, 0, end);
    String name = new String(line, 0, colon, StandardCharsets.US_ASCII).toLowerCase(Locale.ROOT);
    if (NO_TRAILERS.contains(name)) {
      throw new MalformedRequest("A trailer may not be: " + name + ".");
    }
  }

  private static void expect(byte b, char expected) throws MalformedRequest {
    if (b != expected) {
      throw new MalformedRequest("A chunk does not end in CR LF where its size says.");
    }
  }
}
