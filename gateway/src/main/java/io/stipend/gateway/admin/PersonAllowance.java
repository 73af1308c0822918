package io.stipend.gateway.admin;

import io.stipend.metering.Unit;
import io.stipend.metering.ledger.LedgerEntry.Frozen;
import io.stipend.metering.ledger.LedgerEntry.LoanKind;
import io.stipend.metering.ledger.Lot;
import io.stipend.policy.budget.AccountLots;
import io.stipend.policy.budget.AccountLots.LotLeft;
import io.stipend.policy.budget.Budgets.AccountBalance;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a person has, lot by lot. Amounts are decimal strings.
 *
 * @param person id of the person or service
 * @param frozen since when and why it is frozen; null if it is not
 * @param accounts every account that binds, the person's own first
 */
public record PersonAllowance(String person, @Nullable Freeze frozen, List<AccountLine> accounts) {
  /** Copies the list. */
  public PersonAllowance {
    accounts = List.copyOf(accounts);
  }

  /** That somebody is frozen. */
  public record Freeze(String since, String reason, String by) {}

  /**
   * One account.
   *
   * @param name its budget, such as {@code person/ada}
   * @param period its period, such as {@code 2026-11}
   * @param every how often it is granted, such as {@code month}: tells budgets of one name apart
   * @param lots in the order in which they burn
   * @param loans what the next period's grant repays as far as it is used
   */
  public record AccountLine(
      String name,
      String period,
      String every,
      String unit,
      String remaining,
      @Nullable String resetsAt,
      List<LotLine> lots,
      List<LoanLine> loans) {
    /** Copies the lists. */
    public AccountLine {
      lots = List.copyOf(lots);
      loans = List.copyOf(loans);
    }
  }

  /**
   * One lot.
   *
   * @param kind {@code recurring}, {@code carried}, {@code granted} or {@code received}
   * @param left what is left of it when all that is held is used
   * @param expiresAt null means with the period
   */
  public record LotLine(
      String id,
      String kind,
      String amount,
      String left,
      int priority,
      @Nullable String expiresAt,
      String grantedAt) {}

  /**
   * Loans of one kind.
   *
   * @param kind {@code overdraft}, {@code finish} or {@code advance}
   */
  public record LoanLine(String kind, String amount) {}

  /** Renders; both lists are in the order of the same rules. */
  static PersonAllowance of(
      String person,
      @Nullable Frozen frozen,
      List<AccountBalance> balances,
      List<AccountLots> accounts) {
    List<AccountLine> lines = new ArrayList<>();
    for (int i = 0; i < accounts.size(); i++) {
      lines.add(line(accounts.get(i), balances.get(i).remaining()));
    }
    Freeze freeze =
        frozen == null ? null : new Freeze(frozen.at().toString(), frozen.reason(), frozen.by());
    return new PersonAllowance(person, freeze, lines);
  }

  private static AccountLine line(AccountLots account, long remaining) {
    Unit unit = account.account().unit();
    List<LoanLine> loans = new ArrayList<>();
    for (LoanKind kind : LoanKind.values()) {
      Long lent = account.loans().get(kind);
      if (lent != null) {
        loans.add(new LoanLine(kind.name().toLowerCase(Locale.ROOT), unit.format(lent)));
      }
    }
    return new AccountLine(
        account.account().budget(),
        account.account().period(),
        Orders.word(account.rule()),
        unit.name(),
        unit.format(remaining),
        text(account.endsAt()),
        account.lots().stream().map(lot -> line(unit, account, lot)).toList(),
        loans);
  }

  private static LotLine line(Unit unit, AccountLots account, LotLeft left) {
    Lot lot = left.lot();
    return new LotLine(
        lot.id(),
        kind(account, lot.id()),
        unit.format(lot.amount()),
        unit.format(left.over() ? 0 : left.left()),
        lot.priority(),
        text(lot.expiresAt()),
        lot.grantedAt().toString());
  }

  private static String kind(AccountLots account, String id) {
    if (id.equals(Lot.recurringId(account.account()))) {
      return "recurring";
    }
    int colon = id.indexOf(':');
    return switch (colon < 0 ? id : id.substring(0, colon)) {
      case "carry" -> "carried";
      case "transfer" -> "received";
      default -> "granted";
    };
  }

  private static @Nullable String text(@Nullable Instant at) {
    return at == null ? null : at.toString();
  }
}
