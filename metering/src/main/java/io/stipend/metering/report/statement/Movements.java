package io.stipend.metering.report.statement;

import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.AccountTotals;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.LedgerException;
import io.stipend.metering.ledger.Posting;
import io.stipend.metering.ledger.PrincipalHistory;
import io.stipend.metering.report.statement.Movement.Kind;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The history of one principal's own accounts as dated movements.
 *
 * <p>A budget is many accounts, one for each period. What a period carries over stays in the budget
 * and moves nothing; what it owes is taken off at its end, and what it spent beyond all funds is
 * written off there. So the balance at the end of a period is the one at the beginning of the next,
 * and a period that ended later than its own last day is told as of that day.
 */
final class Movements {
  private final StatementRequest.Bounds bounds;
  private final PrincipalHistory history;
  private final DatedUse use;
  private final List<Movement> made = new ArrayList<>();

  /** What the entries come to, to be compared with the ledger's own sums. */
  private final Map<AccountKey, AccountTotals> sums = new HashMap<>();

  private Movements(StatementRequest.Bounds bounds, PrincipalHistory history, DatedUse use) {
    this.bounds = bounds;
    this.history = history;
    this.use = use;
  }

  /**
   * All of them, in no order.
   *
   * @throws LedgerException if the entries do not come to the ledger's sums
   */
  static List<Movement> of(StatementRequest.Bounds bounds, PrincipalHistory history, DatedUse use) {
    Movements movements = new Movements(bounds, history, use);
    movements.grants();
    movements.transfers();
    movements.loans();
    history.expiries().forEach(movements::expired);
    history.rolls().forEach(movements::rolled);
    movements.uses();
    movements.check();
    return movements.made;
  }

  private void grants() {
    for (LedgerEntry.Granted g : history.grants()) {
      Kind kind =
          switch (g.kind()) {
            case RECURRING -> Kind.ALLOWANCE;
            case ADJUSTMENT -> Kind.CHANGE;
            case ONE_OFF -> Kind.GRANT;
          };
      String by = kind == Kind.GRANT ? g.by() : "";
      add(g.account(), g.at(), kind, g.amount(), g.reason(), by, g.expiresAt());
      sum(g.account(), g.amount(), 0, 0, 0, 0, 0, 0, 0);
    }
  }

  private void transfers() {
    for (LedgerEntry.Transferred t : history.transfers()) {
      if (isOwn(t.from())) {
        String to = "to " + t.to().budget() + said(t.reason());
        add(t.from(), t.at(), Kind.SENT, -t.amount(), to, t.by(), null);
        sum(t.from(), 0, 0, 0, 0, 0, t.amount(), 0, 0);
      }
      if (isOwn(t.to())) {
        String from = "from " + t.from().budget() + said(t.reason());
        add(t.to(), t.at(), Kind.RECEIVED, t.amount(), from, t.by(), t.expiresAt());
        sum(t.to(), 0, 0, t.amount(), 0, 0, 0, 0, 0);
      }
    }
  }

  private void loans() {
    for (LedgerEntry.Lent l : history.loans()) {
      String what =
          switch (l.kind()) {
            case OVERDRAFT -> "overdraft";
            case FINISH -> l.amount() < 0 ? "given back at once" : "to end a session";
            case ADVANCE -> "advance" + said(l.reason());
          };
      boolean asked = l.kind() == LedgerEntry.LoanKind.ADVANCE;
      add(l.account(), l.at(), Kind.BORROWED, l.amount(), what, asked ? l.by() : "", null);
      sum(l.account(), 0, 0, 0, l.amount(), 0, 0, 0, 0);
    }
  }

  private void expired(LedgerEntry.Expired e) {
    add(e.account(), e.at(), Kind.EXPIRED, -e.amount(), lot(e.lot()), "", null);
    sum(e.account(), 0, 0, 0, 0, e.amount(), 0, 0, 0);
  }

  private static String lot(String id) {
    if (id.startsWith("carry:")) {
      return "of what was carried over";
    }
    return id.startsWith("transfer:")
        ? "of a transfer"
        : id.startsWith("recurring:") ? "of the allowance" : "of an extra grant";
  }

