package io.stipend.gateway.admin;

import io.stipend.metering.Unit;
import io.stipend.policy.budget.Budgets.AccountBalance;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a person has left: the figures of the tightest account, then all accounts that bind. Amounts
 * are decimal strings; {@code remaining} = granted + carried + received − sent − used − held −
 * expired.
 *
 * @param person id of the person or service
 * @param unit {@code tokens} or a currency
 * @param resetsAt when the tightest account begins anew; null if never
 * @param lent loans of this period, which {@code granted} counts
 * @param repaid loans returned in this period, which {@code granted} has lost
 * @param frozen whether all that the person asks for is refused now
 * @param accounts every account that binds, the person's own first
 */
public record PersonBalance(
    String person,
    String unit,
    String granted,
    String carried,
    String received,
    String sent,
    String used,
    String held,
    String expired,
    String remaining,
    @Nullable String resetsAt,
    String lent,
    String repaid,
    boolean frozen,
    List<AccountLine> accounts) {
  /** Unit and amounts of a person whom no budget binds. */
  private static final AccountLine NONE =
      new AccountLine("", "", "", "0", "0", "0", "0", "0", "0", "0", "0", null, "0", "0", "");

  /** Copies the list. */
  public PersonBalance {
    accounts = List.copyOf(accounts);
  }

  /**
   * One account that binds.
   *
   * @param every how often it is granted, such as {@code month}: tells budgets of one name apart
   */
  public record AccountLine(
      String name,
      String person,
      String unit,
      String granted,
      String carried,
      String received,
      String sent,
      String used,
      String held,
      String expired,
      String remaining,
      @Nullable String resetsAt,
      String lent,
      String repaid,
      String every) {
    static AccountLine of(String person, AccountBalance balance) {
      Unit unit = balance.account().unit();
      return new AccountLine(
          balance.account().budget(),
          person,
          unit.name(),
          unit.format(balance.granted()),
          unit.format(balance.carried()),
          unit.format(balance.received()),
          unit.format(balance.sent()),
          unit.format(balance.used()),
          unit.format(balance.held()),
          unit.format(balance.expired()),
          unit.format(balance.remaining()),
          balance.resetsAt() == null ? null : balance.resetsAt().toString(),
          unit.format(balance.lent()),
          unit.format(balance.repaid()),
          Orders.word(balance.rule()));
    }
  }

  /** Renders the balances of one person. */
  public static PersonBalance of(String person, List<AccountBalance> balances, boolean frozen) {
    AccountBalance tightest = AccountBalance.tightest(balances);
    AccountLine top = tightest == null ? NONE : AccountLine.of(person, tightest);
    return new PersonBalance(
        person,
        top.unit,
        top.granted,
        top.carried,
        top.received,
        top.sent,
        top.used,
        top.held,
        top.expired,
        top.remaining,
        top.resetsAt,
        top.lent,
        top.repaid,
        frozen,
        balances.stream().map(b -> AccountLine.of(person, b)).toList());
  }
}
