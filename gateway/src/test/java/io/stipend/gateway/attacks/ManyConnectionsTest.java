package io.stipend.gateway.attacks;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.UnixOperatingSystemMXBean;
import io.stipend.gateway.demo.FakeProvider;
import io.stipend.gateway.server.RawClient;
import io.stipend.gateway.testing.ProbedGateway;
import io.stipend.gateway.testing.ProbedGateway.Memory;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * S12: as many idle connections as the gateway takes, half of them with a head that is not whole:
 * what each costs, that clients beyond are turned away and that those within are served.
 */
class ManyConnectionsTest {
  private static final int ASKED = 10_000;

  /** Of this process, for everything else. */
  private static final int OTHER_DESCRIPTORS = 1_000;

  /** Heap and direct memory of one idle connection. */
  private static final long MOST_BYTES_EACH = 8 * 1_024;

  /** Chunks that pools keep. */
  private static final long MOST_LEFT = 16L << 20;

  private static final Duration PATIENCE = Duration.ofSeconds(20);

  @TempDir Path folder;

  /** Fewer where the machine lets a process have fewer. */
  private static int connections() {
    long most =
        ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
            ? unix.getMaxFileDescriptorCount()
            : Integer.MAX_VALUE;
    int some = (int) Math.min(ASKED, most - OTHER_DESCRIPTORS);
    if (some < ASKED) {
      System.out.printf(
          "ManyConnectionsTest: %d connections instead of %d, for a process may have %d files%n",
          some, ASKED, most);
    }
    assertThat(some).as("file descriptors of a process: %d", most).isGreaterThan(100);
    return some;
  }

  @Test
  void theyCostLittleAndLeaveNothing() throws Exception {
    int count = connections();
    try (FakeProvider provider = FakeProvider.start(0);
        ProbedGateway gateway =
            ProbedGateway.start(folder, quotas(provider.url()), limits(count + 1))) {
      String good = Route.CHAT.good().replace(Route.KEY, gateway.key());
      RawClient client = new RawClient(gateway.address());
      assertThat(client.send(good).answer().status()).isEqualTo(200);
      final Memory before = gateway.memory();
      List<SocketChannel> idle = open(gateway.address(), count);
      Awaitility.await().atMost(PATIENCE).until(() -> turnedAway(gateway.address()));
      assertThat(client.send(good).answer().status()).isEqualTo(200);
      long each = gateway.memory().moreThan(before) / count;
      assertThat(each).as("bytes of one idle connection").isLessThan(MOST_BYTES_EACH);
      for (SocketChannel one : idle) {
        one.close();
      }
      Awaitility.await().atMost(PATIENCE).until(() -> !turnedAway(gateway.address()));
      assertThat(client.send(good).answer().status()).isEqualTo(200);
      Awaitility.await()
          .atMost(PATIENCE)
          .until(() -> gateway.memory().moreThan(before) < MOST_LEFT);
      client.close();
      assertThat(provider.requests()).isEqualTo(3);
    }
  }

  private static List<SocketChannel> open(InetSocketAddress address, int count) throws IOException {
    List<SocketChannel> all = new ArrayList<>();
    byte[] begun = Route.CHAT.begin().getBytes(StandardCharsets.US_ASCII);
    for (int i = 0; i < count; i++) {
      SocketChannel one = SocketChannel.open(address);
      if (i % 2 == 0) {
        one.write(ByteBuffer.wrap(begun));
      }
      all.add(one);
    }
    return all;
  }

  /** Whether one more connection is ended at once; one that is not is ended by this side. */
  private static boolean turnedAway(InetSocketAddress address) throws IOException {
    try (RawClient more = new RawClient(address)) {
      more.socket().setSoTimeout(200);
      return more.ended();
    }
  }

  private static String limits(int count) {
    return "limits: { header_time: 5m, connections: %1$d, connections_per_address: %1$d }\n"
        .formatted(count);
  }

  private static String quotas(String url) {
    return """
        calendar: { timezone: UTC, currency: USD }
        providers: { openai: { url: "%s", key: "provider-key" } }
        rate_cards: [builtin]
        models: { allow: ["gpt-4o-mini"] }
        allowances: { engineer: { amount: 400 USD, every: year } }
        people: { ada: { allowance: engineer } }
        """
        .formatted(url);
  }
}
