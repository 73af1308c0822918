package io.stipend.policy.budget;

import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.LedgerEntry.CarriedLot;
import io.stipend.metering.ledger.LedgerEntry.Rolled;
import io.stipend.metering.ledger.Lot;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How the account of a period that is over ends: what lives on, what expires, what is owed. A pure
 * function of the account's lots and sums.
 */
final class Closing {
  /** What is carried of recurring grants is told by its id from what somebody gave. */
  private static final String CARRY = "carry:";

  private final BudgetRule rule;
  private final AccountKey from;
  private final Instant end;

  private Closing(BudgetRule rule, AccountKey from, Instant end) {
    this.rule = rule;
    this.from = from;
    this.end = end;
  }

  /**
   * The roll of an account without open reservations.
   *
   * @param rule the budget as it stands now
   * @param from the account, whose period is over
   * @param to the account of a later period
   * @param lots of {@code from}
   * @param burnt what was used, sent and repaid of it
   * @param lent its loans of all kinds
   * @param repaid what it repaid or still has to repay for the period before
   */
  static Rolled roll(
      Instant now,
      BudgetRule rule,
      AccountKey from,
      AccountKey to,
      Collection<Lot> lots,
      long burnt,
      long lent,
      long repaid) {
    Instant end = rule.calendar().endOf(from.period());
    if (end == null || end.isAfter(now)) {
      throw new IllegalArgumentException(
          "account " + from + " ends " + end + " (expected: before " + now + ")");
    }
    Lots spread = Lots.spread(lots, burnt, end);
    List<CarriedLot> carried = new Closing(rule, from, end).carried(spread);
    long on = carried.stream().mapToLong(CarriedLot::amount).reduce(0, Math::addExact);
    // A loan covers what is left of a debt before anything else. An overage is never owed.
    long owed = Math.max(debt(spread, burnt, repaid), Math.min(lent, spread.unfunded()));
    long ended = Math.subtractExact(left(spread, burnt), on);
    return new Rolled(now, from, to, carried, ended, lent - owed, owed);
  }

  /**
   * What of the debt of an earlier period all lots of an account do not repay: it burns before what
   * is used and sent.
   *
   * @param spread {@code burnt} over its lots
   * @param repaid the debt, which {@code burnt} counts
   */
  private static long debt(Lots spread, long burnt, long repaid) {
    return Math.max(0, spread.unfunded() - Math.max(0, Math.subtractExact(burnt, repaid)));
  }

  /**
   * The end of an account without open reservations whose budget is gone: nothing lives on. Loans
   * that were used stay lent, as there is no grant that would repay them.
   *
   * @param end of its period
   */
  static Rolled end(
      Instant now, AccountKey from, Instant end, Collection<Lot> lots, long burnt, long lent) {
    Lots spread = Lots.spread(lots, burnt, end);
    long used = Math.min(lent, spread.unfunded());
    return new Rolled(now, from, null, List.of(), left(spread, burnt), lent - used, 0);
  }

  /** All that is left; what was given back to an account that was never granted anything too. */
  private static long left(Lots spread, long burnt) {
    boolean granted = spread.left().stream().anyMatch(left -> left.lot().isRecurring());
    return granted ? spread.total() : Math.addExact(spread.total(), Math.max(0, -burnt));
  }

  /** Whether a lot is what was left of the recurring grant of an earlier period. */
  static boolean isCarryOver(Lot lot) {
    return lot.id().startsWith(CARRY);
  }

  private List<CarriedLot> carried(Lots spread) {
    List<CarriedLot> given = new ArrayList<>();
    List<CarriedLot> carry = new ArrayList<>();
    for (Lots.Left left : spread.left()) {
      Lot lot = left.lot();
      Instant expiresAt = lot.expiresAt();
      if (left.amount() == 0) {
        continue;
      }
      if (lot.id().equals(Lot.recurringId(from))) {
        if (!rule.carryOver().isNone()) {
          carry.add(new CarriedLot(CARRY + from, left.amount(), lot.priority(), endOfCarryOver()));
        }
      } else if (expiresAt != null && expiresAt.isAfter(end)) {
        (isCarryOver(lot) ? carry : given)
            .add(new CarriedLot(lot.id(), left.amount(), lot.priority(), expiresAt));
      }
    }
    given.addAll(capped(carry));
    return given;
  }

  /** At most so much in all; what would expire last is kept first. */
  private List<CarriedLot> capped(List<CarriedLot> carry) {
    carry.sort(Comparator.comparing(CarriedLot::expiresAt, Comparator.reverseOrder()));
    long room = rule.carryOver().upTo();
    List<CarriedLot> kept = new ArrayList<>();
    for (CarriedLot lot : carry) {
      long amount = Math.min(lot.amount(), room);
      if (amount > 0) {
        kept.add(new CarriedLot(lot.lot(), amount, lot.priority(), lot.expiresAt()));
        room -= amount;
      }
    }
    return kept;
  }

  /** The end of the last of the next periods in which it may still be used. */
  private @Nullable Instant endOfCarryOver() {
    String period = from.period();
    for (int i = 0; i < rule.carryOver().periods() && period != null; i++) {
      period = rule.calendar().next(period);
    }
    return period == null ? null : rule.calendar().endOf(period);
  }
}
