package io.stipend.policy.budget;

import static io.stipend.policy.budget.Calls.attempt;
import static io.stipend.policy.budget.Calls.both;
import static io.stipend.policy.budget.Calls.facts;
import static io.stipend.policy.budget.Calls.organisation;
import static io.stipend.policy.budget.Calls.person;
import static io.stipend.policy.budget.Calls.team;
import static io.stipend.policy.budget.Calls.tokens;
import static io.stipend.policy.budget.Calls.withAmount;
import static io.stipend.policy.budget.Calls.withOvershoot;
import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.metering.Charge;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.Posting;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** Drives budgets at random and predicts each answer from the list of all that happened. */
final class BudgetModel {
  private static final List<String> PEOPLE = List.of("ada", "bob", "cyd");

  private final Random random;
  private final LocalBudgets budgets;
  private final LedgerFixture ledger;
  private final Instant[] now;
  private final Map<String, BudgetRule> rules = new HashMap<>();
  private final List<Happened> happened = new ArrayList<>();
  private final List<OneOff> oneOffs = new ArrayList<>();

  /** The amount that the last reservation on an account found in its rule. */
  private final Map<AccountKey, Long> recurring = new HashMap<>();

  private int attempts;

  private record OneOff(
      AccountKey account, long granted, long used, CompletableFuture<Void> done) {}

  /** One admitted reservation. */
  private static final class Happened {
    Reservation reservation;
    Map<AccountKey, BudgetRule> accounts;
    Charge hold;
    Charge exposed;
    Charge step;
    Charge ahead;
    Charge most;
    Charge charge;
    boolean sent;
    CompletableFuture<Void> end;
    final Set<AccountKey> marked = new HashSet<>();

    boolean durable() {
      return end != null && end.isDone();
    }
  }

  BudgetModel(long seed, LocalBudgets budgets, LedgerFixture ledger, Instant[] now) {
    this.random = new Random(seed);
    this.budgets = budgets;
    this.ledger = ledger;
    this.now = now;
    for (String id : PEOPLE) {
      rules.put("p" + id, withOvershoot(person(id, 300), random.nextInt(-1, 60)));
      rules.put("t" + id, tokens(id, 400));
    }
    rules.put("team", team("payments", 700));
    rules.put("organisation", organisation(900));
  }

  List<BudgetRule> rules() {
    return List.copyOf(rules.values());
  }

  /** One random step; says what it did. */
  String step() {
    int dice = random.nextInt(100);
    if (dice < 40) {
      return reserve();
    } else if (dice < 52) {
      return extend();
    } else if (dice < 72) {
      return end();
    } else if (dice < 88) {
      int entries = random.nextInt(4);
      for (int i = 0; i < entries; i++) {
        ledger.commitOne();
      }
      return "commit " + entries;
    } else if (dice < 92) {
      return edit();
    } else if (dice < 95) {
      return oneOff();
    } else if (dice < 97) {
      return correct();
    }
    now[0] = now[0].plusSeconds(random.nextInt(-20_000, 60_000));
    return "now " + now[0];
  }

