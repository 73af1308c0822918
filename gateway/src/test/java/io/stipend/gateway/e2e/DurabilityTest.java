package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.stipend.gateway.demo.FakeProvider;
import io.stipend.gateway.demo.FakeProvider.End;
import io.stipend.gateway.testing.Api;
import io.stipend.gateway.testing.TestGateway;
import io.stipend.metering.UsageSource;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.slf4j.LoggerFactory;

/**
 * What is not recorded is not shown. Another connection holds the database's write lock, so that
 * the gateway's commits wait as they would for a slow disk.
 */
class DurabilityTest {
  /** How long nothing must happen; much longer than a commit. */
  private static final Duration SILENCE = Duration.ofMillis(300);

  /** Output tokens of a first hold: what a stream may show before its extension is durable. */
  private static final int FIRST_HOLD = 1_024;

  private FakeProvider provider;
  private TestGateway gateway;
  private String key;

  @BeforeEach
  void start() {
    provider = FakeProvider.start(0);
  }

  @AfterEach
  void stop() {
    gateway.close();
    provider.close();
  }

  private void gateway(String keys) throws Exception {
    gateway =
        TestGateway.start(
            """
            calendar: { timezone: Europe/Berlin, currency: USD }
            providers:
              openai: { url: "%1$s", key: "provider-key" }
              anthropic: { url: "%1$s", key: "provider-key" }
            rate_cards: [builtin]
            models: { allow: ["gpt-4o-mini", "claude-haiku-4-5"] }
            allowances: { engineer: { amount: 400 USD, every: year } }
            people: { ada: { allowance: engineer } }
            """
                .formatted(provider.url()),
            keys);
    key = gateway.key("ada");
    // The grant of the period is entered, and all classes are loaded.
    assertThat(Api.CHAT.post(gateway, key, Api.CHAT.body(false, 9)).statusCode()).isEqualTo(200);
    Awaitility.await().until(() -> gateway.rows().size() == 1);
  }

  /** The write lock of the ledger's database, taken until it is closed. */
  private final class Lock implements AutoCloseable {
    private final Connection connection;

    Lock() throws SQLException {
      connection = connect();
      execute(connection, "begin immediate");
    }

    @Override
    public void close() throws SQLException {
      execute(connection, "rollback");
      connection.close();
    }
  }

