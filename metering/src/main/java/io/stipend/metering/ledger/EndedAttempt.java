package io.stipend.metering.ledger;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * An attempt that ended: its two entries, of which the second is a settle or a release.
 *
 * @param number its place among all reservations
 * @param profileNumber number of its profile
 * @param profile its profile
 * @param reserved how it began
 * @param settled how it ended, with every correction netted in; null if it was released
 * @param released how it ended; null if it settled
 * @param booked where it stands if its month was closed before it ended; null if where it started
 */
record EndedAttempt(
    long number,
    long profileNumber,
    Profile profile,
    LedgerEntry.Reserved reserved,
    LedgerEntry.@Nullable Settled settled,
    LedgerEntry.@Nullable Released released,
    @Nullable Instant booked) {
  private static final int RELEASED = 0;
  private static final int SETTLED = 1;
  private static final int MOVED = 2;

  static EndedAttempt of(
      OpenReservation open, LedgerEntry.Settled settled, @Nullable Instant booked) {
    return new EndedAttempt(
        open.number(),
        open.profileNumber(),
        open.profile(),
        open.reserved(),
        settled,
        null,
        booked);
  }

  static EndedAttempt of(OpenReservation open, LedgerEntry.Released released) {
    return new EndedAttempt(
        open.number(), open.profileNumber(), open.profile(), open.reserved(), null, released, null);
  }

  /** Milliseconds since 1970 at its start. */
  long start() {
    return reserved.at().toEpochMilli();
  }

  UsageTable.Row row() {
    LedgerEntry.Settled end = settled;
    return end == null
        ? new UsageTable.Row(number, null, null)
        : new UsageTable.Row(number, UsageRows.of(profile, reserved, end), booked);
  }

  /** What stands after a correction of an attempt that settled. */
  EndedAttempt corrected(LedgerEntry.Corrected correction, LedgerEntry.Settled before) {
    SettledAttempt after = UsageRows.corrected(UsageRows.of(profile, reserved, before), correction);
    LedgerEntry.Settled netted =
        new LedgerEntry.Settled(
            before.at(),
            before.id(),
            after.row().usage(),
            before.source(),
            before.outcome(),
            before.httpStatus(),
            before.modelServed(),
            before.serviceTier(),
            after.row().nanos(),
            before.providerRequestId(),
            after.debits(),
            before.flags(),
            before.units());
    return new EndedAttempt(number, profileNumber, profile, reserved, netted, null, booked);
  }

  /** Writes it as it stands in a block, its start as a distance to a clock. */
  void write(ByteWriter out, NameWriter names, long clock) {
    LedgerEntry.Settled end = settled;
    out.u8(end == null ? RELEASED : booked == null ? SETTLED : MOVED);
    out.varint(number);
    out.varint(profileNumber);
    AttemptCodec.writeReserved(out, names, names, clock, profile, reserved);
    if (end != null) {
      AttemptCodec.writeSettled(out, names, start(), profile, end);
    } else if (released != null) {
      AttemptCodec.writeReleased(out, names, start(), released);
    }
    if (booked != null) {
      out.zigzag(booked.toEpochMilli());
    }
  }

  /** Reads what {@link #write} wrote. */
  static EndedAttempt read(ByteReader in, Definitions definitions, long clock) {
    int kind = in.u8();
    if (kind > MOVED) {
      throw in.malformed("end of kind " + kind + " (expected: 0.." + MOVED + ")");
    }
    long number = in.varint();
    long profileNumber = in.varint();
    Profile profile = definitions.profile(profileNumber);
    LedgerEntry.Reserved reserved = AttemptCodec.readReserved(in, definitions, clock, profile);
    long start = reserved.at().toEpochMilli();
    AttemptId id = reserved.id();
    LedgerEntry.@Nullable Settled settled =
        kind == RELEASED ? null : AttemptCodec.readSettled(in, definitions, start, profile, id);
    LedgerEntry.@Nullable Released released =
        kind == RELEASED ? AttemptCodec.readReleased(in, definitions, start, id) : null;
    return new EndedAttempt(
        number,
        profileNumber,
        profile,
        reserved,
        settled,
        released,
        kind == MOVED ? Instant.ofEpochMilli(in.zigzag()) : null);
  }
}
