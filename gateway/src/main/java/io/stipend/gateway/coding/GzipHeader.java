package io.stipend.gateway.coding;

import java.util.zip.CRC32;

/** Reads the header of one gzip member, RFC 1952 §2.3, byte by byte. */
final class GzipHeader {
  private static final int[] MAGIC = {0x1f, 0x8b, 8};
  private static final int FLAGS_AT = 3;
  private static final int FIXED_BYTES = 10;
  private static final int RESERVED = 0xe0;
  private static final int LOW_HALF = 0xffff;

  private final CRC32 checksum = new CRC32();
  private Part part = Part.FIXED;
  private int at;
  private int flags;
  private int number;
  private int expected;

  /** The parts that may follow the fixed one, each with its flag. */
  private enum Part {
    FIXED(0),
    EXTRA_LENGTH(4),
    EXTRA(4),
    NAME(8),
    COMMENT(16),
    CHECKSUM(2),
    DONE(0);

    private final int flag;

    Part(int flag) {
      this.flag = flag;
    }
  }

  /** Whether no byte of it has come. */
  boolean empty() {
    return part == Part.FIXED && at == 0;
  }

  /** Takes the next byte; whether it was the last. */
  boolean take(byte b) throws BadCodingException {
    int value = b & 0xff;
    if (part != Part.CHECKSUM) {
      checksum.update(value);
    }
    switch (part) {
      case FIXED -> fixed(value);
      case EXTRA_LENGTH -> extraLength(value);
      case EXTRA -> {
        if (++at == number) {
          next();
        }
      }
      case NAME, COMMENT -> {
        if (value == 0) {
          next();
        }
      }
      case CHECKSUM -> checksum(value);
      case DONE -> throw new IllegalStateException("part: " + part);
    }
    return part == Part.DONE;
  }

  private void fixed(int value) throws BadCodingException {
    if (at < MAGIC.length && value != MAGIC[at]) {
      throw new BadCodingException("its bytes do not begin, or go on after an end, as gzip does");
    }
    if (at == FLAGS_AT) {
      flags = value;
      if ((flags & RESERVED) != 0) {
        throw new BadCodingException("its header has reserved flags");
      }
    }
    if (++at == FIXED_BYTES) {
      next();
    }
  }

  private void extraLength(int value) {
    number |= value << (8 * at);
    if (++at == 2) {
      next();
      if (part == Part.EXTRA && number == 0) {
        next();
      }
    }
  }

  private void checksum(int value) throws BadCodingException {
    expected |= value << (8 * at);
    if (++at == 2) {
      if (expected != (checksum.getValue() & LOW_HALF)) {
        throw new BadCodingException("its header's checksum does not match");
      }
      next();
    }
  }

  private void next() {
    at = 0;
    for (Part later : Part.values()) {
      if (later.compareTo(part) > 0 && (later == Part.DONE || (flags & later.flag) != 0)) {
        part = later;
        return;
      }
    }
  }
}
