package io.stipend.gateway.demo;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.crypto.RSASSAVerifier;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.interfaces.RSAPublicKey;
import java.text.ParseException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The token endpoint of a made-up cloud and the one service account that it knows: it trades signed
 * assertions for tokens that expire. Safe for use by any thread.
 */
public final class FakeTokens {
  static final String PATH = "/fake/token";

  private static final String EMAIL = "robot@fake-project.iam.gserviceaccount.com";
  private static final String SCOPE = "https://www.googleapis.com/auth/cloud-platform";
  private static final String GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer";
  private static final int KEY_BITS = 2_048;
  private static final int OK = 200;

  private final InstantSource clock;
  private final Map<String, Instant> live = new ConcurrentHashMap<>();
  private final AtomicLong fetched = new AtomicLong();
  private volatile Duration lifetime = Duration.ofHours(1);
  private volatile int status = OK;

  FakeTokens(InstantSource clock) {
    this.clock = clock;
  }

  /** Made once: that takes tenths of a second. */
  private static final class Key {
    private static final KeyPair PAIR = pair();

    private static KeyPair pair() {
      try {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(KEY_BITS);
        return generator.generateKeyPair();
      } catch (GeneralSecurityException e) {
        throw new IllegalStateException("every Java platform has RSA", e);
      }
    }
  }

  /** The file of the service account, whose tokens are fetched at this address. */
  static String account(String url) {
    String der = Base64.getEncoder().encodeToString(Key.PAIR.getPrivate().getEncoded());
    return "{\"type\":\"service_account\",\"project_id\":\"fake-project\",\"private_key_id\":\"k1\","
        + "\"private_key\":\"-----BEGIN PRIVATE KEY-----\\n"
        + der
        + "\\n-----END PRIVATE KEY-----\\n\",\"client_email\":\""
        + EMAIL
        + "\",\"token_uri\":\""
        + url
        + PATH
        + "\"}";
  }

  /** Tokens that were asked for so far, refused ones included. */
  public long fetched() {
    return fetched.get();
  }

  /** How long the next tokens live, in whole seconds. */
  public void lifetime(Duration next) {
    lifetime = next;
  }

  /** The status by which the next assertions are answered; 200 gives tokens again. */
  public void status(int next) {
    status = next;
  }

  /** No token serves any longer. */
  public void revoke() {
    live.clear();
  }

  /**
   * Trades an assertion for a token.
   *
   * @throws FakeProblem if it is not one of the account's, or none is given now
   */
  String trade(Map<String, List<String>> form, String url) {
    long number = fetched.incrementAndGet();
    if (status != OK) {
      throw new FakeProblem(status, "scripted status " + status);
    }
    String assertion = String.join("", form.getOrDefault("assertion", List.of()));
    if (!form.getOrDefault("grant_type", List.of()).equals(List.of(GRANT))
        || !isSigned(assertion, url + PATH)) {
      throw new FakeProblem(400, "invalid_grant");
    }
    String token = "ya29.fake-token-" + number;
    live.put(token, clock.instant().plus(lifetime));
    return "{\"access_token\":\""
        + token
        + "\",\"expires_in\":"
        + lifetime.toSeconds()
        + ",\"token_type\":\"Bearer\"}";
  }

  private boolean isSigned(String assertion, String audience) {
    try {
      SignedJWT signed = SignedJWT.parse(assertion);
      JWTClaimsSet claims = signed.getJWTClaimsSet();
      Instant until = claims.getExpirationTime().toInstant();
      return signed.verify(new RSASSAVerifier((RSAPublicKey) Key.PAIR.getPublic()))
          && "k1".equals(signed.getHeader().getKeyID())
          && EMAIL.equals(claims.getIssuer())
          && claims.getAudience().equals(List.of(audience))
          && SCOPE.equals(claims.getStringClaim("scope"))
          && until.isAfter(clock.instant())
          && !until.isAfter(clock.instant().plus(Duration.ofHours(1)).plusSeconds(1));
    } catch (ParseException | JOSEException e) {
      return false;
    }
  }

  /**
   * Checks what a request brings.
   *
   * @throws FakeProblem if it is no token that serves now
   */
  void check(String authorization) {
    String bearer = "Bearer ";
    Instant until =
        authorization.startsWith(bearer) ? until(authorization.substring(bearer.length())) : null;
    if (until == null || !until.isAfter(clock.instant())) {
      throw new FakeProblem(401, "Request had invalid authentication credentials.");
    }
  }

  private @Nullable Instant until(String token) {
    return live.get(token);
  }
}
