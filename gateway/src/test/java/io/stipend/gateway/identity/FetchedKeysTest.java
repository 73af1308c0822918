package io.stipend.gateway.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWKSet;
import com.sun.net.httpserver.HttpExchange;
import io.stipend.gateway.testing.TestIssuer;
import io.stipend.gateway.upstream.UpstreamOptions;
import io.stipend.policy.config.IdentityConfig;
import io.stipend.policy.config.Issuer;
import io.stipend.policy.config.QuotaFile;
import java.io.IOException;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Issuers that answer strangely, by a real socket. */
class FetchedKeysTest {
  private static final Duration TIME = Duration.ofSeconds(20);

  private final ECKey key = TestIssuer.ec("k1");
  private static final HttpClient HTTP =
      HttpClient.newBuilder().followRedirects(HttpClient.Redirect.NEVER).build();
  private volatile Instant now = Instant.parse("2026-11-23T12:00:00Z");
  private final InstantSource clock = () -> now;

  @TempDir Path folder;
  private TestIssuer issuer;

  @BeforeEach
  void start() {
    issuer = TestIssuer.start(key.toPublicJWK());
  }

  @AfterEach
  void stop() {
    issuer.close();
  }

  private QuotaFile file(String more) throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("stipend.yaml"),
            """
            providers: { openai: { url: "http://127.0.0.1:1", key: k } }
            identity: { oidc: { corp: { issuer: "%s", audience: stipend%s } } }
            """
                .formatted(issuer.url(), more));
    return ((QuotaFile.Loaded) QuotaFile.load(file, Map.of())).quotaFile();
  }

  private Issuer issuer(String more) throws IOException {
    return file(more).identity().issuers().get("corp");
  }

  private void fetch(String more) throws Exception {
    new KeyFetch(HTTP, TIME).fetch(issuer(more));
  }

  private void refused(String part) {
    assertThatThrownBy(() -> fetch("")).isInstanceOf(IOException.class).hasMessageContaining(part);
  }

  private static void redirect(HttpExchange exchange, String to) throws IOException {
    exchange.getResponseHeaders().set("location", to);
    exchange.sendResponseHeaders(302, -1);
  }

  /** Sends a byte now and then, for ever. */
  private static void drip(HttpExchange exchange) throws IOException {
    exchange.sendResponseHeaders(200, 0);
    try {
      for (int i = 0; i < 200; i++) {
        exchange.getResponseBody().write(' ');
        exchange.getResponseBody().flush();
        synchronized (exchange) {
          TimeUnit.MILLISECONDS.timedWait(exchange, 20);
        }
      }
    } catch (InterruptedException e) {
      throw new IOException(e);
    }
  }

  @Test
  void whereTheKeysAreIsDiscoveredOrSaid() {
    assertThatCode(() -> fetch("")).doesNotThrowAnyException();
    issuer.discovery(exchange -> exchange.sendResponseHeaders(500, -1));
    refused("openid-configuration: status 500 (expected: 200)");
    assertThatCode(() -> fetch(", jwks: \"" + issuer.jwks() + "\"")).doesNotThrowAnyException();
  }

  @Test
  void aDiscoveryDocumentOfAnotherIssuerIsRefused() {
    issuer.discovery(
        exchange ->
            TestIssuer.json(
                exchange,
                "{\"issuer\":\"%s/\",\"jwks_uri\":\"%s\"}".formatted(issuer.url(), issuer.jwks())));
    refused("is of another issuer (expected: " + issuer.url() + ")");
  }

  @Test
  void keysThatWouldComeInClearFromAfarAreRefused() {
    issuer.discovery(
        exchange ->
            TestIssuer.json(
                exchange,
                "{\"issuer\":\"%s\",\"jwks_uri\":\"http://keys.test/k\"}".formatted(issuer.url())));
    refused("jwks_uri (expected: https://");
  }

  @Test
  void noRedirectIsFollowed() {
    TestIssuer.Answer moved = exchange -> redirect(exchange, issuer.jwks());
    issuer.keys(moved);
    refused("/keys: status 302 (expected: 200)");
    issuer.discovery(moved);
    refused("openid-configuration: status 302 (expected: 200)");
  }

  @Test
  void whatIsHugeSlowOrNoSetOfKeysIsRefused() {
    issuer.keys(
        exchange -> {
          exchange.sendResponseHeaders(200, 0);
          byte[] much = new byte[64 * 1_024];
          for (int i = 0; i < 64; i++) {
            exchange.getResponseBody().write(much);
          }
        });
    refused("more than 262144 bytes");
    issuer.keys(exchange -> TestIssuer.json(exchange, "[" + "[".repeat(100_000)));
    refused("no set of keys");
    issuer.keys(exchange -> TestIssuer.json(exchange, "{\"keys\":[]}"));
    refused("0 keys that can check a signature (expected: 1 to 100)");
    issuer.keys(
        exchange ->
            TestIssuer.json(
                exchange,
                "{\"keys\":[{\"kty\":\"oct\",\"kid\":\"k1\",\"alg\":\"HS256\",\"k\":\"c2VjcmV0\"}]}"));
    refused("0 keys that can check a signature");
  }

  @Test
  void anAnswerThatDripsForEverIsGivenUp() {
    issuer.keys(FetchedKeysTest::drip);
    assertThatThrownBy(
            () ->
                new KeyFetch(HTTP, Duration.ofMillis(500))
                    .fetch(issuer(", jwks: \"" + issuer.jwks() + "\"")))
        .hasMessageContaining("no whole answer in 500 ms");
  }

  @Test
  void aPrivateKeyThatIsPublishedByMistakeIsKeptAsAPublicOne() throws Exception {
    issuer.keys(exchange -> TestIssuer.json(exchange, new JWKSet(key).toString(false)));
    assertThat(new KeyFetch(HTTP, TIME).fetch(issuer("")).toString()).isEqualTo("1 keys");
  }

  @Test
  void theLastKeysAreGoodForAsLongAsTheFileSaysWhileTheIssuerIsDown() throws Exception {
    QuotaFile file = file(", keys: { keep: 2h, pause: 10m }");
    IdentityConfig identity = file.identity();
    Issuer corp = identity.issuers().get("corp");
    try (FetchedKeys keys = new FetchedKeys(UpstreamOptions.of(file.gateway()), clock)) {
      keys.follow(identity).get(10, TimeUnit.SECONDS);
      assertThat(keys.keys(corp, now)).isNotNull();
      assertThat(keys.refresh(corp)).as("within the pause").isNull();

      issuer.keys(exchange -> exchange.sendResponseHeaders(503, -1));
      now = now.plus(Duration.ofMinutes(11));
      keys.refresh(corp).get(10, TimeUnit.SECONDS);
      assertThat(issuer.asked()).isEqualTo(2);
      assertThat(keys.keys(corp, now)).as("the last ones").isNotNull();
      now = now.plus(Duration.ofMinutes(109));
      assertThat(keys.keys(corp, now)).as("for two hours").isNull();

      issuer.publish(TestIssuer.ec("k2").toPublicJWK());
      keys.refresh(corp).get(10, TimeUnit.SECONDS);
      assertThat(keys.keys(corp, now)).isNotNull();
    }
  }

  @Test
  void anIssuerThatIsNotFollowedHasNoKeys() throws Exception {
    QuotaFile file = file("");
    try (FetchedKeys keys = new FetchedKeys(UpstreamOptions.of(file.gateway()), clock)) {
      assertThat(keys.keys(issuer(""), now)).isNull();
      assertThat(keys.refresh(issuer(""))).isNull();
      assertThat(issuer.asked()).isZero();
    }
  }
}
