package io.stipend.gateway.attacks;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.gateway.server.RawClient;
import io.stipend.gateway.server.RawClient.Answer;
import io.stipend.gateway.testing.TestGateway;
import io.stipend.gateway.upstream.RawProvider;
import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.UsageRow;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every attack of a provider on one running gateway: what its client gets, how it is booked, and
 * that nothing of it reaches the next client.
 */
class AnswerAttacksTest {
  private static final Duration PATIENCE = Duration.ofSeconds(10);
  private static final String ATTACK = "attack";

  /** By so much may heap and direct memory grow over all attacks together. */
  private static final long MOST_GROWTH = 16L << 20;

  private static RawProvider provider;
  private static TestGateway gateway;
  private static String key;
  private static long before;
  private static volatile String answer = "";
  private static volatile int answering;
  private static int rows;

  @BeforeAll
  static void start() throws Exception {
    provider = new RawProvider(AnswerAttacksTest::serve);
    gateway =
        TestGateway.start(
            """
            calendar: { timezone: UTC, currency: USD }
            providers: { openai: { url: "http://127.0.0.1:%d", key: "provider-key" } }
            rate_cards: [builtin]
            models: { allow: ["gpt-4o-mini"] }
            allowances: { engineer: { amount: 4000 USD, every: year } }
            people: { ada: { allowance: engineer } }
            """
                .formatted(provider.port()),
            "event_loops: 1\nlimits: { first_byte_time: 5s }\n");
    key = gateway.key("ada");
    // The table, with its bombs, is made before memory is looked at.
    assertThat(AnswerAttacks.all()).hasSizeGreaterThan(30);
    try (RawClient client = new RawClient(gateway.gateway().address())) {
      servesWell(client);
    }
    before = Stand.memory();
  }

  @AfterAll
  static void nothingIsLeft() throws IOException {
    try {
      Awaitility.await()
          .atMost(PATIENCE)
          .until(() -> gateway.balance("ada").held().equals("0") && gateway.rows().size() == rows);
      assertThat(gateway.verify().problems()).isEmpty();
      assertThat(Stand.memory() - before).as("growth of memory").isLessThan(MOST_GROWTH);
    } finally {
      gateway.close();
      provider.close();
    }
  }

  private static void serve(RawProvider.Wire wire) throws IOException {
    for (String head = wire.head(); head != null; head = wire.head()) {
      boolean attack = wire.readBody(head).contains(ATTACK);
      answering = wire.number;
      try {
        wire.write(attack ? answer : AnswerAttacks.whole("", AnswerAttacks.plain("Good.")));
      } catch (IOException e) {
        // Nobody wants to hear more.
        return;
      }
    }
  }

  private static String request(String text, boolean stream) {
    String body = Route.CHAT.body(text);
    String asked =
        stream
            ? "{\"stream\":true,\"stream_options\":{\"include_usage\":true}," + body.substring(1)
            : body;
    return Route.CHAT.sized("X: a", asked).replace(Route.KEY, key);
  }

  private static void servesWell(RawClient client) throws IOException {
    Answer good = client.send(request("good", false)).answer();
    assertThat(good.status()).as(good.body()).isEqualTo(200);
    assertThat(good.body()).isEqualTo(AnswerAttacks.plain("Good."));
    rows++;
  }

  static List<AnswerAttack> attacks() {
    return AnswerAttacks.all();
  }

  @ParameterizedTest
  @MethodSource("attacks")
  void isBookedAndReachesNobodyElse(AnswerAttack attack) throws IOException {
    answer = attack.bytes();
    try (RawClient client = new RawClient(gateway.gateway().address());
        RawClient next = new RawClient(gateway.gateway().address())) {
      Answer got = client.send(request(ATTACK, attack.stream())).answer();
      int attacked = answering;
      assertThat(got.status()).as(got.body()).isEqualTo(attack.status());
      if (attack.body() == null) {
        assertThat(got.body()).contains("\"error\"").doesNotContain("Yes.", "provider-key");
      } else {
        assertThat(got.body()).isEqualTo(attack.body());
      }
      assertThat(got.headers()).doesNotContainKeys("x", "upgrade");
      rows++;
      servesWell(next);
      assertThat(answering == attacked)
          .as("whether the connection is reused")
          .isEqualTo(attack.reused());
    }
    booked(attack);
  }

  private static void booked(AnswerAttack attack) {
    Awaitility.await()
        .atMost(PATIENCE)
        .pollDelay(Duration.ZERO)
        .pollInterval(Duration.ofMillis(2))
        .until(() -> gateway.rows().size() == rows);
    UsageRow row = gateway.rows().get(rows - 2);
    assertThat(row.usageSource()).as("%s", row).isEqualTo(attack.source());
    if (attack.source() == UsageSource.REPORTED) {
      assertThat(row.usage().output()).isEqualTo(AnswerAttacks.OUTPUT);
    }
    assertThat(row.nanos()).isPositive();
  }
}
