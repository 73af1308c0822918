package io.stipend.policy.simulation;

import static io.stipend.policy.simulation.Books.ZERO;
import static io.stipend.policy.simulation.Books.big;

import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.AttemptId;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.LedgerEntry.CarriedLot;
import io.stipend.metering.ledger.LedgerEntry.Corrected;
import io.stipend.metering.ledger.LedgerEntry.Expired;
import io.stipend.metering.ledger.LedgerEntry.Extended;
import io.stipend.metering.ledger.LedgerEntry.GrantKind;
import io.stipend.metering.ledger.LedgerEntry.Granted;
import io.stipend.metering.ledger.LedgerEntry.Lent;
import io.stipend.metering.ledger.LedgerEntry.LoanKind;
import io.stipend.metering.ledger.LedgerEntry.Released;
import io.stipend.metering.ledger.LedgerEntry.Reserved;
import io.stipend.metering.ledger.LedgerEntry.Rolled;
import io.stipend.metering.ledger.LedgerEntry.Settled;
import io.stipend.metering.ledger.LedgerEntry.Transferred;
import io.stipend.metering.ledger.Posting;
import io.stipend.policy.budget.BudgetRule;
import io.stipend.policy.budget.Every;
import java.math.BigInteger;
import java.time.Instant;
import java.time.LocalDate;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Supplier;

/**
 * What all entries so far amount to, and whether each of them was allowed when it came. An entry is
 * applied when it is handed to the ledger; what must wait until it is durable waits.
 */
final class Model {
  private final Map<AccountKey, Books> accounts = new HashMap<>();
  private final Map<AttemptId, Map<AccountKey, Books.Part>> announced = new HashMap<>();
  private final Map<AttemptId, List<AccountKey>> open = new HashMap<>();
  private final Map<AttemptId, Settled> settled = new HashMap<>();
  private final Map<AttemptId, Released> released = new HashMap<>();
  private final Map<AttemptId, List<Corrected>> corrections = new HashMap<>();
  private final Map<String, List<Posting>> asked = new HashMap<>();
  private final Company company;

  /** What of loans to sessions must go back next, as a call has ended that left it unused. */
  private final Map<AccountKey, BigInteger> unused = new HashMap<>();

  /**
   * Whether a sweep may be ending calls: while the end of one becomes durable it makes those of
   * others known, and what that frees or costs is in the accounts before its entry is handed over.
   */
  private boolean sweeping;

  /** Whether entries are judged; those that a crash left were judged when they came. */
  private boolean judging;

  Model(Company company) {
    this.company = company;
  }

  /** Entries that a restart found. */
  void restore(List<LedgerEntry> entries) {
    judging = false;
    for (LedgerEntry entry : entries) {
      apply(entry);
      durable(entry);
    }
    for (Books books : accounts.values()) {
      books.excess = books.used.subtract(books.funds()).max(ZERO);
      books.overshoot = ZERO;
    }
    judging = true;
  }

  Books books(AccountKey key) {
    return accounts.computeIfAbsent(key, Books::new);
  }

  List<Books> all() {
    return List.copyOf(accounts.values());
  }

  Map<AttemptId, Settled> settled() {
    return settled;
  }

  Map<AttemptId, Released> released() {
    return released;
  }

  /** Attempts that have not ended durably. */
  Map<AttemptId, List<AccountKey>> open() {
    return open;
  }

  /** What an attempt is going to expose if it is admitted. */
  void announce(AttemptId id, Map<AccountKey, Books.Part> parts) {
    announced.put(id, parts);
  }

  /** What a correction is to change on the accounts that were debited, in their order. */
  void announce(String correction, List<Posting> postings) {
    asked.put(correction, postings);
  }

  private List<Corrected> corrections(Settled settled) {
    return corrections.getOrDefault(settled.id(), List.of());
  }

