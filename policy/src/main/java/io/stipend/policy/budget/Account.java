package io.stipend.policy.budget;

import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.AccountRecord;
import io.stipend.metering.ledger.AccountTotals;
import io.stipend.metering.ledger.LedgerEntry.CarriedLot;
import io.stipend.metering.ledger.LedgerEntry.GrantKind;
import io.stipend.metering.ledger.LedgerEntry.LoanKind;
import io.stipend.metering.ledger.LedgerEntry.Rolled;
import io.stipend.metering.ledger.Lot;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

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
 * spendable only when its settle is durable. What the account was given and has lost otherwise is
 * one sum of its own, {@code funds}: a call needs no more of it.
 */
final class Account {
  /** Bounds what people enter: two billion in money, so that no sum of sums passes a long. */
  private static final long MAX_SUM = 2_000_000_000_000_000_000L;

  final AccountKey key;
  private AccountTotals given = AccountTotals.ZERO;

  /** Never changed, only replaced: most accounts have none. */
  private Map<LoanKind, Long> lent = Map.of();

  private List<Lot> lots = List.of();

  /** What came in less what went out otherwise than by use. */
  private long funds;

  private boolean begun;
  private long recurring;
  private int adjustments;
  private int oneOffs;
  private int transfers;
  private int loans;
  private int expiries;
  private boolean closed;
  private long used;
  private long held;
  private long exposed;
  private long overage;
  private int exhausted;
  private int pins;
  private int entering;

  /** Reservations that have not ended durably; one may hold nothing here and still be charged. */
  private int open;

  private boolean failed;

  /** When a lot ends before the period does, and has something left; null if none. */
  private @Nullable Instant nextExpiry;

