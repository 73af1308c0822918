package io.stipend.policy.budget;

import io.stipend.metering.Unit;
import io.stipend.metering.ledger.AccountKey;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A budget that binds a principal: so much, every so often.
 *
 * @param budget whose it is and by which rule, such as {@code person/ada}, {@code team/payments},
 *     {@code pool/payments}, {@code group/research} or {@code organisation}
 * @param unit what it counts
 * @param amount what a whole period of full time grants, in the unit; what is granted is {@link
 *     #amount(Instant)}
 * @param calendar decides the period: in the person's zone for own budgets, in the organisation's
 *     for shared ones
 * @param terms what else holds
 * @param proration what part of the amount is granted
 */
public record BudgetRule(
    String budget, Unit unit, long amount, Calendar calendar, Terms terms, Proration proration) {
  /** A budget of the whole amount on the default terms, whose years begin in January. */
  public static BudgetRule of(String budget, Unit unit, long amount, Every every, ZoneId zone) {
    return new BudgetRule(
        budget, unit, amount, Calendar.of(every, zone), Terms.DEFAULTS, Proration.WHOLE);
  }

  /** The same with another amount. */
  public BudgetRule withAmount(long other) {
    return new BudgetRule(budget, unit, other, calendar, terms, proration);
  }

  /** The same in another calendar. */
  public BudgetRule withCalendar(Calendar other) {
    return new BudgetRule(budget, unit, amount, other, terms, proration);
  }

  /** The same for another part of the amount. */
  public BudgetRule withProration(Proration other) {
    return new BudgetRule(budget, unit, amount, calendar, terms, other);
  }

  /** The same on other terms, such as {@code with(t -> t.overdraft(50))}. */
  public BudgetRule with(UnaryOperator<Terms.Change> change) {
    return new BudgetRule(budget, unit, amount, calendar, terms.with(change), proration);
  }

  /** What the period of an instant grants: the amount, prorated and rounded down once. */
  public long amount(Instant now) {
    return proration.isWhole()
        ? amount
        : proration.of(amount, calendar.every(), calendar.days(now));
  }

  /** The account that this budget is at an instant. */
  public AccountKey account(Instant now) {
    return new AccountKey(budget, calendar.period(now), unit);
  }

  /** When the account of this instant ends; null if never. */
  public @Nullable Instant resetsAt(Instant now) {
    return calendar.endsAt(now);
  }

  /** How often it is granted. */
  public Every every() {
    return calendar.every();
  }

  /** Whose midnights begin and end its periods. */
  public ZoneId zone() {
    return calendar.zone();
  }

  /** As {@link Terms#whenShort}. */
  public List<WhenShort> whenShort() {
    return terms.whenShort();
  }

  /** As {@link Terms#clampFloor}. */
  public long clampFloor() {
    return terms.clampFloor();
  }

  /** As {@link Terms#overshoot}. */
  public long overshoot() {
    return terms.overshoot();
  }

  /** As {@link Terms#carryOver}. */
  public CarryOver carryOver() {
    return terms.carryOver();
  }

  /** As {@link Terms#overdraft}. */
  public long overdraft() {
    return terms.overdraft();
  }

  /** As {@link Terms#finish}. */
  public long finish() {
    return terms.finish();
  }

  /** As {@link Terms#advance}. */
  public long advance() {
    return terms.advance();
  }

  /** As {@link Terms#transfer}. */
  public long transfer() {
    return terms.transfer();
  }

  /** As {@link Terms#downgrade}. */
  public Map<String, String> downgrade() {
    return terms.downgrade();
  }

  /**
   * The cheaper model that it names for another.
   *
   * @return a model, or {@code provider/model}; null if it names none
   */
  public @Nullable String downgradeOf(String provider, String model) {
    String target = downgrade().get(model);
    return target == null ? downgrade().get(provider + "/" + model) : target;
  }

  /** As {@link Terms#alerts}. */
  public List<Integer> alerts() {
    return terms.alerts();
  }

  /** As {@link Terms#forecastAlert}. */
  public boolean forecastAlert() {
    return terms.forecastAlert();
  }

  /** As {@link Terms#priority}. */
  public int priority() {
    return terms.priority();
  }
}