  /** What the budget of a debit bears of an attempt, with all corrections. */
  long borne(Settled settled, Posting debit) {
    return debit.amount()
        + corrections(settled).stream()
            .flatMap(corrected -> corrected.postings().stream())
            .filter(posting -> Company.oneBudget(posting.account(), debit.account()))
            .mapToLong(Posting::amount)
            .sum();
  }

  /** What an attempt cost, with all corrections. */
  long nanos(Settled settled) {
    return settled.nanos() + corrections(settled).stream().mapToLong(Corrected::nanosDelta).sum();
  }

  /** What an attempt used, as the last correction says. */
  long tokens(Settled settled) {
    List<Corrected> all = corrections(settled);
    return (all.isEmpty() ? settled.usage() : all.get(all.size() - 1).usage()).total();
  }

  static void require(boolean holds, String what) {
    if (!holds) {
      throw new AssertionError(what);
    }
  }

  /** The same, for what is asked so often that its words cost time. */
  static void require(boolean holds, Supplier<String> what) {
    if (!holds) {
      throw new AssertionError(what.get());
    }
  }

  private void judge(boolean holds, String what) {
    require(holds || !judging, what);
  }

  /** Takes effect as far as it does at once. */
  void apply(LedgerEntry entry) {
    if (entry instanceof Granted e) {
      granted(e);
    } else if (entry instanceof Lent e) {
      lent(e);
    } else if (entry instanceof Transferred e) {
      Books from = live(e.from(), e);
      from.sent = from.sent.add(big(e.amount()));
      BudgetRule rule = company.lastRule(e.from());
      judge(
          from.sent.compareTo(big(rule.transfer())) <= 0 && from.free().signum() >= 0,
          "sent more than the rule or the balance allows: " + e);
    } else if (entry instanceof Expired e) {
      expired(e);
    } else if (entry instanceof Rolled e) {
      rolled(e);
    } else if (entry instanceof Corrected e) {
      corrected(e);
    } else if (entry instanceof Reserved e) {
      reserved(e);
    } else if (entry instanceof Extended e) {
      extended(e);
    } else if (entry instanceof Settled e) {
      settled(e);
    } else if (entry instanceof Released e) {
      require(open.containsKey(e.id()), "I4 released and not open: " + e);
      require(!settled.containsKey(e.id()), "I4 released after its settle: " + e);
      require(released.put(e.id(), e) == null, "I4 released twice: " + e);
    }
  }

  private Books live(AccountKey key, LedgerEntry entry) {
    Books books = books(key);
    require(!books.closed, () -> "moves a closed account: " + entry);
    return books;
  }

  private void granted(Granted e) {
    if (e.kind() == GrantKind.ONE_OFF) {
      return;
    }
    Books books = live(e.account(), e);
    BudgetRule rule = company.lastRule(e.account());
    boolean first = e.kind() == GrantKind.RECURRING;
    require(first != books.begun, "granted twice, or adjusted before it was granted: " + e);
    books.begun = true;
    books.granted = books.granted.add(big(e.amount()));
    books.recurring = books.recurring.add(big(e.amount()));
    books.lot("recurring:" + e.account(), big(e.amount()), e.priority(), null, e.at());
    if (e.amount() < 0) {
      books.excess = books.excess.subtract(big(e.amount()));
    }
    judge(
        books.recurring.equals(expected(rule, e.account())),
        "granted " + books.recurring + ", expected " + expected(rule, e.account()) + ": " + e);
  }

  /** amount × working time × days within / days, rounded down; {@code once} has no days. */
  static BigInteger expected(BudgetRule rule, AccountKey key) {
    if (rule.every() == Every.ONCE) {
      return big(rule.amount()).multiply(big(rule.proration().fteThousandths())).divide(big(1000));
    }
    LocalDate first = rule.calendar().startOf(key.period()).atZone(rule.zone()).toLocalDate();
    LocalDate after = rule.calendar().endOf(key.period()).atZone(rule.zone()).toLocalDate();
    long days = 0;
    long of = ChronoUnit.DAYS.between(first, after);
    LocalDate since = rule.proration().since();
    LocalDate until = rule.proration().until();
    for (LocalDate day = first; day.isBefore(after); day = day.plusDays(1)) {
      boolean there =
          (since == null || !day.isBefore(since)) && (until == null || !day.isAfter(until));
      days += there ? 1 : 0;
    }
    return big(rule.amount())
        .multiply(big(rule.proration().fteThousandths()))
        .multiply(big(days))
        .divide(big(1000).multiply(big(of)));
  }

