package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.stipend.gateway.testing.Api;
import io.stipend.gateway.testing.ProviderProcess;
import io.stipend.gateway.testing.TestGateway;
import io.stipend.metering.Unit;
import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.UsageRow;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Every upstream is killed and stalled in turn, under load. */
class OutageIT {
  private static final int UPSTREAMS = 3;
  private static final int CLIENTS = 8;
  private static final Duration FIRST_BYTE = Duration.ofSeconds(2);

  /** A timeout, and what a machine that does other things takes beside. */
  private static final Duration LONGEST = FIRST_BYTE.plusSeconds(8);

  private final List<ProviderProcess> providers = new ArrayList<>();
  private final List<Instant> restarted = new ArrayList<>();
  private final Queue<Seen> seen = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean done = new AtomicBoolean();
  private TestGateway gateway;

  /** What a client saw of one exchange; status 0 if its answer broke off. */
  private record Seen(int status, String exchange, Duration took) {}

  @BeforeEach
  void start() throws Exception {
    StringBuilder quotas = new StringBuilder("providers:\n");
    for (int i = 0; i < UPSTREAMS; i++) {
      ProviderProcess provider = new ProviderProcess();
      providers.add(provider);
      quotas.append(
          "  up-%d: { url: '%s', key: k, dialect: openai, weight: 1 }%n"
              .formatted(i, provider.url()));
    }
    quotas.append("people: { ada: { budget: { amount: 4000 USD, every: year } } }\n");
    gateway =
        TestGateway.start(
            quotas.toString(),
            """
            limits: { first_byte_time: 2s, upstream_idle_time: 2s, connect_time: 1s }
            retry: { rest: 500ms }
            """);
  }

  @AfterEach
  void stop() throws Exception {
    done.set(true);
    gateway.close();
    for (ProviderProcess provider : providers) {
      provider.close();
    }
  }

  @Test
  void noExchangeHangsEveryAttemptIsAccountedAndEachUpstreamComesBack() throws Exception {
    String key = gateway.key("ada");
    List<Thread> clients = new ArrayList<>();
    for (int i = 0; i < CLIENTS; i++) {
      boolean stream = i % 2 == 0;
      Thread client = new Thread(() -> call(key, stream), "client-" + i);
      client.start();
      clients.add(client);
    }
    for (ProviderProcess provider : providers) {
      flows(provider);
      provider.kill();
      othersServe();
      restarted.add(Instant.now());
      provider.restart();
      flows(provider);
      provider.stall();
      othersServe();
      provider.resume();
      flows(provider);
    }
    done.set(true);
    for (Thread client : clients) {
      client.join(LONGEST.toMillis());
      assertThat(client.isAlive()).isFalse();
    }
    check();
  }

  private void call(String key, boolean stream) {
    while (!done.get()) {
      long begin = System.nanoTime();
      int status = 0;
      String exchange = "";
      try {
        HttpResponse<String> answer =
            Api.CHAT.post(
                gateway,
                key,
                Api.CHAT.body(stream, 500),
                "x-fake-output-tokens",
                "40",
                "x-fake-pace-micros",
                "500");
        status = answer.statusCode();
        exchange = answer.headers().firstValue("stipend-exchange-id").orElse("");
      } catch (IOException e) {
        status = 0;
      } catch (InterruptedException e) {
        return;
      }
      seen.add(new Seen(status, exchange, Duration.ofNanos(System.nanoTime() - begin)));
    }
  }

  /** The upstream gets calls, and answers them. */
  private void flows(ProviderProcess provider) throws Exception {
    long before = provider.tally().path("requests").asLong();
    await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> provider.tally().path("requests").asLong() > before + 5);
  }

  /** Where one is out, its calls end well within a while, one after the other. */
  private void othersServe() {
    await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () -> {
              int count = seen.size();
              await().until(() -> seen.size() >= count + 4 * CLIENTS);
              return new ArrayList<>(seen)
                  .subList(count, count + 4 * CLIENTS).stream().allMatch(s -> s.status() == 200);
            });
  }

  /** The rows of an upstream by the ids of its provider, which begin anew with each process. */
  private Map<String, UsageRow> sinceRestart(List<UsageRow> rows, int upstream) {
    Map<String, UsageRow> byRequest = new HashMap<>();
    for (UsageRow row : rows) {
      if (row.provider().equals("up-" + upstream)
          && row.providerRequestId() != null
          && row.startedAt().isAfter(restarted.get(upstream))) {
        assertThat(byRequest.put(row.providerRequestId(), row)).as("one row each").isNull();
      }
    }
    return byRequest;
  }

  private void check() throws Exception {
    assertThat(seen).allSatisfy(one -> assertThat(one.took()).isLessThan(LONGEST));
    await().atMost(Duration.ofSeconds(60)).until(() -> gateway.balance("ada").held().equals("0"));
    Map<String, List<UsageRow>> byExchange = new HashMap<>();
    List<UsageRow> rows = gateway.rows();
    for (UsageRow row : rows) {
      byExchange.computeIfAbsent(row.exchangeId(), id -> new ArrayList<>()).add(row);
    }
    // What a client has an answer of was either sent, and has a row, or reached nobody.
    for (Seen one : seen) {
      if (one.status() == 200 || one.status() == 504) {
        assertThat(byExchange).as("%s", one).containsKey(one.exchange());
      }
    }
    int assumed = 0;
    for (UsageRow row : rows) {
      assumed += row.usageSource() == UsageSource.ASSUMED ? 1 : 0;
    }
    int unknown = 0;
    int billed = 0;
    for (int i = 0; i < UPSTREAMS; i++) {
      Map<String, UsageRow> byRequest = sinceRestart(rows, i);
      for (JsonNode one : providers.get(i).tally().path("billed")) {
        billed++;
        UsageRow row = byRequest.get(one.path("request_id").asText());
        if (row == null) {
          unknown++;
        } else if (row.usageSource() == UsageSource.REPORTED) {
          assertThat(row.usage().output()).isEqualTo(one.path("output").asLong());
        } else {
          assertThat(row.usage().output()).isGreaterThanOrEqualTo(one.path("output").asLong());
        }
      }
    }
    // Those that were stalled are billed when their provider goes on, and nobody hears of it.
    assertThat(unknown).isLessThanOrEqualTo(assumed);
    assertThat(billed).isPositive();
    assertThat(Unit.USD.parse(gateway.balance("ada").used()))
        .isEqualTo(rows.stream().mapToLong(UsageRow::nanos).sum());
    assertThat(gateway.verify().problems()).isEmpty();
    long failed = seen.stream().filter(one -> one.status() != 200).count();
    System.out.printf(
        "%d exchanges, %d of them failed, longest %d ms; %d rows, %d assumed%n",
        seen.size(),
        failed,
        seen.stream().mapToLong(one -> one.took().toMillis()).max().orElse(0),
        rows.size(),
        assumed);
  }
}
