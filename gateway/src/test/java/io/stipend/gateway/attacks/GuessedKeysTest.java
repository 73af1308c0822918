package io.stipend.gateway.attacks;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.gateway.demo.FakeProvider;
import io.stipend.gateway.server.RawClient;
import io.stipend.gateway.testing.TestGateway;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** S20: a hundred thousand guessed keys from one address, and some from many addresses. */
class GuessedKeysTest {
  private static final int GUESSES = 100_000;
  private static final int WARMING = 10_000;
  private static final int BATCH = 200;
  private static final int ALLOWED = 30;
  private static final int ADDRESSES = 500;
  private static final long MOST_GROWTH = 8L << 20;

  @Test
  void theirSourceIsLimitedTheMemoryBoundedAndAGoodKeyServed() throws IOException {
    try (FakeProvider provider = FakeProvider.start(0);
        TestGateway gateway = TestGateway.start(quotas(provider.url()), "event_loops: 1\n")) {
      InetSocketAddress address = gateway.gateway().address();
      String good = Route.CHAT.good().replace(Route.KEY, gateway.key("ada"));
      try (RawClient client = new RawClient(address)) {
        assertThat(client.send(good).answer().status()).isEqualTo(200);
        guess(address, 0, WARMING, new HashMap<>());
        final long before = Stand.memory();
        Map<Integer, Integer> statuses = new HashMap<>();
        guess(address, WARMING, GUESSES, statuses);
        assertThat(statuses.keySet()).isSubsetOf(401, 429);
        assertThat(statuses.getOrDefault(401, 0)).isLessThanOrEqualTo(10 * ALLOWED);
        for (int i = 2; i < ADDRESSES; i++) {
          assertThat(from(i, address)).as("the first guess of another address").isEqualTo(401);
        }
        assertThat(Stand.memory() - before).as("growth of memory").isLessThan(MOST_GROWTH);
        assertThat(client.send(good).answer().status()).isEqualTo(200);
      }
      assertThat(provider.requests()).isEqualTo(2);
      gateway.gateway().flush().join();
      assertThat(gateway.rows()).hasSize(2);
      assertThat(gateway.refusals("")).isEqualTo(GUESSES + ADDRESSES - 2);
    }
  }

  private static String request(String key) {
    return "POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer sk-stipend-"
        + key
        + "\r\nContent-Length: 0\r\n\r\n";
  }

  /** Tries each of these numbers as a key, and counts the answers. */
  private static void guess(
      InetSocketAddress address, int from, int to, Map<Integer, Integer> statuses)
      throws IOException {
    try (RawClient client = new RawClient(address)) {
      for (int i = from; i < to; i += BATCH) {
        StringBuilder batch = new StringBuilder();
        for (int j = i; j < i + BATCH; j++) {
          batch.append(request("q74stjnvqu-" + j));
        }
        client.send(batch.toString());
        for (int j = 0; j < BATCH; j++) {
          statuses.merge(client.answer().status(), 1, Integer::sum);
        }
      }
    }
  }

  private static int from(int i, InetSocketAddress address) throws IOException {
    try (Socket socket = new Socket()) {
      byte[] source = {127, 0, (byte) (1 + i / 250), (byte) (1 + i % 250)};
      socket.bind(new InetSocketAddress(InetAddress.getByAddress(source), 0));
      socket.connect(address);
      try (RawClient client = new RawClient(socket)) {
        return client.send(request("another-" + i)).answer().status();
      }
    }
  }

  static String quotas(String url) {
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
