package io.stipend.policy.simulation;

import static io.stipend.policy.simulation.Model.require;

import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.AccountTotals;
import io.stipend.metering.ledger.LedgerCopy;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.Progress;
import io.stipend.metering.ledger.SimulatedDisk.Crash;
import io.stipend.metering.ledger.Verification;
import io.stipend.policy.budget.BudgetRule;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * One random program. Each step draws from a seed of its own, so that a shorter program does the
 * same in the steps that are left.
 */
final class Simulation {
  private static final int CHECKPOINT = 50;

  /** One program in so many is looked at by statements: they read the record many times. */
  private static final int STATEMENTS = 4;

  /** How often each step is drawn, in the order of {@link #act}. */
  private static final int[] WEIGHTS = {
    300, 120, 90, 130, 40, 20, 30, 40, 40, 30, 15, 30, 45, 20, 60, 10, 20, 60, 15, 22, 22
  };

  private final World world;
  private final Steps steps;
  private final Admin admin;
  private final List<String> log = new ArrayList<>();

  private Simulation(World world) {
    this.world = world;
    steps = new Steps(world);
    admin = new Admin(world);
  }

  /**
   * What came of a program.
   *
   * @param failure null if all invariants held
   * @param steps how many were taken
   * @param log what they did
   */
  record Outcome(Throwable failure, int steps, int crashes, List<String> log) {}

  /** Runs the steps of these seeds in a world of this seed. */
  static Outcome run(long seed, List<Long> program, Path root) {
    int taken = 0;
    World world = null;
    Simulation simulation = null;
    try {
      world = new World(seed, root);
      simulation = new Simulation(world);
      for (long step : program) {
        taken++;
        simulation.step(new Random(step), taken);
      }
      simulation.end();
      return new Outcome(null, taken, world.crashes, simulation.log);
    } catch (AssertionError | RuntimeException e) {
      List<String> log = simulation == null ? List.of() : simulation.log;
      return new Outcome(e, taken, world == null ? 0 : world.crashes, log);
    } finally {
      if (world != null) {
        world.close();
      }
    }
  }

  private void step(Random random, int number) {
    log.add(number + " @" + world.now() + (world.stalled() ? " stalled" : ""));
    String what = act(random);
    log.set(log.size() - 1, log.get(log.size() - 1) + " " + what);
    world.rest();
    world.compareLive(false);
    if (number % CHECKPOINT == 0) {
      checkpoint();
    }
  }

  private String act(Random random) {
    int dice = random.nextInt(Arrays.stream(WEIGHTS).sum());
    int kind = 0;
    while (dice >= WEIGHTS[kind]) {
      dice -= WEIGHTS[kind++];
    }
    return switch (kind) {
      case 0 -> steps.reserve(random);
      case 1 -> steps.send(random);
      case 2 -> steps.extend(random);
      case 3 -> steps.settle(random);
      case 4 -> steps.release(random);
      case 5 -> steps.endAgain(random);
      case 6 -> steps.vanish(random);
      case 7 -> steps.sweep();
      case 8 -> admin.grant(random);
      case 9 -> admin.transfer(random);
      case 10 -> admin.advance(random);
      case 11 -> steps.correct(random);
      case 12 -> admin.edit(random);
      case 13 -> admin.balances(random);
      case 14 -> admin.clock(random);
      case 15 -> admin.again(random);
      case 16 -> writeBack();
      case 17 -> stallOrCommit(random);
      case 18 -> unstall();
      case 19 -> crash(random);
      default -> fault(random);
    };
  }

  private String writeBack() {
    world.disk.writeBack();
    return "write back";
  }

  private String stallOrCommit(Random random) {
    if (!world.stalled()) {
      world.process.stall();
      return "stall";
    }
    world.process.commitOne();
    return "commit";
  }

  private String unstall() {
    world.process.settle();
    return "unstall";
  }

  private String crash(Random random) {
    Crash how = Crash.values()[random.nextInt(Crash.values().length)];
    // Told before, because it may fail.
    log.add("  " + how);
    world.crash(how, random);
    return "crashed";
  }

