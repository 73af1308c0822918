package io.stipend.policy.budget;

import io.stipend.metering.Unit;
import io.stipend.metering.ledger.AccountKey;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A budget that binds a principal: so much, every so often.
 *
 * @param budget whose it is and by which rule, such as {@code person/ada/engineer}, {@code
 *     team/payments}, {@code group/research} or {@code organisation}
 * @param unit what it counts
 * @param amount granted each period, in the unit
 * @param every how often
 * @param zone whose calendar decides the period: the person's for own budgets, the organisation's
 *     for shared ones
 * @param whenShort what happens when it does not cover a call, in order
 * @param clampFloor the lowest output cap that clamping may set
 * @param overshoot how far the exposure may exceed the balance, in the unit; -1 means the default:
 *     nothing for calls that may generate unseen, one step for visible streams
 */
public record BudgetRule(
    String budget,
    Unit unit,
    long amount,
    Every every,
    ZoneId zone,
    List<WhenShort> whenShort,
    long clampFloor,
    long overshoot) {
  /** The lowest output cap that clamping sets unless the allowance says otherwise. */
  public static final long DEFAULT_CLAMP_FLOOR = 1_024;

  /** Copies the list. */
  public BudgetRule {
    whenShort = List.copyOf(whenShort);
  }

  /** The account that this budget is at an instant. */
  public AccountKey account(Instant now) {
    return new AccountKey(budget, every.period(now, zone), unit);
  }

  /** When the account of this instant ends; null if never. */
  public @Nullable Instant resetsAt(Instant now) {
    return every.endsAt(now, zone);
  }
}
