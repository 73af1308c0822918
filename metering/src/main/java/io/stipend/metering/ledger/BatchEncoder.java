package io.stipend.metering.ledger;

import java.time.Instant;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Packs the entries of one group commit into one blob.
 *
 * <p>A blob begins with its format, the numbers that its first attempt, name and profile will have,
 * and a clock; records follow, each a tag and its fields. A string that repeats is defined once (a
 * {@link #NAME} record), later only its number is written; what the attempts of one key have in
 * common is a {@link #PROFILE} in the same way. A definition stands in the blob of its first use or
 * in an earlier one, so a number is durable before or with every use of it. Numbers are never used
 * again; what this encoder has forgotten is simply defined anew, so its memory stays bounded. An
 * attempt's number is its place among all reservations of the ledger.
 *
 * <p>For one thread.
 */
final class BatchEncoder {
  static final int FORMAT = 1;
  static final int NAME = 1;
  static final int PROFILE = 2;
  static final int RESERVED = 3;
  static final int EXTENDED = 4;
  static final int SETTLED = 5;
  static final int RELEASED = 6;

  /** References below stand for null and for a string in full; numbers begin here. */
  static final int FIRST_REFERENCE = 2;

  /** Longer strings are not worth a number. */
  private static final int MAX_NAME_CHARS = 256;

  private static final int RECENT_NAMES = 65_536;
  private static final int RECENT_SESSIONS = 16_384;
  private static final int RECENT_PROFILES = 32_768;
  private static final int INITIAL_BYTES = 16_384;

  private final Map<String, Long> names = new RecentMap<>(RECENT_NAMES);

  /**
   * Sessions and their agents; apart, because clients choose them: a flood must not displace the
   * other names.
   */
  private final Map<String, Long> sessions = new RecentMap<>(RECENT_SESSIONS);

  private final Map<Profile, Long> profiles = new RecentMap<>(RECENT_PROFILES);
  private final NameWriter nameWriter = (out, text) -> reference(out, text, names);
  private final NameWriter sessionWriter = (out, text) -> reference(out, text, sessions);
  private final ByteWriter blob = new ByteWriter(INITIAL_BYTES);
  private final ByteWriter record = new ByteWriter(INITIAL_BYTES);
  private final ByteWriter definition = new ByteWriter(1024);
  private long nextAttempt;
  private long nextName;
  private long nextProfile;
  private long clock;
  private int entries;
  private Defined defined = Defined.NOBODY;

  /** Hears which numbers were given. */
  interface Defined {
    /** For whoever reads the batches themselves. */
    Defined NOBODY =
        new Defined() {
          @Override
          public void name(long number, String text) {
            // It stands in the batch.
          }

          @Override
          public void profile(long number, Profile profile) {
            // As with names.
          }
        };

    /** A string has this number from now on. */
    void name(long number, String text);

    /** A profile has this number from now on. */
    void profile(long number, Profile profile);
  }

  BatchEncoder(long nextAttempt, long nextName, long nextProfile) {
    this.nextAttempt = nextAttempt;
    this.nextName = nextName;
    this.nextProfile = nextProfile;
  }

  /** The time of the first entry of a blob; null if it is none that can be read. */
  static @Nullable Instant start(byte[] blob) {
    try {
      ByteReader in = new ByteReader(blob);
      if (in.u8() != FORMAT) {
        return null;
      }
      in.varint();
      in.varint();
      in.varint();
      return Instant.ofEpochMilli(in.zigzag());
    } catch (LedgerException e) {
      return null;
    }
  }

  /** Takes over a name that is defined already. */
  void remember(long number, String text) {
    names.put(text, number);
  }

  /** From now on this one hears of every number that is given. */
  void tell(Defined listener) {
    defined = listener;
  }

  int entries() {
    return entries;
  }

  /** Bytes so far. */
  int size() {
    return blob.size();
  }

  /** Adds a reservation. Returns the attempt's number. */
  long reserved(LedgerEntry.Reserved entry, Profile profile) {
    begin(entry);
    return reserved(entry, profile, number(profile));
  }

  /** Adds a reservation and gives the profile its number. Returns the attempt's number. */
  long reserved(LedgerEntry.Reserved entry, KnownProfile known) {
    begin(entry);
    if (known.number() == 0) {
      known.number(number(known.profile()));
    }
    return reserved(entry, known.profile(), known.number());
  }

  private long number(Profile profile) {
    Long known = profiles.get(profile);
    return known == null ? define(profile) : known;
  }

  private long reserved(LedgerEntry.Reserved entry, Profile profile, long number) {
    record.varint(number);
    AttemptCodec.writeReserved(record, nameWriter, sessionWriter, clock, profile, entry);
    end(RESERVED, entry);
    return nextAttempt++;
  }

  void extended(long attempt, Profile profile, LedgerEntry.Extended entry) {
    begin(entry);
    record.varint(nextAttempt - attempt);
    AttemptCodec.writeExtended(record, nameWriter, clock, profile, entry);
    end(EXTENDED, entry);
  }

  void settled(long attempt, Profile profile, LedgerEntry.Settled entry) {
    begin(entry);
    record.varint(nextAttempt - attempt);
    AttemptCodec.writeSettled(record, nameWriter, clock, profile, entry);
    end(SETTLED, entry);
  }

  void released(long attempt, LedgerEntry.Released entry) {
    begin(entry);
    record.varint(nextAttempt - attempt);
    AttemptCodec.writeReleased(record, nameWriter, clock, entry);
    end(RELEASED, entry);
  }

  void fact(LedgerEntry entry) {
    begin(entry);
    FactCodec.write(record, nameWriter, clock, entry);
    blob.append(record);
    ended(entry);
  }

  /** The blob of everything that was added since the last call; the next one begins. */
  byte[] finish() {
    byte[] bytes = blob.toByteArray();
    blob.clear();
    entries = 0;
    return bytes;
  }

  private void begin(LedgerEntry entry) {
    if (blob.size() == 0) {
      clock = entry.at().toEpochMilli();
      blob.u8(FORMAT);
      blob.varint(nextAttempt);
      blob.varint(nextName);
      blob.varint(nextProfile);
      blob.zigzag(clock);
    }
    record.clear();
  }

  private void end(int tag, LedgerEntry entry) {
    blob.u8(tag);
    blob.append(record);
    ended(entry);
  }

  private void ended(LedgerEntry entry) {
    clock = entry.at().toEpochMilli();
    entries++;
  }

  private long define(Profile profile) {
    definition.clear();
    profile.write(definition, nameWriter);
    blob.u8(PROFILE);
    blob.append(definition);
    profiles.put(profile, nextProfile);
    defined.profile(nextProfile, profile);
    return nextProfile++;
  }

  private void reference(ByteWriter out, @Nullable String text, Map<String, Long> recent) {
    if (text == null) {
      out.varint(0);
      return;
    }
    if (text.length() > MAX_NAME_CHARS) {
      out.varint(1);
      out.text(text);
      return;
    }
    Long known = recent.get(text);
    if (known == null) {
      known = nextName++;
      blob.u8(NAME);
      blob.text(text);
      recent.put(text, known);
      defined.name(known, text);
    }
    out.varint(known + FIRST_REFERENCE);
  }
}