  private String fault(Random random) {
    if (random.nextInt(3) > 0) {
      return "no fault";
    }
    world.failDisk(random.nextInt(3) == 0, random.nextBoolean(), random);
    return "disk failed";
  }

  private void checkpoint() {
    if (world.stalled()) {
      world.process.settle();
      world.rest();
    }
    world.compareLive(true);
    try (LedgerReader reader = LedgerReader.open(world.disk.folder())) {
      Verification verified = reader.verify();
      require(verified.ok(), () -> "verify: " + verified.problems());
      compare(reader.totals());
      tally(reader);
    }
  }

  private void compare(Map<AccountKey, AccountTotals> totals) {
    Map<AccountKey, AccountTotals> expected = new HashMap<>();
    for (Books books : world.model.all()) {
      if (totals.containsKey(books.key) || !books.totals().equals(AccountTotals.ZERO)) {
        expected.put(books.key, books.totals());
      }
    }
    require(totals.equals(expected), () -> "tables " + totals + "\n expected " + expected);
  }

  /** I8: what the provider billed is what was booked, less what was assumed above it. */
  private void tally(LedgerReader reader) {
    long[] booked = {0};
    reader.usage(
        Instant.MIN.plusSeconds(1_000_000),
        Instant.MAX,
        row -> booked[0] = Math.addExact(booked[0], row.nanos()));
    long billed = 0;
    long excess = 0;
    for (Call call : world.all.values()) {
      LedgerEntry.Settled settled = world.model.settled().get(call.id);
      if (call.bill != null) {
        billed += call.bill.nanos();
      }
      if (settled != null && settled.flags().equals("assumed")) {
        excess += settled.nanos() - call.bill.nanos();
      } else if (settled != null) {
        require(settled.nanos() == call.bill.nanos(), "I8 billed " + call.bill + ": " + settled);
      }
    }
    long mended = reader.corrections().stream().mapToLong(LedgerEntry.Corrected::nanosDelta).sum();
    require(
        billed == booked[0] - mended - excess,
        "I8 billed " + billed + ", booked " + booked[0] + ", mended " + mended + ", " + excess);
  }

  /** Faults stop: everything ends, and the whole record is looked at. */
  private void end() {
    log.add("end");
    world.process.settle();
    world.rest();
    for (Call call : world.calls) {
      call.alive = false;
    }
    steps.sweep();
    world.rest();
    require(world.model.open().isEmpty(), "I5 still open: " + world.model.open());
    require(world.process.budgets.openReservations() == 0, "I5 still open");
    world.advance(Duration.ofDays(world.setup.nextInt(40)));
    for (int i = 0; i < 3; i++) {
      world.advance(Duration.ofMinutes(3));
      steps.sweep();
      world.rest();
    }
    for (Books books : world.model.all()) {
      BudgetRule rule = world.company.rule(books.key);
      Instant end = rule == null ? null : rule.calendar().endOf(books.key.period());
      boolean over = end != null && !end.isAfter(world.now());
      over |= world.company.gone(books.key, world.now());
      boolean moved = books.begun || !books.totals().equals(AccountTotals.ZERO);
      require(books.closed || !over || !moved, "I5 over and never ended: " + books.key);
    }
    checkpoint();
    if (world.attempts % STATEMENTS == 0) {
      try (LedgerReader reader = LedgerReader.open(world.disk.folder())) {
        Statements.check(reader);
      }
    }
    replays();
  }

  /** I6: everything again is nothing new, and a replay comes to the same. */
  private void replays() {
    for (LedgerEntry fact : world.process.found) {
      if (fact.uniqueId() != null) {
        world.process.ledger.append(fact).join();
      }
    }
    world.rest();
    Path copy = world.disk.folder().resolveSibling("replay");
    LedgerCopy.Replayed replayed = LedgerCopy.replay(world.disk.folder(), copy, Progress.NONE);
    require(replayed.differences().isEmpty(), "I6 replayed " + replayed.differences());
    try (LedgerReader reader = LedgerReader.open(copy)) {
      compare(reader.totals());
    }
  }
}
