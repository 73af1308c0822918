package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.gateway.demo.FakeProvider;
import io.stipend.gateway.demo.FakeProvider.Billed;
import io.stipend.gateway.demo.FakeProvider.End;
import io.stipend.gateway.testing.Api;
import io.stipend.gateway.testing.TestGateway;
import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.UsageRow;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Clients leave at every stage of an answer. What was generated is paid for, once. */
class ClientGoneTest {
  private static final int OUTPUT = 90;
  private static final int CAP = 400;
  private static final long LARGE_CAP = 8_000;
  private static final long STEP = 1_024;
  private static final long THINKING = 1_500;
  private static final String PACE_MICROS = "12000";

  private static final int WARM_UPS = Api.values().length;

  /** Fewer than the exchanges of any test: a lease that is kept would refuse a later one. */
  private static final int CONCURRENT = 10;

  private FakeProvider provider;
  private TestGateway gateway;
  private String key;

  /**
   * Where a client leaves.
   *
   * @param events of the stream that it has read; -1 means that it did not read the head
   * @param bytes more that it has read, of the next event
   * @param reset whether it leaves by a reset
   */
  private record Point(int events, int bytes, boolean reset) {}

  /**
   * One call that is left.
   *
   * @param session names its row in the ledger
   * @param input tokens that tell its row of the tally
   */
  private record Call(String session, long input, Point point) {}

  @BeforeEach
  void start() {
    provider = FakeProvider.start(0);
  }

  @AfterEach
  void stop() {
    gateway.close();
    provider.close();
  }

  private void gateway(String keys) {
    gateway =
        TestGateway.start(
            """
            calendar: { timezone: Europe/Berlin, currency: USD }
            providers:
              openai: { url: "%1$s", key: "provider-key" }
              anthropic: { url: "%1$s", key: "provider-key" }
              gemini: { url: "%1$s", key: "provider-key" }
            rate_cards: [builtin]
            models: { allow: ["gpt-4o-mini", "gpt-5-mini", "claude-haiku-4-5", "gemini-*"] }
            allowances: { engineer: { amount: 400 USD, every: year } }
            people: { ada: { allowance: engineer, limits: { concurrent: %2$d } } }
            """
                .formatted(provider.url(), CONCURRENT),
            keys);
    key = gateway.key("ada");
    warmUp();
  }

  /** What a first call has to load would else be time in which the provider goes on. */
  private void warmUp() {
    for (Api api : Api.values()) {
      try {
        api.post(gateway, key, api.body(true, 1));
      } catch (IOException | InterruptedException e) {
        throw new AssertionError(e);
      }
    }
    Awaitility.await().until(() -> gateway.rows().size() == WARM_UPS);
  }

  /** Events of a whole stream that its client sees. */
  private static int events(Api api) {
    return OUTPUT
        + switch (api) {
          case CHAT -> 3;
          case MESSAGES -> 6;
          case RESPONSES -> 8;
          case GEMINI -> 1;
        };
  }

  private static List<Point> points(Api api) {
    List<Point> points = new ArrayList<>();
    int end = events(api);
    for (int k : new int[] {-1, 0, 1, 2, 3, 4, 5, 8, 13, 34, 55, 70, end - 5, end - 2, end - 1}) {
      points.add(new Point(k, 0, points.size() % 2 == 0));
    }
    for (int bytes : new int[] {1, 6, 17, 33}) {
      points.add(new Point(2 * bytes, bytes, bytes % 2 == 0));
    }
    return points;
  }

  @ParameterizedTest
  @EnumSource
  void withinTheBoundTheStreamIsReadOnForItsUsage(Api api) throws Exception {
    gateway("client_gone: { time: 30s, bytes: 4MiB }");
    Map<String, Point> left = new LinkedHashMap<>();
    for (Point point : points(api)) {
      left.put("drain-" + left.size(), point);
    }
    leave(api, left, true);
    Map<String, UsageRow> rows = rows(left.size());
    Map<Long, Billed> billed = billed();
    int at = 0;
    int gone = 0;
    for (String session : left.keySet()) {
      UsageRow row = rows.get(session);
      Billed tally = billed.get(1_000L + at++);
      assertThat(tally.end()).as("%s %s", session, tally).isEqualTo(End.COMPLETED);
      assertThat(row.usage()).as("%s %s", session, left.get(session)).isEqualTo(tally.usage());
      assertThat(row.usageSource()).isEqualTo(UsageSource.REPORTED);
      gone += row.outcome().equals("client_gone") ? 1 : 0;
      assertThat(row.providerRequestId()).isEqualTo(tally.requestId());
    }
    // A slow machine may bring a whole answer to a client before it leaves.
    assertThat(gone).as("rows whose client was gone").isGreaterThanOrEqualTo(left.size() / 2);
    nothingIsHeld();
  }