  private void lent(Lent e) {
    Books books = live(e.account(), e);
    if (e.amount() < 0) {
      require(e.kind() == LoanKind.FINISH, "gives back what it may keep: " + e);
      books.lent.merge(e.kind(), big(e.amount()), BigInteger::add);
      require(books.lent(e.kind()).signum() >= 0, "gives back more than was lent: " + e);
      BigInteger due = unused.remove(e.account());
      judge(
          sweeping || big(-e.amount()).equals(due), "gives back, and unused is " + due + ": " + e);
      return;
    }
    books.lent.merge(e.kind(), big(e.amount()), BigInteger::add);
    remember(books);
    judge(
        books.lent(e.kind()).compareTo(books.mostLent.get(e.kind())) <= 0,
        "lent more than the rule lends: " + e);
    BudgetRule rule = company.lastRule(e.account());
    String next = rule.calendar().next(e.account().period());
    require(next != null, "lent on a grant that never comes: " + e);
    AccountKey repays = new AccountKey(e.account().budget(), next, e.account().unit());
    judge(
        e.kind() != LoanKind.ADVANCE || books.lent().compareTo(expected(rule, repays)) <= 0,
        "lent more than the next grant repays: " + e);
  }

  /** A call borrows by the rule under which it began, also where that was edited meanwhile. */
  private void remember(Books books) {
    for (LoanKind kind : LoanKind.values()) {
      BigInteger limit = big(limit(company.lastRule(books.key), kind));
      boolean ofCalls = kind != LoanKind.ADVANCE;
      books.mostLent.merge(kind, limit, (before, now) -> ofCalls ? before.max(now) : now);
    }
  }

  static long limit(BudgetRule rule, LoanKind kind) {
    return switch (kind) {
      case OVERDRAFT -> rule.overdraft();
      case FINISH -> rule.finish();
      case ADVANCE -> rule.advance();
    };
  }

  private void expired(Expired e) {
    Books books = live(e.account(), e);
    Instant end = company.lastRule(e.account()).calendar().endOf(e.account().period());
    if (judging) {
      BigInteger due = books.overdue(e.at(), end).get(e.lot());
      require(big(e.amount()).equals(due), "expired, and due is " + due + ": " + e);
    }
    books.expired = books.expired.add(big(e.amount()));
    Books.Lot lot = books.lots.get(e.lot());
    lot.expired = lot.expired.add(big(e.amount()));
  }

  private void rolled(Rolled e) {
    Books from = live(e.from(), e);
    require(from.held.signum() == 0, "rolled while held: " + e);
    if (judging) {
      require(from.open.isEmpty(), "rolled under " + from.open.keySet() + ": " + e);
      judgeRoll(e, from);
    }
    for (CarriedLot lot : e.carried()) {
      Books to = live(e.to(), e);
      from.carriedOut = from.carriedOut.add(big(lot.amount()));
      to.carried = to.carried.add(big(lot.amount()));
      to.lot(lot.lot(), big(lot.amount()), lot.priority(), lot.expiresAt(), e.at());
    }
    from.expired = from.expired.add(big(e.expired()));
    from.repaid = from.repaid.add(big(e.repaid()));
    if (e.to() != null) {
      Books to = live(e.to(), e);
      to.repaid = to.repaid.add(big(e.owed()));
      to.excess = to.excess.add(big(e.owed()));
    }
    from.closed = true;
    BigInteger rest = from.free();
    require(
        rest.signum() == 0 || (rest.signum() < 0 && e.carried().isEmpty() && e.expired() == 0),
        "I1 a roll leaves " + rest + ": " + e);
  }