  private Connection connect() throws SQLException {
    Path database = gateway.data().resolve("ledger.db");
    assertThat(database).exists();
    Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
    execute(connection, "pragma busy_timeout = 10000");
    return connection;
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private Socket open(Api api, boolean stream, String... headers) throws IOException {
    Socket socket =
        new Socket(InetAddress.getLoopbackAddress(), gateway.gateway().address().getPort());
    socket.setSoTimeout(20_000);
    send(socket, api, stream, headers);
    return socket;
  }

  private void send(Socket socket, Api api, boolean stream, String... headers) throws IOException {
    String wire = api.wire(key, api.body(stream, 4_000), headers);
    socket.getOutputStream().write(wire.getBytes(StandardCharsets.UTF_8));
    socket.getOutputStream().flush();
  }

  private static BufferedReader lines(Socket socket) throws IOException {
    return new BufferedReader(
        new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
  }

  private static void nothingComes(Socket socket) {
    Awaitility.await()
        .during(SILENCE)
        .atMost(SILENCE.multipliedBy(10))
        .until(() -> socket.getInputStream().available() == 0);
  }

  @ParameterizedTest
  @CsvSource({
    "CHAT, false, 0, 200",
    "CHAT, true, 0, 200",
    "CHAT, true, 500, 500",
    "MESSAGES, false, 0, 200",
    "MESSAGES, true, 0, 200",
    "MESSAGES, false, 529, 529"
  })
  void noByteOfAnAnswerIsShownBeforeItsReservationIsDurable(
      Api api, boolean stream, int scripted, int status) throws Exception {
    gateway("durability: gate");
    Socket client;
    try (Lock disk = new Lock()) {
      client = open(api, stream, "x-fake-status", String.valueOf(scripted));
      Awaitility.await().until(() -> provider.requests() == 2);
      nothingComes(client);
    }
    assertThat(lines(client).readLine()).startsWith("HTTP/1.1 " + status + " ");
    client.close();
    Awaitility.await().until(() -> gateway.rows().size() == 2);
  }

  @ParameterizedTest
  @EnumSource(names = {"CHAT", "MESSAGES"})
  void strictDurabilitySendsNothingBeforeItsReservationIsDurable(Api api) throws Exception {
    gateway("durability: strict");
    Socket client;
    try (Lock disk = new Lock()) {
      client = open(api, true);
      nothingComes(client);
      assertThat(provider.requests()).isEqualTo(1);
    }
    assertThat(lines(client).readLine()).startsWith("HTTP/1.1 200 ");
    client.close();
    Awaitility.await().until(() -> gateway.rows().size() == 2);
    assertThat(provider.requests()).isEqualTo(2);
  }

  @Test
  void textBeyondTheHoldWaitsForItsExtension() throws Exception {
    gateway("durability: gate");
    AtomicInteger events = new AtomicInteger();
    CompletableFuture<Void> ended = new CompletableFuture<>();
    try (Socket client =
        open(Api.CHAT, true, "x-fake-output-tokens", "2000", "x-fake-pace-micros", "300")) {
      BufferedReader lines = lines(client);
      count(lines, events, 50);
      try (Lock disk = new Lock()) {
        CompletableFuture.runAsync(() -> count(lines, events, Integer.MAX_VALUE))
            .whenComplete((done, e) -> ended.complete(null));
        AtomicInteger last = new AtomicInteger();
        Awaitility.await()
            .pollInterval(SILENCE)
            .until(() -> events.get() == last.getAndSet(events.get()));
        assertThat(events.get()).as("events shown").isBetween(51, FIRST_HOLD + 1);
        assertThat(ended).isNotDone();
      }
      ended.get();
    }
    // A role, the tokens, a finish, the mark of the end.
    assertThat(events.get()).isEqualTo(2_003);
  }

  private static void count(BufferedReader lines, AtomicInteger events, int upTo) {
    try {
      while (events.get() < upTo) {
        String line = lines.readLine();
        if (line == null || line.equals("data: [DONE]")) {
          events.addAndGet(line == null ? 0 : 1);
          return;
        }
        events.addAndGet(line.startsWith("data: ") ? 1 : 0);
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"CHAT", "MESSAGES"})
  void aClientThatLeavesWhileItWaitsForTheDiskHasARow(Api api) throws Exception {
    gateway("durability: gate");
    try (Lock disk = new Lock()) {
      Socket client = open(api, true);
      Awaitility.await().until(() -> provider.requests() == 2);
      client.close();
      Awaitility.await().until(() -> provider.billed().get(1).end() == End.COMPLETED);
    }
    Awaitility.await().until(() -> gateway.rows().size() == 2);
    assertThat(gateway.rows().get(1).usage()).isEqualTo(provider.billed().get(1).usage());
    assertThat(gateway.rows().get(1).usageSource()).isEqualTo(UsageSource.REPORTED);
  }

  @Test
  void anAnswerThatFailedBehindTheGateIsNotBegunAgainWhenItOpens() throws Exception {
    gateway("durability: gate");
    Logger netty = (Logger) LoggerFactory.getLogger("io.netty.util.concurrent");
    ListAppender<ILoggingEvent> faults = new ListAppender<>();
    faults.start();
    netty.addAppender(faults);
    try {
      Socket client;
      BufferedReader lines;
      try (Lock disk = new Lock()) {
        client = open(Api.CHAT, true, "x-fake-reset-after", "2");
        lines = lines(client);
        assertThat(lines.readLine()).startsWith("HTTP/1.1 502 ");
      }
      Awaitility.await().until(() -> gateway.rows().size() == 2);
      send(client, Api.CHAT, true);
      String line = lines.readLine();
      while (!line.equals("data: [DONE]")) {
        line = lines.readLine();
      }
      client.close();
    } finally {
      netty.detachAppender(faults);
    }
    assertThat(faults.list).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"gate, 2", "strict, 1"})
  void aLedgerThatFailedAnswers503AndNothingIsSentAnyMore(String durability, int most)
      throws Exception {
    gateway("durability: " + durability);
    try (Connection connection = connect()) {
      execute(
          connection,
          "create trigger broken before insert on batch begin select raise(abort, 'broken'); end");
    }
    HttpResponse<String> first = Api.CHAT.post(gateway, key, Api.CHAT.body(true, 100));
    assertThat(first.statusCode()).isEqualTo(503);
    assertThat(first.body()).startsWith("{\"error\":{").doesNotContain("broken");
    gateway.gateway().failed().get();
    // Behind a gate the call may be sent before the disk fails; a slow machine is not that fast.
    long sent = provider.requests();
    assertThat(sent).isBetween(1L, (long) most);
    for (Api api : Api.BOTH) {
      assertThat(api.post(gateway, key, api.body(false, 100)).statusCode()).isEqualTo(503);
    }
    assertThat(provider.requests()).isEqualTo(sent);
  }

  @Test
  void aFullInFlightTableAnswers503AndNothingIsSent() throws Exception {
    gateway("limits: { open_attempts: 1 }");
    try (Socket client = open(Api.CHAT, true, "x-fake-delay-millis", "60000")) {
      Awaitility.await().until(() -> provider.requests() == 2);
      HttpResponse<String> second = Api.CHAT.post(gateway, key, Api.CHAT.body(true, 100));
      assertThat(second.statusCode()).isEqualTo(503);
      assertThat(second.body()).contains("no room");
    }
    assertThat(provider.requests()).isEqualTo(2);
  }
}
