package io.stipend.policy.simulation;

import static io.stipend.policy.simulation.Books.big;
import static io.stipend.policy.simulation.Model.require;

import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.AttemptId;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.SimulatedDisk;
import io.stipend.metering.ledger.SimulatedDisk.Crash;
import io.stipend.policy.budget.BudgetRule;
import io.stipend.policy.budget.Budgets;
import io.stipend.policy.budget.BudgetsProbe;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;

/** A company, its gateway's budgets and ledger, a clock, a disk and a provider. */
final class World implements AutoCloseable {
  /** Nights that are longer or shorter, ends of months, quarters and years, a leap day. */
  private static final List<String> STARTS =
      List.of(
          "2026-03-28T20:00:00Z",
          "2026-10-24T21:30:00Z",
          "2026-10-31T20:00:00Z",
          "2026-12-30T12:00:00Z",
          "2028-02-28T20:00:00Z",
          "2026-01-31T22:30:00Z");

  /** Enough for one call with the accounts that it rolls, and for little more. */
  private static final int FEW_ACCOUNTS = 24;

  final Random setup;
  final Company company;
  final SimulatedDisk disk;
  final List<Call> calls = new ArrayList<>();
  final Map<AttemptId, Call> all = new LinkedHashMap<>();
  final List<CompletableFuture<?>> asked = new ArrayList<>();
  private final int warm;
  private volatile Instant now;
  Model model;
  Process process;
  int attempts;
  int crashes;

  World(long seed, Path root) {
    setup = new Random(seed);
    company = new Company(setup);
    disk = new SimulatedDisk(root);
    now = Instant.parse(STARTS.get(setup.nextInt(STARTS.size())));
    warm = setup.nextBoolean() ? FEW_ACCOUNTS : 1_000;
    model = new Model(company);
    process = new Process(disk, this::now, warm, model);
  }

  Instant now() {
    return now;
  }

  void advance(Duration by) {
    now = now.plus(by);
  }

  boolean stalled() {
    return disk.stalled();
  }

  /** The account of a rule now; a later one where that is closed. */
  AccountKey account(BudgetRule rule) {
    AccountKey key = rule.account(now);
    while (model.books(key).closed) {
      key = new AccountKey(key.budget(), rule.calendar().next(key.period()), key.unit());
    }
    return key;
  }

  /** Brings everything to rest where the disk lets it, and checks. */
  void rest() {
    if (!stalled()) {
      process.settle();
    }
    process.applyDurable();
    if (!stalled()) {
      for (CompletableFuture<?> one : asked) {
        require(one.isDone(), "never answered");
      }
      asked.clear();
    }
    model.check();
  }

  /** The live accounts are what the entries amount to. */
  void compareLive(boolean every) {
    for (Books books : model.all()) {
      boolean pinned = !books.open.isEmpty();
      if (stalled() ? !pinned : !(every || pinned)) {
        continue;
      }
      CompletableFuture<BudgetsProbe.Live> asking = BudgetsProbe.live(process.budgets, books.key);
      if (!stalled()) {
        disk.await("an account", asking::isDone);
      }
      require(asking.isDone(), "evicted under an open reservation: " + books.key);
      BudgetsProbe.Live live = asking.join();
      require(
          live.totals().equals(books.totals()),
          () -> "I1 " + books.key + " live " + live.totals() + "\n expected " + books.totals());
      require(
          big(live.exposed()).equals(books.exposed),
          () ->
              "I3 exposed on " + books.key + ": " + live.exposed() + ", expected " + books.exposed);
      require(
          live.exhausted() == !books.marks.isEmpty(),
          () -> books.key + " marked: " + live.exhausted() + ", expected " + books.marks);
    }
  }

  /** The process dies and another one goes on with what the disk has. */
  void crash(Crash how, Random random) {
    if (!stalled()) {
      rest();
      process.stall();
    }
    process.applyNew();
    SimulatedDisk.Image image = disk.crash(how, random);
    process.end();
    disk.restore(image);
    restart(how);
  }

  /** The next commit fails; the process refuses everything and ends. */
  void failDisk(boolean tables, boolean after, Random random) {
    if (stalled()) {
      process.settle();
    }
    rest();
    disk.failNext(tables, after);
    process.recorder.append(
        new LedgerEntry.Frozen(now, "fault-" + ++attempts, "person/x", false, "", "simulation"));
    // A question is answered from the tables, so they are written.
    CompletableFuture<?> answer = process.recorder.unclosed(null, 1);
    disk.await("the fault", process.recorder::idle);
    require(process.ledger.poisoned() && answer.isCompletedExceptionally(), "a fault unnoticed");
    process.applyNew();
    refusesAll(random);
    process.end();
    disk.reset();
    restart(null);
  }

  private void refusesAll(Random random) {
    Call call = new Call(new AttemptId("p" + ++attempts, 1), "ada", random);
    List<BudgetRule> rules =
        company.isThere("ada") ? company.rulesOf("ada") : List.of(company.any(random));
    Budgets.Result result = process.budgets.reserve(call.id, call.facts, rules, call.estimate, now);
    boolean refused = result instanceof Budgets.Unavailable;
    refused |= result instanceof Budgets.Shortfall;
    refused |= result instanceof Budgets.Cold cold && cold.warm().isCompletedExceptionally();
    require(refused, "I10 admitted by a failed ledger: " + result);
    process.applyNew();
  }

  private void restart(Crash how) {
    crashes++;
    Process last = process;
    model = new Model(company);
    process = new Process(disk, this::now, warm, model);
    int same = process.survived(last, last.found.size());
    new Recovered(this, last, same, how).check();
    calls.clear();
    asked.clear();
    require(model.open().isEmpty(), "I5 open after recovery: " + model.open());
    rest();
  }

  @Override
  public void close() {
    try {
      disk.unstall();
      process.end();
    } finally {
      disk.close();
    }
  }
}
