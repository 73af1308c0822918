package io.stipend.policy.bench;

import io.stipend.metering.ledger.Ledger;
import io.stipend.metering.ledger.LedgerOptions;
import io.stipend.metering.ledger.SqliteLedger;
import io.stipend.policy.budget.Budgets.AccountBalance;
import io.stipend.policy.budget.LocalBudgets;
import io.stipend.policy.budget.Reservation;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/** Reserve, sent and settle over the four accounts of a person; threads by {@code -t}. */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class ReserveBenchmark {
  /** Exchanges whose settle is not durable; enough to fill the batches of the real ledger. */
  private static final int UNDER_WAY = 8_192;

  private static final int PEOPLE = 1_000;

  /** The budgets of one gateway. */
  @State(Scope.Benchmark)
  public static class Gateway {
    /** In {@code memory}, where it costs nothing, or on {@code disk} with fsync. */
    @Param({"memory", "disk"})
    public String ledger;

    /** Whether what people are granted is a part of the amount. */
    @Param({"false", "true"})
    public boolean partTime;

    Ledger opened;
    LocalBudgets budgets;
    Workload workload;
    Path folder;
    final Semaphore room = new Semaphore(UNDER_WAY);
    final AtomicInteger callers = new AtomicInteger();

    /** Opens. */
    @Setup(Level.Trial)
    public void open() throws IOException {
      InstantSource clock = InstantSource.fixed(Workload.NOW);
      folder = Folders.make();
      opened =
          ledger.equals("memory")
              ? new MemoryLedger()
              : SqliteLedger.open(folder, LedgerOptions.defaults(), clock);
      budgets = new LocalBudgets(opened, clock);
      workload = new Workload(PEOPLE, partTime);
    }

    /** Closes. */
    @TearDown(Level.Trial)
    public void close() throws IOException {
      room.acquireUninterruptibly(UNDER_WAY);
      opened.close();
      Folders.delete(folder);
    }
  }

  /** One thread's numbers. */
  @State(Scope.Thread)
  public static class Caller {
    private long number;
    private int person;

    /** Threads begin at different people. */
    @Setup(Level.Trial)
    public void begin(Gateway gateway) {
      int caller = gateway.callers.getAndIncrement();
      number = (long) caller << 40;
      person = caller * PEOPLE / 2 % PEOPLE;
    }

    int next() {
      person = person + 1 == PEOPLE ? 0 : person + 1;
      return person;
    }
  }

  /** What a budget costs an exchange. */
  @Benchmark
  public Object reserveAndSettle(Gateway gateway, Caller caller) throws InterruptedException {
    gateway.room.acquire();
    Reservation held = gateway.workload.reserve(gateway.budgets, caller.next(), ++caller.number);
    held.sent();
    return held.settle(Workload.settlement()).whenComplete((done, error) -> gateway.room.release());
  }

  /** What the headers of an answer need. */
  @Benchmark
  public Object balances(Gateway gateway, Caller caller) {
    List<AccountBalance> balances =
        gateway.budgets.balances(gateway.workload.rules(caller.next()), Workload.NOW).join();
    return AccountBalance.tightest(balances);
  }
}
