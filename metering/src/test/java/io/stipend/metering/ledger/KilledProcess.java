package io.stipend.metering.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;

/** A process of a test that writes a ledger, tells of it line by line, and is killed. */
final class KilledProcess {
  private KilledProcess() {}

  /**
   * Runs a main class with the arguments folder, run and point, reads all that it prints, and kills
   * it at the first line that is enough; fails if none was.
   */
  static void run(Class<?> main, Path folder, int run, String point, Predicate<String> enough)
      throws Exception {
    Process child =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty(
                    "surefire.test.class.path", System.getProperty("java.class.path")),
                main.getName(),
                folder.toString(),
                Integer.toString(run),
                point)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    boolean killed = false;
    try (BufferedReader out =
        new BufferedReader(
            new InputStreamReader(child.getInputStream(), StandardCharsets.US_ASCII))) {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        if (enough.test(line)) {
          killed = true;
          // By its handle: Process.destroyForcibly would close the stream that is still to be read.
          child.toHandle().destroyForcibly();
        }
      }
    }
    child.waitFor(20, TimeUnit.SECONDS);
    assertThat(killed).as("run %s %s was killed where it should be", run, point).isTrue();
  }
}
