package io.stipend.gateway.faults;

import io.stipend.gateway.testing.TestGateway;
import io.stipend.metering.ledger.UsageRow;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.stream.Collectors;

/** A gateway before the provider that lies, a trap for what it must not follow, and clients. */
final class FaultBench implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  /** How many that take no time are under way at once. */
  private static final int LANES = 8;

  /** More connections than these never rest at once: the lanes', and those of the slow ones. */
  static final int MOST_AT_ONCE = 120;

  /** Within which a connection that must not serve again is closed. */
  static final long CLOSING_SECONDS = 5;

  private final LyingProvider provider = new LyingProvider();
  private final ServerSocket trap = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  private final AtomicInteger trapped = new AtomicInteger();
  private final TestGateway gateway;
  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private final ExecutorService lanes = Executors.newFixedThreadPool(LANES);
  private final ExecutorService waiting = Executors.newCachedThreadPool();
  private final String key;
  private final List<Fault> faults;
  private final AtomicInteger numbers = new AtomicInteger();

  FaultBench() throws IOException {
    gateway =
        TestGateway.start(
            """
            calendar: { timezone: Europe/Berlin, currency: USD }
            providers:
              openai: { url: "http://127.0.0.1:%1$d", key: "%2$s" }
              anthropic: { url: "http://127.0.0.1:%1$d", key: "%2$s" }
              gemini: { url: "http://127.0.0.1:%1$d", key: "%2$s" }
            rate_cards: [builtin]
            models: { allow: ["*"] }
            allowances: { engineer: { amount: 1000000 USD, every: year } }
            people: { ada: { allowance: engineer } }
            """
                .formatted(provider.port(), LyingProvider.KEY),
            """
            event_loops: 1
            upstream: { idle_time: 10m }
            limits: { first_byte_time: 4s, upstream_idle_time: 4s, total_time: 5s, sse_line_bytes: 64KiB }
            """);
    key = gateway.key("ada");
    faults = FaultTable.all(trap.getLocalPort());
    waiting.execute(this::spring);
  }

  private void spring() {
    try {
      while (true) {
        trap.accept().close();
        trapped.incrementAndGet();
      }
    } catch (IOException e) {
      // The end of the test.
    }
  }

  List<Fault> faults() {
    return faults;
  }

  /** Connections to where redirects lead. */
  int trapped() {
    return trapped.get();
  }

  LyingProvider provider() {
    return provider;
  }

  TestGateway gateway() {
    return gateway;
  }

  /** Until a good answer takes no time any more: what loads classes is no fault of a provider. */
  void warmUp() throws Exception {
    Fault none = faults.get(0);
    for (Form form : Form.values()) {
      Run run = ask(none, form);
      for (int i = 0; run.status != 200 && i < LANES; i++) {
        run = ask(none, form);
      }
      provider.forget(run);
    }
  }

  /** Runs every cell once, those that take time beside all others. */
  List<Run> round(boolean slowToo) throws Exception {
    List<Future<Run>> slow = new ArrayList<>();
    List<Future<Run>> quick = new ArrayList<>();
    for (Fault fault : faults) {
      for (Form form : fault.stated().keySet()) {
        if (fault.isAlone()) {
          continue;
        }
        if (!fault.isSlow()) {
          quick.add(lanes.submit(() -> ask(fault, form)));
        } else if (slowToo) {
          slow.add(waiting.submit(() -> ask(fault, form)));
        }
      }
    }
    List<Run> runs = new ArrayList<>();
    for (Future<Run> one : quick) {
      runs.add(one.get());
    }
    for (Future<Run> one : slow) {
      runs.add(one.get());
    }
    for (Fault fault : faults) {
      for (Form form : fault.isAlone() ? fault.stated().keySet() : Set.<Form>of()) {
        Run run = ask(fault, form);
        // Its connection is closed before another request could take it.
        run.connectionKnown.await(CLOSING_SECONDS, TimeUnit.SECONDS);
        runs.add(run);
      }
    }
    runs.forEach(provider::forget);
    return runs;
  }

  /** One request, seen to its end by its client and its provider. */
  Run ask(Fault fault, Form form) throws Exception {
    Run run = new Run("run-" + numbers.incrementAndGet(), fault, form);
    provider.expect(run);
    HttpRequest request =
        HttpRequest.newBuilder(gateway.url(form.path))
            .timeout(PATIENCE)
            .header("Authorization", "Bearer " + key)
            .header("Content-Type", form.requestType())
            .header(LyingProvider.RUN, run.id)
            .POST(HttpRequest.BodyPublishers.ofByteArray(form.request(fault.requestBytes())))
            .build();
    HttpResponse<InputStream> answer =
        http.send(request, HttpResponse.BodyHandlers.ofInputStream());
    run.status = answer.statusCode();
    run.headers = answer.headers().map().toString();
    run.exchangeId = answer.headers().firstValue("stipend-exchange-id").orElse("");
    run.head.countDown();
    ByteArrayOutputStream body = new ByteArrayOutputStream();
    try (InputStream in = answer.body()) {
      in.transferTo(body);
    } catch (IOException e) {
      run.cutOff = true;
    }
    run.done.countDown();
    run.body = body.toString(StandardCharsets.ISO_8859_1);
    return run;
  }

  /** The ledger's rows, each by its exchange. */
  Map<String, UsageRow> rows() {
    return gateway.rows().stream()
        .collect(Collectors.toMap(UsageRow::exchangeId, Function.identity()));
  }

  @Override
  public void close() throws Exception {
    gateway.close();
    provider.close();
    trap.close();
    lanes.shutdownNow();
    waiting.shutdownNow();
  }
}
