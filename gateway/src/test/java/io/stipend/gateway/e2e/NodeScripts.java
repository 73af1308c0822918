package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * The scripts of {@code src/test/node} in a folder of the build, beside the packages that they
 * import.
 */
final class NodeScripts {
  private static final Path SOURCE = Path.of("src/test/node");
  private static final Path FOLDER = Path.of("target/node").toAbsolutePath();

  /** Written when everything is installed: the list of packages that was. */
  private static final Path INSTALLED = FOLDER.resolve("installed.json");

  private static final long INSTALL_SECONDS = 90;
  private static final long RUN_SECONDS = 60;
  private static final int SHOWN = 300;

  private NodeScripts() {}

  /** Installs what they need, once; else the test is skipped with what stood in the way. */
  static NodeScripts installed() throws IOException, InterruptedException {
    if (!Boolean.getBoolean("stipend.tests.node")) {
      skip("installing them takes longer than most tests (mvn verify -Pnode tries them)");
    }
    for (String tool : List.of("node", "npm")) {
      if (!onPath(tool)) {
        skip(tool + " is not on the PATH");
      }
    }
    Files.createDirectories(FOLDER);
    try (Stream<Path> files = Files.list(SOURCE)) {
      for (Path file : files.toList()) {
        Files.copy(file, FOLDER.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING);
      }
    }
    Path packages = FOLDER.resolve("package.json");
    if (!Files.exists(INSTALLED) || Files.mismatch(packages, INSTALLED) >= 0) {
      Ended ended =
          process(
              INSTALL_SECONDS,
              true,
              "npm",
              "install",
              "--no-audit",
              "--no-fund",
              "--no-package-lock",
              "--no-update-notifier",
              "--ignore-scripts",
              "--fetch-retries=0");
      if (ended.status != 0) {
        skip("npm install ended with " + ended.status + ": " + shortened(ended.output));
      }
      Files.copy(packages, INSTALLED, StandardCopyOption.REPLACE_EXISTING);
    }
    return new NodeScripts();
  }

  private static boolean onPath(String tool) {
    return Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
        .anyMatch(folder -> Files.isExecutable(Path.of(folder, tool)));
  }

  private static void skip(String why) {
    String sentence = "The SDKs for Node are not tried: " + why + ".";
    System.out.println(sentence);
    Assumptions.abort(sentence);
  }

  private static String shortened(String text) {
    String line = text.strip().replaceAll("\\s+", " ");
    return line.length() > SHOWN ? line.substring(0, SHOWN) + "…" : line;
  }

  /** Runs one and returns what it wrote; its environment holds nothing but where programs are. */
  String run(String script, String... arguments) throws IOException, InterruptedException {
    List<String> command = new ArrayList<>(List.of("node", script));
    command.addAll(List.of(arguments));
    Ended ended = process(RUN_SECONDS, false, command.toArray(String[]::new));
    assertThat(ended.status).as("%s %s said %s", script, arguments[0], ended.output).isZero();
    return ended.output;
  }

  private record Ended(int status, String output) {}

  private static Ended process(long seconds, boolean environment, String... command)
      throws IOException, InterruptedException {
    Path output = Files.createTempFile(FOLDER, "output", ".txt");
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .directory(FOLDER.toFile())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile());
    if (!environment) {
      String path = builder.environment().getOrDefault("PATH", "");
      builder.environment().clear();
      builder.environment().putAll(Map.of("PATH", path, "HOME", FOLDER.toString()));
    }
    Process process = builder.start();
    try {
      boolean ended = process.waitFor(seconds, TimeUnit.SECONDS);
      return new Ended(ended ? process.exitValue() : -1, Files.readString(output));
    } finally {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly().waitFor();
      Files.delete(output);
    }
  }
}
