package io.stipend.gateway.server;

import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.stipend.gateway.testing.SelfSigned;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The same over TLS. */
class TlsTest {
  @TempDir static Path folder;
  private static SelfSigned certificate;

  @BeforeAll
  static void make() throws Exception {
    certificate = SelfSigned.in(folder);
  }

  private static Served served() throws IOException {
    return new Served(
        Transport.Kind.best(),
        new ListenerOptions.Tls(certificate.certificate(), certificate.key()),
        ServerLimits.DEFAULTS);
  }

  private static RawClient client(Served served, String protocol) throws IOException {
    SSLSocket socket =
        (SSLSocket)
            certificate
                .trust()
                .getSocketFactory()
                .createSocket("127.0.0.1", served.listener.address().getPort());
    socket.setEnabledProtocols(new String[] {protocol});
    SSLParameters parameters = socket.getSSLParameters();
    parameters.setApplicationProtocols(new String[] {"h2", "http/1.1"});
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    socket.setSSLParameters(parameters);
    socket.startHandshake();
    return new RawClient(socket);
  }

  @Test
  void requestsAreServedOverTls12And13AsHttp11() throws Exception {
    for (String protocol : new String[] {"TLSv1.2", "TLSv1.3"}) {
      try (Served served = served();
          RawClient client = client(served, protocol)) {
        SSLSocket socket = (SSLSocket) client.socket();
        assertThat(socket.getApplicationProtocol()).isEqualTo("http/1.1");
        assertThat(socket.getSession().getProtocol()).isEqualTo(protocol);
        for (int i = 0; i < 3; i++) {
          assertThat(client.post("/echo", "body " + i).answer().body()).isEqualTo("body " + i);
        }
        assertThat(client.post("/events", "").answer().body()).contains("data: 2");
        String large = "x".repeat(1_000_000);
        assertThat(client.post("/echo", large).answer().body()).isEqualTo(large);
      }
    }
  }

  @Test
  void aRefusalIsReadableAndEndsTheConnection() throws Exception {
    try (Served served = served();
        RawClient client = client(served, "TLSv1.3")) {
      client.send("POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\nxxx");
      assertThat(client.answer().status()).isEqualTo(401);
      assertThat(client.ended()).isTrue();
    }
    try (Served served = served();
        RawClient client = client(served, "TLSv1.3")) {
      client.send("POST /echo HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
      assertThat(client.answer().status()).isEqualTo(200);
      assertThat(client.ended()).isTrue();
    }
  }

  @Test
  void aClientThatLeavesIsNoticed() throws Exception {
    try (Served served = served();
        RawClient client = client(served, "TLSv1.3")) {
      client.post("/hold", "a");
      await().until(() -> served.handler.held.size() == 1);
      client.close();
      await().atMost(ofSeconds(1)).until(() -> served.handler.gone.get() == 1);
    }
  }

  @Test
  void anAbortedAnswerDoesNotEndAsAGoodOne() throws Exception {
    try (Served served = served();
        RawClient client = client(served, "TLSv1.3")) {
      client.send("POST /half HTTP/1.0\r\nContent-Length: 0\r\n\r\n");
      assertThat(client.head().status()).isEqualTo(200);
      await().until(() -> served.handler.held.size() == 1);
      Outbound held = served.handler.held.get(0);
      held.eventLoop().execute(held::abort);
      assertThatThrownBy(
              () -> {
                while (client.readOne() >= 0) {}
              })
          .isInstanceOf(IOException.class);
    }
  }

  @Test
  void plainTextOnATlsPortIsClosed() throws Exception {
    try (Served served = served();
        RawClient client = served.client()) {
      client.post("/echo", "a");
      client.socket().shutdownOutput();
      await().until(() -> served.listener.openConnections() == 0);
      assertThat(served.handler.heads).isEmpty();
    }
  }

  @Test
  void aKeyThatCannotBeReadIsNamed() throws Exception {
    Path wrong = Files.writeString(folder.resolve("wrong.key"), "no key");
    try (Transport transport = Transport.start(1)) {
      assertThatThrownBy(
              () ->
                  Listener.start(
                      transport,
                      new ListenerOptions(
                          "127.0.0.1",
                          0,
                          new ListenerOptions.Tls(certificate.certificate(), wrong),
                          ServerLimits.DEFAULTS),
                      new EchoHandler()))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("wrong.key");
    }
  }
}
