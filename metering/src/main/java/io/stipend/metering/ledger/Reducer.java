package io.stipend.metering.ledger;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes batches anew without what a {@link Reduction} takes. Every record stays in its place and
 * every number that batches define keeps its meaning, so that later batches read as before. The
 * batches are read twice, each time all of them in their order: the first reading finds which names
 * are still used when all is reduced, the second one leaves the text of the others out.
 *
 * <p>Memory is bounded by the attempts that are open at a time and a bit for each name. For one
 * thread.
 */
final class Reducer {
  private final Definitions definitions;
  private final Reduction reduction;

  /** Names that are used when all is reduced; null while that is being found out. */
  private final @Nullable BitSet kept;

  private final BitSet used = new BitSet();
  private final Map<Long, Open> open = new HashMap<>();

  /** The names that the record under way was read by, and those of them by text. */
  private final List<Long> references = new ArrayList<>();

  private final Map<String, Long> numbers = new HashMap<>();
  private final NameReader reader = this::read;
  private final NameWriter writer = this::write;
  private final ByteWriter out = new ByteWriter(1 << 16);
  private final ByteWriter record = new ByteWriter(1 << 12);
  private long nextAttempt;
  private boolean changes;

  /** What an attempt was and is. */
  private record Open(
      Profile profile, LedgerEntry.Reserved reserved, Profile reduced, AttemptId id) {}

  private Reducer(LedgerTables tables, Reduction reduction, @Nullable BitSet kept) {
    definitions = Definitions.stored(tables);
    this.reduction = reduction;
    this.kept = kept;
  }

  /**
   * The first reading.
   *
   * @param tables of the ledger whose batches will be read, all of them projected
   */
  static Reducer first(LedgerTables tables, Reduction reduction) {
    return new Reducer(tables, reduction, null);
  }

  /** The second reading, after a first one of all batches. */
  Reducer second(LedgerTables tables) {
    return new Reducer(tables, reduction, used);
  }

  /** Whether any entry so far is another one when it is reduced. */
  boolean changes() {
    return changes;
  }

  /** The batch as it is when it is reduced; equal to what it was if nothing of it goes. */
  byte[] reduce(byte[] blob) {
    ByteReader in = new ByteReader(blob);
    out.clear();
    int format = in.u8();
    if (format != BatchEncoder.FORMAT) {
      throw in.malformed("batch format " + format + " (expected: " + BatchEncoder.FORMAT + ")");
    }
    nextAttempt = in.varint();
    long nextName = in.varint();
    long nextProfile = in.varint();
    long clock = in.zigzag();
    append(in.since(0));
    while (in.hasMore()) {
      int start = in.at();
      references.clear();
      numbers.clear();
      record.clear();
      int tag = in.u8();
      if (tag == BatchEncoder.NAME) {
        name(nextName++, in.requiredText());
      } else if (tag == BatchEncoder.PROFILE) {
        profile(nextProfile++, in, start);
      } else {
        clock = entry(tag, in, clock, start);
      }
    }
    return out.toByteArray();
  }

  private void name(long number, String text) {
    definitions.define(number, text);
    out.u8(BatchEncoder.NAME);
    out.text(kept == null || kept.get(Math.toIntExact(number)) ? text : "");
  }

  private void profile(long number, ByteReader in, int start) {
    Profile profile = Profile.read(in, reader);
    definitions.define(number, profile);
    Profile reduced = reduction.profile(profile);
    if (reduced.equals(profile)) {
      same(in, start);
      return;
    }
    reduced.write(record, writer);
    changed(BatchEncoder.PROFILE);
  }

  private long entry(int tag, ByteReader in, long clock, int start) {
    return switch (tag) {
      case BatchEncoder.RESERVED -> reserved(in, clock, start);
      case BatchEncoder.EXTENDED -> extended(in, clock, start);
      case BatchEncoder.SETTLED -> settled(in, clock, start);
      case BatchEncoder.RELEASED -> released(in, clock, start);
      default -> fact(tag, in, clock, start);
    };
  }

