package io.stipend.metering.ledger;

import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** Reads what {@link ByteWriter} wrote; anything else is a {@link LedgerException}. */
final class ByteReader {
  private final byte[] bytes;
  private int at;

  ByteReader(byte[] bytes) {
    this.bytes = bytes;
  }

  /** The bytes from a position to here. */
  byte[] since(int position) {
    return Arrays.copyOfRange(bytes, position, at);
  }

  /** So many bytes as they are. */
  byte[] raw(int length) {
    if (length > bytes.length - at) {
      throw malformed(length + " bytes end too early");
    }
    at += length;
    return since(at - length);
  }

  boolean hasMore() {
    return at < bytes.length;
  }

  int u8() {
    if (at >= bytes.length) {
      throw malformed("ends too early");
    }
    return bytes[at++] & 0xFF;
  }

  long varint() {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      int next = u8();
      value |= (long) (next & 0x7F) << shift;
      if (next < 0x80) {
        return value;
      }
    }
    throw malformed("a number is longer than 10 bytes");
  }

  /** A number that counts or selects, bounded so that a broken record cannot ask for much. */
  int count(int max) {
    long value = varint();
    if (value < 0 || value > max) {
      throw malformed(value + " (expected: 0.." + max + ")");
    }
    return (int) value;
  }

  long zigzag() {
    long value = varint();
    return (value >>> 1) ^ -(value & 1);
  }

  @Nullable String text() {
    int length = count(bytes.length) - 1;
    if (length < 0) {
      return null;
    }
    if (length > bytes.length - at) {
      throw malformed("a text of " + length + " bytes ends too early");
    }
    String text = new String(bytes, at, length, StandardCharsets.UTF_8);
    at += length;
    return text;
  }

  /** Where the next value begins. */
  int at() {
    return at;
  }

  /** Passes over a text. */
  void skipText() {
    int length = count(bytes.length) - 1;
    if (length > bytes.length - at) {
      throw malformed("a text of " + length + " bytes ends too early");
    }
    at += Math.max(0, length);
  }

  /** The text that begins there; what is read next stays as it is. */
  @Nullable String textAt(int place) {
    int now = at;
    at = place;
    String text = text();
    at = now;
    return text;
  }

  String requiredText() {
    return required(text());
  }

  boolean flag() {
    return u8() != 0;
  }

  @Nullable Instant instant() {
    return flag() ? Instant.ofEpochMilli(zigzag()) : null;
  }

  /** Refuses a null where the format has none. */
  <T> T required(@Nullable T value) {
    if (value == null) {
      throw malformed("a required text is missing");
    }
    return value;
  }

  LedgerException malformed(String what) {
    return new LedgerException("entry: at byte " + at + ": " + what, null);
  }
}
