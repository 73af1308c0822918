package io.stipend.gateway.testing;

import io.stipend.gateway.admin.AdminClient;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * {@code serve} in a process of its own: from {@code stipend.jar} where the build has made it, else
 * from the test's class path. It is killed at the latest when it is closed.
 */
public final class ServedProcess implements AutoCloseable {
  private static final Duration START_TIME = Duration.ofSeconds(60);
  private static final Pattern READY =
      Pattern.compile("(http\\S*?//[^,\\s]+).*?admin (http\\S*?//[^,\\s]+)");

  private final Process process;
  private final Path folder;
  private final URI data;
  private final Duration started;

  private ServedProcess(Process process, Path folder, URI data, Duration started) {
    this.process = process;
    this.folder = folder;
    this.data = data;
    this.started = started;
  }

  /**
   * Writes the quota file into the folder; {@code gateway.listen}, {@code admin} and {@code data}
   * are added.
   *
   * @param gatewayKeys more keys of the section {@code gateway}, each on a line of its own
   */
  public static void write(Path folder, String quotas, String gatewayKeys) throws IOException {
    String head =
        "gateway:\n  listen: 127.0.0.1:0\n  admin: 127.0.0.1:0\n  data: ./data\n"
            + gatewayKeys.indent(2);
    Files.writeString(folder.resolve("stipend.yaml"), head + quotas);
  }

  /** Starts on the folder's quota file and waits until it says that it is ready. */
  public static ServedProcess start(Path folder, String... jvmOptions) throws Exception {
    return startUnder(List.of(), folder, jvmOptions);
  }

  /** The same under another program, such as a tracer, whose command line ends with serve's. */
  public static ServedProcess startUnder(List<String> program, Path folder, String... jvmOptions)
      throws Exception {
    List<String> line = new ArrayList<>(program);
    line.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    // Most of what it does it does once.
    line.add("-XX:TieredStopAtLevel=1");
    line.addAll(List.of(jvmOptions));
    String jar = System.getProperty("stipend.jar", "");
    line.addAll(
        jar.isEmpty()
            ? List.of("-cp", classPath(), "io.stipend.gateway.cli.Stipend")
            : List.of("-jar", jar));
    line.addAll(List.of("serve", "--config", folder.resolve("stipend.yaml").toString()));
    long begin = System.nanoTime();
    Process process =
        new ProcessBuilder(line).redirectError(folder.resolve("serve.err").toFile()).start();
    try {
      CompletableFuture<String> ready = new CompletableFuture<>();
      Thread reader = new Thread(() -> read(process, ready), "serve-output");
      reader.setDaemon(true);
      reader.start();
      String said = ready.get(START_TIME.toSeconds(), TimeUnit.SECONDS);
      Matcher where = READY.matcher(said);
      if (!where.find()) {
        throw new IOException(
            "serve said: " + said + "; " + Files.readString(folder.resolve("serve.err")));
      }
      Duration started = Duration.ofNanos(System.nanoTime() - begin);
      return new ServedProcess(process, folder, URI.create(where.group(1)), started);
    } catch (Exception e) {
      destroy(process);
      throw e;
    }
  }

  /** The class path of this test, for a child. */
  public static String classPath() {
    return System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"));
  }

  private static void read(Process process, CompletableFuture<String> ready) {
    try (BufferedReader out =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        // On the test's class path the log goes to the same stream.
        if (line.contains(" ready: ")) {
          ready.complete(line);
        }
      }
      ready.complete("nothing");
    } catch (IOException e) {
      ready.completeExceptionally(e);
    }
  }

  /** From the process's start to its word that it is ready. */
  public Duration started() {
    return started;
  }

  /** Where the data listener is bound. */
  public InetSocketAddress address() {
    return new InetSocketAddress(data.getHost(), data.getPort());
  }

  public URI url(String path) {
    return data.resolve(path);
  }

  public AdminClient admin() {
    return AdminClient.find(folder.resolve("data")).orElseThrow();
  }

  /** {@code kill -9}. */
  public void kill() throws InterruptedException {
    destroy(process);
    process.waitFor();
  }

  /** A tracer that is killed leaves what it traced alive: its children go first. */
  private static void destroy(Process process) {
    process.descendants().forEach(ProcessHandle::destroyForcibly);
    process.destroyForcibly();
  }

  public boolean alive() {
    return process.isAlive();
  }

  /** SIGTERM; returns at once. */
  public void terminate() {
    process.destroy();
  }

  /** Waits for the end. */
  public int exitCode(Duration most) throws InterruptedException {
    if (!process.waitFor(most.toNanos(), TimeUnit.NANOSECONDS)) {
      throw new AssertionError("the process did not end within " + most);
    }
    return process.exitValue();
  }

  @Override
  public void close() throws InterruptedException {
    kill();
  }
}
