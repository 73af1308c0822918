package io.stipend.gateway.testing;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSSignerOption;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.crypto.opts.AllowWeakRSAKey;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

/** A real issuer of identities on loopback: its discovery document, its keys, its JWTs. */
public final class TestIssuer implements AutoCloseable {
  public static final String AUDIENCE = "stipend";

  private static final String DISCOVERY = "/realms/acme/.well-known/openid-configuration";
  private static final String KEYS = "/realms/acme/keys";

  private final AtomicInteger asked = new AtomicInteger();
  private HttpServer server;
  private int stoppedAt;
  private volatile List<JWK> published = List.of();
  private volatile Answer discovery;
  private volatile Answer keys;

  /** What stands for a document. */
  @FunctionalInterface
  public interface Answer {
    void give(HttpExchange exchange) throws IOException;
  }

  /** One that has these keys. */
  public static TestIssuer start(JWK... keys) {
    TestIssuer issuer = new TestIssuer().listen(0);
    issuer.publish(keys);
    return issuer;
  }

  private TestIssuer listen(int wanted) {
    try {
      HttpServer made =
          HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), wanted), 0);
      made.setExecutor(Executors.newCachedThreadPool());
      made.createContext("/", this::answer);
      made.start();
      server = made;
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void answer(HttpExchange exchange) throws IOException {
    String path = exchange.getRequestURI().getPath();
    try (exchange) {
      if (path.equals(DISCOVERY)) {
        Answer other = discovery;
        if (other == null) {
          json(exchange, "{\"issuer\":\"%s\",\"jwks_uri\":\"%s\"}".formatted(url(), jwks()));
        } else {
          other.give(exchange);
        }
      } else if (path.equals(KEYS)) {
        asked.incrementAndGet();
        Answer other = keys;
        if (other == null) {
          json(exchange, new JWKSet(published).toString());
        } else {
          other.give(exchange);
        }
      } else {
        exchange.sendResponseHeaders(404, -1);
      }
    }
  }

  public static void json(HttpExchange exchange, String text) throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("content-type", "application/json");
    exchange.sendResponseHeaders(200, bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  /** A key of the curve P-256 with this id. */
  public static ECKey ec(String id) {
    try {
      return new ECKeyGenerator(Curve.P_256).keyID(id).generate();
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Has these keys from now on. */
  public void publish(JWK... keysFromNowOn) {
    published = List.of(keysFromNowOn);
    keys = null;
  }

  /** Answers like this where its keys are asked for. */
  public void keys(Answer answer) {
    keys = answer;
  }

  /** Answers like this where its discovery document is asked for. */
  public void discovery(Answer answer) {
    discovery = answer;
  }

  /** What its JWTs say in {@code iss}. */
  public String url() {
    return "http://127.0.0.1:" + port() + "/realms/acme";
  }

  public String jwks() {
    return "http://127.0.0.1:" + port() + KEYS;
  }

  private int port() {
    return server.getAddress().getPort();
  }

  /** How often its keys were asked for. */
  public int asked() {
    return asked.get();
  }

  /** The claims of a JWT that is good for ten minutes. */
  public JWTClaimsSet.Builder claims(String email) {
    Instant now = Instant.now();
    return new JWTClaimsSet.Builder()
        .issuer(url())
        .audience(AUDIENCE)
        .subject("00u1")
        .claim("email", email)
        .claim("email_verified", true)
        .issueTime(Date.from(now))
        .expirationTime(Date.from(now.plusSeconds(600)));
  }

  /** A good JWT but for what is changed. */
  public String jwt(JWK key, String email, UnaryOperator<JWTClaimsSet.Builder> change) {
    return sign(key, change.apply(claims(email)).build());
  }

  /** A good JWT. */
  public String jwt(JWK key, String email) {
    return jwt(key, email, claims -> claims);
  }

  /** A JWT by the usual algorithm of this key. */
  public static String sign(JWK key, JWTClaimsSet claims) {
    JWSAlgorithm algorithm = key instanceof RSAKey ? JWSAlgorithm.RS256 : JWSAlgorithm.ES256;
    return sign(key, new JWSHeader.Builder(algorithm).keyID(key.getKeyID()).build(), claims);
  }

  /** A JWT with this header. */
  public static String sign(JWK key, JWSHeader header, JWTClaimsSet claims) {
    try {
      SignedJWT jwt = new SignedJWT(header, claims);
      jwt.sign(
          key instanceof RSAKey rsa
              ? new RSASSASigner(rsa, allowWeak())
              : new ECDSASigner((ECKey) key));
      return jwt.serialize();
    } catch (JOSEException e) {
      throw new IllegalStateException(e);
    }
  }

  private static Set<JWSSignerOption> allowWeak() {
    return Set.of(AllowWeakRSAKey.getInstance());
  }

  /** Listens no more, until {@link #restart}. */
  public void stop() {
    stoppedAt = port();
    server.stop(0);
  }

  /** Listens again where it did. */
  public void restart() {
    listen(stoppedAt);
  }

  @Override
  public void close() {
    server.stop(0);
  }
}
