package io.stipend.gateway.dialect;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import io.stipend.gateway.http.FieldNames;
import io.stipend.gateway.http.Fields;
import org.jspecify.annotations.Nullable;

/**
 * The gateway key or JWT that a request carries, in any of the four headers that SDKs use. Its
 * secret appears in no message and in no {@link #toString}.
 */
public final class Credential {
  /** The longest key that is looked at. */
  static final int MAX_LENGTH = 512;

  /** The longest JWT: with a few hundred groups they have several KB. */
  static final int MAX_JWT_LENGTH = 16 * 1_024;

  /** How the base64url of a JSON object begins, and with it every JWT; no key does. */
  private static final String JWT = "eyJ";

  private static final String BEARER = "Bearer ";
  private static final String AWS_SIGNATURE = "AWS4-";
  private static final AsciiString[] PLAIN = {
    FieldNames.X_API_KEY, FieldNames.API_KEY, FieldNames.X_GOOG_API_KEY
  };

  private static final Credential NONE = new Credential(null, null);

  private final @Nullable String secret;
  private final @Nullable String problem;

  private Credential(@Nullable String secret, @Nullable String problem) {
    this.secret = secret;
    this.problem = problem;
  }

  /**
   * Reads {@code authorization: Bearer}, {@code x-api-key}, {@code api-key} and {@code
   * x-goog-api-key}. An empty header counts as none; two different values are a problem, because
   * two readers could take different ones.
   */
  public static Credential of(HttpHeaders headers) {
    Fields fields = Fields.of(headers);
    Credential found = NONE;
    for (int i = 0; i < fields.size(); i++) {
      if (fields.is(i, HttpHeaderNames.AUTHORIZATION)) {
        String value = fields.value(i).toString();
        if (value.isBlank()) {
          continue;
        }
        if (value.startsWith(AWS_SIGNATURE)) {
          return problem(
              "authorization: the request is signed with a key of AWS, which cannot be checked here"
                  + " (expected: Bearer KEY, as AWS_BEARER_TOKEN_BEDROCK=KEY makes the SDKs send)");
        }
        if (!value.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
          return problem("authorization: another scheme (expected: Bearer KEY)");
        }
        found = found.and(value.substring(BEARER.length()).trim());
      } else if (isPlain(fields, i)) {
        found = found.and(fields.value(i).toString().trim());
      }
    }
    return found;
  }

  private static boolean isPlain(Fields fields, int place) {
    for (AsciiString name : PLAIN) {
      if (fields.is(place, name)) {
        return true;
      }
    }
    return false;
  }

  private Credential and(String other) {
    if (problem != null || other.isEmpty()) {
      return this;
    }
    if (other.length() > MAX_LENGTH
        && (other.length() > MAX_JWT_LENGTH || !other.startsWith(JWT))) {
      return problem("the key is too long (expected: at most " + MAX_LENGTH + " characters)");
    }
    if (secret != null && !secret.equals(other)) {
      return problem("two different keys in one request (expected: one)");
    }
    return new Credential(other, null);
  }

  private static Credential problem(String problem) {
    return new Credential(null, problem);
  }

  /** The secret; null if none came or there is a {@link #problem}. */
  public @Nullable String secret() {
    return secret;
  }

  /** Why no key can be taken from the request, in words without a secret; null if nothing is. */
  public @Nullable String problem() {
    return problem;
  }

  @Override
  public String toString() {
    return problem != null ? problem : secret == null ? "no key" : "a key";
  }
}
