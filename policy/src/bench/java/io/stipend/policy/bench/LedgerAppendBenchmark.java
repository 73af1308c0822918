package io.stipend.policy.bench;

import io.stipend.metering.TokenUsage;
import io.stipend.metering.Unit;
import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.AttemptFacts;
import io.stipend.metering.ledger.AttemptId;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.LedgerOptions;
import io.stipend.metering.ledger.OpenAttempt;
import io.stipend.metering.ledger.Posting;
import io.stipend.metering.ledger.SqliteLedger;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
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

/**
 * What the ledger alone costs: exchanges of four accounts, each begun, sent and settled, awaited
 * together when all are queued. The tables are projected on the way. One thread.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Fork(1)
@Warmup(iterations = 5, time = 2)
@Measurement(iterations = 5, time = 2)
@State(Scope.Thread)
public class LedgerAppendBenchmark {
  private static final int PEOPLE = 1_000;
  private static final int TEAM_SIZE = 20;
  private static final int GROUP_SIZE = 200;
  private static final long HELD = 2_500_000;
  private static final long COST = 2_000_000;
  private static final TokenUsage USAGE = TokenUsage.of(400, 700);

  /** Exchanges that are awaited together: many, or as few as a commit has under a light load. */
  @Param({"4096", "4"})
  public int together;

  private final List<AttemptFacts> facts = new ArrayList<>(PEOPLE);
  private final List<List<Posting>> holds = new ArrayList<>(PEOPLE);
  private final List<List<Posting>> debits = new ArrayList<>(PEOPLE);
  private CompletableFuture<?>[] ends = {};
  private SqliteLedger ledger;
  private Path folder;
  private long number;

  /** Opens. */
  @Setup(Level.Trial)
  public void open() throws IOException {
    for (int i = 0; i < PEOPLE; i++) {
      facts.add(Workload.facts("p" + i));
      List<AccountKey> accounts =
          List.of(
              new AccountKey("person/p" + i + "/engineer", "2026-11", Unit.USD),
              new AccountKey("team/t" + i / TEAM_SIZE, "2026-11", Unit.USD),
              new AccountKey("group/g" + i / GROUP_SIZE, "2026-11", Unit.USD),
              new AccountKey("organisation", "2026-Q4", Unit.USD));
      holds.add(accounts.stream().map(account -> new Posting(account, HELD)).toList());
      debits.add(accounts.stream().map(account -> new Posting(account, COST)).toList());
    }
    ends = new CompletableFuture<?>[together];
    folder = Folders.make();
    ledger = SqliteLedger.open(folder, LedgerOptions.defaults(), InstantSource.fixed(Workload.NOW));
  }

  /** Closes. */
  @TearDown(Level.Trial)
  public void close() throws IOException {
    ledger.close();
    Folders.delete(folder);
  }

  /** One operation is {@code together} exchanges. */
  @Benchmark
  public void exchanges() {
    for (int i = 0; i < together; i++) {
      ends[i] = exchange();
    }
    for (CompletableFuture<?> end : ends) {
      end.join();
    }
  }

  private CompletableFuture<Void> exchange() {
    int person = (int) (++number % PEOPLE);
    AttemptId id = Workload.attempt(number);
    OpenAttempt attempt =
        ledger.begin(
            new LedgerEntry.Reserved(Workload.NOW, id, facts.get(person), holds.get(person)));
    if (attempt == null) {
      throw new IllegalStateException("the ledger takes nothing (expected: room for all)");
    }
    attempt.sent();
    return attempt.settle(
        new LedgerEntry.Settled(
            Workload.NOW,
            id,
            USAGE,
            UsageSource.REPORTED,
            "completed",
            200,
            "gpt-5",
            null,
            COST,
            "chatcmpl-9f1c0a7b33",
            debits.get(person),
            ""));
  }
}