  private void judgeRoll(Rolled e, Books from) {
    List<CarriedLot> carried = new ArrayList<>(e.carried());
    carried.sort(Comparator.comparing(CarriedLot::lot));
    Books.Roll is = new Books.Roll(carried, big(e.expired()), big(e.repaid()), big(e.owed()));
    BudgetRule rule = company.lastRule(e.from());
    if (e.to() == null) {
      require(company.gone(e.from(), e.at()), "ended too early, or its budget stands: " + e);
      Books.Roll must = from.end(rule);
      require(is.equals(must), "ended " + e + "\n expected " + must);
      return;
    }
    require(company.rule(e.from()) != null, "rolled, and its budget is gone: " + e);
    require(Company.oneBudget(e.from(), e.to()), "rolled to another budget: " + e);
    require(
        !rule.calendar().endOf(e.from().period()).isAfter(e.at())
            && !rule.calendar()
                .startOf(e.to().period())
                .isBefore(rule.calendar().endOf(e.from().period())),
        "rolled to an account that is no later one, or too early: " + e);
    require(
        from.recurring.equals(expected(rule, e.from())) || from.begun,
        "rolled without its grant: " + e);
    Books.Roll must = from.roll(rule);
    require(is.equals(must), "rolled " + e + "\n expected " + must);
  }

  /** Each budget that was debited bears its part, in its own period or a later one. */
  private void corrected(Corrected e) {
    List<Posting> parts = asked.remove(e.correctionId());
    require(parts == null || parts.size() == e.postings().size(), "parts of " + e);
    for (int i = 0; parts != null && i < parts.size(); i++) {
      Posting part = parts.get(i);
      Posting is = e.postings().get(i);
      boolean stays = is.account().equals(part.account());
      live(is.account(), e);
      require(
          is.amount() == part.amount() && Company.oneBudget(is.account(), part.account()),
          "corrected by another budget than was debited, " + part + ": " + e);
      require(
          stays != books(part.account()).closed,
          "corrected in another period and the account is open, " + part + ": " + e);
      require(
          stays || is.account().period().compareTo(part.account().period()) > 0,
          "corrected in an earlier period, " + part + ": " + e);
      BudgetRule rule = company.rule(part.account());
      AccountKey current = rule == null ? is.account() : rule.account(e.at());
      require(
          stays || books(current).closed || is.account().equals(current),
          "corrected in a period that is not current, " + current + ": " + e);
    }
  }

  private void reserved(Reserved e) {
    require(
        !open.containsKey(e.id()) && !settled.containsKey(e.id()), () -> "reserved twice: " + e);
    List<AccountKey> keys = new ArrayList<>();
    Map<AccountKey, Books.Part> parts = announced.getOrDefault(e.id(), Map.of());
    for (Posting posting : e.holds()) {
      Books books = live(posting.account(), e);
      BigInteger hold = big(posting.amount());
      Books.Part part = parts.getOrDefault(posting.account(), new Books.Part(hold, hold, ZERO));
      require(
          part.hold.equals(hold), () -> "I3 holds " + hold + ", asked for " + part.hold + ": " + e);
      keys.add(posting.account());
      books.open.put(e.id(), part);
      remember(books);
      books.held = books.held.add(hold);
      books.exposed = books.exposed.add(part.exposure);
    }
    open.put(e.id(), keys);
  }

  private void extended(Extended e) {
    require(open.containsKey(e.id()), () -> "extended and not open: " + e);
    for (Posting posting : e.more()) {
      Books books = live(posting.account(), e);
      Books.Part part = books.open.get(e.id());
      BigInteger more = big(posting.amount());
      BigInteger exposes = part.hold.add(more).add(part.step).subtract(part.exposure).max(ZERO);
      part.hold = part.hold.add(more);
      part.exposure = part.exposure.add(exposes);
      books.held = books.held.add(more);
      books.exposed = books.exposed.add(exposes);
    }
  }

