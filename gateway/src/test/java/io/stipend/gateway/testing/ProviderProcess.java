package io.stipend.gateway.testing;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.stipend.gateway.demo.FakeProvider;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * The made-up provider in a process of its own, which can be killed, and stopped so that its
 * sockets stand and nothing answers. Killed at the latest when it is closed.
 */
public final class ProviderProcess implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final String READY = "fake provider: ";

  private final HttpClient http = HttpClient.newHttpClient();
  private Process process;
  private URI url;

  /** Starts on a free port. */
  public ProviderProcess() throws Exception {
    run(0);
  }

  private void run(int port) throws Exception {
    process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                ServedProcess.classPath(),
                FakeProvider.class.getName(),
                Integer.toString(port))
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    CompletableFuture<String> ready = new CompletableFuture<>();
    Thread reader = new Thread(() -> read(process, ready), "provider-output");
    reader.setDaemon(true);
    reader.start();
    url = URI.create(ready.get(PATIENCE.toSeconds(), TimeUnit.SECONDS));
  }

  private static void read(Process of, CompletableFuture<String> ready) {
    try (BufferedReader out = of.inputReader()) {
      for (String line = out.readLine(); line != null; line = out.readLine()) {
        if (line.startsWith(READY)) {
          ready.complete(line.substring(READY.length()));
        }
      }
      ready.completeExceptionally(new IOException("it ended"));
    } catch (IOException e) {
      ready.completeExceptionally(e);
    }
  }

  public URI url() {
    return url;
  }

  /** {@code kill -9}: connections are reset and nothing listens. */
  public void kill() throws InterruptedException {
    process.destroyForcibly();
    process.waitFor();
  }

  /** Starts again on the same port, with an empty tally. */
  public void restart() throws Exception {
    run(url.getPort());
  }

  /** Connections stand, and new ones do too, but nobody reads. */
  public void stall() throws Exception {
    signal("-STOP");
  }

  /** Goes on after {@link #stall}. */
  public void resume() throws Exception {
    signal("-CONT");
  }

  private void signal(String name) throws Exception {
    int rc = new ProcessBuilder("kill", name, Long.toString(process.pid())).start().waitFor();
    if (rc != 0) {
      throw new IOException("kill " + name + " ended with " + rc);
    }
  }

  /** What it has seen since it started, as {@code GET /fake/tally} tells it. */
  public JsonNode tally() throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(url.resolve("/fake/tally")).timeout(PATIENCE).build();
    return new ObjectMapper()
        .readTree(http.send(request, HttpResponse.BodyHandlers.ofString()).body());
  }

  @Override
  public void close() throws InterruptedException {
    kill();
  }
}
