package io.stipend.metering.ledger;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Arrays;
import java.util.zip.Checksum;
import org.jspecify.annotations.Nullable;

/** A growing byte array in the ledger's encoding: little numbers take few bytes. */
final class ByteWriter {
  private byte[] bytes;
  private int size;

  ByteWriter(int capacity) {
    bytes = new byte[capacity];
  }

  int size() {
    return size;
  }

  void clear() {
    size = 0;
  }

  /** Puts all of it into a buffer. */
  void put(ByteBuffer into, int at) {
    into.put(at, bytes, 0, size);
  }

  /** Adds all of it to a checksum. */
  void update(Checksum checksum) {
    checksum.update(bytes, 0, size);
  }

  byte[] toByteArray() {
    return Arrays.copyOf(bytes, size);
  }

  void u8(int value) {
    room(1);
    bytes[size++] = (byte) value;
  }

  /** An unsigned number, seven bits a byte, lowest first. */
  void varint(long value) {
    room(10);
    long rest = value;
    while ((rest & ~0x7FL) != 0) {
      bytes[size++] = (byte) (rest | 0x80);
      rest >>>= 7;
    }
    bytes[size++] = (byte) rest;
  }

  /** A signed number; small magnitudes take few bytes. */
  void zigzag(long value) {
    varint((value << 1) ^ (value >> 63));
  }

  /** A string as it is, after its length; null is told from empty. */
  void text(@Nullable String text) {
    if (text == null) {
      varint(0);
      return;
    }
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    varint(utf8.length + 1L);
    raw(utf8, utf8.length);
  }

  void flag(boolean value) {
    u8(value ? 1 : 0);
  }

  /** A point in time to the millisecond, or none. */
  void instant(@Nullable Instant instant) {
    flag(instant != null);
    if (instant != null) {
      zigzag(instant.toEpochMilli());
    }
  }

  void append(ByteWriter other) {
    raw(other.bytes, other.size);
  }

  /** Bytes as they are. */
  void raw(byte[] from, int length) {
    room(length);
    System.arraycopy(from, 0, bytes, size, length);
    size += length;
  }

  private void room(int more) {
    if (bytes.length - size < more) {
      bytes = Arrays.copyOf(bytes, Math.max(bytes.length * 2, size + more));
    }
  }
}