  private void settled(Settled e) {
    require(open.containsKey(e.id()), () -> "I4 settled and not open: " + e);
    require(!released.containsKey(e.id()), () -> "I4 settled after its release: " + e);
    require(settled.put(e.id(), e) == null, () -> "I4 settled twice: " + e);
    require(
        e.debits().stream().map(Posting::account).toList().equals(open.get(e.id())),
        () -> "I9 settles on other accounts than it held: " + e);
    for (Posting posting : e.debits()) {
      Books books = live(posting.account(), e);
      Books.Part part = books.open.get(e.id());
      part.charge = big(posting.amount());
      books.excess = books.excess.add(part.charge.subtract(part.exposure).max(ZERO));
      books.exposed = books.exposed.subtract(part.exposure).add(part.hold);
      part.exposure = part.hold;
      books.overage = books.overage.add(part.charge.subtract(part.hold).max(ZERO));
    }
  }

  /** Takes effect as far as it had to wait for the disk. */
  void durable(LedgerEntry entry) {
    if (entry instanceof Granted e && e.kind() == GrantKind.ONE_OFF) {
      Books books = live(e.account(), e);
      books.granted = books.granted.add(big(e.amount()));
      books.lot(e.id(), big(e.amount()), e.priority(), e.expiresAt(), e.at());
    } else if (entry instanceof Transferred e) {
      Books to = live(e.to(), e);
      to.received = to.received.add(big(e.amount()));
      to.lot(e.id(), big(e.amount()), 0, e.expiresAt(), e.at());
    } else if (entry instanceof Corrected e) {
      corrections.computeIfAbsent(e.id(), id -> new ArrayList<>()).add(e);
      for (Posting posting : e.postings()) {
        Books books = live(posting.account(), e);
        books.used = books.used.add(big(posting.amount()));
        books.excess = books.excess.add(big(posting.amount()).max(ZERO));
      }
    } else if (entry instanceof Settled e) {
      ended(
          e.id(),
          (books, part) -> {
            books.overage = books.overage.subtract(part.charge.subtract(part.hold).max(ZERO));
            books.used = books.used.add(part.charge);
          });
    } else if (entry instanceof Released e) {
      ended(e.id(), (books, part) -> {});
    }
  }

  private void ended(AttemptId id, BiConsumer<Books, Books.Part> how) {
    for (AccountKey key : open.remove(id)) {
      Books books = books(key);
      Books.Part part = books.open.remove(id);
      books.marks.remove(id);
      books.held = books.held.subtract(part.hold);
      books.exposed = books.exposed.subtract(part.exposure);
      how.accept(books, part);
      BigInteger due = books.lent(LoanKind.FINISH).min(books.free()).min(books.room(ZERO));
      if (judging && due.signum() > 0) {
        unused.put(key, due);
      }
    }
  }

  /** A sweep begins; it is over when all that it did is durable, at the next check. */
  void sweeps() {
    sweeping = true;
  }

  /** I2, I3 and that loans went back, which must hold whatever happened. */
  void check() {
    require(sweeping || unused.isEmpty(), () -> "not given back: " + unused);
    if (sweeping) {
      unused.clear();
      sweeping = false;
    }
    for (Books books : accounts.values()) {
      BigInteger most = books.funds().add(books.overshoot).add(books.excess);
      // A roll takes away what nobody used. What is open may still bill all that it exposes.
      BigInteger used = books.used.add(books.overage);
      if (!books.closed) {
        require(
            used.compareTo(most) <= 0 && used.add(books.exposed).compareTo(most) <= 0,
            () ->
                "I2 "
                    + books.key
                    + ": used "
                    + used
                    + ", exposed "
                    + books.exposed
                    + ", in all at most "
                    + most);
      }
      BigInteger held =
          books.open.values().stream().map(part -> part.hold).reduce(ZERO, BigInteger::add);
      require(held.equals(books.held), () -> "I3 held on " + books.key + ": " + books.held);
    }
  }
}
