package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.stipend.gateway.demo.FakeProvider;
import io.stipend.gateway.server.RawClient;
import io.stipend.gateway.testing.ProbedGateway;
import io.stipend.gateway.testing.ProbedGateway.Memory;
import io.stipend.gateway.upstream.RawProvider;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import javax.net.ServerSocketFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A side that does not read costs the gateway almost no memory; it runs in its own process. */
class BackPressureTest {
  private static final long MIB = 1L << 20;
  private static final long MOST_MEMORY = 2 * MIB;

  /**
   * What the system keeps besides: stacks, code, freed pages. It only shows that nothing is odd.
   */
  private static final long MOST_RESIDENT = 8 * MIB;

  private static final int TOKEN_BYTES = 4_096;
  private static final int TOKENS = 12_800;
  private static final long STREAM_BYTES = (long) TOKEN_BYTES * TOKENS;

  /** More than the kernel's buffers of two loopback connections hold, far less than a stream. */
  private static final long MOST_UNREAD = 24 * MIB;

  private static final int RECEIVE_BUFFER = 16 * 1_024;

  /** Servers whose kernel takes little, so that what is not read stays with the sender. */
  private static final class SmallWindow extends ServerSocketFactory {
    @Override
    public ServerSocket createServerSocket(int port, int backlog, InetAddress address)
        throws IOException {
      ServerSocket server = new ServerSocket();
      server.setReceiveBufferSize(RECEIVE_BUFFER);
      server.bind(new InetSocketAddress(address, port), backlog);
      return server;
    }

    @Override
    public ServerSocket createServerSocket(int port, int backlog) throws IOException {
      return createServerSocket(port, backlog, InetAddress.getLoopbackAddress());
    }

    @Override
    public ServerSocket createServerSocket(int port) throws IOException {
      return createServerSocket(port, 1);
    }
  }

  @TempDir Path folder;

  private ProbedGateway gateway(String providerUrl) throws Exception {
    return ProbedGateway.start(
        folder,
        """
        calendar: { timezone: UTC, currency: USD }
        providers:
          openai: { url: "%1$s", key: "provider-key" }
          anthropic: { url: "%1$s", key: "provider-key" }
        rate_cards: [builtin]
        models: { allow: ["gpt-4o-mini", "claude-haiku-4-5"] }
        allowances: { engineer: { amount: 4000 USD, every: month } }
        people: { ada: { allowance: engineer } }
        """
            .formatted(providerUrl));
  }

  private static byte[] stream(ProbedGateway gateway, Wire wire) {
    String body =
        Wire.body("\"model\":\"" + wire.model + "\",\"max_tokens\":" + TOKENS, "\"stream\":true");
    return wire.request(
        gateway.key(),
        body,
        "x-fake-output-tokens: " + TOKENS,
        "x-fake-token-bytes: " + TOKEN_BYTES);
  }

  /** Reads an answer to its end. */
  private static long readAll(RawClient client) throws Exception {
    assertThat(client.head().status()).isEqualTo(200);
    long bytes = 0;
    for (byte[] chunk = client.chunk(); chunk.length > 0; chunk = client.chunk()) {
      bytes += chunk.length;
    }
    return bytes;
  }

