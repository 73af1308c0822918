package io.stipend.metering.ledger;

import java.util.Random;

/** Variants of facts. */
final class Shifted {
  private Shifted() {}

  /** The same fact, entered later. */
  static LedgerEntry by(LedgerEntry fact, long millis) {
    ByteReader in = new ByteReader(LedgerTables.body(fact));
    return FactCodec.read(in.u8(), in, NameReader.INLINE, millis);
  }

  /** Another fact of the same kind and id. */
  static LedgerEntry other(LedgerEntry fact) {
    if (fact instanceof LedgerEntry.Rolled r) {
      return new LedgerEntry.Rolled(
          r.at(), r.from(), r.to(), r.carried(), r.expired() + 1, r.repaid(), r.owed());
    }
    String id = fact.uniqueId();
    Random random = new Random(99);
    for (int kind = 0; kind < Samples.FACTS; kind++) {
      LedgerEntry other = Samples.fact(random, kind, id);
      if (other.getClass() == fact.getClass() && !(other instanceof LedgerEntry.Corrected)) {
        return other;
      }
    }
    LedgerEntry.Corrected c = (LedgerEntry.Corrected) fact;
    return new LedgerEntry.Corrected(
        c.at(), id, c.id(), c.usage(), c.nanosDelta() + 1, c.postings(), c.by(), c.reason());
  }
}
