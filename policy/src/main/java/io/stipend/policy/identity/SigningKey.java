package io.stipend.policy.identity;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JOSEObjectType;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.JWSObject;
import com.nimbusds.jose.Payload;
import com.nimbusds.jose.crypto.ECDSASigner;
import com.nimbusds.jose.crypto.ECDSAVerifier;
import com.nimbusds.jose.jwk.Curve;
import com.nimbusds.jose.jwk.ECKey;
import com.nimbusds.jose.jwk.KeyUse;
import com.nimbusds.jose.jwk.gen.ECKeyGenerator;
import com.nimbusds.jose.util.Base64URL;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.text.ParseException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The key by which a deployment signs what it tells others about its books: P-256, for ES256 (RFC
 * 7518), in the data folder, made at first use and readable by its owner alone. Beside it stands
 * the public key as a JWK (RFC 7517), to be handed to whoever verifies; it is named by its
 * thumbprint (RFC 7638).
 *
 * <p>What is signed is one line: a JWS in its compact form (RFC 7515).
 */
public final class SigningKey {
  /** The secret key in the data folder. */
  static final String FILE = "signing-key.jwk";

  /** The public one. */
  public static final String PUBLIC_FILE = "signing-key.public.jwk";

  private static final int PARTS = 3;

  private final ECKey key;

  private SigningKey(ECKey key) {
    this.key = key;
  }

  /**
   * The key of a data folder, which exists.
   *
   * @throws IOException if its file cannot be read or made, or holds another thing
   */
  public static SigningKey open(Path data) throws IOException {
    Path file = data.resolve(FILE);
    byte[] bytes = SecretFile.readOrCreate(file, SigningKey::generate);
    ECKey key = parse(file, new String(bytes, StandardCharsets.UTF_8));
    if (!key.isPrivate()) {
      throw new IOException(file + ": a public key (expected: the secret key of this folder)");
    }
    SigningKey opened = new SigningKey(key);
    opened.publish(data.resolve(PUBLIC_FILE));
    return opened;
  }

  private static byte[] generate() {
    try {
      ECKey made =
          new ECKeyGenerator(Curve.P_256)
              .keyUse(KeyUse.SIGNATURE)
              .algorithm(JWSAlgorithm.ES256)
              .keyIDFromThumbprint(true)
              .generate();
      return made.toJSONString().getBytes(StandardCharsets.UTF_8);
    } catch (JOSEException e) {
      throw new IllegalStateException("P-256 is part of every Java platform", e);
    }
  }

  private void publish(Path file) throws IOException {
    byte[] bytes = (key.toPublicJWK().toJSONString() + "\n").getBytes(StandardCharsets.UTF_8);
    if (Files.exists(file) && Arrays.equals(Files.readAllBytes(file), bytes)) {
      return;
    }
    Path part = file.resolveSibling(file.getFileName() + ".new");
    Files.write(part, bytes);
    Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  /**
   * A key to verify by, from a file that holds a JWK; a secret part of it is not used.
   *
   * @throws IOException if it cannot be read, or is no P-256 key
   */
  public static SigningKey readPublic(Path file) throws IOException {
    try {
      return new SigningKey(parse(file, Files.readString(file)).toPublicJWK());
    } catch (NoSuchFileException e) {
      throw new IOException(file + ": no such file (expected: a public key as a JWK)", e);
    }
  }

  private static ECKey parse(Path file, String text) throws IOException {
    try {
      ECKey key = ECKey.parse(text);
      if (!Curve.P_256.equals(key.getCurve())) {
        throw new IOException(file + ": a key of " + key.getCurve() + " (expected: P-256)");
      }
      return key;
    } catch (ParseException | IllegalArgumentException e) {
      // Without the cause: it may quote the key.
      throw new IOException(file + ": not a key (expected: a JWK of kty EC and crv P-256)");
    }
  }

  /** What names it: the thumbprint of the public key. */
  public String id() {
    try {
      return key.computeThumbprint().toString();
    } catch (JOSEException e) {
      throw new IllegalStateException("SHA-256 is part of every Java platform", e);
    }
  }

  /**
   * Signs a text.
   *
   * @param type what it is, for the header {@code typ}
   * @return one line, with its end
   */
  public String sign(String type, String text) {
    JWSHeader header =
        new JWSHeader.Builder(JWSAlgorithm.ES256)
            .type(new JOSEObjectType(type))
            .keyID(id())
            .build();
    JWSObject signed = new JWSObject(header, new Payload(text));
    try {
      signed.sign(new ECDSASigner(key));
    } catch (JOSEException e) {
      throw new IllegalStateException("the signing key cannot sign", e);
    }
    return signed.serialize() + "\n";
  }

  /**
   * The text of what this key signed; a key that the file itself brings counts for nothing.
   *
   * @param line the whole file
   * @throws NotSignedException if it is not signed by this key, or is not byte for byte what was
   *     signed
   */
  public String verified(String type, String line) throws NotSignedException {
    String compact = line.endsWith("\n") ? line.substring(0, line.length() - 1) : "";
    String[] parts = compact.split("\\.", -1);
    if (parts.length != PARTS) {
      throw new NotSignedException(
          "not one line of three parts (expected: a file as it was signed)");
    }
    for (String part : parts) {
      // Some letters of a part can be another and mean the same bytes: they must not be.
      if (!Base64URL.encode(new Base64URL(part).decode()).toString().equals(part)) {
        throw new NotSignedException("a part is not as it was written (expected: base64url)");
      }
    }
    try {
      JWSObject signed = JWSObject.parse(compact);
      JWSHeader header = signed.getHeader();
      if (!JWSAlgorithm.ES256.equals(header.getAlgorithm())
          || header.getType() == null
          || !header.getType().getType().equals(type)) {
        throw new NotSignedException(
            "the header is of another thing (expected: ES256, " + type + ")");
      }
      if (!id().equals(header.getKeyID())) {
        throw new NotSignedException(
            "signed by another key: " + shown(header.getKeyID()) + " (expected: " + id() + ")");
      }
      if (!signed.verify(new ECDSAVerifier(key))) {
        throw new NotSignedException("the signature is not of this content");
      }
      return signed.getPayload().toString();
    } catch (ParseException | JOSEException | IllegalArgumentException e) {
      throw new NotSignedException("not a signed file: its header cannot be read");
    }
  }

  /** What is signed, not verified; empty if it is nothing of this kind. */
  public static String text(String line) {
    try {
      return JWSObject.parse(line.strip()).getPayload().toString();
    } catch (ParseException e) {
      return "";
    }
  }

  private static String shown(@Nullable String keyId) {
    return keyId == null ? "none" : keyId.replaceAll("[^A-Za-z0-9_-]", "?");
  }
}
