package io.stipend.policy.identity;

import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.JWK;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.RSAKey;
import java.nio.charset.StandardCharsets;
import java.text.ParseException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The public keys of an issuer that may have signed a JWT. Immutable. */
public final class IssuerKeys {
  /** Keys that one set may have; a JWT without a key id is tried with each of its kind. */
  private static final int MAX_KEYS = 100;

  private static final int MIN_RSA_BITS = 2_048;

  private final JWKSet set;

  private IssuerKeys(JWKSet set) {
    this.set = set;
  }

  /**
   * Reads a JWK set (RFC 7517). Keys that are no RSA key of at least 2,048 bits and no key of an
   * elliptic curve, and those that encrypt, are left out: the set may be for others too.
   *
   * @throws ParseException if it is none, or nothing is left
   */
  public static IssuerKeys parse(byte[] json) throws ParseException {
    List<JWK> good = new ArrayList<>();
    JWKSet all = JWKSet.parse(new String(json, StandardCharsets.UTF_8));
    for (JWK key : all.getKeys()) {
      if (signs(key)) {
        good.add(key.toPublicJWK());
      }
    }
    if (good.isEmpty() || good.size() > MAX_KEYS) {
      throw new ParseException(
          good.size() + " keys that can check a signature (expected: 1 to " + MAX_KEYS + ")", 0);
    }
    return new IssuerKeys(new JWKSet(good));
  }

  private static boolean signs(JWK key) {
    return !KeyUse.ENCRYPTION.equals(key.getKeyUse())
        && (key instanceof ECKey || (key instanceof RSAKey && key.size() >= MIN_RSA_BITS));
  }

  JWKSet set() {
    return set;
  }

  /** Whether there is a key of this id; of no id there always may be one. */
  boolean has(@Nullable String keyId) {
    return keyId == null || set.getKeyByKeyId(keyId) != null;
  }

  /**
   * Whether what was signed by a key of another set could be signed by one of this.
   *
   * @param keyId of that key; null if any of them may have signed it
   */
  boolean stillHas(IssuerKeys others, @Nullable String keyId) {
    return keyId == null
        ? set.getKeys().containsAll(others.set.getKeys())
        : of(keyId).equals(others.of(keyId));
  }

  private List<JWK> of(String keyId) {
    return set.getKeys().stream().filter(key -> keyId.equals(key.getKeyID())).toList();
  }

  @Override
  public String toString() {
    return set.size() + " keys";
  }
}
