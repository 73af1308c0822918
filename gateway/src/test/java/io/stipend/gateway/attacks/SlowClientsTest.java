package io.stipend.gateway.attacks;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.gateway.admin.AdminClient;
import io.stipend.gateway.demo.FakeProvider;
import io.stipend.gateway.demo.FakeProvider.End;
import io.stipend.gateway.server.RawClient;
import io.stipend.gateway.testing.TestGateway;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** S12: clients that are slow or stalled, each at short limits, while others are served. */
class SlowClientsTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int DRIP_MILLIS = 20;
  private static final int PER_ADDRESS = 40;
  private static final String LIMITS =
      "limits: { header_time: 400ms, body_time: 400ms, idle_time: 400ms, write_stall_time: 200ms,"
          + " total_time: 5s, connections_per_address: "
          + PER_ADDRESS
          + " }\nclient_gone: { time: 200ms, bytes: 64KiB }\n";

  private static FakeProvider provider;
  private static TestGateway gateway;
  private static String key;

  @BeforeAll
  static void start() {
    provider = FakeProvider.start(0);
    gateway =
        TestGateway.start(
            """
            calendar: { timezone: UTC, currency: USD }
            providers: { openai: { url: "%s", key: "provider-key" } }
            rate_cards: [builtin]
            models: { allow: ["gpt-4o-mini"] }
            allowances: { engineer: { amount: 4000 USD, every: year } }
            people: { ada: { allowance: engineer } }
            """
                .formatted(provider.url()),
            LIMITS);
    key = gateway.key("ada");
    // What is loaded by the first request is loaded before a clock runs.
    Awaitility.await().atMost(PATIENCE).until(SlowClientsTest::isServed);
  }

  @AfterAll
  static void nothingIsLeft() {
    try {
      Awaitility.await()
          .atMost(PATIENCE)
          .untilAsserted(
              () -> {
                assertThat(gateway.balance("ada").held()).isEqualTo("0");
                assertThat(gateway.rows()).hasSameSizeAs(provider.billed());
              });
      assertThat(AdminClient.find(gateway.data()).orElseThrow().status().openExchanges()).isZero();
      assertThat(provider.billed()).noneMatch(one -> one.end() == End.RUNNING);
      assertThat(gateway.verify().problems()).isEmpty();
    } finally {
      gateway.close();
      provider.close();
    }
  }

  private static RawClient client() throws IOException {
    return new RawClient(gateway.gateway().address());
  }

  private static String good(String... fields) {
    return Route.CHAT.good(fields).replace(Route.KEY, key);
  }

  /** A machine that is busy may be so slow that a good client meets the short limits. */
  private static boolean isServed() {
    try (RawClient other = client()) {
      return other.send(good()).answer().status() == 200;
    } catch (IOException e) {
      return false;
    }
  }

  @Test
  void eachEndsAtItsLimitWhileOthersAreServed() throws Exception {
    ExecutorService all = Executors.newFixedThreadPool(SlowClient.values().length);
    try {
      Map<SlowClient, Future<String>> said = new EnumMap<>(SlowClient.class);
      for (SlowClient slow : SlowClient.values()) {
        said.put(slow, all.submit(() -> said(slow)));
      }
      Awaitility.await().atMost(PATIENCE).until(SlowClientsTest::isServed);
      for (Map.Entry<SlowClient, Future<String>> each : said.entrySet()) {
        int status = each.getKey().status;
        String answer = each.getValue().get();
        if (status == 0) {
          assertThat(answer).as("%s", each.getKey()).isEmpty();
        } else {
          assertThat(answer).as("%s", each.getKey()).startsWith("HTTP/1.1 " + status);
          assertThat(answer.split("HTTP/1\\.1 ", -1)).as(answer).hasSize(2);
        }
      }
    } finally {
      all.shutdownNow();
    }
  }

  private static String said(SlowClient slow) throws IOException {
    try (RawClient attacker = client()) {
      attacker.send(slow.first.replace(Route.KEY, key));
      return dripped(attacker, slow).replace("HTTP/1.1 100 Continue\r\n\r\n", "");
    }
  }

  /** What it is told from now on until the end, while it sends its drops. */
  private static String dripped(RawClient attacker, SlowClient slow) throws IOException {
    StringBuilder said = new StringBuilder();
    attacker.socket().setSoTimeout(DRIP_MILLIS);
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (System.nanoTime() < end) {
      try {
        for (int b = attacker.readOne(); b >= 0; b = attacker.readOne()) {
          said.append((char) b);
        }
        return said.toString();
      } catch (SocketTimeoutException e) {
        if (!slow.drop.isEmpty() && said.length() == 0) {
          attacker.send(slow.drop);
        }
      }
    }
    throw new AssertionError("the connection did not end; it said: " + said);
  }

  @Test
  void anIdleConnectionAndTheBeginningOfALaterHeadEndAtTheirTimes() throws IOException {
    try (RawClient idle = client();
        RawClient later = client()) {
      assertThat(idle.send(good()).answer().status()).isEqualTo(200);
      assertThat(later.send(good()).answer().status()).isEqualTo(200);
      later.send("POST /v1");
      assertThat(later.answer().status()).isEqualTo(408);
      assertThat(later.ended()).isTrue();
      assertThat(idle.ended()).isTrue();
    }
  }

  @Test
  void aStreamThatNobodyReadsIsCutAndBooked() throws IOException {
    int before = gateway.rows().size();
    String asked =
        Route.CHAT
            .sized(
                "x-fake-output-tokens: 200000\r\nx-fake-token-bytes: 64",
                "{\"stream\":true," + Route.CHAT.body().substring(1).replace(":16", ":200000"))
            .replace(Route.KEY, key);
    try (RawClient reader = new RawClient(RawClient.connect(gateway.gateway().address(), 4_096))) {
      reader.send(asked);
      Awaitility.await().atMost(PATIENCE).until(() -> gateway.rows().size() == before + 1);
      assertThat(gateway.rows().get(before).outcome()).startsWith("client_gone");
      assertThat(gateway.rows().get(before).nanos()).isPositive();
    }
  }

  @Test
  void aClientThatSendsOnAndNeverReadsIsCut() throws IOException {
    try (RawClient flood = new RawClient(RawClient.connect(gateway.gateway().address(), 4_096))) {
      String models = "GET /v1/models HTTP/1.1\r\nHost: a\r\nX-Api-Key: " + key + "\r\n\r\n";
      String many = models.repeat(1_000);
      for (int i = 0; i < 500; i++) {
        flood.send(many);
      }
      throw new AssertionError("60 MB of requests were taken");
    } catch (IOException e) {
      // It was reset.
    }
  }

  @Test
  void whoeverEndsItsSideIsTakenForGone() throws IOException {
    int before = gateway.rows().size();
    try (RawClient half = client()) {
      half.send(good("x-fake-delay-millis: 500"));
      half.socket().shutdownOutput();
      assertThat(half.ended()).isTrue();
      Awaitility.await().atMost(PATIENCE).until(() -> gateway.rows().size() == before + 1);
      assertThat(gateway.rows().get(before).outcome()).startsWith("client_gone");
    }
  }

  @Test
  void oneAddressGetsSoManyConnectionsAndAnotherIsServed() throws IOException {
    List<RawClient> all = new ArrayList<>();
    try {
      for (int i = 0; i < PER_ADDRESS; i++) {
        all.add(client());
      }
      try (RawClient turnedAway = client()) {
        assertThat(turnedAway.ended()).isTrue();
      }
      try (RawClient elsewhere = new RawClient(from("127.0.0.2"))) {
        assertThat(elsewhere.send(good()).answer().status()).isEqualTo(200);
      }
    } finally {
      for (RawClient one : all) {
        one.close();
      }
    }
    Awaitility.await().atMost(PATIENCE).until(SlowClientsTest::isServed);
  }

  private static Socket from(String address) throws IOException {
    Socket socket = new Socket();
    socket.bind(new InetSocketAddress(InetAddress.getByName(address), 0));
    socket.connect(gateway.gateway().address());
    return socket;
  }
}
