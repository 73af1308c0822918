package io.stipend.policy.identity;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import io.stipend.policy.config.IdentityConfig;
import io.stipend.policy.config.Issuer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.text.ParseException;
import java.time.Instant;
import java.util.HexFormat;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * JWTs of the issuers in force. One that was checked is known by its SHA-256 until it expires, so
 * that all but its first request cost one hash; nothing of it is kept but what {@link KnownJwt}
 * has. Safe for use by any thread; nothing blocks.
 */
public final class Jwts {
  /** Before the hash of a JWT, so that it can be no fingerprint of a key. */
  private static final String MARK = "jwt:";

  /** How base64url of a JSON object's beginning begins: a gateway key never does. */
  private static final String BEGIN = "eyJ";

  private static final int MAX_KNOWN = 100_000;

  /** JWTs that wait for keys at once; their requests may have sent their bodies already. */
  private static final int MAX_WAITING = 256;

  private static final Logger LOG = LoggerFactory.getLogger(Jwts.class);

  private final Supplier<IdentityConfig> config;
  private final KeySource source;
  private final AtomicInteger waiting = new AtomicInteger();

  private final Cache<String, KnownJwt> known =
      Caffeine.newBuilder().maximumSize(MAX_KNOWN).executor(Runnable::run).build();

  private static final ThreadLocal<MessageDigest> SHA_256 =
      ThreadLocal.withInitial(
          () -> {
            try {
              return MessageDigest.getInstance("SHA-256");
            } catch (NoSuchAlgorithmException e) {
              throw new IllegalStateException("every Java has SHA-256", e);
            }
          });

  /**
   * JWTs of these issuers.
   *
   * @param config in force; asked again for every JWT
   */
  public Jwts(Supplier<IdentityConfig> config, KeySource source) {
    this.config = config;
    this.source = source;
  }

  /** Whether a credential is to be taken for a JWT. */
  public boolean reads(String credential) {
    return credential.startsWith(BEGIN) && !config.get().issuers().isEmpty();
  }

  /** What a JWT is known by. */
  public static String fingerprint(String jwt) {
    return MARK
        + HexFormat.of().formatHex(SHA_256.get().digest(jwt.getBytes(StandardCharsets.UTF_8)));
  }

  /** Whether this is the fingerprint of a JWT. */
  public static boolean marks(String fingerprint) {
    return fingerprint.startsWith(MARK);
  }

  /**
   * The JWT of this fingerprint, if it was checked and is in force: the issuer stands in the quota
   * file as it did then, and its key is still among the issuer's. Null if not.
   */
  public @Nullable KnownJwt find(String fingerprint, Instant now) {
    KnownJwt found = known.getIfPresent(fingerprint);
    return found != null && now.isBefore(found.expires()) && stands(found, now) ? found : null;
  }

  private boolean stands(KnownJwt jwt, Instant now) {
    Issuer then = jwt.issuer();
    Issuer issuer = config.get().issuers().get(then.name());
    if (issuer == null || !issuer.equals(then)) {
      return false;
    }
    IssuerKeys keys = source.keys(issuer, now);
    return keys != null && (keys == jwt.keys() || keys.stillHas(jwt.keys(), jwt.keyId()));
  }

  /**
   * Checks a JWT, and knows it from then on if it is good.
   *
   * @return done at once, unless keys must be fetched for it; null if it is good for nothing
   */
  public CompletableFuture<@Nullable KnownJwt> check(String jwt, Instant now) {
    try {
      SignedJWT parsed = SignedJWT.parse(jwt);
      Issuer issuer = issuer(parsed);
      IssuerKeys keys = source.keys(issuer, now);
      String keyId = parsed.getHeader().getKeyID();
      if (keys == null || !keys.has(keyId)) {
        return fetching(jwt, parsed, issuer, now);
      }
      try {
        return CompletableFuture.completedFuture(verified(jwt, parsed, issuer, keys, now));
      } catch (JwtException e) {
        if (keyId == null && e.ofNoKey()) {
          // It names no key: only this tells that its key is unknown.
          return fetching(jwt, parsed, issuer, now);
        }
        throw e;
      }
    } catch (ParseException | RuntimeException e) {
      return CompletableFuture.completedFuture(bad("no signed JWT"));
    } catch (JwtException e) {
      return CompletableFuture.completedFuture(bad(e.getMessage()));
    }
  }

  /** The issuer that it names, as long as nothing is proven. */
  private Issuer issuer(SignedJWT jwt) throws ParseException, JwtException {
    JWTClaimsSet claims = jwt.getJWTClaimsSet();
    String url = claims == null ? null : claims.getIssuer();
    for (Issuer issuer : config.get().issuers().values()) {
      if (issuer.url().equals(url)) {
        return issuer;
      }
    }
    throw new JwtException("of no issuer of the quota file");
  }

  private KnownJwt verified(
      String jwt, SignedJWT parsed, Issuer issuer, IssuerKeys keys, Instant now)
      throws JwtException {
    JWTClaimsSet claims = new JwtVerifier(issuer, keys).verify(parsed, now);
    KnownJwt good = JwtClaims.read(issuer, keys, parsed.getHeader().getKeyID(), claims);
    known.put(fingerprint(jwt), good);
    return good;
  }

  /** Its key is unknown: it may be new. Whoever makes key ids up gets no more than one fetch. */
  private CompletableFuture<@Nullable KnownJwt> fetching(
      String jwt, SignedJWT parsed, Issuer issuer, Instant now) {
    CompletableFuture<Void> fetch = source.refresh(issuer);
    if (fetch == null || waiting.get() >= MAX_WAITING) {
      return CompletableFuture.completedFuture(
          bad("issuer " + issuer.name() + ": the key is unknown, or no keys are there"));
    }
    waiting.incrementAndGet();
    return fetch.handle(
        (done, failure) -> {
          waiting.decrementAndGet();
          try {
            IssuerKeys keys = source.keys(issuer, now);
            return keys == null
                ? bad("issuer " + issuer.name() + ": no keys are there")
                : verified(jwt, parsed, issuer, keys, now);
          } catch (JwtException | RuntimeException e) {
            return bad(e.getMessage());
          }
        });
  }

  private static @Nullable KnownJwt bad(@Nullable String why) {
    LOG.debug("a JWT is refused: {}", why);
    return null;
  }
}