  @ParameterizedTest
  @EnumSource
  void aboveTheBoundWhatPassedIsCounted(Api api) throws Exception {
    gateway("client_gone: { time: 1ms, bytes: 1 }");
    Map<String, Point> left = new LinkedHashMap<>();
    for (Point point : points(api)) {
      left.put("count-" + left.size(), point);
    }
    leave(api, left, true);
    Map<String, UsageRow> rows = rows(left.size());
    allEnded();
    Map<Long, Billed> billed = billed();
    int at = 0;
    int counted = 0;
    int gone = 0;
    for (String session : left.keySet()) {
      UsageRow row = rows.get(session);
      Billed tally = billed.get(1_000L + at++);
      gone += row.outcome().equals("client_gone") ? 1 : 0;
      assertThat(row.usage().output())
          .as("%s %s %s %s", session, left.get(session), row, tally)
          .isBetween(tally.usage().output(), (long) CAP);
      counted += row.usageSource() == UsageSource.COUNTED ? 1 : 0;
      assertThat(row.nanos()).isPositive();
    }
    assertThat(gone).as("rows whose client was gone").isGreaterThanOrEqualTo(left.size() / 2);
    assertThat(counted).as("rows that were counted").isGreaterThanOrEqualTo(left.size() / 2);
    nothingIsHeld();
  }

  @ParameterizedTest
  @EnumSource
  void aboveTheBoundAStepIsCountedBesideWhatPassed(Api api) throws Exception {
    gateway("client_gone: { time: 1ms, bytes: 1 }");
    UsageRow row = left(api, api.body(true, LARGE_CAP), 0);
    assertThat(row.usageSource()).isEqualTo(UsageSource.COUNTED);
    // Not the whole cap: what showed is known.
    assertThat(row.usage().output()).isBetween(Math.max(STEP, generated()), LARGE_CAP / 2);
    nothingIsHeld();
  }

  @ParameterizedTest
  @EnumSource
  void aboveTheBoundWhatMayHaveBeenThoughtUnseenIsAssumed(Api api) throws Exception {
    gateway("client_gone: { time: 1ms, bytes: 1 }");
    UsageRow row = left(api, api.thinking(THINKING, LARGE_CAP), THINKING);
    assertThat(row.usageSource()).isEqualTo(UsageSource.ASSUMED);
    assertThat(generated()).as("more than was expected or seen").isGreaterThan(THINKING);
    // Without a thinking budget nothing but the cap bounds it.
    long most = api == Api.MESSAGES ? THINKING + 4 * STEP : LARGE_CAP;
    assertThat(row.usage().output()).isBetween(generated(), most);
    nothingIsHeld();
  }

  /** A client that leaves a stream of less than a step, of which it has read a little. */
  private UsageRow left(Api api, String body, long thought) throws IOException {
    Call call = new Call("left", 1_000, new Point(12, 0, true));
    String wire =
        api.wire(
            key,
            body,
            "x-session-id",
            call.session(),
            "x-fake-input-tokens",
            String.valueOf(call.input()),
            "x-fake-output-tokens",
            "1000",
            "x-fake-reasoning-tokens",
            String.valueOf(thought),
            "x-fake-pace-micros",
            "500");
    leave(wire, call);
    awaitRows(1);
    allEnded();
    UsageRow row = rows(1).get(call.session());
    assertThat(row.outcome()).isEqualTo("client_gone");
    return row;
  }

  private long generated() {
    return billed().get(1_000L).usage().output();
  }

  @ParameterizedTest
  @EnumSource
  void aClientThatWaitsForAWholeAnswerAndLeavesPaysForIt(Api api) throws Exception {
    gateway("client_gone: { time: 30s, bytes: 4MiB }");
    Map<String, Point> left = new LinkedHashMap<>();
    for (int i = 0; i < CONCURRENT + 2; i++) {
      left.put("whole-" + i, new Point(-1, 0, i % 2 == 0));
    }
    leave(api, left, false);
    Map<String, UsageRow> rows = rows(left.size());
    Map<Long, Billed> billed = billed();
    int at = 0;
    for (String session : left.keySet()) {
      assertThat(rows.get(session).usage()).isEqualTo(billed.get(1_000L + at++).usage());
      assertThat(rows.get(session).usageSource()).isEqualTo(UsageSource.REPORTED);
    }
    nothingIsHeld();
  }

