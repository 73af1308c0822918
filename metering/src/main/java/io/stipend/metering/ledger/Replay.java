package io.stipend.metering.ledger;

import java.sql.SQLException;
import java.util.Map;

/**
 * The one reading of batches: what they define, which attempts are open after each entry, and how
 * the accounts move. The projection, the tail that a reader adds to it and the check of the whole
 * ledger are all this, with different sinks. Whoever has the entries of a batch at hand, because it
 * has just written them, tells them without the bytes.
 *
 * <p>For one thread. Throws {@link LedgerException} on what cannot be: a settle of an attempt that
 * is not open, an undefined number, a broken record.
 */
final class Replay {
  private final Definitions definitions;
  private final Map<Long, OpenReservation> open;
  private final ReplaySink sink;
  private final AccountMoves moves;
  private long nextAttempt;
  private long entries;

  /**
   * @param open the attempts that are open before the first batch, by number; kept up to date
   */
  Replay(Definitions definitions, Map<Long, OpenReservation> open, ReplaySink sink) {
    this.definitions = definitions;
    this.open = open;
    this.sink = sink;
    moves = new AccountMoves(sink);
  }

  Map<Long, OpenReservation> open() {
    return open;
  }

  /** Entries so far, definitions not counted. */
  long entries() {
    return entries;
  }

  /** Number that the next reservation will have; 0 before the first batch. */
  long nextAttempt() {
    return nextAttempt;
  }

  void apply(byte[] blob) throws SQLException {
    ByteReader in = new ByteReader(blob);
    int format = in.u8();
    if (format != BatchEncoder.FORMAT) {
      throw new LedgerException(
          "batch format: " + format + " (expected: " + BatchEncoder.FORMAT + ")", null);
    }
    long first = in.varint();
    if (nextAttempt != 0 && nextAttempt != first) {
      throw in.malformed("first attempt " + first + " (expected: " + nextAttempt + ")");
    }
    nextAttempt = first;
    long nextName = in.varint();
    long nextProfile = in.varint();
    long clock = in.zigzag();
    while (in.hasMore()) {
      int tag = in.u8();
      if (tag == BatchEncoder.NAME) {
        String text = in.requiredText();
        definitions.define(nextName, text);
        sink.named(nextName++, text);
      } else if (tag == BatchEncoder.PROFILE) {
        Profile profile = Profile.read(in, definitions);
        definitions.define(nextProfile, profile);
        sink.profiled(nextProfile++, profile);
      } else {
        clock = entry(tag, in, clock).at().toEpochMilli();
      }
    }
  }

  private LedgerEntry entry(int tag, ByteReader in, long clock) throws SQLException {
    return switch (tag) {
      case BatchEncoder.RESERVED -> reserved(in, clock);
      case BatchEncoder.EXTENDED -> extended(in, clock);
      case BatchEncoder.SETTLED -> settled(in, clock);
      case BatchEncoder.RELEASED -> released(in, clock);
      default -> fact(FactCodec.read(tag, in, definitions, clock));
    };
  }

  private LedgerEntry reserved(ByteReader in, long clock) throws SQLException {
    long profileNumber = in.varint();
    Profile profile = definitions.profile(profileNumber);
    LedgerEntry.Reserved reserved = AttemptCodec.readReserved(in, definitions, clock, profile);
    OpenReservation begun =
        new OpenReservation(
            nextAttempt++, profileNumber, profile, reserved, reserved.holds(), 0, 0);
    reserved(begun);
    return reserved;
  }

  /** An attempt begins. */
  void reserved(OpenReservation begun) throws SQLException {
    entries++;
    open.put(begun.number(), begun);
    sink.moved(begun, begun.held(), Sum.HELD, 1);
    sink.begun(begun);
    sink.opened(begun);
  }

  private LedgerEntry extended(ByteReader in, long clock) throws SQLException {
    OpenReservation before = opened(in);
    LedgerEntry.Extended extended =
        AttemptCodec.readExtended(in, definitions, clock, before.profile(), before.reserved().id());
    extended(before, extended);
    return extended;
  }

  /**
   * More is held for an open attempt.
   *
   * @return the attempt as it is now
   */
  OpenReservation extended(OpenReservation before, LedgerEntry.Extended extended)
      throws SQLException {
    entries++;
    OpenReservation after = before.extended(extended);
    open.put(after.number(), after);
    sink.moved(before, extended.more(), Sum.HELD, 1);
    sink.opened(after);
    return after;
  }

  private LedgerEntry settled(ByteReader in, long clock) throws SQLException {
    OpenReservation ended = opened(in);
    LedgerEntry.Settled settled =
        AttemptCodec.readSettled(in, definitions, clock, ended.profile(), ended.reserved().id());
    settled(ended, settled);
    return settled;
  }

  /** An open attempt ends with what it used. */
  void settled(OpenReservation ended, LedgerEntry.Settled settled) throws SQLException {
    entries++;
    open.remove(ended.number());
    sink.moved(ended, ended.held(), Sum.HELD, -1);
    sink.moved(ended, settled.debits(), Sum.USED, 1);
    sink.settled(ended, settled);
  }

  private LedgerEntry released(ByteReader in, long clock) throws SQLException {
    OpenReservation ended = opened(in);
    LedgerEntry.Released released =
        AttemptCodec.readReleased(in, definitions, clock, ended.reserved().id());
    released(ended, released);
    return released;
  }

  /** An open attempt ends without use. */
  void released(OpenReservation ended, LedgerEntry.Released released) throws SQLException {
    entries++;
    open.remove(ended.number());
    sink.moved(ended, ended.held(), Sum.HELD, -1);
    sink.released(ended, released);
  }

  /** A fact that belongs to no open attempt. */
  LedgerEntry fact(LedgerEntry fact) throws SQLException {
    entries++;
    moves.of(fact);
    sink.fact(fact, fact.uniqueId());
    return fact;
  }

  private OpenReservation opened(ByteReader in) {
    long number = nextAttempt - in.varint();
    OpenReservation reservation = open.get(number);
    if (reservation == null) {
      throw in.malformed("attempt " + number + " is not open (expected: reserved and not ended)");
    }
    return reservation;
  }
}