  private long reserved(ByteReader in, long clock, int start) {
    long profileNumber = in.varint();
    Profile profile = definitions.profile(profileNumber);
    LedgerEntry.Reserved entry = AttemptCodec.readReserved(in, reader, clock, profile);
    Profile reduced = reduction.profile(profile);
    LedgerEntry.Reserved after = reduction.reserved(entry, reduced);
    open.put(nextAttempt++, new Open(profile, entry, reduced, entry.id()));
    if (after.equals(entry)) {
      same(in, start);
    } else {
      record.varint(profileNumber);
      AttemptCodec.writeReserved(record, writer, writer, clock, reduced, after);
      changed(BatchEncoder.RESERVED);
    }
    return entry.at().toEpochMilli();
  }

  private long extended(ByteReader in, long clock, int start) {
    long back = in.varint();
    Open attempt = opened(in, back);
    LedgerEntry.Extended entry =
        AttemptCodec.readExtended(in, reader, clock, attempt.profile(), attempt.id());
    LedgerEntry.Extended after = reduction.extended(entry);
    if (after.equals(entry)) {
      same(in, start);
    } else {
      record.varint(back);
      AttemptCodec.writeExtended(record, writer, clock, attempt.reduced(), after);
      changed(BatchEncoder.EXTENDED);
    }
    return entry.at().toEpochMilli();
  }

  private long settled(ByteReader in, long clock, int start) {
    long back = in.varint();
    Open attempt = opened(in, back);
    open.remove(nextAttempt - back);
    LedgerEntry.Settled entry =
        AttemptCodec.readSettled(in, reader, clock, attempt.profile(), attempt.id());
    LedgerEntry.Settled after = reduction.settled(attempt.reserved(), entry);
    if (after.equals(entry)) {
      same(in, start);
    } else {
      record.varint(back);
      AttemptCodec.writeSettled(record, writer, clock, attempt.reduced(), after);
      changed(BatchEncoder.SETTLED);
    }
    return entry.at().toEpochMilli();
  }

  private long released(ByteReader in, long clock, int start) {
    long back = in.varint();
    Open attempt = opened(in, back);
    open.remove(nextAttempt - back);
    LedgerEntry.Released entry = AttemptCodec.readReleased(in, reader, clock, attempt.id());
    same(in, start);
    return entry.at().toEpochMilli();
  }

  private long fact(int tag, ByteReader in, long clock, int start) {
    LedgerEntry entry = FactCodec.read(tag, in, reader, clock);
    LedgerEntry after = reduction.fact(entry);
    if (after.equals(entry)) {
      same(in, start);
    } else {
      FactCodec.write(record, writer, clock, after);
      out.append(record);
      changes = true;
    }
    return entry.at().toEpochMilli();
  }

  private Open opened(ByteReader in, long back) {
    Open attempt = open.get(nextAttempt - back);
    if (attempt == null) {
      throw in.malformed("attempt " + (nextAttempt - back) + " is not open");
    }
    return attempt;
  }

  /** The record stays as it is, byte for byte. */
  private void same(ByteReader in, int start) {
    append(in.since(start));
    for (long number : references) {
      used.set(Math.toIntExact(number));
    }
  }

  private void changed(int tag) {
    out.u8(tag);
    out.append(record);
    changes = true;
  }

  private void append(byte[] bytes) {
    out.raw(bytes, bytes.length);
  }

  private @Nullable String read(ByteReader in) {
    long reference = in.varint();
    if (reference == 0) {
      return null;
    }
    if (reference == 1) {
      return in.requiredText();
    }
    long number = reference - BatchEncoder.FIRST_REFERENCE;
    String text = definitions.name(number);
    references.add(number);
    numbers.put(text, number);
    return text;
  }

  /** By the number that the record had for the text; what it had not stands in full. */
  private void write(ByteWriter into, @Nullable String text) {
    Long number = text == null ? null : numbers.get(text);
    if (text == null) {
      into.varint(0);
    } else if (number == null) {
      into.varint(1);
      into.text(text);
    } else {
      used.set(Math.toIntExact(number));
      into.varint(number + BatchEncoder.FIRST_REFERENCE);
    }
  }
}
