package io.stipend.policy.simulation;

import static io.stipend.policy.simulation.Books.big;
import static io.stipend.policy.simulation.Model.require;

import io.stipend.metering.Charge;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.AttemptId;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.LedgerEntry.LoanKind;
import io.stipend.metering.ledger.Posting;
import io.stipend.policy.budget.BudgetRule;
import io.stipend.policy.budget.Budgets;
import io.stipend.policy.budget.Reservation;
import io.stipend.policy.budget.WhenShort;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.function.Predicate;

/** What exchanges do, each judged against the model at once. */
final class Steps {
  private final World world;

  Steps(World world) {
    this.world = world;
  }

  private Call any(Random random, Predicate<Call> which) {
    List<Call> some = world.calls.stream().filter(which).toList();
    return some.isEmpty() ? null : some.get(random.nextInt(some.size()));
  }

  String reserve(Random random) {
    // Whoever waits for the disk goes on under the file that was read when it began.
    return random.nextInt(8) > 0 || world.stalled()
        ? reserveNow(random)
        : "late: " + world.company.beforeTheLastEdit(() -> reserveNow(random));
  }

  private String reserveNow(Random random) {
    String person = Company.PEOPLE.get(random.nextInt(Company.PEOPLE.size()));
    if (!world.company.isThere(person)) {
      return person + " is not there";
    }
    List<BudgetRule> rules = world.company.rulesOf(person);
    Call call = new Call(new AttemptId("x" + ++world.attempts, 1), person, random);
    Budgets.Result result = reserve(call, rules);
    if (result instanceof Budgets.Shortfall s && s.lacking() > 0 && random.nextInt(3) > 0) {
      LoanKind kind = LoanKind.values()[random.nextInt(2)];
      borrow(s, kind);
      result = reserve(call, rules);
    }
    return "reserve " + call + " for " + person + " → " + Call.shown(result);
  }

  private Budgets.Result reserve(Call call, List<BudgetRule> rules) {
    for (int i = 0; i < 8; i++) {
      Budgets.Result result =
          world.process.budgets.reserve(call.id, call.facts, rules, call.estimate, world.now());
      if (result instanceof Budgets.Cold cold) {
        world.process.settle();
        world.rest();
        require(cold.warm().isDone(), "a cold account that never comes");
        continue;
      }
      judge(call, rules, result);
      return result;
    }
    throw new AssertionError("I11 cold over and over: " + call);
  }

  private void judge(Call call, List<BudgetRule> rules, Budgets.Result result) {
    Map<AccountKey, BudgetRule> bound = new LinkedHashMap<>();
    Map<AccountKey, Books.Part> parts = new HashMap<>();
    // Rolls are entered with the reservation, so it is known only then which account goes on.
    world.model.announce(call.id, parts);
    Map<BudgetRule, Books.Part> wanted = new LinkedHashMap<>();
    for (BudgetRule rule : rules) {
      BigInteger hold = big(call.estimate.hold().in(rule.unit()));
      BigInteger exposed = hold.max(big(call.estimate.exposed().in(rule.unit())));
      BigInteger step = big(call.estimate.step().in(rule.unit()));
      wanted.put(rule, new Books.Part(hold, exposed, step));
      AccountKey key = world.account(rule);
      bound.put(key, rule);
      parts.put(key, wanted.get(rule));
    }
    world.process.applyNew();
    boolean held = result instanceof Budgets.Held;
    if (result instanceof Budgets.Unavailable) {
      require(world.model.open().size() >= Process.SLOTS, "I11 refused without reason: " + result);
      return;
    }
    if (held) {
      require(
          world.model.open().get(call.id).equals(List.copyOf(bound.keySet())),
          "I9 holds on " + world.model.open().get(call.id) + ", expected " + bound.keySet());
    }
    boolean fits = true;
    for (Map.Entry<AccountKey, BudgetRule> one : bound.entrySet()) {
      fits &= judge(call, one.getKey(), one.getValue(), parts.get(one.getKey()), held, result);
    }
    require(held == fits, (fits ? "I11 refused and fits: " : "I2 admitted: ") + call + result);
    if (result instanceof Budgets.Held admitted) {
      call.reservation = admitted.reservation();
      call.rules = List.copyOf(rules);
      world.calls.add(call);
      world.all.put(call.id, call);
    }
  }

