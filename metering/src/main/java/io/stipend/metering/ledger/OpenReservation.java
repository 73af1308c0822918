package io.stipend.metering.ledger;

import java.util.ArrayList;
import java.util.List;

/**
 * An attempt that the entries so far have reserved and not ended.
 *
 * @param number its place among all reservations
 * @param profileNumber number of its profile
 * @param profile its profile
 * @param reserved how it began
 * @param held all that is held for it
 * @param outputTokens the most output that an extension told of
 * @param nanos the most cost that an extension told of
 */
record OpenReservation(
    long number,
    long profileNumber,
    Profile profile,
    LedgerEntry.Reserved reserved,
    List<Posting> held,
    long outputTokens,
    long nanos) {
  OpenReservation extended(LedgerEntry.Extended extended) {
    List<Posting> sum = new ArrayList<>(held);
    for (Posting more : extended.more()) {
      add(sum, more);
    }
    return new OpenReservation(
        number,
        profileNumber,
        profile,
        reserved,
        sum,
        Math.max(outputTokens, extended.outputTokens()),
        Math.max(nanos, extended.nanos()));
  }

  /** Adds a posting to the one of its account, or as a new one. */
  static void add(List<Posting> sum, Posting more) {
    for (int i = 0; i < sum.size(); i++) {
      Posting posting = sum.get(i);
      if (posting.account().equals(more.account())) {
        sum.set(i, new Posting(posting.account(), Math.addExact(posting.amount(), more.amount())));
        return;
      }
    }
    sum.add(more);
  }

  /** Writes all but the numbers, readable alone. */
  void write(ByteWriter out) {
    AttemptCodec.writeAlone(out, profile, reserved);
    AccountAmounts.write(out, held);
    out.zigzag(outputTokens);
    out.zigzag(nanos);
  }

  static OpenReservation read(long number, long profileNumber, ByteReader in) {
    LedgerEntry.Reserved reserved = AttemptCodec.readAlone(in);
    return new OpenReservation(
        number,
        profileNumber,
        Profile.of(reserved),
        reserved,
        AccountAmounts.read(in),
        in.zigzag(),
        in.zigzag());
  }
}