  private String reserve() {
    String person = PEOPLE.get(random.nextInt(PEOPLE.size()));
    Set<BudgetRule> bound = new LinkedHashSet<>();
    for (String name : new String[] {"p" + person, "t" + person, "team", "organisation"}) {
      if (random.nextInt(4) > 0) {
        bound.add(rules.get(name));
      }
    }
    Happened call = new Happened();
    call.hold = new Charge(random.nextInt(150), random.nextInt(150));
    call.step = random.nextBoolean() ? both(random.nextInt(40)) : Charge.ZERO;
    call.ahead = random.nextInt(3) > 0 ? call.step : both(random.nextInt(200));
    call.exposed = call.hold.plus(call.ahead);
    call.most = call.exposed.plus(both(random.nextInt(200)));
    call.accounts = new HashMap<>();
    bound.forEach(rule -> call.accounts.put(rule.account(now[0]), rule));
    call.accounts.forEach((account, rule) -> recurring.put(account, rule.amount()));
    Map<BudgetRule, Long> short_ = new HashMap<>();
    call.accounts.forEach(
        (account, rule) -> {
          long available = available(account, rule);
          boolean fits =
              call.hold.in(rule.unit()) <= free(account)
                  && call.exposed.in(rule.unit()) <= room(account, rule, call);
          if (!fits || exhausted(account)) {
            short_.put(rule, exhausted(account) ? Math.min(0, available) : available);
          }
        });
    boolean full = random.nextInt(30) == 0;
    ledger.capacity(full ? 0 : Integer.MAX_VALUE);
    Budgets.Result result =
        budgets.reserve(
            attempt(++attempts),
            facts(person),
            List.copyOf(bound),
            new Estimate(call.hold, call.exposed, call.step, call.most),
            now[0]);
    ledger.capacity(Integer.MAX_VALUE);
    String what = "reserve " + call.hold + " exposed " + call.exposed + " → " + result;
    if (!short_.isEmpty()) {
      assertThat(result).as(what).isInstanceOf(Budgets.Shortfall.class);
      Budgets.Shortfall shortfall = (Budgets.Shortfall) result;
      assertThat(short_).as(what).containsEntry(shortfall.rule(), shortfall.available());
    } else if (full) {
      assertThat(result).as(what).isInstanceOf(Budgets.Unavailable.class);
    } else {
      assertThat(result).as(what).isInstanceOf(Budgets.Held.class);
      call.reservation = ((Budgets.Held) result).reservation();
      happened.add(call);
    }
    return what;
  }

  private String extend() {
    Happened call = any(false);
    if (call == null) {
      return "nothing to extend";
    }
    Charge more = both(random.nextInt(80));
    Set<AccountKey> shortOf = new HashSet<>();
    call.accounts.forEach(
        (account, rule) -> {
          long amount = more.in(rule.unit());
          if (amount > free(account)
              || moreExposed(call, more).in(rule.unit()) > room(account, rule, call)) {
            shortOf.add(account);
          }
        });
    CompletableFuture<Void> extended =
        call.reservation.extend(more, random.nextInt(50), both(1), now[0]);
    String what = "extend by " + more;
    assertThat(extended == null).as(what).isEqualTo(!shortOf.isEmpty());
    if (extended == null) {
      call.marked.addAll(shortOf);
    } else {
      call.marked.clear();
      call.exposed = call.exposed.plus(moreExposed(call, more));
      call.hold = call.hold.plus(more);
    }
    return what;
  }

  /** What comes unseen stays ahead of the hold, up to the whole cap. */
  private static Charge moreExposed(Happened call, Charge more) {
    Charge held = call.hold.plus(more);
    Charge ahead = held.plus(call.ahead);
    Charge needed =
        held.max(
            new Charge(
                Math.min(call.most.nanos(), ahead.nanos()),
                Math.min(call.most.tokens(), ahead.tokens())));
    return new Charge(
        Math.max(0, needed.nanos() - call.exposed.nanos()),
        Math.max(0, needed.tokens() - call.exposed.tokens()));
  }

  private String end() {
    Happened call = any(false);
    if (call == null) {
      return "nothing to end";
    }
    if (random.nextInt(5) == 0) {
      call.charge = Charge.ZERO;
      call.end = call.reservation.release("unreachable", now[0]);
      return "release";
    }
    call.sent = true;
    call.reservation.sent();
    call.charge =
        new Charge(
            random.nextLong(call.hold.nanos() + 20), random.nextLong(call.hold.tokens() + 20));
    call.end =
        call.reservation.settle(
            new Reservation.Settlement(
                now[0],
                call.charge,
                TokenUsage.of(call.charge.tokens(), 0),
                io.stipend.metering.UsageSource.REPORTED,
                "completed",
                200,
                "gpt-5",
                null,
                null,
                ""));
    return "settle " + call.charge;
  }

  private String edit() {
    List<String> names = rules.keySet().stream().sorted().toList();
    String name = names.get(random.nextInt(names.size()));
    BudgetRule edited = withAmount(rules.get(name), random.nextInt(900));
    rules.put(name, edited);
    return "edit " + edited;
  }