  /** Whether it fits this account, with the account in the state that the answer was given in. */
  private boolean judge(
      Call call,
      AccountKey key,
      BudgetRule rule,
      Books.Part part,
      boolean held,
      Budgets.Result result) {
    Books books = world.model.books(key);
    BigInteger granted = Model.expected(rule, key);
    require(
        books.begun && books.recurring.equals(granted),
        "granted on " + key + ": " + books.recurring + ", expected " + granted);
    BigInteger hold = held ? Books.ZERO : part.hold;
    BigInteger exposes = held ? Books.ZERO : part.exposure;
    BigInteger overshoot = rule.overshoot() >= 0 ? big(rule.overshoot()) : part.step;
    if (!held) {
      require(
          books.overdue(world.now(), rule.calendar().endOf(key.period())).isEmpty(),
          "overdue lots on " + key);
    }
    boolean fits =
        books.marks.isEmpty()
            && hold.compareTo(books.free()) <= 0
            && exposes.compareTo(books.room(overshoot)) <= 0;
    if (held) {
      books.overshoot = books.overshoot.max(overshoot);
    }
    if (result instanceof Budgets.Shortfall s && s.rule().equals(rule)) {
      require(!fits, "the one that is named covers it: " + s);
      BigInteger room = books.room(big(Math.max(0, rule.overshoot())));
      BigInteger available = books.free().min(room);
      available = books.marks.isEmpty() ? available : available.min(Books.ZERO);
      require(available.equals(big(s.available())), "available " + s + ", expected " + available);
      BigInteger lacking =
          part.hold.subtract(books.free()).max(part.exposure.subtract(books.room(overshoot)));
      lacking = books.marks.isEmpty() ? lacking.max(Books.ZERO) : Books.ZERO;
      require(lacking.equals(big(s.lacking())), "lacking " + s + ", expected " + lacking);
    }
    return fits;
  }

  private void borrow(Budgets.Shortfall shortfall, LoanKind kind) {
    BudgetRule rule = shortfall.rule();
    long amount = shortfall.lacking();
    AccountKey key = world.account(rule);
    require(key.equals(shortfall.account()), "short of " + shortfall + ", expected " + key);
    Books books = world.model.books(key);
    boolean lends = books.lent(kind).add(big(amount)).compareTo(big(Model.limit(rule, kind))) <= 0;
    boolean lent = world.process.budgets.borrow(key, rule, kind, amount, world.now());
    require(lends == lent, "lent " + lent + ", expected " + lends + ": " + kind + " " + amount);
    world.process.applyNew();
  }

  String send(Random random) {
    Call call = any(random, c -> c.open() && !c.sent);
    if (call == null) {
      return "nothing to send";
    }
    call.reservation.sent();
    call.sent = true;
    return "send " + call.id;
  }

  String extend(Random random) {
    Call call = any(random, c -> c.open() && c.sent);
    if (call == null) {
      return "nothing to extend";
    }
    Charge more = call.more(random);
    world.process.applyNew();
    boolean possible = true;
    List<AccountKey> shortOf = new ArrayList<>();
    Map<AccountKey, Boolean> lending = new HashMap<>();
    for (AccountKey key : world.model.open().get(call.id)) {
      BudgetRule rule = ruleOf(call, key);
      Books books = world.model.books(key);
      Books.Part part = books.open.get(call.id);
      BigInteger amount = big(more.in(key.unit()));
      BigInteger overshoot = rule.overshoot() >= 0 ? big(rule.overshoot()) : part.step;
      BigInteger exposes =
          part.hold.add(amount).add(part.step).subtract(part.exposure).max(Books.ZERO);
      BigInteger lacking =
          amount.subtract(books.free()).max(exposes.subtract(books.room(overshoot)));
      if (lacking.signum() > 0 && !lends(call, rule, books, lacking)) {
        possible = false;
        shortOf.add(key);
      }
      books.overshoot = books.overshoot.max(overshoot);
    }
    CompletableFuture<Void> extended =
        call.reservation.extend(more, call.outputSeen(), call.seenNow(), world.now());
    require(
        possible == (extended != null),
        "extend " + call + " by " + more + ": " + (extended != null) + ", expected " + possible);
    call.told(extended != null);
    if (extended != null) {
      call.extended(more);
      // A stream that goes on has enough: what it was once short of is here again.
      world.model.open().get(call.id).forEach(key -> world.model.books(key).marks.remove(call.id));
    } else {
      shortOf.forEach(key -> world.model.books(key).marks.add(call.id));
    }
    return "extend " + call.id + " by " + more + " → " + (extended != null);
  }

  private static BudgetRule ruleOf(Call call, AccountKey key) {
    return call.rules.stream().filter(rule -> Company.isOf(rule, key)).findFirst().orElseThrow();
  }

  private static boolean lends(Call call, BudgetRule rule, Books books, BigInteger lacking) {
    for (WhenShort step : rule.whenShort()) {
      LoanKind kind =
          step == WhenShort.OVERDRAFT
              ? LoanKind.OVERDRAFT
              : step == WhenShort.FINISH ? LoanKind.FINISH : null;
      boolean may = kind == LoanKind.OVERDRAFT || call.facts.sessionId() != null;
      if (kind != null
          && may
          && books.lent(kind).add(lacking).compareTo(big(Model.limit(rule, kind))) <= 0) {
        return true;
      }
      if (step == WhenShort.REFUSE) {
        return false;
      }
    }
    return false;
  }

