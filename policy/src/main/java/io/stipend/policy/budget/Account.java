package io.stipend.policy.budget;

import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.AccountRecord;
import io.stipend.metering.ledger.LedgerEntry.GrantKind;
import java.util.function.Consumer;

/**
 * The live sums of one account, in its unit. Plain arithmetic without a lock of its own: every
 * method is called under the lock of {@link LocalBudgets}.
 *
 * <table>
 *   <caption>One reservation of hold h and exposure e that is charged c</caption>
 *   <tr><th>step</th><th>held</th><th>exposed</th><th>overage</th><th>used</th></tr>
 *   <tr><td>reserve</td><td>+h</td><td>+e</td><td></td><td></td></tr>
 *   <tr><td>extend by x</td><td>+x</td><td>+x</td><td></td><td></td></tr>
 *   <tr><td>settle is queued</td><td></td><td>−(e−h)</td><td>+max(0, c−h)</td><td></td></tr>
 *   <tr><td>settle is durable</td><td>−h</td><td>−h</td><td>−max(0, c−h)</td><td>+c</td></tr>
 *   <tr><td>release is durable</td><td>−h</td><td>−h</td><td></td><td></td></tr>
 * </table>
 *
 * So what a settled attempt cost is counted exactly once at every instant, and its remainder is
 * spendable only when its settle is durable.
 */
final class Account {
  final AccountKey key;
  private long granted;
  private boolean begun;
  private long recurring;
  private int adjustments;
  private int oneOffs;
  private long used;
  private long held;
  private long exposed;
  private long overage;
  private int exhausted;
  private int pins;

  private final Consumer<Account> atRest;

  /**
   * An account that was never used.
   *
   * @param atRest is told at the last unpin
   */
  Account(AccountKey key, Consumer<Account> atRest) {
    this.key = key;
    this.atRest = atRest;
  }

  /** The sums that a test or an invariant looks at. */
  record State(long granted, long used, long held, long exposed, long overage, int exhausted) {}

  State state() {
    return new State(granted, used, held, exposed, overage, exhausted);
  }

  /** Takes over what the ledger knows. */
  void load(AccountRecord record) {
    begun = record.begun();
    recurring = record.recurring();
    adjustments = record.counts().adjustments();
    oneOffs = record.counts().oneOffs();
    granted = record.totals().granted();
    used = record.totals().used();
    held = record.totals().held();
    exposed = held;
  }

  private void remember(GrantKind kind, long amount) {
    if (kind != GrantKind.ONE_OFF) {
      recurring = Math.addExact(recurring, amount);
      adjustments += kind == GrantKind.ADJUSTMENT ? 1 : 0;
      begun |= kind == GrantKind.RECURRING;
    }
  }

  /** A grant takes effect. */
  void grant(GrantKind kind, long amount) {
    granted = Math.addExact(granted, amount);
    remember(kind, amount);
  }

  /** A grant that took effect before it was durable never became so. */
  void withdraw(GrantKind kind, long amount) {
    granted = Math.subtractExact(granted, amount);
    recurring = Math.subtractExact(recurring, amount);
    adjustments -= kind == GrantKind.ADJUSTMENT ? 1 : 0;
    begun &= kind != GrantKind.RECURRING;
  }

  /** Whether the recurring grant is entered. */
  boolean begun() {
    return begun;
  }

  /** Recurring grants and their adjustments: what the rule's amount is compared with. */
  long recurring() {
    return recurring;
  }

  int adjustments() {
    return adjustments;
  }

  /** A number for the next one-off grant, so that two of one instant have different ids. */
  int nextOneOff() {
    return ++oneOffs;
  }

  long granted() {
    return granted;
  }

  /** Everything that is spent, an overage that is not yet durable included. */
  long used() {
    return Math.addExact(used, overage);
  }

  long held() {
    return held;
  }

  boolean exhausted() {
    return exhausted > 0;
  }

  /** What the holds of all open reservations may add up to. */
  private long balance() {
    return Math.subtractExact(granted, used());
  }

  /** How much more can be held. */
  long free() {
    return Math.subtractExact(balance(), held);
  }

  /** How much more can be exposed. */
  long room(long overshoot) {
    return Math.subtractExact(saturatedSum(balance(), overshoot), exposed);
  }

  void hold(long hold, long exposure) {
    long newHeld = Math.addExact(held, hold);
    exposed = Math.addExact(exposed, exposure);
    held = newHeld;
  }

  void release(long hold, long exposure) {
    held = Math.subtractExact(held, hold);
    exposed = Math.subtractExact(exposed, exposure);
  }

  /** The attempt can bill no more; what it cost above its hold counts from now on. */
  void charged(long hold, long exposure, long charge) {
    exposed = Math.subtractExact(exposed, exposure - hold);
    overage = Math.addExact(overage, Math.max(0, charge - hold));
  }

  /** What {@link #charged} announced stands in the ledger. */
  void settled(long hold, long charge) {
    overage = Math.subtractExact(overage, Math.max(0, charge - hold));
    release(hold, hold);
    use(charge);
  }

  void use(long amount) {
    used = Math.addExact(used, amount);
  }

  void exhaust() {
    exhausted++;
  }

  void unexhaust() {
    exhausted--;
  }

  /**
   * A pinned account is never evicted: it has an open reservation, an entry that is not durable, or
   * somebody who just asked for it.
   */
  void pin() {
    pins++;
  }

  void unpin() {
    pins--;
    if (!pinned()) {
      atRest.accept(this);
    }
  }

  boolean pinned() {
    return pins > 0 || held != 0;
  }

  private static long saturatedSum(long balance, long overshoot) {
    return overshoot > Long.MAX_VALUE / 2 - Math.max(0, balance)
        ? Long.MAX_VALUE / 2
        : balance + overshoot;
  }
}