  private String oneOff() {
    BudgetRule rule = rules.get("p" + PEOPLE.get(random.nextInt(PEOPLE.size())));
    long amount = 1 + random.nextInt(100);
    recurring.put(rule.account(now[0]), rule.amount());
    CompletableFuture<Void> done =
        budgets.funds().grant(rule, new Funds.Gift(amount, "r", "eve", null, 0), now[0]);
    oneOffs.add(new OneOff(rule.account(now[0]), amount, 0, done));
    return "grant " + amount;
  }

  private String correct() {
    Happened call = any(true);
    if (call == null || !call.sent) {
      return "nothing to correct";
    }
    List<Posting> postings = new ArrayList<>();
    call.accounts.forEach(
        (account, rule) ->
            postings.add(new Posting(account, random.nextLong(-call.charge.in(rule.unit()), 20))));
    CompletableFuture<Void> done =
        budgets
            .funds()
            .correct(
                new LedgerEntry.Corrected(
                    now[0],
                    "c" + oneOffs.size(),
                    call.reservation.id(),
                    TokenUsage.ZERO,
                    0,
                    postings,
                    "eve",
                    "r"),
                key -> null,
                now[0]);
    postings.forEach(p -> oneOffs.add(new OneOff(p.account(), 0, p.amount(), done)));
    return "correct " + postings;
  }

  private Happened any(boolean ended) {
    List<Happened> some = happened.stream().filter(h -> ended == (h.end != null)).toList();
    return some.isEmpty() ? null : some.get(random.nextInt(some.size()));
  }

  /** Ends what is open and makes everything durable. */
  void endAll() {
    while (any(false) != null) {
      end();
    }
    ledger.commit();
    compare();
  }

  /** Compares every account that any rule names now, and every one that was ever held. */
  void compare() {
    for (AccountKey account : recurring.keySet()) {
      Account.State state = budgets.state(account).join();
      assertThat(state.held()).as("held %s", account).isEqualTo(held(account));
      assertThat(state.exposed()).as("exposed %s", account).isEqualTo(exposed(account));
      assertThat(state.granted() - state.used() - state.overage())
          .as("balance %s", account)
          .isEqualTo(balance(account));
      assertThat(state.exhausted() > 0).as("mark %s", account).isEqualTo(exhausted(account));
    }
    for (BudgetRule rule : rules()) {
      Budgets.AccountBalance balance = budgets.balances(List.of(rule), now[0]).join().get(0);
      AccountKey account = balance.account();
      long edited = balance.rule().amount() - recurring.getOrDefault(account, 0L);
      assertThat(balance.remaining()).as("%s", account).isEqualTo(free(account) + edited);
    }
  }

  private long balance(AccountKey account) {
    long balance = recurring.getOrDefault(account, 0L);
    for (OneOff oneOff : oneOffs) {
      if (oneOff.account.equals(account) && oneOff.done.isDone()) {
        balance += oneOff.granted - oneOff.used;
      }
    }
    for (Happened call : happened) {
      if (call.end != null && call.accounts.containsKey(account)) {
        long charge = call.charge.in(account.unit());
        balance -= call.durable() ? charge : Math.max(0, charge - call.hold.in(account.unit()));
      }
    }
    return balance;
  }

  private long held(AccountKey account) {
    return happened.stream()
        .filter(h -> !h.durable() && h.accounts.containsKey(account))
        .mapToLong(h -> h.hold.in(account.unit()))
        .sum();
  }

  private long exposed(AccountKey account) {
    return happened.stream()
        .filter(h -> !h.durable() && h.accounts.containsKey(account))
        .mapToLong(h -> (h.end != null && h.sent ? h.hold : h.exposed).in(account.unit()))
        .sum();
  }

  private boolean exhausted(AccountKey account) {
    return happened.stream().anyMatch(h -> !h.durable() && h.marked.contains(account));
  }

  private long free(AccountKey account) {
    return balance(account) - held(account);
  }

  private long room(AccountKey account, BudgetRule rule, Happened call) {
    long overshoot = rule.overshoot() >= 0 ? rule.overshoot() : call.step.in(rule.unit());
    return balance(account) + overshoot - exposed(account);
  }

  private long available(AccountKey account, BudgetRule rule) {
    long room = balance(account) + Math.max(0, rule.overshoot()) - exposed(account);
    return Math.min(free(account), room);
  }
}