  /** Accounts of the same budget and unit that were not closed when this one was loaded. */
  private List<AccountKey> behind = List.of();

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
    return new State(given.granted(), used, held, exposed, overage, exhausted);
  }

  /** All sums; an overage that is not yet durable counts as used. */
  AccountTotals totals() {
    return new AccountTotals(
        given.granted(),
        given.carried(),
        given.received(),
        given.lent(),
        used(),
        held,
        given.expired(),
        given.sent(),
        given.carriedOut(),
        given.repaid(),
        closed);
  }

  /** Takes over what the ledger knows. */
  void load(AccountRecord record) {
    AccountTotals totals = record.totals();
    begun = record.begun();
    recurring = record.recurring();
    adjustments = record.counts().adjustments();
    oneOffs = record.counts().oneOffs();
    transfers = record.counts().transfers();
    loans = record.counts().loans();
    expiries = record.counts().expiries();
    lent = record.lent();
    lots = record.lots();
    closed = totals.closed();
    used = totals.used();
    held = totals.held();
    exposed = held;
    change(totals);
  }

  /** Sums other than those of use, as they are from now on. */
  private void change(AccountTotals now) {
    given = now;
    // Use and holds are kept apart, because they change with every call.
    funds = Math.addExact(now.available(), Math.addExact(now.used(), now.held()));
    nextExpiry = earliestExpiry();
  }

  private @Nullable Instant earliestExpiry() {
    Instant earliest = null;
    for (Lot lot : lots) {
      Instant at = lot.expiresAt();
      if (at != null && lot.amount() > lot.expired()) {
        earliest = earliest == null || at.isBefore(earliest) ? at : earliest;
      }
    }
    return earliest;
  }

  private void addLot(Lot lot) {
    List<Lot> next = new ArrayList<>(lots.size() + 1);
    boolean merged = false;
    for (Lot known : lots) {
      boolean same = known.id().equals(lot.id());
      next.add(same ? known.plus(lot) : known);
      merged |= same;
    }
    if (!merged) {
      next.add(lot);
    }
    lots = List.copyOf(next);
  }

  /** A recurring grant or its adjustment takes effect. */
  void grant(GrantKind kind, long amount, int priority, Instant at) {
    recurring = Math.addExact(recurring, amount);
    adjustments += kind == GrantKind.ADJUSTMENT ? 1 : 0;
    begun = true;
    addLot(new Lot(Lot.recurringId(key), amount, priority, null, at, 0));
    change(given.plus(Movement.granted(amount)));
  }

  /** A one-off grant takes effect. */
  void receive(Lot lot) {
    addLot(lot);
    change(given.plus(Movement.granted(lot.amount())));
  }

  /** A transfer arrives. */
  void receiveTransfer(Lot lot) {
    addLot(lot);
    change(given.plus(Movement.received(lot.amount())));
  }

  /** A transfer leaves; negative takes it back. */
  void send(long amount) {
    change(given.plus(Movement.sent(amount)));
  }

  /** A loan takes effect; negative gives it back. */
  void lend(LoanKind kind, long amount) {
    Map<LoanKind, Long> more = new EnumMap<>(LoanKind.class);
    more.putAll(lent);
    more.merge(kind, amount, Math::addExact);
    lent = more;
    change(given.plus(Movement.lent(amount)));
  }

  /** What is left of a lot ends. */
  void expire(String lot, long amount, Instant at) {
    addLot(new Lot(lot, 0, 0, null, at, amount));
    change(given.plus(Movement.expired(amount)));
  }

  /** This account ends: what the roll says leaves it. */
  void rollOut(Rolled roll) {
    closed = true;
    AccountKey to = roll.to();
    if (to != null) {
      lagging(to);
    }
    change(given.plus(Movement.rolledOut(roll)));
  }

  /** The last account of its budget that goes on after this one, as far as is known; else null. */
  @Nullable AccountKey successor() {
    return behind.stream()
        .filter(other -> other.series().equals(key.series()))
        .filter(other -> other.period().compareTo(key.period()) > 0)
        .max(Comparator.comparing(AccountKey::period))
        .orElse(null);
  }

  /** What the roll of an earlier account brings, and what it leaves to repay. */
  void rollIn(Rolled roll) {
    for (CarriedLot lot : roll.carried()) {
      addLot(new Lot(lot.lot(), lot.amount(), lot.priority(), lot.expiresAt(), roll.at(), 0));
    }
    change(given.plus(Movement.rolledIn(roll)));
  }

  /** Whether a lot may have ended with something left. */
  boolean lotsEnd(Instant now) {
    return nextExpiry != null && !nextExpiry.isAfter(now);
  }

  /** What is left of lots that have ended and that no hold needs, in the order of burning. */
  List<Lots.Left> overdue(Instant now, @Nullable Instant periodEnd) {
    if (!lotsEnd(now)) {
      return List.of();
    }
    List<Lots.Left> overdue = new ArrayList<>();
    // What open calls may still cost must not end under them.
    long needed = Math.max(held, exposed);
    for (Lots.Left left : Lots.spread(lots, Math.addExact(burnt(), needed), periodEnd).left()) {
      Instant at = left.lot().expiresAt();
      if (at != null && !at.isAfter(now) && left.amount() > 0) {
        overdue.add(left);
      }
    }
    if (needed == 0 && overdue.isEmpty()) {
      // All of them are burnt; a correction looks again.
      nextExpiry =
          lots.stream()
              .map(Lot::expiresAt)
              .filter(at -> at != null && at.isAfter(now))
              .min(Instant::compareTo)
              .orElse(null);
    }
    return overdue;
  }

  List<Lot> lots() {
    return lots;
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

  int nextTransfer() {
    return ++transfers;
  }

  int nextLoan() {
    return ++loans;
  }

  int nextExpired() {
    return ++expiries;
  }

  long lent(LoanKind kind) {
    return lent.getOrDefault(kind, 0L);
  }

  /** Loans of every kind. */
  long lent() {
    return given.lent();
  }

  /** What the periods before left to repay. */
  long repaid() {
    return given.repaid();
  }

  /** Whether its period was rolled: nothing moves it any more. */
  boolean closed() {
    return closed;
  }

  /** Whether its sums can take this amount more and stay far from the end of a long. */
  boolean takes(long amount) {
    long much = Math.min(MAX_SUM, amount == Long.MIN_VALUE ? MAX_SUM : Math.abs(amount));
    AccountTotals sums = totals();
    long in = sums.granted() + sums.carried() + sums.received() + sums.lent();
    return much < MAX_SUM && in <= MAX_SUM - much && Math.abs(sums.used()) <= MAX_SUM - much;
  }

  /** Whether nothing is open on it or on its way to it, so that it can be rolled. */
  boolean quiet() {
    return open == 0 && held == 0 && entering == 0;
  }

  /** A reservation on it begins, or has ended durably. */
  void open(int more) {
    open += more;
  }

  /** An entry that moves it once it is durable is queued, or no longer. */
  void entering(int more) {
    entering += more;
  }

  /**
   * The ledger refused an entry whose effect stands here: nothing more is reserved on this account
   * until a restart reads what is true.
   */
  void fail() {
    failed = true;
  }

  boolean failed() {
    return failed;
  }

  List<AccountKey> behind() {
    return behind;
  }

  void behind(List<AccountKey> keys) {
    behind = List.copyOf(keys);
  }

  /** One more that is not closed, if it was not known. */
  void lagging(AccountKey key) {
    if (!behind.contains(key) && !this.key.equals(key)) {
      List<AccountKey> more = new ArrayList<>(behind);
      more.add(key);
      behind = more;
    }
  }

  /** What its lots burnt for: what was used, sent, and repaid for the period before. */
  long burnt() {
    return Math.addExact(Math.addExact(used(), given.sent()), given.repaid());
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
    return Math.subtractExact(funds, used());
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
    if (amount < 0) {
      nextExpiry = earliestExpiry();
    }
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
