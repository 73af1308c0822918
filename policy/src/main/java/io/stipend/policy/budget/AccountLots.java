package io.stipend.policy.budget;

import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.LedgerEntry.LoanKind;
import io.stipend.metering.ledger.Lot;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What an account is made of, in its unit: its lots in the order in which they burn, and its loans.
 * What is left of the lots, less {@code unfunded}, plus the loans is what remains.
 *
 * @param account which
 * @param rule by which budget
 * @param lots first the one that burns first
 * @param loans what was lent, by kind; kinds without a loan are left out
 * @param unfunded what was used or is held beyond all lots: loans burn last, then overage
 * @param endsAt when its period ends, and with it every lot without an end of its own; null if
 *     never
 */
public record AccountLots(
    AccountKey account,
    BudgetRule rule,
    List<LotLeft> lots,
    Map<LoanKind, Long> loans,
    long unfunded,
    @Nullable Instant endsAt) {
  /** Copies. */
  public AccountLots {
    lots = List.copyOf(lots);
    loans = Map.copyOf(loans);
  }

  /**
   * A lot with what is left of it when all that is held is used.
   *
   * @param lot with what was given
   * @param left at least 0
   * @param over whether it has ended, so that what is left of it ends at the next use
   */
  public record LotLeft(Lot lot, long left, boolean over) {}

  /**
   * Under the lock. What the next use would grant or adjust is shown as if it were done.
   *
   * @param grant what the account's period grants
   */
  static AccountLots of(Account account, BudgetRule rule, long grant, Instant now) {
    Instant end = rule.calendar().endOf(account.key.period());
    String recurring = Lot.recurringId(account.key);
    List<Lot> lots = new ArrayList<>();
    boolean begun = false;
    long rest = Math.subtractExact(grant, account.recurring());
    for (Lot lot : account.lots()) {
      boolean is = lot.id().equals(recurring);
      begun |= is;
      lots.add(is ? lot.plus(new Lot(recurring, rest, 0, null, lot.grantedAt(), 0)) : lot);
    }
    if (!begun) {
      Instant at = now.truncatedTo(ChronoUnit.MILLIS);
      lots.add(new Lot(recurring, rest, rule.priority(), null, at, 0));
    }
    Lots spread = Lots.spread(lots, Math.addExact(account.burnt(), account.held()), end);
    List<LotLeft> left = new ArrayList<>();
    for (Lots.Left each : spread.left()) {
      Instant at = each.lot().expiresAt();
      left.add(new LotLeft(each.lot(), each.amount(), at != null && !at.isAfter(now)));
    }
    Map<LoanKind, Long> loans = new EnumMap<>(LoanKind.class);
    for (LoanKind kind : LoanKind.values()) {
      if (account.lent(kind) != 0) {
        loans.put(kind, account.lent(kind));
      }
    }
    return new AccountLots(account.key, rule, left, loans, spread.unfunded(), end);
  }
}
