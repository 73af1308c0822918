package io.stipend.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;

/** The built jar, run as its users run it: as processes of its own in a folder of their own. */
final class Jar {
  /** A busy build machine is slow; a command that takes this long hangs. */
  private static final int MOST_SECONDS = 90;

  /** A command does most of what it does once: compiling it well costs more than it saves. */
  private static final List<String> OPTIONS =
      List.of("-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC");

  private final Path folder;
  private final Map<String, String> env = new TreeMap<>();

  Jar(Path folder) {
    this.folder = folder;
  }

  /** Where the build put it. */
  static Path path() {
    Path jar = Path.of(System.getProperty("stipend.jar", "target/stipend.jar")).toAbsolutePath();
    assertThat(jar).as("the jar that this test runs").exists();
    return jar;
  }

  /** The Java that runs this test. */
  static Path java() {
    return Path.of(System.getProperty("java.home"), "bin", "java");
  }

  static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  Jar with(String name, String value) {
    env.put(name, value);
    return this;
  }

  /** Runs a command to its end. */
  Invocation run(String... args) throws IOException, InterruptedException {
    return end(command(args));
  }

  private static List<String> command(String... args) {
    List<String> command = new ArrayList<>(List.of(java().toString()));
    command.addAll(OPTIONS);
    command.addAll(List.of("-jar", path().toString()));
    command.addAll(List.of(args));
    return command;
  }

  /** Runs lines of a shell to their end; the first that fails ends them. */
  Invocation shell(String lines) throws IOException, InterruptedException {
    return end(List.of("sh", "-e", "-c", lines));
  }

  private Invocation end(List<String> command) throws IOException, InterruptedException {
    Path out = Files.createTempFile(folder, "out", ".txt");
    Path err = Files.createTempFile(folder, "err", ".txt");
    Process process =
        builder(command).redirectOutput(out.toFile()).redirectError(err.toFile()).start();
    try {
      assertThat(process.waitFor(MOST_SECONDS, TimeUnit.SECONDS)).as("%s ends", command).isTrue();
      return new Invocation(process.exitValue(), Files.readString(out), Files.readString(err));
    } finally {
      process.destroyForcibly();
      Files.delete(out);
      Files.delete(err);
    }
  }

  /** Starts a command and waits for a line of its output that holds this text. */
  Running start(String until, String... args) throws IOException {
    return begin(until, command(args));
  }

  /** The same for a process whose files cannot grow beyond so many blocks of 512 bytes. */
  Running startLimited(String until, int blocks, String command) throws IOException {
    String line =
        "ulimit -f "
            + blocks
            + "; exec '"
            + java()
            + "' "
            + String.join(" ", OPTIONS)
            + " -jar '"
            + path()
            + "' "
            + command;
    return begin(until, List.of("sh", "-e", "-c", line));
  }

  private Running begin(String until, List<String> command) throws IOException {
    Path err = Files.createTempFile(folder, "running", ".err");
    Process process = builder(command).redirectError(err.toFile()).start();
    BufferedReader reader = process.inputReader(StandardCharsets.UTF_8);
    StringBuilder out = new StringBuilder();
    String line = reader.readLine();
    while (line != null) {
      out.append(line).append('\n');
      if (line.contains(until)) {
        return new Running(process, out.toString(), err);
      }
      line = reader.readLine();
    }
    throw new AssertionError(command + " ended before " + until + ": " + Files.readString(err));
  }

  private ProcessBuilder builder(List<String> command) {
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
    builder.environment().putAll(env);
    builder
        .environment()
        .merge(
            "PATH", java().getParent().toString(), (path, bin) -> bin + File.pathSeparator + path);
    return builder;
  }

  /**
   * A process that goes on.
   *
   * @param process the process
   * @param out what it printed up to the line that was waited for
   * @param err the file of its standard error
   */
  record Running(Process process, String out, Path err) implements AutoCloseable {
    /** Sends SIGTERM and waits for the end; returns the exit code. */
    int terminate() throws InterruptedException {
      process.destroy();
      assertThat(process.waitFor(MOST_SECONDS, TimeUnit.SECONDS)).as("it ends").isTrue();
      return process.exitValue();
    }

    @Override
    public void close() {
      process.destroyForcibly();
    }
  }
}
