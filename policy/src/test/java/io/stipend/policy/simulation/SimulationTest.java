package io.stipend.policy.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.LongSupplier;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/**
 * The proof of the budgets and the ledger: random programs of exchanges, crashes, disk faults, time
 * and edits, against the real code. As many seeds as fit the time, or all that a release needs;
 * {@code -Dseeds=N} runs so many, {@code -Dseed=S} one. A failure ends the run with the shortest
 * program that was found; with {@code -Dkeepgoing=true} all seeds that fail are listed instead.
 */
class SimulationTest {
  private static final int STEPS = 150;
  private static final long SECONDS = 60;
  private static final long SHRINKING_SECONDS = Long.getLong("shrink", 60);

  /** 0 for as many as fit. */
  private static final long SEEDS = Boolean.getBoolean("stipend.tests.full") ? 10_000 : 0;

  private static final boolean KEEP_GOING = Boolean.getBoolean("keepgoing");

  private static final int WORKERS = Runtime.getRuntime().availableProcessors();
  private static final long NONE = -1;

  private final Queue<Red> red = new ConcurrentLinkedQueue<>();
  private final LongAdder seeds = new LongAdder();
  private final LongAdder steps = new LongAdder();
  private final LongAdder crashes = new LongAdder();

  @TempDir Path temporary;

  @BeforeAll
  static void killedProcessesSayNothing() {
    ((Logger) LoggerFactory.getLogger("io.stipend")).setLevel(Level.OFF);
  }

  /** Memory where there is some: what is lost is decided by the simulation. */
  private Path root(long seed) throws IOException {
    Path memory = Path.of("/dev/shm");
    return Files.isWritable(memory)
        ? Files.createTempDirectory(memory, "stipend-simulation")
        : Files.createDirectories(temporary.resolve("seed-" + seed));
  }

  private static List<Long> program(long seed) {
    Random random = new Random(~seed);
    List<Long> program = new ArrayList<>();
    for (int i = 0; i < STEPS; i++) {
      program.add(random.nextLong());
    }
    return program;
  }

  /** A seed that fails. */
  private record Red(long seed, Simulation.Outcome outcome) {
    @Override
    public String toString() {
      return "seed " + seed + ", step " + outcome.steps() + ": " + outcome.failure();
    }
  }

  @Test
  void everyInvariantHoldsAfterEveryStepOfEveryProgram() throws Exception {
    long only = Long.getLong("seed", -1);
    long first = only >= 0 ? only : Long.getLong("firstSeed", 1);
    long wanted = only >= 0 ? 1 : Long.getLong("seeds", SEEDS);
    long start = System.nanoTime();
    AtomicLong next = new AtomicLong(first);
    LongSupplier more =
        () -> {
          boolean enough =
              wanted > 0
                  ? next.get() >= first + wanted
                  : System.nanoTime() - start > TimeUnit.SECONDS.toNanos(SECONDS);
          long seed = enough || (!red.isEmpty() && !KEEP_GOING) ? NONE : next.getAndIncrement();
          return wanted > 0 && seed >= first + wanted ? NONE : seed;
        };
    // Each program is a world of its own, and its threads take turns.
    ExecutorService workers = Executors.newFixedThreadPool(WORKERS);
    List<Future<Void>> running =
        workers.invokeAll(Collections.nCopies(WORKERS, () -> runAll(more)));
    workers.shutdown();
    for (Future<Void> one : running) {
      one.get();
    }
    System.out.printf(
        "simulation: %d seeds from %d, %d red, %d steps, %d crashes, %d s%n",
        seeds.sum(),
        first,
        red.size(),
        steps.sum(),
        crashes.sum(),
        TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start));
    if (!KEEP_GOING && !red.isEmpty()) {
      Red one = red.peek();
      fail(shortest(one.seed, one.outcome), one.outcome.failure());
    }
    assertThat(red).as("seeds that fail; -Dseed=N finds the shortest program of one").isEmpty();
  }

  private Void runAll(LongSupplier more) throws IOException {
    for (long seed = more.getAsLong(); seed != NONE; seed = more.getAsLong()) {
      Simulation.Outcome outcome = Simulation.run(seed, program(seed), root(seed));
      seeds.increment();
      steps.add(outcome.steps());
      crashes.add(outcome.crashes());
      if (outcome.failure() != null) {
        Red one = new Red(seed, outcome);
        red.add(one);
        System.out.println(one);
      }
    }
    return null;
  }

  /** Shrinking must not slip to another failure: the first words without what varies. */
  private static String kind(Simulation.Outcome outcome) {
    String message = String.valueOf(outcome.failure().getMessage());
    return message.substring(0, Math.min(14, message.length())).replaceAll("[0-9].*", "");
  }

  /** The failing program without whatever it can do without. */
  private String shortest(long seed, Simulation.Outcome first) throws IOException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(SHRINKING_SECONDS);
    List<Long> program = program(seed).subList(0, first.steps());
    Simulation.Outcome outcome = first;
    int prefix = first.steps();
    for (int chunk = Math.max(1, program.size() / 2); chunk >= 1; chunk /= 2) {
      for (int at = 0; at < program.size() && System.nanoTime() < end; ) {
        List<Long> fewer = new ArrayList<>(program.subList(0, at));
        fewer.addAll(program.subList(Math.min(program.size(), at + chunk), program.size()));
        Simulation.Outcome next = Simulation.run(seed, fewer, root(seed));
        if (next.failure() != null && kind(next).equals(kind(first))) {
          program = new ArrayList<>(fewer.subList(0, Math.min(fewer.size(), next.steps())));
          outcome = next;
        } else {
          at += chunk;
        }
      }
    }
    return "seed "
        + seed
        + " fails at step "
        + prefix
        + ", shortest found "
        + program.size()
        + " steps:\n"
        + String.join("\n", outcome.log())
        + "\n"
        + outcome.failure();
  }
}
