package io.stipend.gateway.dialect;

import io.netty.buffer.ByteBuf;
import java.util.Set;
import java.util.function.Consumer;

/**
 * A stream of events, one of which may be an image of megabytes: an event is never kept, its data
 * is scanned as it comes. The events that end a stream bring the usage.
 */
final class MediaEvents extends MediaAnswer {
  private static final byte[] DATA = EventScan.key("data:");
  private static final byte[] BYTE_ORDER_MARK = {(byte) 0xEF, (byte) 0xBB, (byte) 0xBF};

  private static final Set<String> LAST =
      Set.of(
          "speech.audio.done",
          "transcript.text.done",
          "image_generation.completed",
          "image_edit.completed");

  /** What the line is that is being read. */
  private enum Line {
    /** Nothing of it came. */
    EMPTY,
    /** It may become one of data. */
    BEGUN,
    DATA,
    OTHER
  }

  private Line line = Line.EMPTY;

  /** Bytes of {@link #DATA} that a line begun has. */
  private int matched;

  /** The last line ended with CR, so that an LF would belong to it. */
  private boolean afterCr;

  /** Bytes of the byte order mark that came; past its length where there can be none any more. */
  private int marked;

  private boolean done;

  MediaEvents(MediaUsage.Form form) {
    super(form);
  }

  @Override
  void look(byte[] bytes, int length) {
    int at = 0;
    while (at < length) {
      if (line == Line.DATA || line == Line.OTHER) {
        int end = ByteSearch.lineEnd(bytes, at, length);
        if (line == Line.DATA) {
          fields().scan(bytes, at, end);
        }
        at = end;
      }
      if (at < length) {
        step(bytes[at++]);
      }
    }
  }

  /** Takes a byte at a line's end or within its name. */
  private void step(byte b) {
    if (marked < BYTE_ORDER_MARK.length && b == BYTE_ORDER_MARK[marked]) {
      marked++;
      return;
    }
    marked = BYTE_ORDER_MARK.length;
    if (b == '\n' || b == '\r') {
      lineEnd(b);
      return;
    }
    afterCr = false;
    if (line == Line.EMPTY) {
      line = Line.BEGUN;
      matched = 0;
    }
    if (b != DATA[matched++]) {
      line = Line.OTHER;
    } else if (matched == DATA.length) {
      line = Line.DATA;
    }
  }

  private void lineEnd(byte b) {
    if (b == '\n' && afterCr) {
      afterCr = false;
      return;
    }
    afterCr = b == '\r';
    if (line == Line.EMPTY) {
      eventEnd();
    }
    line = Line.EMPTY;
  }

  private void eventEnd() {
    done |= LAST.contains(fields().type());
    fields().next();
  }

  @Override
  public void end(Consumer<ByteBuf> client) {
    // An event that broke off within a line is none, unless its usage came.
    if (line == Line.EMPTY || fields().usage() != null) {
      eventEnd();
    }
  }

  @Override
  public boolean complete() {
    return done;
  }
}
