package io.stipend.policy.bench;

import io.stipend.metering.ledger.LedgerOptions;
import io.stipend.metering.ledger.SqliteLedger;
import io.stipend.policy.budget.LocalBudgets;
import io.stipend.policy.budget.Reservation;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.LongAdder;

/**
 * Exchanges per second of budgets and ledger without HTTP: reserve, sent, settle, every one durable
 * by group commit. Arguments: exchanges of each round, rounds, threads, exchanges under way. With a
 * large {@code -Dbench.behind} the queryable tables are not projected meanwhile.
 */
public final class EndToEnd {
  private static final int PEOPLE = 1_000;

  private final LocalBudgets budgets;
  private final Workload workload = new Workload(PEOPLE, false);
  private final int underWay;
  private final Semaphore room;
  private final LongAdder settled = new LongAdder();
  private final LongAdder callerNanos = new LongAdder();

  private EndToEnd(LocalBudgets budgets, int underWay) {
    this.budgets = budgets;
    this.underWay = underWay;
    this.room = new Semaphore(underWay);
  }

  /** Runs. */
  public static void main(String[] args) throws IOException, InterruptedException {
    int exchanges = number(args, 0, 1_000_000);
    int rounds = number(args, 1, 3);
    int threads = number(args, 2, 2);
    int underWay = number(args, 3, 8_192);
    InstantSource clock = InstantSource.fixed(Workload.NOW);
    Path folder = Folders.make();
    System.out.printf("%d threads, %,d exchanges under way%n", threads, underWay);
    try (SqliteLedger ledger = SqliteLedger.open(folder, options(), clock)) {
      EndToEnd run = new EndToEnd(new LocalBudgets(ledger, clock), underWay);
      for (int round = 0; round <= rounds; round++) {
        String name = round == 0 ? "warm-up" : "round " + round;
        System.out.printf(
            "%s (load %s): %s%n", name, Meter.load(), run.round(round, threads, exchanges));
      }
    }
    Folders.delete(folder);
  }

  /** The defaults, but for how many commits the tables may stay behind. */
  private static LedgerOptions options() {
    return new LedgerOptions(
        LedgerOptions.DEFAULT_SLOTS,
        LedgerOptions.DEFAULT_QUEUE_CAPACITY,
        Integer.getInteger("bench.behind", LedgerOptions.DEFAULT_MAX_BATCHES_BEHIND),
        () -> {});
  }

  static int number(String[] args, int index, int otherwise) {
    return args.length > index ? Integer.parseInt(args[index]) : otherwise;
  }

  /** Processor seconds of the thread that writes the ledger. */
  private static double writerSeconds() {
    ThreadMXBean threads = ManagementFactory.getThreadMXBean();
    long nanos = 0;
    for (ThreadInfo thread : threads.getThreadInfo(threads.getAllThreadIds())) {
      if (thread != null && thread.getThreadName().equals("ledger-writer")) {
        nanos += threads.getThreadCpuTime(thread.getThreadId());
      }
    }
    return nanos / 1e9;
  }

  private String round(int round, int threads, int exchanges) throws InterruptedException {
    settled.reset();
    callerNanos.reset();
    double writer = writerSeconds();
    Meter meter = new Meter();
    List<Thread> callers = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      int caller = i;
      long first = ((long) round << 48) + ((long) i << 40);
      callers.add(new Thread(() -> call(first, caller * PEOPLE / threads, exchanges / threads)));
    }
    callers.forEach(Thread::start);
    for (Thread caller : callers) {
      caller.join();
    }
    room.acquireUninterruptibly(underWay);
    room.release(underWay);
    return meter.perOperation(settled.sum())
        + String.format(
            Locale.ROOT,
            " (callers %.2f, writer %.2f, rest JIT and GC)",
            callerNanos.sum() / 1e3 / settled.sum(),
            (writerSeconds() - writer) * 1e6 / settled.sum());
  }

  private void call(long first, int person, int exchanges) {
    for (int i = 0; i < exchanges; i++) {
      room.acquireUninterruptibly();
      Reservation held = workload.reserve(budgets, (person + i) % PEOPLE, first + i);
      held.sent();
      held.settle(Workload.settlement())
          .whenComplete(
              (done, error) -> {
                if (error == null) {
                  settled.increment();
                }
                room.release();
              });
    }
    callerNanos.add(ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime());
  }
}
