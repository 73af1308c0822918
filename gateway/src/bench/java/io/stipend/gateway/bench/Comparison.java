package io.stipend.gateway.bench;

import io.stipend.gateway.testing.Load;
import io.stipend.gateway.testing.LoadResult;
import io.stipend.gateway.testing.ProcessCost;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Runs Stipend and other proxies before the same provider under the same loads, in interleaved
 * rounds, and prints medians and their ratios to nginx. Stipend has its budgets, limits and fsynced
 * ledger on; the others meter nothing.
 */
@Command(
    name = "compare",
    description = "Measures Stipend beside nginx, HAProxy and Portkey's gateway.",
    showDefaultValues = true,
    mixinStandardHelpOptions = true)
public final class Comparison implements Callable<Integer> {
  private static final String STIPEND = "stipend";

  @Option(names = "--jar", required = true, description = "stipend.jar.")
  private Path jar;

  @Option(names = "--folder", required = true, description = "Of configurations and the ledger.")
  private Path folder;

  @Option(names = "--rounds", defaultValue = "3", description = "Interleaved; medians are shown.")
  private int rounds;

  @Option(names = "--seconds", defaultValue = "5", description = "Of each load.")
  private int seconds;

  @Option(names = "--warm-up", defaultValue = "12", description = "Seconds of load before it all.")
  private int warmUp;

  @Option(
      names = "--candidates",
      split = ",",
      defaultValue = "direct,nginx,haproxy,portkey,stipend",
      description = "The provider alone is: direct.")
  private List<String> names = new ArrayList<>();

  @Option(
      names = "--loads",
      split = ",",
      defaultValue = "closed,open,think,stream,paced,first",
      description = "Also: idle.")
  private List<String> loads = new ArrayList<>();

  @Option(names = "--portkey", defaultValue = "", description = "Folder of its npm package.")
  private String portkey = "";

  @Option(names = "--stipend-jvm", defaultValue = "", description = "Options of Stipend's JVM.")
  private String stipendJvm = "";

  @Option(names = "--people", defaultValue = "1", description = "In Stipend's quota file.")
  private int people;

  @Option(names = "--loops", defaultValue = "0", description = "Stipend's event loops.")
  private int loops;

  @Option(names = "--data", description = "Stipend's data folder. Default: a new one.")
  private @Nullable Path data;

  @Option(names = "--commit", defaultValue = "unknown", description = "Named in the output.")
  private String commit = "";

  /** Runs the command line. */
  public static void main(String[] args) {
    System.exit(new CommandLine(new Comparison()).execute(args));
  }

  @Override
  public Integer call() throws Exception {
    Files.createDirectories(folder);
    List<Scenario> scenarios =
        loads.stream().map(name -> Scenario.valueOf(name.toUpperCase(Locale.ROOT))).toList();
    var starter =
        new Candidates(
            folder.toAbsolutePath(),
            jar.toAbsolutePath(),
            stipendJvm,
            portkey,
            people,
            (data == null ? folder.resolve("data") : data).toAbsolutePath(),
            loops);
    List<Candidate> running = new ArrayList<>();
    Runtime.getRuntime().addShutdownHook(new Thread(() -> running.forEach(Comparison::end)));
    for (String name : names.contains("direct") ? names : with("direct", names)) {
      Candidate started = starter.start(name);
      if (started == null) {
        System.out.println("skipped: " + name + " is not installed");
        continue;
      }
      running.add(started);
      say("%s: ready after %.2f s", name, started.ready().toMillis() / 1e3);
      warm(started, scenarios);
    }
    Table table = new Table();
    for (int round = 1; round <= rounds; round++) {
      for (Scenario scenario : scenarios) {
        for (Candidate candidate : running) {
          Figures figures = measure(scenario, candidate, Duration.ofSeconds(seconds));
          table.add(scenario, candidate.name(), figures);
          say("round %d %s %s: %s", round, scenario, candidate.name(), figures);
        }
      }
    }
    System.out.printf(
        "Commit %s, %s, %d cores, %s %s, JDK %s, medians of %d rounds of %d s.%n",
        commit,
        LocalDate.now(ZoneOffset.UTC),
        Runtime.getRuntime().availableProcessors(),
        System.getProperty("os.name"),
        System.getProperty("os.version"),
        System.getProperty("java.version"),
        rounds,
        seconds);
    table.print(System.out);
    return table.faults(STIPEND) == 0 ? 0 : 1;
  }

  private static List<String> with(String first, List<String> others) {
    List<String> all = new ArrayList<>(List.of(first));
    all.addAll(others);
    return all;
  }

  private void warm(Candidate candidate, List<Scenario> scenarios) throws Exception {
    for (Scenario scenario : scenarios) {
      if (scenario != Scenario.IDLE) {
        double share = Math.max(1, warmUp / (double) scenarios.size());
        measure(scenario, candidate, Duration.ofMillis((long) (share * 1_000)));
      }
    }
  }

  private static Figures measure(Scenario scenario, Candidate candidate, Duration time)
      throws Exception {
    ProcessCost before = ProcessCost.of(candidate.pids());
    LoadResult result = Load.run(scenario.plan(candidate, time));
    ProcessCost after = ProcessCost.of(candidate.pids());
    return Figures.of(scenario, result, before, after);
  }

  private static void say(String format, Object... values) {
    System.err.printf(Locale.ROOT, format + "%n", values);
  }

  private static void end(Candidate candidate) {
    try {
      candidate.close();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