  @ParameterizedTest
  @EnumSource(names = {"CHAT", "MESSAGES"})
  void aWholeAnswerThatTakesTooLongIsAssumed(Api api) throws Exception {
    gateway("client_gone: { time: 1ms, bytes: 1 }");
    Map<String, Point> left = new LinkedHashMap<>();
    for (int i = 0; i < CONCURRENT + 2; i++) {
      left.put("whole-" + i, new Point(-1, 0, i % 2 == 0));
    }
    leave(api, left, false);
    Map<String, UsageRow> rows = rows(left.size());
    allEnded();
    Map<Long, Billed> billed = billed();
    int at = 0;
    for (String session : left.keySet()) {
      UsageRow row = rows.get(session);
      assertThat(row.usageSource()).isEqualTo(UsageSource.ASSUMED);
      assertThat(row.usage().output())
          .isEqualTo(CAP)
          .isGreaterThanOrEqualTo(billed.get(1_000L + at++).usage().output());
      assertThat(row.flags()).isEqualTo("assumed");
    }
    nothingIsHeld();
  }

  /** Calls by as many clients at once as the person may have; each leaves where it is told. */
  private void leave(Api api, Map<String, Point> points, boolean stream) throws Exception {
    ExecutorService clients = Executors.newFixedThreadPool(CONCURRENT);
    try {
      List<Future<?>> wave = new ArrayList<>();
      int called = 0;
      for (Map.Entry<String, Point> point : points.entrySet()) {
        Call call = new Call(point.getKey(), 1_000 + called++, point.getValue());
        String wire = wire(api, stream, call);
        wave.add(
            clients.submit(
                () -> {
                  leave(wire, call);
                  return null;
                }));
        if (wave.size() == CONCURRENT || called == points.size()) {
          for (Future<?> one : wave) {
            one.get();
          }
          wave.clear();
          // The places of those that left are free when their calls have ended.
          awaitRows(called);
        }
      }
    } finally {
      clients.shutdownNow();
    }
  }

  private String wire(Api api, boolean stream, Call call) {
    return api.wire(
        key,
        api.body(stream, CAP),
        "x-session-id",
        call.session(),
        "x-fake-input-tokens",
        String.valueOf(call.input()),
        "x-fake-output-tokens",
        String.valueOf(OUTPUT),
        "x-fake-pace-micros",
        PACE_MICROS,
        "x-fake-delay-millis",
        call.point().events() < 0 && stream ? "300" : "0");
  }

  private void leave(String wire, Call call) throws IOException {
    Point point = call.point();
    try (Socket socket =
        new Socket(InetAddress.getLoopbackAddress(), gateway.gateway().address().getPort())) {
      socket.setSoTimeout(20_000);
      socket.getOutputStream().write(wire.getBytes(StandardCharsets.UTF_8));
      socket.getOutputStream().flush();
      if (point.events() < 0) {
        Awaitility.await()
            .pollInterval(Duration.ofMillis(2))
            .until(() -> billed().containsKey(call.input()));
      } else {
        read(socket.getInputStream(), point);
      }
      if (point.reset()) {
        socket.setSoLinger(true, 0);
      }
    }
  }

  private static void read(InputStream in, Point point) throws IOException {
    byte[] mark = "\ndata: ".getBytes(StandardCharsets.UTF_8);
    StringBuilder seen = new StringBuilder();
    int events = 0;
    int matched = 0;
    boolean head = false;
    while (!head || events < point.events()) {
      int b;
      try {
        b = in.read();
      } catch (SocketTimeoutException e) {
        // An answer that is no stream leaves its connection open.
        throw new AssertionError("nothing came after " + events + " events: " + seen, e);
      }
      if (b < 0) {
        throw new AssertionError("the answer ended after " + events + " events: " + seen);
      }
      seen.append((char) b);
      head = head || (b == '\n' && seen.toString().endsWith("\r\n\r\n"));
      matched = b == mark[matched] ? matched + 1 : b == mark[0] ? 1 : 0;
      if (matched == mark.length) {
        matched = 0;
        events++;
      }
    }
    for (int i = 0; i < point.bytes(); i++) {
      in.read();
    }
  }

  private void awaitRows(int count) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> gateway.rows().size() >= WARM_UPS + count);
  }

  private Map<String, UsageRow> rows(int count) {
    Map<String, UsageRow> rows = new LinkedHashMap<>();
    for (UsageRow row : gateway.rows().subList(WARM_UPS, WARM_UPS + count)) {
      assertThat(rows.put(row.sessionId(), row)).as("a second row of " + row).isNull();
    }
    assertThat(gateway.rows()).hasSize(WARM_UPS + count);
    return rows;
  }

  private Map<Long, Billed> billed() {
    Map<Long, Billed> billed = new LinkedHashMap<>();
    provider.billed().forEach(one -> billed.put(one.usage().input(), one));
    return billed;
  }

  private void allEnded() {
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> provider.billed().stream().noneMatch(one -> one.end() == End.RUNNING));
  }

  private void nothingIsHeld() {
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .untilAsserted(() -> assertThat(gateway.balance("ada").held()).isEqualTo("0"));
    assertThat(gateway.verify().problems()).isEmpty();
  }
}