  String settle(Random random) {
    Call call = any(random, Call::open);
    if (call == null) {
      return "nothing to settle";
    }
    if (!call.sent) {
      call.reservation.sent();
      call.sent = true;
    }
    Charge bill = call.billed(random);
    call.ended = true;
    call.reservation.settle(settlement(bill));
    refusesASecondEnd(call, random);
    return "settle " + call.id + " at " + bill;
  }

  private Reservation.Settlement settlement(Charge bill) {
    return new Reservation.Settlement(
        world.now(),
        bill,
        TokenUsage.of(bill.tokens(), 0),
        UsageSource.REPORTED,
        "completed",
        200,
        "gpt-5",
        null,
        "req",
        "");
  }

  String release(Random random) {
    Call call = any(random, c -> c.open() && !c.sent);
    if (call == null) {
      return "nothing to release";
    }
    call.ended = true;
    call.reservation.release("unreachable", world.now());
    refusesASecondEnd(call, random);
    return "release " + call.id;
  }

  String endAgain(Random random) {
    Call call = any(random, c -> c.ended);
    if (call == null) {
      return "nothing that ended";
    }
    refusesASecondEnd(call, random);
    return "end again " + call.id;
  }

  private void refusesASecondEnd(Call call, Random random) {
    try {
      if (random.nextBoolean()) {
        call.reservation.settle(settlement(call.charge(7)));
      } else {
        call.reservation.release("again", world.now());
      }
    } catch (IllegalStateException expected) {
      return;
    }
    throw new AssertionError("I4 ended twice: " + call);
  }

  String vanish(Random random) {
    Call call = any(random, Call::open);
    if (call == null) {
      return "nothing to vanish";
    }
    call.alive = false;
    return "vanish " + call.id;
  }

  String sweep() {
    List<Call> gone = world.calls.stream().filter(c -> c.open() && !c.alive).toList();
    world.model.sweeps();
    int ended =
        world.process.budgets.sweep(
            id -> world.all.containsKey(id) && world.all.get(id).alive, world.company.inForce());
    world.process.applyNew();
    require(ended == gone.size(), "I5 swept " + ended + ", expected " + gone.size());
    for (Call call : gone) {
      call.ended = true;
      LedgerEntry.Settled settled = world.model.settled().get(call.id);
      require(
          call.sent == (settled != null)
              && call.sent != world.model.released().containsKey(call.id),
          "I4 swept " + call + " → " + settled);
      if (settled != null) {
        require(
            settled.nanos() == call.assumedNanos()
                && settled.usage().total() == call.assumedTokens(),
            "assumed " + settled + ", expected " + call.assumedNanos());
        call.bill = call.seen;
      }
    }
    return "sweep → " + ended;
  }

  /** Mends a settled attempt to what the provider billed; more often where an account is closed. */
  String correct(Random random) {
    List<LedgerEntry.Settled> some = new ArrayList<>();
    List<LedgerEntry.Settled> late = new ArrayList<>();
    for (LedgerEntry.Settled settled : world.model.settled().values()) {
      boolean waits = world.stalled() && world.all.get(settled.id()).corrected;
      if (!world.model.open().containsKey(settled.id()) && !waits) {
        boolean closed =
            settled.debits().stream().anyMatch(one -> world.model.books(one.account()).closed);
        (closed ? late : some).add(settled);
      }
    }
    some = late.isEmpty() || (random.nextInt(3) == 0 && !some.isEmpty()) ? some : late;
    if (some.isEmpty()) {
      return "nothing to correct";
    }
    LedgerEntry.Settled settled = some.get(random.nextInt(some.size()));
    Call call = world.all.get(settled.id());
    long tokens = random.nextInt(30) - 20;
    List<Posting> postings = new ArrayList<>();
    for (Posting debit : settled.debits()) {
      long delta = debit.account().unit().isMoney() ? tokens * call.price : tokens;
      long borne = world.model.borne(settled, debit);
      postings.add(new Posting(debit.account(), Math.max(delta, -borne)));
    }
    LedgerEntry.Corrected corrected =
        new LedgerEntry.Corrected(
            world.now(),
            "c" + ++world.attempts,
            settled.id(),
            TokenUsage.of(Math.max(0, world.model.tokens(settled) + tokens), 0),
            Math.max(tokens * call.price, -world.model.nanos(settled)),
            postings,
            "eve",
            "reconciled");
    world.model.announce(corrected.correctionId(), postings);
    CompletableFuture<Void> done =
        world.process.budgets.funds().correct(corrected, world.company.inForce(), world.now());
    world.asked.add(done);
    call.corrected = true;
    return "correct " + settled.id() + " by " + postings;
  }
}
