package io.stipend.policy.identity;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** Turns keys into fingerprints: HMAC-SHA-256 under a secret of the data folder. */
final class Pepper {
  /** Bytes of the pepper: those of the hash. */
  static final int LENGTH = 32;

  private static final String ALGORITHM = "HmacSHA256";

  private final SecretKeySpec key;

  /** Looking a hash up and keying it costs more than the hash: each thread keeps its own. */
  private final ThreadLocal<Mac> keyed = ThreadLocal.withInitial(this::keyed);

  Pepper(byte[] bytes) {
    this.key = new SecretKeySpec(bytes, ALGORITHM);
  }

  private Mac keyed() {
    try {
      Mac mac = Mac.getInstance(ALGORITHM);
      mac.init(key);
      return mac;
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("every Java platform has HmacSHA256", e);
    }
  }

  /** The fingerprint in lower-case hex. */
  String fingerprint(String credential) {
    return HexFormat.of()
        .formatHex(keyed.get().doFinal(credential.getBytes(StandardCharsets.UTF_8)));
  }

  @Override
  public String toString() {
    return "Pepper[redacted]";
  }
}
