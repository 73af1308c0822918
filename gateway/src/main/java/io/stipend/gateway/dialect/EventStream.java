package io.stipend.gateway.dialect;

import io.netty.buffer.ByteBuf;
import java.io.ByteArrayOutputStream;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * The framing of server-sent events: takes bytes split anywhere, hands whole events to the dialect
 * and passes them on as slices of what came. An event ends at a blank line; lines end with LF, CRLF
 * or CR. What a dialect drops, it drops with its blank line.
 */
abstract class EventStream implements AnswerReader {
  private static final byte[] DATA = EventScan.key("data");

  private final int maxBytes;
  private final TextSeen text = new TextSeen();

  /** The begun event that earlier reads left, if any. */
  private final Pending pending;

  /** Nothing stands yet on the line that is being read. */
  private boolean lineEmpty = true;

  /** The last byte was a CR that ended a line, so that an LF would belong to it. */
  private boolean afterCr;

  /** The last event ended with a CR, so that an LF would still belong to it. */
  private boolean afterEventCr;

  private boolean lastRelayed = true;

  /** The client got an event without its blank line. */
  private boolean unfinished;

  /** A byte order mark may stand before the first event. */
  private boolean first = true;

  EventStream(Dialect.ReaderLimits limits) {
    this.maxBytes = limits.eventBytes();
    this.pending = new Pending("event", maxBytes);
  }

  /**
   * One event's data arrived.
   *
   * @return whether the client may see the event
   */
  abstract boolean data(byte[] bytes, int from, int to);

  final TextSeen seen() {
    return text;
  }

  @Override
  public final void read(ByteBuf in, Consumer<ByteBuf> client) {
    int length = in.readableBytes();
    byte[] bytes = Scratch.take(length);
    try {
      in.getBytes(in.readerIndex(), bytes, 0, length);
      scan(bytes, length, in, client);
    } finally {
      Scratch.give(bytes);
      in.release();
    }
  }

  private void scan(byte[] bytes, int length, ByteBuf in, Consumer<ByteBuf> client) {
    int at = 0;
    int unsent = 0;
    if (afterEventCr && length > 0) {
      afterEventCr = false;
      if (bytes[0] == '\n') {
        at = 1;
        unsent = lastRelayed ? 0 : 1;
      }
    }
    int begin = at;
    while ((at = endOfEvent(bytes, at, length)) >= 0) {
      if (!pending.isEmpty()) {
        pending.keep(bytes, begin, at);
        lastRelayed = event(pending.bytes(), 0, pending.length());
        if (lastRelayed) {
          client.accept(pending.copy());
        }
        pending.clear();
        unsent = at;
      } else {
        boolean fits = at - begin <= maxBytes;
        lastRelayed = fits && event(bytes, begin, at);
        if (!lastRelayed) {
          send(in, unsent, begin, client);
          unsent = at;
        }
        pending.checkBound(at - begin);
      }
      begin = at;
    }
    send(in, unsent, begin, client);
    pending.keep(bytes, begin, length);
  }

  private static void send(ByteBuf in, int from, int to, Consumer<ByteBuf> client) {
    if (to > from) {
      client.accept(in.retainedSlice(in.readerIndex() + from, to - from));
    }
  }

  /** Where the event ends that is being read; -1 if not in these bytes. */
  private int endOfEvent(byte[] bytes, int from, int to) {
    int i = from;
    while (i < to) {
      byte b = bytes[i++];
      if (b != '\n' && b != '\r') {
        lineEmpty = false;
        afterCr = false;
        i = ByteSearch.lineEnd(bytes, i, to);
        continue;
      }
      if (b == '\n' && afterCr) {
        afterCr = false;
        continue;
      }
      afterCr = b == '\r';
      if (!lineEmpty) {
        lineEmpty = true;
        continue;
      }
      if (afterCr && i < to && bytes[i] == '\n') {
        i++;
      } else {
        afterEventCr = afterCr && i == to;
      }
      afterCr = false;
      return i;
    }
    return -1;
  }

  /** Finds the data of one event, its blank line included. */
  private boolean event(byte[] bytes, int from, int to) {
    int line = from;
    if (first && to - from >= 3 && bytes[from] == (byte) 0xEF && bytes[from + 1] == (byte) 0xBB) {
      line += 3;
    }
    first = false;
    int dataFrom = -1;
    int dataTo = -1;
    ByteArrayOutputStream joined = null;
    while (line < to) {
      int end = ByteSearch.lineEnd(bytes, line, to);
      int value = valueOfData(bytes, line, end);
      if (value >= 0 && dataFrom < 0) {
        dataFrom = value;
        dataTo = end;
      } else if (value >= 0) {
        if (joined == null) {
          joined = new ByteArrayOutputStream();
          joined.write(bytes, dataFrom, dataTo - dataFrom);
        }
        joined.write('\n');
        joined.write(bytes, value, end - value);
      }
      line = end + 1;
    }
    if (joined != null) {
      return data(joined.toByteArray(), 0, joined.size());
    }
    return dataFrom < 0 || data(bytes, dataFrom, dataTo);
  }

  /** Where the value of a data line begins; -1 if the line is none. */
  private static int valueOfData(byte[] bytes, int line, int end) {
    int colon = line + DATA.length;
    if (end <= colon
        || bytes[colon] != ':'
        || !Arrays.equals(bytes, line, colon, DATA, 0, DATA.length)) {
      return -1;
    }
    return end > colon + 1 && bytes[colon + 1] == ' ' ? colon + 2 : colon + 1;
  }

  @Override
  public final void end(Consumer<ByteBuf> client) {
    if (!pending.isEmpty()) {
      boolean whole = lineEmpty;
      // An event that broke off within a line is none, unless it is the one that ends the stream.
      if (event(pending.bytes(), 0, pending.length()) && (whole || complete())) {
        client.accept(pending.copy());
        unfinished = true;
      }
      pending.clear();
    }
  }

  /** What has to stand before an event of our own. */
  final String boundary() {
    return unfinished ? "\n\n" : "";
  }

  @Override
  public final boolean streams() {
    return true;
  }

  @Override
  public final long textBytes() {
    return text.bytes();
  }

  @Override
  public final long textEvents() {
    return text.events();
  }

  @Override
  public final String text() {
    return text.text();
  }

  @Override
  public void close() {
    pending.close();
    text.clear();
  }
}
