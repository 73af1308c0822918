package io.stipend.gateway.attacks;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.internal.PlatformDependent;
import io.stipend.gateway.admin.AdminClient;
import io.stipend.gateway.admin.AdminService.KeyOrder;
import io.stipend.gateway.admin.GatewayStatus;
import io.stipend.gateway.demo.FakeProvider;
import io.stipend.gateway.server.RawClient;
import io.stipend.gateway.server.RawClient.Answer;
import io.stipend.gateway.testing.TestGateway;
import io.stipend.metering.ledger.LedgerReader;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;

/** A running gateway before a made-up provider, with a tap between them, and its books. */
final class Stand implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final Duration LOOK = Duration.ofMillis(2);

  /** One loop, so that whatever is left on a provider's connection meets the next request. */
  private static final String LIMITS =
      "event_loops: 1\nlimits: { body_bytes: %d, inflated_body_bytes: %d, connections: 64,"
          + " bad_credentials_per_minute: 1000000 }\n";

  final FakeProvider provider;
  final Tap tap;
  final TestGateway gateway;
  private final Map<String, String> keys;
  private long rows;

  Stand() throws IOException {
    provider = FakeProvider.start(0);
    tap = new Tap(provider.port());
    // Keys expire by the clock; one of them did so before the first attack.
    SteppedClock clock = new SteppedClock();
    gateway =
        TestGateway.start(
            quotas(tap.url()),
            String.format(LIMITS, BodyAttacks.BODY_LIMIT, BodyAttacks.BODY_LIMIT),
            clock);
    var admin = gateway.gateway().admin();
    String expiring =
        admin
            .createKey(
                new KeyOrder("ada", null, null, clock.instant().plusSeconds(60).toString()), "test")
            .key();
    String revoked = gateway.key("ada");
    admin.revokeKey(lastKeyId(), "test");
    clock.step = Duration.ofMinutes(2);
    keys =
        Map.of(
            Route.KEY,
            gateway.key("ada"),
            Route.REVOKED,
            revoked,
            Route.EXPIRED,
            expiring,
            Route.ADMIN,
            Files.readString(gateway.data().resolve("admin-key")).strip());
    assertThat(keys.get(Route.KEY)).as("lengths count it").hasSameSizeAs(Route.KEY);
  }

  private static final class SteppedClock implements InstantSource {
    volatile Duration step = Duration.ZERO;

    @Override
    public Instant instant() {
      return Instant.now().plus(step);
    }
  }

  private static String quotas(String url) {
    return """
        calendar: { timezone: UTC, currency: USD }
        providers:
          openai: { url: "%1$s", key: "provider-key" }
          anthropic: { url: "%1$s", key: "provider-key" }
          gemini: { url: "%1$s", key: "provider-key" }
        rate_cards: [builtin]
        models: { allow: ["gpt-4o-mini", "claude-haiku-4-5", "gemini-2.0-flash"] }
        allowances: { engineer: { amount: 4000 USD, every: year } }
        people: { ada: { allowance: engineer } }
        """
        .formatted(url);
  }

  private String lastKeyId() {
    try (LedgerReader reader = LedgerReader.open(gateway.data())) {
      var all = reader.keys();
      return all.get(all.size() - 1).created().keyId();
    }
  }

  InetSocketAddress address() {
    return gateway.gateway().address();
  }

  /** These bytes with the keys that they name. */
  String with(String bytes) {
    String filled = bytes;
    for (Map.Entry<String, String> key : keys.entrySet()) {
      filled = filled.replace(key.getKey(), key.getValue());
    }
    return filled;
  }

  /** The secrets that no provider may see. */
  Iterable<String> secrets() {
    return keys.values();
  }

  /** A good request on this connection is answered, and the provider sees it and nothing else. */
  void serves(RawClient client) throws IOException {
    Answer answer = client.send(with(Route.CHAT.good())).answer();
    assertThat(answer.status()).as("a good request: %s", answer.body()).isEqualTo(200);
    List<String> seen = tap.take();
    assertThat(seen).as("bytes to the provider").hasSize(1);
    Seen.only(seen.get(0)).hasBody(Route.CHAT.body());
    rows++;
  }

  /** Takes the books as they are, so that one failed row fails no other. */
  void recount() {
    tap.take();
    rows = provider.requests();
  }

  /** So many requests more were admitted; the ledger holds a row for each, and nothing else. */
  void booked(int admitted) {
    rows += admitted;
    Awaitility.await()
        .atMost(PATIENCE)
        .pollDelay(Duration.ZERO)
        .pollInterval(LOOK)
        .untilAsserted(
            () -> {
              assertThat(gateway.balance("ada").held()).isEqualTo("0");
              assertThat(gateway.rows().size()).as("rows of the ledger").isEqualTo(rows);
            });
    assertThat(provider.requests()).as("requests at the provider").isEqualTo(rows);
  }

  /** No exchange is under way and no reservation is open. */
  void idle() {
    GatewayStatus status = AdminClient.find(gateway.data()).orElseThrow().status();
    assertThat(status.openExchanges()).as("open exchanges").isZero();
    assertThat(status.inFlight()).as("open reservations").isZero();
    assertThat(gateway.verify().problems()).isEmpty();
  }

  /** Heap and direct memory in use after a collection, in bytes. */
  static long memory() {
    System.gc();
    System.gc();
    return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed()
        + PlatformDependent.usedDirectMemory();
  }

  @Override
  public void close() throws IOException {
    gateway.close();
    tap.close();
    provider.close();
  }
}
