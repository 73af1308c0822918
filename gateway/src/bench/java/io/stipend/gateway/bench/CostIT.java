package io.stipend.gateway.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.stipend.gateway.testing.Load;
import io.stipend.gateway.testing.LoadResult;
import io.stipend.gateway.testing.ProcessCost;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The short form of the {@link Comparison}: what an exchange and an event cost beside what they
 * cost {@link NettyRelay}, which meters nothing, in the same run. It is there to show a regression,
 * not to measure: the rounds are short, the code is hardly warm, and a build machine is busy. So
 * the bounds are wide.
 */
@Tag("measured")
class CostIT {
  /** Measured in this form: 2.3 to 3.1 and 1.3, on 2 cores. */
  private static final double PER_EXCHANGE = 6;

  private static final double PER_EVENT = 4;

  private static final Duration WARM_UP = Duration.ofSeconds(8);

  /** It has little code to warm. */
  private static final Duration WARM_UP_OF_RELAY = Duration.ofSeconds(3);

  private static final Duration ROUND = Duration.ofSeconds(3);
  private static final int ROUNDS = 3;

  @TempDir Path folder;

  @Test
  void anExchangeAndAnEventCostNoMoreThanTheyDid() throws Exception {
    String jar = System.getProperty("stipend.jar", "");
    assumeTrue(!jar.isEmpty(), "skipped: needs stipend.jar, which mvn verify makes");
    assumeTrue(Path.of("/proc/self/stat").toFile().exists(), "skipped: needs Linux");
    var starter = new Candidates(folder, Path.of(jar), "", "", 1, folder.resolve("data"), 0);
    try (Candidate provider = starter.start("direct");
        Candidate relay = starter.start("relay");
        Candidate stipend = starter.start("stipend")) {
      double exchange = ratio(Scenario.CLOSED, relay, stipend);
      double event = ratio(Scenario.STREAM, relay, stipend);
      System.out.printf(
          Locale.ROOT,
          "CPU beside a plain relay, provider at %d: %.2f for each exchange (at most %.1f), %.2f for"
              + " each event (at most %.1f)%n",
          provider.port(),
          exchange,
          PER_EXCHANGE,
          event,
          PER_EVENT);
      assertThat(exchange).as("exchange").isBetween(0.5, PER_EXCHANGE);
      assertThat(event).as("event").isBetween(0.5, PER_EVENT);
    }
  }

  private static double ratio(Scenario scenario, Candidate relay, Candidate stipend)
      throws Exception {
    micros(scenario, relay, WARM_UP_OF_RELAY);
    micros(scenario, stipend, WARM_UP);
    List<Double> ratios = new ArrayList<>();
    for (int i = 0; i < ROUNDS; i++) {
      double plain = micros(scenario, relay, ROUND);
      ratios.add(micros(scenario, stipend, ROUND) / plain);
    }
    ratios.sort(null);
    return ratios.get(ROUNDS / 2);
  }

  private static double micros(Scenario scenario, Candidate candidate, Duration time)
      throws Exception {
    ProcessCost before = ProcessCost.of(candidate.pids());
    LoadResult result = Load.run(scenario.plan(candidate, time));
    ProcessCost after = ProcessCost.of(candidate.pids());
    Figures figures = Figures.of(scenario, result, before, after);
    assertThat(figures.faults()).as("faults of %s, %s", candidate.name(), scenario).isZero();
    return figures.cpuMicros();
  }
}
