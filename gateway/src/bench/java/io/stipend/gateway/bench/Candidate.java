package io.stipend.gateway.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A proxy, or the provider itself, that runs in processes of its own.
 *
 * @param name as the table has it
 * @param process its first process
 * @param port of 127.0.0.1 where it listens
 * @param headers that a request to it must carry
 * @param callers lines of credentials, of which each connection has one; may be empty
 * @param ready from its start until it took connections
 */
record Candidate(
    String name,
    Process process,
    int port,
    List<String> headers,
    List<String> callers,
    Duration ready)
    implements AutoCloseable {
  private static final Duration START = Duration.ofSeconds(60);

  /** Starts a program and waits until its port takes connections. */
  static Candidate start(
      String name, List<String> command, Path folder, int port, List<String> headers)
      throws Exception {
    long begin = System.nanoTime();
    Process process = process(name, command, folder).redirectOutput(log(folder, name)).start();
    while (!accepts(port)) {
      if (!process.isAlive() || System.nanoTime() - begin > START.toNanos()) {
        process.destroyForcibly();
        throw new IOException(name + " did not start: see " + folder.resolve(name + ".log"));
      }
      Thread.sleep(2);
    }
    Duration ready = Duration.ofNanos(System.nanoTime() - begin);
    return new Candidate(name, process, port, headers, List.of(), ready);
  }

  /** Starts a program of this package, which says itself where it listens. */
  static Candidate own(String name, Path folder, Class<?> program, String... args)
      throws Exception {
    List<String> command = new ArrayList<>(List.of(Candidates.java(), "-Xmx512m"));
    command.addAll(List.of("-XX:+UseSerialGC", "-cp", System.getProperty("java.class.path")));
    command.add(program.getName());
    command.addAll(List.of(args));
    long begin = System.nanoTime();
    Process process = process(name, command, folder).start();
    BufferedReader out =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII));
    int port = Integer.parseInt(out.readLine());
    Duration ready = Duration.ofNanos(System.nanoTime() - begin);
    return new Candidate(name, process, port, List.of(), List.of(), ready);
  }

  private static ProcessBuilder process(String name, List<String> command, Path folder) {
    return new ProcessBuilder(command).directory(folder.toFile()).redirectError(log(folder, name));
  }

  private static ProcessBuilder.Redirect log(Path folder, String name) {
    return ProcessBuilder.Redirect.appendTo(folder.resolve(name + ".log").toFile());
  }

  private static boolean accepts(int port) {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      return socket.isConnected();
    } catch (IOException e) {
      return false;
    }
  }

  /** The same, asked by these callers. */
  Candidate with(List<String> lines) {
    return new Candidate(name, process, port, headers, lines, ready);
  }

  /** A port that is free now. */
  static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  /** The process and its workers. */
  List<Long> pids() {
    return Stream.concat(Stream.of(process.toHandle()), process.descendants())
        .map(ProcessHandle::pid)
        .toList();
  }

  @Override
  public void close() throws InterruptedException {
    List<ProcessHandle> workers = new ArrayList<>(process.descendants().toList());
    process.destroy();
    if (!process.waitFor(5, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
    }
    workers.forEach(ProcessHandle::destroyForcibly);
  }
}
