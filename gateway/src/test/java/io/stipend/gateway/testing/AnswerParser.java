package io.stipend.gateway.testing;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * The least of an HTTP/1.1 response that a load generator needs: where it ends, its status, and how
 * many events of a stream have come. Lenient, cheap, for one connection.
 */
final class AnswerParser {
  private enum State {
    HEAD,
    LENGTH,
    CHUNK_SIZE,
    CHUNK,
    CHUNK_END,
    TRAILER,
    TO_CLOSE
  }

  private static final int HEAD_BYTES = 32 * 1_024;

  private final byte[] head = new byte[HEAD_BYTES];
  private int headLength;
  private State state = State.HEAD;
  private long left;
  private int lineLength;
  private boolean extension;
  private boolean afterNewline;
  private int status;
  private boolean close;
  private long events;

  /** Takes bytes until a response is complete, which it tells, or none are left. */
  boolean feed(ByteBuf in) {
    while (in.isReadable()) {
      boolean complete =
          switch (state) {
            case HEAD -> head(in);
            case LENGTH -> length(in);
            case CHUNK_SIZE -> chunkSize(in.readByte());
            case CHUNK -> chunk(in);
            case CHUNK_END -> chunkEnd(in.readByte());
            case TRAILER -> trailer(in.readByte());
            case TO_CLOSE -> toClose(in);
          };
      if (complete) {
        return true;
      }
    }
    return false;
  }

  int status() {
    return status;
  }

  /** Whether the connection ends with this response. */
  boolean close() {
    return close;
  }

  /** Whether only the connection's end completes it. */
  boolean untilClose() {
    return state == State.TO_CLOSE;
  }

  /** Events of the response so far: blank lines of its body. */
  long events() {
    return events;
  }

  private boolean head(ByteBuf in) {
    while (in.isReadable()) {
      byte next = in.readByte();
      if (headLength == HEAD_BYTES) {
        throw new IllegalStateException("head over " + HEAD_BYTES + " bytes");
      }
      head[headLength++] = next;
      if (next == '\n' && headLength >= 4 && head[headLength - 3] == '\n') {
        return begin();
      }
    }
    return false;
  }

  private boolean begin() {
    status = (head[9] - '0') * 100 + (head[10] - '0') * 10 + head[11] - '0';
    events = 0;
    afterNewline = false;
    left = -1;
    close = false;
    boolean chunked = false;
    for (int i = 0; i < headLength - 2; i++) {
      if (head[i] == '\n') {
        int first = head[i + 1] | 0x20;
        if (first == 'c' || first == 't') {
          String line = line(i + 1);
          if (line.startsWith("content-length:")) {
            left = Long.parseLong(line.substring("content-length:".length()).strip());
          } else if (line.startsWith("connection:")) {
            close = line.contains("close");
          } else if (line.startsWith("transfer-encoding:")) {
            chunked = line.contains("chunked");
          }
        }
      }
    }
    headLength = 0;
    if (status < 200) {
      return false;
    }
    if (chunked) {
      state = State.CHUNK_SIZE;
      left = 0;
      return false;
    }
    state = left < 0 ? State.TO_CLOSE : State.LENGTH;
    return left == 0 && end();
  }

  private String line(int from) {
    int to = from;
    while (head[to] != '\r' && head[to] != '\n') {
      to++;
    }
    return new String(head, from, to - from, StandardCharsets.ISO_8859_1).toLowerCase(Locale.ROOT);
  }

  private boolean length(ByteBuf in) {
    body(in);
    return left == 0 && end();
  }

  private boolean chunkSize(byte next) {
    int digit = extension ? -1 : Character.digit(next, 16);
    extension |= digit < 0;
    if (digit >= 0) {
      left = left * 16 + digit;
    } else if (next == '\n') {
      extension = false;
      lineLength = 0;
      state = left == 0 ? State.TRAILER : State.CHUNK;
    }
    return false;
  }

  private boolean chunk(ByteBuf in) {
    body(in);
    if (left == 0) {
      state = State.CHUNK_END;
    }
    return false;
  }

  private boolean chunkEnd(byte next) {
    if (next == '\n') {
      state = State.CHUNK_SIZE;
    }
    return false;
  }

  private boolean trailer(byte next) {
    if (next == '\n') {
      if (lineLength == 0) {
        return end();
      }
      lineLength = 0;
    } else if (next != '\r') {
      lineLength++;
    }
    return false;
  }

  private boolean toClose(ByteBuf in) {
    left = Long.MAX_VALUE;
    body(in);
    return false;
  }

  private void body(ByteBuf in) {
    int take = (int) Math.min(left, in.readableBytes());
    in.forEachByte(in.readerIndex(), take, this::countEvent);
    in.skipBytes(take);
    left -= take;
  }

  private boolean countEvent(byte next) {
    if (next == '\n') {
      if (afterNewline) {
        events++;
      }
      afterNewline = !afterNewline;
    } else if (next != '\r') {
      afterNewline = false;
    }
    return true;
  }

  private boolean end() {
    state = State.HEAD;
    return true;
  }
}
