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
 * @param priceVersion the rate card by which a correction priced it anew; null if its profile's
 */
record EndedAttempt(
    long number,
    long profileNumber,
    Profile profile,
    LedgerEntry.Reserved reserved,
    LedgerEntry.@Nullable Settled settled,
    LedgerEntry.@Nullable Released released,
    @Nullable Instant booked,
    @Nullable String priceVersion) {
  private static final int RELEASED = 0;
  private static final int SETTLED = 1;
  private static final int MOVED = 2;

  /** Added to the kind of one that another rate card prices than its profile says. */
  private static final int PRICED_ANEW = 4;

  static EndedAttempt of(
      OpenReservation open, LedgerEntry.Settled settled, @Nullable Instant booked) {
    return new EndedAttempt(
        open.number(),
        open.profileNumber(),
        open.profile(),
        open.reserved(),
        settled,
        null,
        booked,
        null);
  }

  static EndedAttempt of(OpenReservation open, LedgerEntry.Released released) {
    return new EndedAttempt(
        open.number(),
        open.profileNumber(),
        open.profile(),
        open.reserved(),
        null,
        released,
        null,
        null);
  }

  /** Milliseconds since 1970 at its start. */
  long start() {
    return reserved.at().toEpochMilli();
  }

  UsageTable.Row row() {
    LedgerEntry.Settled end = settled;
    return end == null
        ? new UsageTable.Row(number, null, null)
        : new UsageTable.Row(number, settled(end), booked);
  }

  private SettledAttempt settled(LedgerEntry.Settled end) {
    SettledAttempt own = UsageRows.of(profile, reserved, end);
    return priceVersion == null ? own : UsageRows.priced(own, priceVersion);
  }

  /** What stands after a correction of an attempt that settled. */
  EndedAttempt corrected(LedgerEntry.Corrected correction, LedgerEntry.Settled before) {
    SettledAttempt after = UsageRows.corrected(settled(before), correction);
    String version = after.row().priceVersion();
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
            before.units(),
            after.row().basis());
    return new EndedAttempt(
        number,
        profileNumber,
        profile,
        reserved,
        netted,
        null,
        booked,
        version.equals(profile.priceVersion()) ? null : version);
  }

  /** Writes it as it stands in a block, its start as a distance to a clock. */
  void write(ByteWriter out, NameWriter names, long clock) {
    LedgerEntry.Settled end = settled;
    int kind = end == null ? RELEASED : booked == null ? SETTLED : MOVED;
    out.u8(kind + (priceVersion == null ? 0 : PRICED_ANEW));
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
    if (priceVersion != null) {
      names.write(out, priceVersion);
    }
  }

  /** Reads how an attempt ended, and what is said of it. */
  static int kind(ByteReader in) {
    int kind = in.u8();
    if (kind >= 2 * PRICED_ANEW || kind % PRICED_ANEW > MOVED) {
      throw in.malformed("end of kind " + kind + " (expected: 0.." + MOVED + ")");
    }
    return kind;
  }

  static boolean settled(int kind) {
    return kind % PRICED_ANEW != RELEASED;
  }

  static boolean moved(int kind) {
    return kind % PRICED_ANEW == MOVED;
  }

  static boolean pricedAnew(int kind) {
    return kind >= PRICED_ANEW;
  }

  /** Reads what {@link #write} wrote. */
  static EndedAttempt read(ByteReader in, Definitions definitions, long clock) {
    int kind = kind(in);
    long number = in.varint();
    long profileNumber = in.varint();
    Profile profile = definitions.profile(profileNumber);
    LedgerEntry.Reserved reserved = AttemptCodec.readReserved(in, definitions, clock, profile);
    long start = reserved.at().toEpochMilli();
    AttemptId id = reserved.id();
    LedgerEntry.@Nullable Settled settled =
        !settled(kind) ? null : AttemptCodec.readSettled(in, definitions, start, profile, id);
    LedgerEntry.@Nullable Released released =
        !settled(kind) ? AttemptCodec.readReleased(in, definitions, start, id) : null;
    return new EndedAttempt(
        number,
        profileNumber,
        profile,
        reserved,
        settled,
        released,
        moved(kind) ? Instant.ofEpochMilli(in.zigzag()) : null,
        pricedAnew(kind) ? definitions.readRequired(in) : null);
  }
}
