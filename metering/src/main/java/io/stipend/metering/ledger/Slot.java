package io.stipend.metering.ledger;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The layout of one slot, in little-endian order:
 *
 * <pre>
 *  0  state word, written last
 *  4  length of the body
 *  8  generation: another one for each use of any slot
 * 16  CRC-32C of length, generation and body
 * 24  progress mark: count, output tokens, nanos, CRC-32C of generation and these  (32 bytes)
 * 56  the other progress mark
 * 88  body: the reservation, readable alone
 * </pre>
 *
 * The two progress marks are written in turn, so that one is whole whenever the process dies; the
 * whole one with the higher count stands. The generation in their checksum makes marks of an
 * earlier use invalid. Holds that an extension added are not marked: recovery ends the attempt, and
 * what it debits depends on the progress alone.
 */
final class Slot {
  static final int BYTES = 2048;
  static final int STATE = 0;
  private static final int LENGTH = 4;
  private static final int GENERATION = 8;
  private static final int CHECKSUM = 16;
  private static final int PROGRESS = 24;
  private static final int PROGRESS_BYTES = 32;
  private static final int BODY = PROGRESS + 2 * PROGRESS_BYTES;

  /** Less than this is no slot. */
  static final int MIN_BYTES = BODY + 8;

  private Slot() {}

  /**
   * What a slot held.
   *
   * @param reserved the reservation; labels may be missing
   * @param sent whether its first byte may have gone to the upstream
   * @param outputTokens output seen at the last extension; 0 without one
   * @param nanos its cost; 0 without one
   */
  record Content(LedgerEntry.Reserved reserved, boolean sent, long outputTokens, long nanos) {}

  /**
   * The reservation in bytes. One that is too large loses its labels (session, agents and client),
   * which nothing depends on; accounts are never cut.
   *
   * @param out takes it in place of what it held
   * @return whether it is small enough, perhaps so
   */
  static boolean body(ByteWriter out, KnownProfile profile, LedgerEntry.Reserved reserved) {
    out.clear();
    AttemptCodec.writeAlone(out, profile, reserved);
    if (out.size() > BYTES - BODY) {
      out.clear();
      AttemptCodec.writeAlone(out, profile, withoutLabels(profile.profile(), reserved));
    }
    return out.size() <= BYTES - BODY;
  }

  private static LedgerEntry.Reserved withoutLabels(Profile profile, LedgerEntry.Reserved r) {
    AttemptFacts f = r.facts();
    AttemptFacts facts =
        profile
            .facts(
                null, null, f.inputEstimate(), f.outputCap(), f.expectedOutput(), f.expectedNanos())
            .sentAs(f.modelSent());
    return new LedgerEntry.Reserved(r.at(), r.id(), facts, r.holds());
  }

  /** Writes all but the state word. */
  static void write(ByteBuffer map, int at, long generation, ByteWriter body) {
    map.putInt(at + PROGRESS + 24, 0);
    map.putInt(at + PROGRESS + PROGRESS_BYTES + 24, 0);
    map.putInt(at + LENGTH, body.size());
    map.putLong(at + GENERATION, generation);
    map.putInt(at + CHECKSUM, checksum(generation, body));
    body.put(map, at + BODY);
  }

  static void progress(ByteBuffer map, int at, long count, long outputTokens, long nanos) {
    int mark = at + PROGRESS + (int) (count & 1) * PROGRESS_BYTES;
    map.putLong(mark, count);
    map.putLong(mark + 8, outputTokens);
    map.putLong(mark + 16, nanos);
    map.putInt(mark + 24, checksum(map.getLong(at + GENERATION), count, outputTokens, nanos));
  }

  /** Reads a slot of any size; null if it is torn. */
  static @Nullable Content read(ByteBuffer slot, boolean sent) {
    int length = slot.getInt(LENGTH);
    if (length < 0 || length > slot.capacity() - BODY) {
      return null;
    }
    long generation = slot.getLong(GENERATION);
    byte[] body = new byte[length];
    slot.get(BODY, body);
    if (slot.getInt(CHECKSUM) != checksum(generation, body)) {
      return null;
    }
    LedgerEntry.Reserved reserved = AttemptCodec.readAlone(new ByteReader(body));
    long count = -1;
    long outputTokens = 0;
    long nanos = 0;
    for (int i = 0; i < 2; i++) {
      int mark = PROGRESS + i * PROGRESS_BYTES;
      long c = slot.getLong(mark);
      long o = slot.getLong(mark + 8);
      long n = slot.getLong(mark + 16);
      if (slot.getInt(mark + 24) == checksum(generation, c, o, n) && c > count) {
        count = c;
        outputTokens = o;
        nanos = n;
      }
    }
    return new Content(reserved, sent, outputTokens, nanos);
  }

  private static int checksum(long generation, byte[] body) {
    CRC32C crc = begun(generation, body.length);
    crc.update(body);
    return (int) crc.getValue();
  }

  private static int checksum(long generation, ByteWriter body) {
    CRC32C crc = begun(generation, body.size());
    body.update(crc);
    return (int) crc.getValue();
  }

  private static CRC32C begun(long generation, int length) {
    CRC32C crc = new CRC32C();
    crc.update(ByteBuffer.allocate(12).putLong(generation).putInt(length).flip());
    return crc;
  }

  private static int checksum(long generation, long count, long outputTokens, long nanos) {
    CRC32C crc = new CRC32C();
    crc.update(
        ByteBuffer.allocate(32)
            .putLong(generation)
            .putLong(count)
            .putLong(outputTokens)
            .putLong(nanos)
            .flip());
    return (int) crc.getValue();
  }
}
