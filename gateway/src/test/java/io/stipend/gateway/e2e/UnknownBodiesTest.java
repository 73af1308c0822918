package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import io.stipend.gateway.demo.FakeProvider;
import io.stipend.gateway.testing.TestGateway;
import io.stipend.gateway.testing.TestIssuer;
import java.io.IOException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/**
 * Bodies of whoever is not known yet: they stay at the client while an issuer's keys are fetched.
 */
class UnknownBodiesTest {
  private static final int BODY = 30 << 20;

  /** Above what the sockets of both sides take by themselves. */
  private static final int MOST = 24 << 20;

  private static final long STALLED_MILLIS = 1_000;

  private final ECKey first = TestIssuer.ec("k1");
  private final ECKey second = TestIssuer.ec("k2");
  private final CountDownLatch answers = new CountDownLatch(1);

  @Test
  void aLargeBodyIsNotReadBeforeItsJwtIsChecked() throws Exception {
    try (TestIssuer issuer = TestIssuer.start(first.toPublicJWK());
        FakeProvider provider = FakeProvider.start(0);
        TestGateway gateway =
            TestGateway.start(
                """
                providers: { openai: { url: "%s", key: "provider-key" } }
                allowances: { engineer: { amount: 1 USD, every: year } }
                people: { ada@acme.test: { allowance: engineer } }
                identity:
                  oidc: { corp: { issuer: "%s", audience: stipend, keys: { pause: 1ms } } }
                """
                    .formatted(provider.url(), issuer.url()));
        SocketChannel client = SocketChannel.open()) {
      // The system would let it grow to some megabytes.
      client.setOption(StandardSocketOptions.SO_SNDBUF, 64 * 1_024);
      client.connect(gateway.gateway().address());
      issuer.keys(
          exchange -> {
            try {
              assertThat(answers.await(4, TimeUnit.SECONDS)).isTrue();
            } catch (InterruptedException e) {
              throw new IOException(e);
            }
            TestIssuer.json(exchange, new JWKSet(List.of(second.toPublicJWK())).toString());
          });
      ByteBuffer request =
          ByteBuffer.wrap(
              ("POST /v1/chat/completions HTTP/1.1\r\nHost: a\r\nX-Api-Key: "
                      + issuer.jwt(second, "ada@acme.test")
                      + "\r\nContent-Length: "
                      + BODY
                      + "\r\n\r\n"
                      + "x".repeat(BODY))
                  .getBytes(StandardCharsets.ISO_8859_1));
      client.configureBlocking(false);
      assertThat(writtenUntilItStalls(client, request))
          .as("bytes that were taken")
          .isLessThan(MOST);

      answers.countDown();
      client.configureBlocking(true);
      while (request.hasRemaining()) {
        client.write(request);
      }
      byte[] head = new byte[12];
      client.socket().getInputStream().readNBytes(head, 0, head.length);
      assertThat(new String(head, StandardCharsets.US_ASCII))
          .as("known, and read: it is no JSON")
          .isEqualTo("HTTP/1.1 400");
    }
  }

  private static int writtenUntilItStalls(SocketChannel client, ByteBuffer request)
      throws IOException {
    try (Selector selector = Selector.open()) {
      SelectionKey key = client.register(selector, SelectionKey.OP_WRITE);
      while (request.hasRemaining() && selector.select(STALLED_MILLIS) > 0) {
        selector.selectedKeys().clear();
        client.write(request);
      }
      key.cancel();
      selector.selectNow();
    }
    return request.position();
  }
}
