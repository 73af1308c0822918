package io.stipend.policy.budget;

import io.stipend.metering.Charge;
import io.stipend.metering.ledger.Posting;

/**
 * One reservation's part in one account, which is pinned until its end. Guarded by the lock of
 * {@link LocalBudgets}.
 */
final class Share {
  final Account account;
  final BudgetRule rule;
  private final long overshoot;
  private final long ahead;
  private final long most;
  private long hold;
  private long exposure;
  private boolean marked;

  /** Takes over a pin of the account. */
  Share(Account account, BudgetRule rule, Estimate estimate) {
    this.account = account;
    this.rule = rule;
    this.hold = estimate.hold().in(rule.unit());
    this.exposure = Math.max(hold, estimate.exposed().in(rule.unit()));
    this.ahead = exposure - hold;
    this.most = estimate.most().in(rule.unit());
    long step = estimate.step().in(rule.unit());
    this.overshoot = rule.overshoot() >= 0 ? rule.overshoot() : step;
  }

  /** Nothing was held. */
  void drop() {
    account.unpin();
  }

  /**
   * The most that a call which exposes no more than it holds could cost now; may be negative. What
   * an estimate exposes beyond its hold does not count: a lower output cap takes it away.
   */
  long available() {
    // The default overshoot is one step, which such a call does not expose.
    long available = Math.min(account.free(), account.room(Math.max(0, rule.overshoot())));
    return account.exhausted() ? Math.min(0, available) : available;
  }

  boolean fits() {
    return !account.exhausted() && hold <= account.free() && exposure <= account.room(overshoot);
  }

  boolean shortOfExposure() {
    return !account.exhausted() && hold <= account.free();
  }

  /** What is needed, at least one unit so that shares can be compared. */
  long need() {
    return Math.max(1, shortOfExposure() ? exposure : hold);
  }

  /** What a loan would have to bring so that it fits; 0 where no money helps. */
  long lacking() {
    if (account.exhausted()) {
      return 0;
    }
    long hold = Math.subtractExact(this.hold, account.free());
    return Math.max(0, Math.max(hold, Math.subtractExact(exposure, account.room(overshoot))));
  }

  void begin() {
    account.hold(hold, exposure);
    account.open(1);
  }

  void undo() {
    account.release(hold, exposure);
    account.open(-1);
    account.unpin();
  }

  boolean canExtend(Charge more) {
    long amount = more.in(rule.unit());
    return amount <= account.free() && moreExposed(amount) <= account.room(overshoot);
  }

  /** What a loan would have to bring so that it can be extended; 0 if nothing, or nothing helps. */
  long lackingFor(Charge more) {
    long amount = more.in(rule.unit());
    long hold = Math.subtractExact(amount, account.free());
    long room = Math.subtractExact(moreExposed(amount), account.room(overshoot));
    return Math.max(0, Math.max(hold, room));
  }

  void extend(Charge more) {
    long amount = more.in(rule.unit());
    long exposed = moreExposed(amount);
    account.hold(amount, exposed);
    unmark();
    hold = Math.addExact(hold, amount);
    exposure = Math.addExact(exposure, exposed);
  }

  /**
   * What may come unseen stays ahead of the hold, up to the cap: one step of a visible stream, the
   * thinking budget of one that has it. What exposed its cap exposes no more.
   */
  private long moreExposed(long amount) {
    long held = Math.addExact(hold, amount);
    long needed = Math.max(held, Math.min(most, Math.addExact(held, ahead)));
    return Math.max(0, needed - exposure);
  }

  /** The account refuses everything new until this reservation is extended or has ended. */
  void mark() {
    if (!marked) {
      marked = true;
      account.exhaust();
    }
  }

  private void unmark() {
    if (marked) {
      marked = false;
      account.unexhaust();
    }
  }

  void charged(Charge charge) {
    account.charged(hold, exposure, charge.in(rule.unit()));
    exposure = hold;
  }

  void settled(Charge charge) {
    account.settled(hold, charge.in(rule.unit()));
  }

  void released() {
    account.release(hold, exposure);
  }

  /** After its settle or release. */
  void ended() {
    account.open(-1);
    unmark();
    account.unpin();
  }

  Posting holdPosting() {
    return new Posting(account.key, hold);
  }

  Posting posting(Charge charge) {
    return new Posting(account.key, charge.in(rule.unit()));
  }
}
