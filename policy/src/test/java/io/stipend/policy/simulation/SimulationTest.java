package io.stipend.policy.simulation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/**
 * The proof of the budgets and the ledger: random programs of exchanges, crashes, disk faults, time
 * and edits, against the real code. As many seeds as fit the time; {@code -Dseeds=N} runs so many,
 * {@code -Dseed=S} one. A failure ends the run with the shortest program that was found; with
 * {@code -Dkeepgoing=true} all seeds that fail are listed instead.
 */
class SimulationTest {
  private static final int STEPS = 150;
  private static final long SECONDS = 60;
  private static final long SHRINKING_SECONDS = Long.getLong("shrink", 60);

  private static final boolean KEEP_GOING = Boolean.getBoolean("keepgoing");

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

  @Test
  void everyInvariantHoldsAfterEveryStepOfEveryProgram() throws IOException {
    long only = Long.getLong("seed", -1);
    long first = only >= 0 ? only : Long.getLong("firstSeed", 1);
    long wanted = only >= 0 ? 1 : Long.getLong("seeds", 0);
    long start = System.nanoTime();
    long end = start + TimeUnit.SECONDS.toNanos(SECONDS);
    long seed = first;
    long steps = 0;
    long crashes = 0;
    List<String> red = new ArrayList<>();
    for (; wanted > 0 ? seed < first + wanted : System.nanoTime() < end; seed++) {
      Simulation.Outcome outcome = Simulation.run(seed, program(seed), root(seed));
      steps += outcome.steps();
      crashes += outcome.crashes();
      if (outcome.failure() != null && !KEEP_GOING) {
        fail(shortest(seed, outcome), outcome.failure());
      } else if (outcome.failure() != null) {
        red.add("seed " + seed + ", step " + outcome.steps() + ": " + outcome.failure());
        System.out.println(red.get(red.size() - 1));
      }
    }
    System.out.printf(
        "simulation: %d seeds from %d, %d red, %d steps, %d crashes, %d s%n",
        seed - first,
        first,
        red.size(),
        steps,
        crashes,
        TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - start));
    assertThat(red).as("seeds that fail; -Dseed=N finds the shortest program of one").isEmpty();
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