  /** Memory when nothing is under way, token tables included: they load beside the first calls. */
  private static Memory atRest(ProbedGateway gateway) {
    AtomicReference<Memory> last = new AtomicReference<>(new Memory(0, 0, 0));
    await()
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(400))
        .until(
            () -> {
              Memory now = gateway.memory();
              return Math.abs(now.heap() - last.getAndSet(now).heap()) < MIB / 4;
            });
    return last.get();
  }

  private static void awaitStandstill(LongSupplier progress) {
    AtomicLong last = new AtomicLong(-1);
    await()
        .atMost(Duration.ofSeconds(30))
        .pollInterval(Duration.ofMillis(300))
        .until(() -> last.getAndSet(progress.getAsLong()) == progress.getAsLong());
  }

  @ParameterizedTest
  @EnumSource(Wire.class)
  void aStalledClientOnA50MegabyteStreamCostsLessThan2MebibytesAndMissesNothing(Wire wire)
      throws Exception {
    try (FakeProvider provider = FakeProvider.start(0);
        ProbedGateway gateway = gateway(provider.url())) {
      for (int warm = 0; warm < 2; warm++) {
        try (RawClient client = new RawClient(gateway.address())) {
          assertThat(readAll(client.send(stream(gateway, wire)))).isGreaterThan(STREAM_BYTES);
        }
      }
      final Memory before = atRest(gateway);
      Socket slow = RawClient.connect(gateway.address(), RECEIVE_BUFFER);
      try (RawClient client = new RawClient(slow)) {
        client.send(stream(gateway, wire));
        LongSupplier written =
            () -> provider.billed().get(provider.billed().size() - 1).usage().output();
        await().until(() -> provider.billed().size() == 3 && written.getAsLong() > 0);
        awaitStandstill(written);
        Memory stalled = gateway.memory();
        long unread = written.getAsLong() * TOKEN_BYTES;
        assertThat(unread).isLessThan(MOST_UNREAD);
        assertThat(readAll(client)).isGreaterThan(STREAM_BYTES);
        Memory after = atRest(gateway);
        System.out.printf(
            "%s, stalled: provider wrote %d KiB; heap %+d and %+d KiB, direct %+d and %+d KiB,"
                + " resident %+d KiB against before and after%n",
            wire,
            unread / 1_024,
            (stalled.heap() - before.heap()) / 1_024,
            (stalled.heap() - after.heap()) / 1_024,
            (stalled.direct() - before.direct()) / 1_024,
            (stalled.direct() - after.direct()) / 1_024,
            (stalled.resident() - before.resident()) / 1_024);
        assertThat(stalled.moreThan(before)).isLessThan(MOST_MEMORY);
        assertThat(stalled.moreThan(after)).isLessThan(MOST_MEMORY);
      }
      await()
          .until(
              () ->
                  provider.billed().stream().allMatch(b -> b.end() == FakeProvider.End.COMPLETED));
    }
  }

  @Test
  void aProviderThatDoesNotReadAnUploadHoldsItBackAndIsGivenAllOfItWhenItReads() throws Exception {
    int size = 28 << 20;
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch reads = new CountDownLatch(1);
    AtomicLong received = new AtomicLong();
    RawProvider.Script script =
        wire -> {
          // The first upload only warms the pools of buffers.
          for (int upload = 0; upload < 2; upload++) {
            String head = wire.head();
            if (upload == 1) {
              begun.countDown();
              RawProvider.Wire.await(reads);
            }
            received.set(wire.readBody(head).length());
            wire.write(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}");
          }
          wire.awaitClose();
        };
    String body = Wire.CHAT.body("\"user\":\"" + "x".repeat(size) + "\"");
    try (RawProvider provider = new RawProvider(script, new SmallWindow());
        ProbedGateway gateway = gateway("http://127.0.0.1:" + provider.port());
        RawClient client = new RawClient(gateway.address())) {
      byte[] upload = Wire.CHAT.request(gateway.key(), body);
      assertThat(client.send(upload).answer().status()).isEqualTo(200);
      final Memory before = atRest(gateway);
      client.send(upload);
      RawProvider.Wire.await(begun);
      final Memory held = atRest(gateway);
      System.out.printf(
          "upload of %d KiB unread: heap %+d KiB, direct %+d KiB%n",
          upload.length / 1_024,
          (held.heap() - before.heap()) / 1_024,
          (held.direct() - before.direct()) / 1_024);
      assertThat(held.moreThan(before)).isLessThan(upload.length + 8 * MIB);
      reads.countDown();
      assertThat(client.answer().status()).isEqualTo(200);
      assertThat(received.get()).isEqualTo(body.length());
      assertThat(atRest(gateway).moreThan(before)).isLessThan(MOST_MEMORY);
    }
  }
}
