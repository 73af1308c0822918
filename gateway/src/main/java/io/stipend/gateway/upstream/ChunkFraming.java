package io.stipend.gateway.upstream;

import io.netty.buffer.ByteBuf;
import io.stipend.gateway.http.FieldGrammar;

/**
 * The framing of a chunked body, byte by byte but for the data. A size is 1 to 15 hex digits and at
 * most {@link Integer#MAX_VALUE}; lines end in CR LF; extensions are tokens, and are skipped.
 *
 * <pre>SIZE → (EXTENSION … →) SIZE_LF → DATA → DATA_CR → DATA_LF → SIZE … ; size 0: → LAST</pre>
 */
final class ChunkFraming {
  /** {@link #next}: the last chunk has come; trailers follow. */
  static final int NO_MORE = -1;

  private static final int MAX_SIZE_DIGITS = 15;
  private static final int MAX_EXTENSION_BYTES = 1_024;

  private State state = State.SIZE;
  private long left;
  private int digits;
  private int extensionBytes;

  private enum State {
    SIZE,
    EXTENSION_NAME,
    EXTENSION_VALUE_BEGIN,
    EXTENSION_VALUE,
    SIZE_LF,
    DATA,
    DATA_CR,
    DATA_LF,
    LAST
  }

  /** A body is to come. */
  void begin() {
    state = State.SIZE;
    digits = 0;
    left = 0;
    extensionBytes = 0;
  }

  /**
   * Reads what stands before the next data.
   *
   * @return how many bytes of data are to be read now; 0 if more has to come, or {@link #NO_MORE}
   */
  int next(ByteBuf in) throws MalformedResponse {
    while (in.isReadable()) {
      if (state == State.DATA) {
        int here = (int) Math.min(left, in.readableBytes());
        left -= here;
        if (left == 0) {
          state = State.DATA_CR;
        }
        return here;
      }
      step(in.readByte());
      if (state == State.LAST) {
        return NO_MORE;
      }
    }
    return 0;
  }

  private void step(byte b) throws MalformedResponse {
    switch (state) {
      case SIZE -> sizeByte(b);
      case EXTENSION_NAME, EXTENSION_VALUE_BEGIN, EXTENSION_VALUE -> extensionByte(b);
      case SIZE_LF -> {
        expect(b, '\n');
        state = left == 0 ? State.LAST : State.DATA;
        digits = 0;
        extensionBytes = 0;
      }
      case DATA_CR -> {
        expect(b, '\r');
        state = State.DATA_LF;
      }
      case DATA_LF -> {
        expect(b, '\n');
        state = State.SIZE;
      }
      case DATA, LAST -> throw new IllegalStateException("state: " + state);
    }
  }

  private void sizeByte(byte b) throws MalformedResponse {
    int digit = hex(b);
    if (digit >= 0) {
      left = left << 4 | digit;
      if (++digits > MAX_SIZE_DIGITS || left > Integer.MAX_VALUE) {
        throw new MalformedResponse("a chunk's size is over " + Integer.MAX_VALUE);
      }
    } else if (digits > 0 && b == '\r') {
      state = State.SIZE_LF;
    } else if (digits > 0 && b == ';') {
      state = State.EXTENSION_NAME;
    } else {
      throw new MalformedResponse("a chunk's size is not hex digits");
    }
  }

  private static int hex(byte b) {
    if (b >= '0' && b <= '9') {
      return b - '0';
    }
    int lower = b | 0x20;
    return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
  }

  private void extensionByte(byte b) throws MalformedResponse {
    boolean value = state != State.EXTENSION_NAME;
    boolean begin = state == State.EXTENSION_VALUE_BEGIN;
    if (++extensionBytes > MAX_EXTENSION_BYTES) {
      throw new MalformedResponse("a chunk's extension is over 1,024 bytes");
    }
    if (FieldGrammar.isToken(b)) {
      state = value ? State.EXTENSION_VALUE : state;
    } else if (b == '=' && !value) {
      state = State.EXTENSION_VALUE_BEGIN;
    } else if (b == ';' && !begin) {
      state = State.EXTENSION_NAME;
    } else if (b == '\r' && !begin) {
      state = State.SIZE_LF;
    } else {
      throw new MalformedResponse("a chunk's extension is not a token");
    }
  }

  private static void expect(byte b, char expected) throws MalformedResponse {
    if (b != expected) {
      throw new MalformedResponse("a chunk does not end in CR LF where its size says");
    }
  }
}
