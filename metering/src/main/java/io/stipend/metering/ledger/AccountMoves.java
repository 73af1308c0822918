package io.stipend.metering.ledger;

import java.sql.SQLException;

/** How the facts that belong to no attempt move accounts and their lots. */
final class AccountMoves {
  private final ReplaySink sink;

  AccountMoves(ReplaySink sink) {
    this.sink = sink;
  }

  void of(LedgerEntry fact) throws SQLException {
    if (fact instanceof LedgerEntry.Granted granted) {
      of(granted);
    } else if (fact instanceof LedgerEntry.Corrected corrected) {
      for (Posting posting : corrected.postings()) {
        sink.moved(posting.account(), Sum.USED, posting.amount());
      }
    } else if (fact instanceof LedgerEntry.Transferred t) {
      sink.moved(t.from(), Sum.SENT, t.amount());
      sink.moved(t.from(), Sum.TRANSFERS, 1);
      sink.moved(t.to(), Sum.RECEIVED, t.amount());
      sink.lot(t.to(), new Lot(t.id(), t.amount(), 0, t.expiresAt(), t.at(), 0));
    } else if (fact instanceof LedgerEntry.Lent lent) {
      sink.moved(lent.account(), Sum.of(lent.kind()), lent.amount());
      sink.moved(lent.account(), Sum.LOANS, 1);
    } else if (fact instanceof LedgerEntry.Expired e) {
      sink.moved(e.account(), Sum.EXPIRED, e.amount());
      sink.moved(e.account(), Sum.EXPIRIES, 1);
      sink.lot(e.account(), new Lot(e.lot(), 0, 0, null, e.at(), e.amount()));
    } else if (fact instanceof LedgerEntry.Rolled rolled) {
      of(rolled);
    }
  }

  private void of(LedgerEntry.Granted g) throws SQLException {
    sink.moved(g.account(), Sum.GRANTED, g.amount());
    if (g.kind() == LedgerEntry.GrantKind.ONE_OFF) {
      sink.moved(g.account(), Sum.ONE_OFFS, 1);
      sink.lot(g.account(), new Lot(g.id(), g.amount(), g.priority(), g.expiresAt(), g.at(), 0));
      return;
    }
    if (g.kind() == LedgerEntry.GrantKind.ADJUSTMENT) {
      sink.moved(g.account(), Sum.ADJUSTMENTS, 1);
    }
    String id = Lot.recurringId(g.account());
    sink.lot(g.account(), new Lot(id, g.amount(), g.priority(), null, g.at(), 0));
  }

  /** Closing comes last: whatever moves the account after it is wrong. */
  private void of(LedgerEntry.Rolled r) throws SQLException {
    AccountKey to = r.to();
    for (LedgerEntry.CarriedLot lot : r.carried()) {
      sink.moved(r.from(), Sum.CARRIED_OUT, lot.amount());
      if (to != null) {
        sink.moved(to, Sum.CARRIED, lot.amount());
        sink.lot(to, new Lot(lot.lot(), lot.amount(), lot.priority(), lot.expiresAt(), r.at(), 0));
      }
    }
    sink.moved(r.from(), Sum.EXPIRED, r.expired());
    sink.moved(r.from(), Sum.REPAID, r.repaid());
    if (to != null) {
      // Even of nothing: whoever finds the closed account must find the one that goes on.
      sink.moved(to, Sum.REPAID, r.owed());
    }
    sink.moved(r.from(), Sum.CLOSED, 1);
  }
}
