package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.stipend.gateway.admin.AdminService.KeyOrder;
import io.stipend.gateway.demo.FakeProvider;
import io.stipend.gateway.testing.ServedProcess;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A gateway in its own process whose system calls fail, by a tracer that injects the error: the
 * real {@code serve} on the real file system. Needs {@code strace}, and is skipped without it.
 */
class DiskFaultIT {
  private static final int ROUNDS = Boolean.getBoolean("stipend.tests.full") ? 8 : 1;
  private static final int CLIENTS = 4;

  /**
   * Calls of the start itself come first, 4 flushes and 25 writes; a fault in these ends the start,
   * which is another test.
   */
  private static final int FIRST_FLUSH = 12;

  private static final int FIRST_WRITE = 50;

  private static final int SPREAD = 40;
  private static final int INTERNAL = 70;

  private static final Map<String, String> PACED =
      Map.of("x-fake-output-tokens", "50", "x-fake-pace-micros", "500");

  @TempDir Path folder;
  private FakeProvider provider;

  @BeforeEach
  void start() {
    provider = FakeProvider.start(0);
  }

  @AfterEach
  void stop() {
    provider.close();
  }

  private static boolean canTrace() throws Exception {
    try {
      Process probe =
          new ProcessBuilder("strace", "-f", "-qq", "-e", "inject=fsync:error=EIO:when=1", "true")
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      return probe.waitFor(20, TimeUnit.SECONDS) && probe.exitValue() == 0;
    } catch (java.io.IOException e) {
      return false;
    }
  }

  /** The n-th such call fails; with a plus, all after it too, as on a disk that stays full. */
  private List<String> tracer(String calls, String error, String when) {
    return List.of(
        "strace",
        "-f",
        "-qq",
        "-o",
        folder.resolve("trace.txt").toString(),
        "-e",
        "trace=" + calls,
        "-e",
        "inject=" + calls + ":error=" + error + ":when=" + when);
  }

  /** Calls, error, and a plus where all that follow fail too. */
  static Stream<Arguments> faults() {
    return Stream.of(
        Arguments.of("fsync,fdatasync", "EIO", ""),
        Arguments.of("fsync,fdatasync", "ENOSPC", "+"),
        Arguments.of("pwrite64", "ENOSPC", "+"),
        Arguments.of("pwrite64", "EIO", "+"));
  }

  @ParameterizedTest
  @MethodSource("faults")
  void aFailedCallEndsTheGatewayAndTheNextStartBooksEverything(
      String calls, String error, String onwards) throws Exception {
    assumeTrue(canTrace(), "strace is not there or may not trace: no faults can be injected");
    long seed = System.nanoTime();
    Random random = new Random(seed);
    ServedProcess.write(
        folder,
        """
        calendar: { timezone: UTC, currency: USD }
        providers:
          openai: { url: "%1$s", key: "provider-key" }
          anthropic: { url: "%1$s", key: "provider-key" }
        rate_cards: [builtin]
        models: { allow: ["gpt-4o-mini", "claude-haiku-4-5"] }
        allowances: { engineer: { amount: 4000 USD, every: month } }
        people: { ada: { allowance: engineer } }
        """
            .formatted(provider.url()),
        "limits: { open_attempts: 128 }");
    String key;
    try (ServedProcess whole = ServedProcess.start(folder)) {
      key = whole.admin().createKey(new KeyOrder("ada", null, null, null), "test").key();
      whole.terminate();
      assertThat(whole.exitCode(Duration.ofSeconds(30))).isZero();
    }
    for (int round = 0; round < ROUNDS; round++) {
      int first = calls.startsWith("fsync") ? FIRST_FLUSH : FIRST_WRITE;
      String when = first + random.nextInt(SPREAD) + onwards;
      String why = calls + " " + error + " when " + when + ", seed " + seed;
      try (ServedProcess failing = ServedProcess.startUnder(tracer(calls, error, when), folder)) {
        try (Load load = new Load(failing, key, CLIENTS, PACED)) {
          await(why).atMost(Duration.ofSeconds(60)).until(() -> !failing.alive());
        }
        assertThat(failing.exitCode(Duration.ofSeconds(30))).as(why).isEqualTo(INTERNAL);
        assertThat(Files.readString(folder.resolve("serve.err")))
            .as(why)
            .contains("the disk of the ledger failed");
      }
      try (ServedProcess again = ServedProcess.start(folder)) {
        await()
            .until(
                () ->
                    provider.billed().stream().noneMatch(b -> b.end() == FakeProvider.End.RUNNING));
        assertThat(again.admin().balance("ada").accounts())
            .as(why)
            .allSatisfy(account -> assertThat(account.held()).isEqualTo("0"));
        again.terminate();
        assertThat(again.exitCode(Duration.ofSeconds(30))).isZero();
      }
      try {
        long assumed = ServedLedger.read(folder.resolve("data")).holdAgainst(provider);
        System.out.printf("%s: %d attempts, %d assumed%n", why, provider.requests(), assumed);
      } catch (AssertionError e) {
        throw new AssertionError(why, e);
      }
    }
  }
}
