package io.stipend.gateway.e2e;

import io.stipend.gateway.testing.ServedProcess;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/** Clients that call one after the other, both dialects, streamed and plain, until told to stop. */
final class Load implements AutoCloseable {
  /** Numbers of calls begin here, so that prompts are about equally long. */
  private static final long FIRST = 1_000;

  private static final AtomicLong NUMBERS = new AtomicLong(FIRST);
  private static final long PATIENCE_SECONDS = 30;

  private final ServedProcess gateway;
  private final Map<String, String> script;
  private final String key;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final ExecutorService clients;
  private final Queue<String> answers = new ConcurrentLinkedQueue<>();
  private volatile boolean stopped;

  /**
   * @param script {@code x-fake-*} headers of every call
   */
  Load(ServedProcess gateway, String key, int clients, Map<String, String> script) {
    this.gateway = gateway;
    this.key = key;
    this.script = script;
    this.clients = Executors.newFixedThreadPool(clients);
    for (int i = 0; i < clients; i++) {
      this.clients.execute(this::run);
    }
  }

  private void run() {
    while (!stopped) {
      try {
        call();
      } catch (IOException e) {
        answers.add("broken");
        if (!stopped) {
          return;
        }
      } catch (InterruptedException e) {
        return;
      }
    }
  }

  private void call() throws IOException, InterruptedException {
    long number = NUMBERS.getAndIncrement();
    Wire wire = number % 2 == 0 ? Wire.CHAT : Wire.MESSAGES;
    boolean stream = number % 4 < 2;
    HttpRequest.Builder request =
        HttpRequest.newBuilder(gateway.url(wire.path))
            .header("Authorization", "Bearer " + key)
            .header("x-session-id", ServedLedger.session(number))
            .POST(HttpRequest.BodyPublishers.ofString(ServedLedger.body(wire, number, stream)));
    script.forEach(request::header);
    HttpResponse<String> answer = http.send(request.build(), HttpResponse.BodyHandlers.ofString());
    boolean whole =
        !stream || answer.body().contains(wire == Wire.CHAT ? "[DONE]" : "event: message_stop");
    answers.add(answer.statusCode() + (whole ? "" : " ended early"));
  }

  /** How each call ended, in its client's eyes. */
  Queue<String> answers() {
    return answers;
  }

  /** Begins no further call. */
  void stop() {
    stopped = true;
    clients.shutdown();
  }

  /** Waits until the calls under way have ended. */
  void awaitEnd() throws InterruptedException {
    stop();
    if (!clients.awaitTermination(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
      throw new AssertionError("calls hang: " + answers);
    }
  }

  @Override
  public void close() {
    stopped = true;
    clients.shutdownNow();
  }
}