  private void rolled(LedgerEntry.Rolled r) {
    AccountKey from = r.from();
    AccountKey to = r.to();
    long carried =
        r.carried().stream().mapToLong(LedgerEntry.CarriedLot::amount).reduce(0, Math::addExact);
    boolean within = to != null && to.series().equals(from.series());
    if (isOwn(from)) {
      String end = "at the end of " + from.period();
      add(from, r.at(), Kind.EXPIRED, Math.negateExact(r.expired()), end, "", null);
      add(from, r.at(), Kind.RETURNED, Math.negateExact(r.repaid()), end, "", null);
      add(from, r.at(), Kind.OWED, Math.negateExact(r.owed()), end, "", null);
      String into = "into " + (to == null ? "nothing" : to.period());
      Kind kind = within ? Kind.CARRIED_OUT : Kind.MOVED;
      add(from, r.at(), kind, -carried, into, "", null);
      sum(from, 0, 0, 0, 0, r.expired(), 0, carried, r.repaid());
    }
    if (to != null && isOwn(to)) {
      Kind kind = within ? Kind.CARRIED_IN : Kind.MOVED;
      add(to, r.at(), kind, carried, "from " + from.period(), "", null);
      sum(to, 0, carried, 0, 0, 0, 0, 0, r.owed());
    }
  }

  private void uses() {
    Map<AccountKey, Long> corrected = new HashMap<>();
    for (LedgerEntry.Corrected c : history.corrections()) {
      for (Posting p : c.postings()) {
        if (isOwn(p.account())) {
          add(p.account(), c.at(), Kind.CORRECTED, -p.amount(), "", "", null);
          corrected.merge(p.account(), p.amount(), Math::addExact);
        }
      }
    }
    history
        .accounts()
        .forEach(
            (account, totals) -> {
              long calls = Math.subtractExact(totals.used(), corrected.getOrDefault(account, 0L));
              use.parts(account, calls)
                  .forEach(
                      part -> add(account, part.at(), Kind.USED, -part.amount(), "", "", null));
              if (totals.closed()) {
                // All that came in has gone out, but for what nobody owes.
                Instant end = bounds.endOf(account.period());
                add(
                    account,
                    end == null ? Instant.MAX : end,
                    Kind.WRITTEN_OFF,
                    Math.negateExact(totals.available()),
                    "",
                    "",
                    null);
              }
            });
  }

  private void check() {
    history
        .accounts()
        .forEach(
            (account, t) -> {
              AccountTotals s = sums.getOrDefault(account, AccountTotals.ZERO);
              boolean same =
                  s.granted() == t.granted()
                      && s.carried() == t.carried()
                      && s.received() == t.received()
                      && s.lent() == t.lent()
                      && s.expired() == t.expired()
                      && s.sent() == t.sent()
                      && s.carriedOut() == t.carriedOut()
                      && s.repaid() == t.repaid();
              if (!same) {
                throw new LedgerException(
                    "account "
                        + account
                        + ": its entries come to "
                        + s
                        + ", its sums are "
                        + t
                        + " (expected: the same; ledger verify tells more)",
                    null);
              }
            });
  }

  private boolean isOwn(AccountKey account) {
    return history.accounts().containsKey(account);
  }

  private void sum(
      AccountKey account,
      long granted,
      long carried,
      long received,
      long lent,
      long expired,
      long sent,
      long carriedOut,
      long repaid) {
    sums.merge(
        account,
        new AccountTotals(
            granted, carried, received, lent, 0, 0, expired, sent, carriedOut, repaid, false),
        AccountTotals::plus);
  }

  private void add(
      AccountKey account,
      Instant at,
      Kind kind,
      long amount,
      String text,
      String by,
      @Nullable Instant expiresAt) {
    if (amount != 0) {
      made.add(
          new Movement(account, within(bounds, account, at), kind, amount, text, by, expiresAt));
    }
  }

  /** An instant, drawn into the period of an account. */
  static Instant within(StatementRequest.Bounds bounds, AccountKey account, Instant at) {
    Instant start = bounds.startOf(account.period());
    Instant end = bounds.endOf(account.period());
    if (start != null && at.isBefore(start)) {
      return start;
    }
    return end != null && !at.isBefore(end) ? end.minusMillis(1) : at;
  }

  private static String said(@Nullable String reason) {
    return Objects.requireNonNullElse(reason, "").isEmpty() ? "" : ": " + reason;
  }
}
