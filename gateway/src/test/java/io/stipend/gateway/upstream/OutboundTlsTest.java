package io.stipend.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.netty.handler.codec.http.HttpMethod;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OutboundTlsTest {
  @TempDir static Path folder;
  private static TestTls local;
  private static TestTls other;

  @BeforeAll
  static void makeCertificates() throws Exception {
    local = TestTls.make(folder, "localhost");
    other = TestTls.make(folder, "provider.test");
  }

  private static String https(RawProvider provider) {
    return "https://localhost:" + provider.port();
  }

  @Test
  void aProviderWhoseAuthorityIsGivenIsReachedByItsName() throws Exception {
    var seen = new CompletableFuture<String>();
    var provider =
        new RawProvider(
            wire -> {
              SSLSocket socket = (SSLSocket) wire.socket;
              var offered = new CompletableFuture<List<String>>();
              socket.setHandshakeApplicationProtocolSelector(
                  (on, protocols) -> {
                    offered.complete(protocols);
                    return protocols.get(0);
                  });
              while (wire.request() != null) {
                seen.complete(offered.get().toString());
                wire.answer(String.valueOf(wire.number));
              }
            },
            local.sockets());
    try (provider;
        var up = new Upstreaming(Upstreaming.reached(null, local.certificate()))) {
      for (int i = 0; i < 10; i++) {
        Heard heard = up.post(RawProvider.config(https(provider)), "x".repeat(100_000));
        assertThat(heard.text()).isEqualTo("1");
      }
      assertThat(seen.get()).isEqualTo("[http/1.1]");
      up.on(() -> {});
      assertThat(up.upstreams.idleConnections()).isEqualTo(1);
    }
    assertThat(provider.faults).isEmpty();
  }

  @Test
  void aProviderOfAnUnknownAuthorityIsNotReached() throws Exception {
    refused(local, null);
  }

  @Test
  void aProviderWithACertificateForAnotherNameIsNotReached() throws Exception {
    refused(other, other.certificate());
  }

  private static void refused(TestTls shown, Path trusted) throws Exception {
    try (var provider = new RawProvider(wire -> wire.request(), shown.sockets());
        var up = new Upstreaming(Upstreaming.reached(null, trusted))) {
      Heard heard = up.post(RawProvider.config(https(provider)), "secret");
      assertThat(heard.outcome()).isEqualTo("CONNECT");
      assertThat(heard.events).containsExactly("failed CONNECT");
      assertThat(heard.requestBody.refCnt()).isZero();
      assertThat(up.upstreams.openConnections()).isZero();
    }
  }

  /** Without a closure alert, anyone on the way may have cut the answer. */
  @ParameterizedTest
  @CsvSource({"true,end", "false,RESET"})
  void anAnswerThatEndsWithItsConnectionNeedsTheClosureAlert(boolean alert, String outcome)
      throws Exception {
    var provider =
        new RawProvider(
            wire -> {
              SSLSocket socket = local.over(wire.socket);
              var secured = new RawProvider.Wire(socket, wire.number);
              secured.request();
              secured.write("HTTP/1.1 200 OK\r\n\r\nhello");
              if (alert) {
                socket.close();
              } else {
                wire.socket.shutdownOutput();
                wire.awaitClose();
              }
            });
    try (provider;
        var up = new Upstreaming(Upstreaming.reached(null, local.certificate()))) {
      Heard heard = up.get(RawProvider.config(https(provider)));
      assertThat(heard.outcome()).isEqualTo(outcome);
      await().until(() -> up.upstreams.openConnections() == 0);
    }
  }

  @Test
  void authoritiesOfTheFileJoinThoseOfTheSystem() throws Exception {
    var system = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    system.init((java.security.KeyStore) null);
    X509Certificate[] before = issuers(system);
    X509Certificate[] after = issuers(ClientTls.trust(local.certificate()));
    assertThat(Arrays.asList(after)).containsAll(Arrays.asList(before));
    assertThat(after).hasSize(before.length + 1);
  }

  private static X509Certificate[] issuers(TrustManagerFactory factory) {
    return ((X509TrustManager) factory.getTrustManagers()[0]).getAcceptedIssuers();
  }

  @Test
  void aFileWithoutCertificatesIsRefused() throws Exception {
    Path empty = Files.writeString(folder.resolve("empty.pem"), "");
    Path junk = Files.writeString(folder.resolve("junk.pem"), "hello");
    Path none = folder.resolve("none.pem");
    for (Path file : List.of(empty, junk, none)) {
      assertThatThrownBy(() -> new NettyUpstreams(Upstreaming.reached(null, file)))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(file.toString())
          .hasMessageContaining("expected: a PEM file of certificates");
    }
  }

  @Test
  void aTunnelThroughTheProxyEndsAtTheProviderThatIsNamedInTls() throws Exception {
    var named = new ConcurrentLinkedQueue<String>();
    try (var provider =
            new RawProvider(
                wire -> {
                  while (wire.request() != null) {
                    var session = (ExtendedSSLSession) ((SSLSocket) wire.socket).getSession();
                    named.add(session.getRequestedServerNames().toString());
                    wire.answer("secret " + wire.number);
                  }
                },
                other.sockets());
        var proxy = new TinyProxy(provider.port());
        var up =
            new Upstreaming(
                Upstreaming.reached(
                    URI.create("http://me:p%40ss@127.0.0.1:" + proxy.port()),
                    other.certificate()))) {
      for (int i = 0; i < 3; i++) {
        Heard heard =
            up.send(
                RawProvider.config("https://provider.test"),
                HttpMethod.GET,
                "/v1/x",
                new byte[0],
                new Heard());
        assertThat(heard.text()).isEqualTo("secret 1");
      }
      assertThat(named).hasSize(3).allMatch(names -> names.contains("value=provider.test"));
      assertThat(proxy.heads).hasSize(1);
      assertThat(proxy.heads.peek())
          .startsWith("CONNECT provider.test:443 HTTP/1.1\r\n")
          .containsIgnoringCase("proxy-authorization: Basic bWU6cEBzcw==\r\n");
    }
  }

  @Test
  void aProxyThatRefusesIsAConnectFailure() throws Exception {
    try (var proxy =
            RawProvider.saying(
                "HTTP/1.1 407 Proxy Authentication Required\r\ncontent-length: 0\r\n\r\n");
        var up =
            new Upstreaming(
                Upstreaming.reached(URI.create("http://127.0.0.1:" + proxy.port()), null))) {
      Heard heard = up.get(RawProvider.config("https://provider.test"));
      assertThat(heard.outcome()).isEqualTo("CONNECT");
      assertThat(heard.events).containsExactly("failed CONNECT");
    }
  }

  @Test
  void plainHttpIsGivenToTheProxyInAbsoluteForm() throws Exception {
    var head = new CompletableFuture<String>();
    try (var proxy =
            new RawProvider(
                wire -> {
                  head.complete(wire.request());
                  wire.answer("via");
                });
        var up =
            new Upstreaming(
                Upstreaming.reached(URI.create("http://me:pw@127.0.0.1:" + proxy.port()), null))) {
      Heard heard = up.get(RawProvider.config("http://provider.test:8000/base"));
      assertThat(heard.text()).isEqualTo("via");
      assertThat(head.get())
          .startsWith("GET http://provider.test:8000/base/v1/models HTTP/1.1\r\n")
          .contains("host: provider.test:8000\r\n")
          .contains("proxy-authorization: Basic bWU6cHc=\r\n");
    }
  }

  @Test
  void loopbackIsReachedWithoutTheProxy() throws Exception {
    try (var provider = RawProvider.keeping();
        var up =
            new Upstreaming(Upstreaming.reached(URI.create("http://me:pw@127.0.0.1:1"), null))) {
      assertThat(up.get(provider.config()).text()).isEqualTo("1");
    }
  }

  @Test
  void theProxysPasswordIsNotPrinted() {
    var options = Upstreaming.reached(URI.create("http://me:hush@127.0.0.1:1"), null);
    assertThat(options.toString()).doesNotContain("hush").contains("127.0.0.1:1");
  }
}
