package io.stipend.policy.identity;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.source.ImmutableJWKSet;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.DefaultJOSEObjectTypeVerifier;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.nimbusds.jwt.proc.BadJWTException;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import io.stipend.policy.config.Issuer;
import java.time.Instant;
import java.util.Date;
import java.util.HashSet;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Checks a JWT against one issuer and its keys: signature, algorithm, issuer, audience, the times
 * from when and until when it is in force. Immutable; the work is one signature check.
 */
final class JwtVerifier {
  /** RFC 7519 and, for access tokens, RFC 9068; most issuers write one of them or nothing. */
  private static final Set<JOSEObjectType> TYPES =
      Set.of(JOSEObjectType.JWT, new JOSEObjectType("at+jwt"));

  private final Issuer issuer;
  private final IssuerKeys keys;
  private final Set<JWSAlgorithm> algorithms;

  JwtVerifier(Issuer issuer, IssuerKeys keys) {
    this.issuer = issuer;
    this.keys = keys;
    this.algorithms =
        issuer.algorithms().stream()
            .map(JWSAlgorithm::parse)
            .collect(Collectors.toUnmodifiableSet());
  }

  /**
   * Checks a JWT.
   *
   * @return its claims, which hold an {@code exp}
   * @throws JwtException if anything is wrong with it
   */
  JWTClaimsSet verify(SignedJWT jwt, Instant now) throws JwtException {
    try {
      return processor(now).process(jwt, null);
    } catch (BadJOSEException | JOSEException | RuntimeException e) {
      // The library's messages name what was expected and repeat claims; the latter stays out.
      boolean ofNoKey = e instanceof BadJOSEException && !(e instanceof BadJWTException);
      throw new JwtException(
          "issuer " + issuer.name() + ": " + e.getClass().getSimpleName(), ofNoKey);
    }
  }

  private DefaultJWTProcessor<SecurityContext> processor(Instant now) {
    DefaultJWTProcessor<SecurityContext> processor = new DefaultJWTProcessor<>();
    Set<JOSEObjectType> types = new HashSet<>(TYPES); // null stands for a header without a type
    types.add(null);
    processor.setJWSTypeVerifier(new DefaultJOSEObjectTypeVerifier<>(types));
    processor.setJWSKeySelector(
        new JWSVerificationKeySelector<>(algorithms, new ImmutableJWKSet<>(keys.set())));
    processor.setJWTClaimsSetVerifier(claims(now));
    return processor;
  }

  private DefaultJWTClaimsVerifier<SecurityContext> claims(Instant now) {
    DefaultJWTClaimsVerifier<SecurityContext> verifier =
        new DefaultJWTClaimsVerifier<>(
            issuer.audiences(),
            new JWTClaimsSet.Builder().issuer(issuer.url()).build(),
            Set.of("exp"),
            Set.of()) {
          @Override
          protected Date currentTime() {
            return Date.from(now);
          }
        };
    verifier.setMaxClockSkew(Math.toIntExact(issuer.clockSkew().toSeconds()));
    return verifier;
  }
}
