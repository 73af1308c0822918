package io.stipend.gateway.dialect;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.stipend.gateway.dialect.AnswerReader.BadAnswerException;
import java.util.Arrays;

/** What earlier reads left of a part of an answer that is not whole yet, within a bound. */
final class Pending {
  private static final int FIRST_BYTES = 1_024;

  private final String what;
  private final int most;
  private byte[] bytes = {};
  private int length;

  /**
   * @param what is pending, for the message
   * @param most bytes of it
   */
  Pending(String what, int most) {
    this.what = what;
    this.most = most;
  }

  boolean isEmpty() {
    return length == 0;
  }

  int length() {
    return length;
  }

  /** Begins with what is pending. */
  byte[] bytes() {
    return bytes;
  }

  /** Adds these. */
  void keep(byte[] from, int begin, int end) {
    int grown = length + end - begin;
    checkBound(grown);
    if (grown > bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(FIRST_BYTES, Math.max(grown, 2 * bytes.length)));
    }
    System.arraycopy(from, begin, bytes, length, end - begin);
    length = grown;
  }

  /** Refuses a part of this length if that is too much. */
  void checkBound(int of) {
    if (of > most) {
      throw new BadAnswerException(
          what + ": " + of + " bytes and more (expected: at most " + most + ")");
    }
  }

  /** A copy of it for the client. */
  ByteBuf copy() {
    return Unpooled.copiedBuffer(bytes, 0, length);
  }

  void clear() {
    length = 0;
  }

  /** Gives its memory back. */
  void close() {
    bytes = new byte[0];
    length = 0;
  }
}
