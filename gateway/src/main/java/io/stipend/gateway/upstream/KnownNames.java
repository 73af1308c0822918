package io.stipend.gateway.upstream;

import io.netty.util.AsciiString;
import io.stipend.gateway.http.FieldNames;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The names of fields that providers send, found by their bytes so that a head makes no object for
 * them. Each is known as HTTP/2 writes it and as HTTP/1.1 does: what passes on keeps its case.
 */
final class KnownNames {
  private static final String[] NAMES = {
    "access-control-allow-origin",
    "access-control-expose-headers",
    "age",
    "alt-svc",
    "anthropic-organization-id",
    "anthropic-ratelimit-input-tokens-limit",
    "anthropic-ratelimit-input-tokens-remaining",
    "anthropic-ratelimit-input-tokens-reset",
    "anthropic-ratelimit-output-tokens-limit",
    "anthropic-ratelimit-output-tokens-remaining",
    "anthropic-ratelimit-output-tokens-reset",
    "anthropic-ratelimit-requests-limit",
    "anthropic-ratelimit-requests-remaining",
    "anthropic-ratelimit-requests-reset",
    "anthropic-ratelimit-tokens-limit",
    "anthropic-ratelimit-tokens-remaining",
    "anthropic-ratelimit-tokens-reset",
    "cache-control",
    "cf-cache-status",
    "cf-ray",
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "date",
    "etag",
    "keep-alive",
    "openai-model",
    "openai-organization",
    "openai-processing-ms",
    "openai-project",
    "openai-version",
    "request-id",
    "retry-after",
    "server",
    "set-cookie",
    "strict-transport-security",
    "transfer-encoding",
    "vary",
    "via",
    "x-content-type-options",
    "x-envoy-upstream-service-time",
    "x-ratelimit-limit-requests",
    "x-ratelimit-limit-tokens",
    "x-ratelimit-remaining-requests",
    "x-ratelimit-remaining-tokens",
    "x-ratelimit-reset-requests",
    "x-ratelimit-reset-tokens",
    "x-request-id",
    "x-robots-tag",
  };

  private static final int SLOTS = 512;
  private static final @Nullable AsciiString[] TABLE = new AsciiString[SLOTS];

  static {
    for (String name : NAMES) {
      put(name);
      put(capitalized(name));
    }
    put("CF-RAY");
    put("ETag");
  }

  private KnownNames() {}

  /** The name that these bytes are; null if it is not known. */
  static @Nullable AsciiString find(byte[] bytes, int from, int to) {
    for (int slot = slot(bytes, from, to); ; slot = (slot + 1) % SLOTS) {
      AsciiString known = TABLE[slot];
      if (known == null || Arrays.equals(known.array(), 0, known.length(), bytes, from, to)) {
        return known;
      }
    }
  }

  private static void put(String name) {
    AsciiString own = AsciiString.cached(name);
    AsciiString shared = FieldNames.known(own.array(), 0, own.length());
    // In the same letters only: what passes on keeps its case.
    AsciiString known = shared != null && own.equals(shared) ? shared : own;
    int slot = slot(known.array(), 0, known.length());
    while (TABLE[slot] != null) {
      slot = (slot + 1) % SLOTS;
    }
    TABLE[slot] = known;
  }

  /** Of a name that has a byte at least. */
  private static int slot(byte[] bytes, int from, int to) {
    int length = to - from;
    int hash = length * 31 + bytes[from];
    hash = hash * 31 + bytes[from + length / 2];
    hash = hash * 31 + bytes[to - 1 - length / 4];
    hash = hash * 31 + bytes[to - 1];
    return (hash ^ (hash >>> 9)) & (SLOTS - 1);
  }

  private static String capitalized(String name) {
    StringBuilder with = new StringBuilder(name.length());
    for (int i = 0; i < name.length(); i++) {
      boolean first = i == 0 || name.charAt(i - 1) == '-';
      with.append(first ? name.substring(i, i + 1).toUpperCase(Locale.ROOT) : name.charAt(i));
    }
    return with.toString();
  }
}
