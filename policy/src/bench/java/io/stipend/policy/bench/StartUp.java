package io.stipend.policy.bench;

import io.stipend.metering.ledger.LedgerOptions;
import io.stipend.metering.ledger.SqliteLedger;
import io.stipend.policy.budget.LocalBudgets;
import io.stipend.policy.budget.Reservation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.concurrent.Semaphore;

/**
 * How long a ledger takes to open. Arguments: entries, half of them reservations and half settles;
 * times that it is opened. With {@code -Dbench.halt=true} the process ends without closing it; with
 * {@code -Dbench.opened=FOLDER} such a ledger, or any other, is only opened.
 */
public final class StartUp {
  private static final int PEOPLE = 10_000;
  private static final int UNDER_WAY = 8_192;

  /** Calls that begin in one millisecond: no more than a large fleet has, so that they spread. */
  private static final int PER_MILLI = 2;

  private static final InstantSource CLOCK = InstantSource.fixed(Workload.NOW);

  private StartUp() {}

  /** Runs. */
  public static void main(String[] args) throws IOException {
    String given = System.getProperty("bench.opened");
    if (given != null) {
      open(Path.of(given), "opened", EndToEnd.number(args, 0, 0));
      return;
    }
    int entries = EndToEnd.number(args, 0, 5_000_000);
    int times = EndToEnd.number(args, 1, 3);
    Path empty = Folders.make();
    open(empty, "an empty one, first of this process", 0);
    open(empty, "an empty one", 0);
    Path folder = Folders.make();
    Meter meter = new Meter();
    fill(folder, entries / 2);
    System.out.printf(
        "written and closed: %s, ledger of %,d MB%n",
        meter, Files.size(folder.resolve("ledger.db")) >> 20);
    for (int i = 0; i < times; i++) {
      open(folder, "opened", entries);
    }
    System.out.println("kept in " + folder);
    Folders.delete(empty);
  }

  private static void fill(Path folder, int exchanges) {
    Workload workload = new Workload(PEOPLE, false);
    Semaphore room = new Semaphore(UNDER_WAY);
    try (SqliteLedger ledger = SqliteLedger.open(folder, LedgerOptions.defaults(), CLOCK)) {
      LocalBudgets budgets = new LocalBudgets(ledger, CLOCK);
      for (int i = 0; i < exchanges; i++) {
        room.acquireUninterruptibly();
        Reservation held = workload.reserve(budgets, i % PEOPLE, i, start(exchanges - i));
        held.sent();
        held.settle(Workload.settlement()).whenComplete((done, error) -> room.release());
      }
      room.acquireUninterruptibly(UNDER_WAY);
      if (Boolean.getBoolean("bench.halt")) {
        System.out.println("killed; kept in " + folder);
        Runtime.getRuntime().halt(0);
      }
    }
  }

  /** When a call began after which so many more came. */
  private static Instant start(int more) {
    return Workload.NOW.minusMillis(more / PER_MILLI);
  }

  /** Opens, and serves a first reservation, so that nothing is put off. */
  private static void open(Path folder, String what, int entries) {
    Meter meter = new Meter();
    try (SqliteLedger ledger = SqliteLedger.open(folder, LedgerOptions.defaults(), CLOCK)) {
      String opened = meter.toString();
      LocalBudgets budgets = new LocalBudgets(ledger, CLOCK);
      Workload one = new Workload(1, false);
      one.reserve(budgets, 0, System.nanoTime()).release("unreachable", Workload.NOW).join();
      System.out.printf(
          "%s, %,d entries (load %s): %s; with a first reservation %s%n",
          what, entries, Meter.load(), opened, meter);
    }
  }
}
