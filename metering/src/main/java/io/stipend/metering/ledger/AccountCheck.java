package io.stipend.metering.ledger;

import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The part of the check that is about accounts, recomputed from the entries: nothing moves a closed
 * account; a roll finds no open hold and leaves nothing behind; no more of a lot expires than it
 * was worth; a correction adds to every budget of money what it adds to the cost; no more is given
 * back of a loan than was lent; what is held equals the open reservations; and the tables hold the
 * same sums and lots.
 */
final class AccountCheck {
  private final Consumer<String> problems;
  private final Map<AccountKey, AccountSums> sums = new HashMap<>();
  private final Map<LotKey, Lot> lots = new HashMap<>();

  /**
   * @param problems takes what is wrong; it names the batch
   */
  AccountCheck(Consumer<String> problems) {
    this.problems = problems;
  }

  void moved(AccountKey account, Sum sum, long amount) {
    AccountSums of = sums.computeIfAbsent(account, key -> new AccountSums());
    // Of a reservation its hold says so.
    if (of.closed() && sum != Sum.FIRST_USED) {
      problems.accept(
          "account "
              + account
              + ": "
              + sum.column()
              + " moved by "
              + amount
              + " after its roll (expected: nothing, it is closed)");
    }
    of.add(sum, amount);
  }

  void lot(AccountKey account, Lot more) {
    lots.merge(new LotKey(account, more.id()), more, Lot::plus);
  }

  /** Looks at a fact whose moves are made. */
  void fact(LedgerEntry fact) {
    if (fact instanceof LedgerEntry.Rolled rolled) {
      rolled(rolled);
    } else if (fact instanceof LedgerEntry.Expired expired) {
      Lot lot = lots.get(new LotKey(expired.account(), expired.lot()));
      if (lot == null || lot.expired() > lot.amount()) {
        problems.accept(
            "lot "
                + expired.lot()
                + " of "
                + expired.account()
                + ": expired "
                + (lot == null ? expired.amount() : lot.expired())
                + " (expected: at most its "
                + (lot == null ? 0 : lot.amount())
                + ")");
      }
    } else if (fact instanceof LedgerEntry.Corrected corrected) {
      corrected(corrected);
    } else if (fact instanceof LedgerEntry.Lent lent) {
      lent(lent);
    }
  }

  private void lent(LedgerEntry.Lent lent) {
    AccountSums of = sums.get(lent.account());
    long left = of == null ? lent.amount() : of.get(Sum.of(lent.kind()));
    if (left < 0) {
      problems.accept(
          "loan "
              + lent.id()
              + ": gives back "
              + -lent.amount()
              + " (expected: at most the "
              + (left - lent.amount())
              + " that was lent)");
    }
  }

  /** The accounts of one budget bear a correction together, and every budget bears all of it. */
  private void corrected(LedgerEntry.Corrected corrected) {
    Map<String, Long> added = new TreeMap<>();
    for (Posting posting : corrected.postings()) {
      if (posting.account().unit().isMoney()) {
        added.merge(posting.account().series(), posting.amount(), Math::addExact);
      }
    }
    added.forEach(
        (series, amount) -> {
          if (amount != corrected.nanosDelta()) {
            problems.accept(
                "correction "
                    + corrected.correctionId()
                    + " of "
                    + corrected.id()
                    + ": adds "
                    + amount
                    + " to "
                    + series
                    + " (expected: "
                    + corrected.nanosDelta()
                    + ", as to the cost)");
          }
        });
  }

  private void rolled(LedgerEntry.Rolled rolled) {
    AccountTotals left = sums.getOrDefault(rolled.from(), new AccountSums()).totals();
    if (left.held() != 0) {
      problems.accept(
          "roll of " + rolled.from() + ": held " + left.held() + " (expected: no open hold)");
    }
    boolean something = !rolled.carried().isEmpty() || rolled.expired() > 0;
    if (left.available() > 0 || (something && left.available() < 0)) {
      problems.accept(
          "roll of "
              + rolled.from()
              + ": leaves "
              + left.available()
              + " (expected: 0, all that was left carried over or expired)");
    }
  }

  /** Compares the tables, which hold what was replayed so far. */
  void compare(AccountTable tables) throws SQLException {
    Map<AccountKey, AccountSums> storedSums = tables.sums();
    for (AccountKey account : union(storedSums.keySet(), sums.keySet())) {
      expect("account " + account, storedSums.get(account), sums.get(account));
    }
    Map<LotKey, Lot> storedLots = tables.lots();
    for (LotKey key : union(storedLots.keySet(), lots.keySet())) {
      expect("lot " + key.id() + " of " + key.account(), storedLots.get(key), lots.get(key));
    }
  }

  private static <T> Collection<T> union(Set<T> some, Set<T> others) {
    Set<T> all = new HashSet<>(some);
    all.addAll(others);
    return all;
  }

  /** Held is what the open reservations hold, account by account, and never negative. */
  void checkHolds(Collection<OpenReservation> open) {
    Map<AccountKey, Long> held = new HashMap<>();
    for (OpenReservation reservation : open) {
      for (Posting posting : reservation.held()) {
        held.merge(posting.account(), posting.amount(), Math::addExact);
      }
    }
    sums.forEach(
        (account, of) -> {
          long expected = held.getOrDefault(account, 0L);
          if (of.get(Sum.HELD) != expected) {
            problems.accept(
                "held on " + account + ": " + of.get(Sum.HELD) + " (expected: " + expected + ")");
          }
        });
  }

  private void expect(String what, @Nullable Object found, @Nullable Object expected) {
    if (found == null ? expected != null : !found.equals(expected)) {
      problems.accept(what + " in the tables: " + found + " (expected: " + expected + ")");
    }
  }
}
