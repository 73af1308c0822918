package io.stipend.gateway.http;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.util.AsciiString;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The names of the header fields that clients send with nearly every request, and of those that the
 * gateway asks for. A reader finds the constant from the bytes of a head, without an object;
 * whoever then looks for the same constant in {@link Fields} compares a reference first.
 */
public final class FieldNames {
  public static final AsciiString API_KEY = AsciiString.cached("api-key");
  public static final AsciiString X_API_KEY = AsciiString.cached("x-api-key");
  public static final AsciiString X_GOOG_API_KEY = AsciiString.cached("x-goog-api-key");
  public static final AsciiString ANTHROPIC_VERSION = AsciiString.cached("anthropic-version");
  public static final AsciiString ANTHROPIC_BETA = AsciiString.cached("anthropic-beta");
  public static final AsciiString OPENAI_ORGANIZATION = AsciiString.cached("openai-organization");
  public static final AsciiString OPENAI_PROJECT = AsciiString.cached("openai-project");
  public static final AsciiString OPENAI_BETA = AsciiString.cached("openai-beta");
  public static final AsciiString X_REQUEST_ID = AsciiString.cached("x-request-id");
  public static final AsciiString SESSION_ID = AsciiString.cached("session-id");
  public static final AsciiString X_SESSION_ID = AsciiString.cached("x-session-id");
  public static final AsciiString X_CLAUDE_CODE_SESSION_ID =
      AsciiString.cached("x-claude-code-session-id");
  public static final AsciiString X_CLAUDE_CODE_AGENT_ID =
      AsciiString.cached("x-claude-code-agent-id");
  public static final AsciiString X_CLAUDE_CODE_PARENT_AGENT_ID =
      AsciiString.cached("x-claude-code-parent-agent-id");
  public static final AsciiString THREAD_ID = AsciiString.cached("thread-id");
  public static final AsciiString X_CODEX_PARENT_THREAD_ID =
      AsciiString.cached("x-codex-parent-thread-id");
  public static final AsciiString X_OPENAI_SUBAGENT = AsciiString.cached("x-openai-subagent");
  public static final AsciiString X_PARENT_SESSION_ID = AsciiString.cached("x-parent-session-id");
  public static final AsciiString KEEP_ALIVE = AsciiString.cached("keep-alive");
  public static final AsciiString PROXY_CONNECTION = AsciiString.cached("proxy-connection");

  static final AsciiString[] ALL = {
    HttpHeaderNames.ACCEPT,
    HttpHeaderNames.ACCEPT_ENCODING,
    HttpHeaderNames.ACCEPT_LANGUAGE,
    HttpHeaderNames.AUTHORIZATION,
    HttpHeaderNames.CACHE_CONTROL,
    HttpHeaderNames.CONNECTION,
    HttpHeaderNames.CONTENT_ENCODING,
    HttpHeaderNames.CONTENT_LENGTH,
    HttpHeaderNames.CONTENT_TYPE,
    HttpHeaderNames.COOKIE,
    HttpHeaderNames.DATE,
    HttpHeaderNames.EXPECT,
    HttpHeaderNames.HOST,
    HttpHeaderNames.SERVER,
    HttpHeaderNames.TE,
    HttpHeaderNames.TRAILER,
    HttpHeaderNames.TRANSFER_ENCODING,
    HttpHeaderNames.UPGRADE,
    HttpHeaderNames.USER_AGENT,
    HttpHeaderNames.VIA,
    API_KEY,
    X_API_KEY,
    X_GOOG_API_KEY,
    ANTHROPIC_VERSION,
    ANTHROPIC_BETA,
    OPENAI_ORGANIZATION,
    OPENAI_PROJECT,
    OPENAI_BETA,
    X_REQUEST_ID,
    SESSION_ID,
    X_SESSION_ID,
    X_CLAUDE_CODE_SESSION_ID,
    X_CLAUDE_CODE_AGENT_ID,
    X_CLAUDE_CODE_PARENT_AGENT_ID,
    THREAD_ID,
    X_CODEX_PARENT_THREAD_ID,
    X_OPENAI_SUBAGENT,
    X_PARENT_SESSION_ID,
    KEEP_ALIVE,
    PROXY_CONNECTION,
    AsciiString.cached("anthropic-dangerous-direct-browser-access"),
    AsciiString.cached("idempotency-key"),
    AsciiString.cached("sec-fetch-mode"),
    AsciiString.cached("x-app"),
    AsciiString.cached("x-forwarded-for"),
    AsciiString.cached("x-forwarded-proto"),
    AsciiString.cached("x-real-ip"),
    AsciiString.cached("x-stainless-arch"),
    AsciiString.cached("x-stainless-async"),
    AsciiString.cached("x-stainless-helper-method"),
    AsciiString.cached("x-stainless-lang"),
    AsciiString.cached("x-stainless-os"),
    AsciiString.cached("x-stainless-package-version"),
    AsciiString.cached("x-stainless-read-timeout"),
    AsciiString.cached("x-stainless-retry-count"),
    AsciiString.cached("x-stainless-runtime"),
    AsciiString.cached("x-stainless-runtime-version"),
    AsciiString.cached("x-stainless-timeout"),
  };

  private static final int BUCKETS = 256;
  private static final int LOWER = 0x20;
  private static final AsciiString[][] BY_HASH = new AsciiString[BUCKETS][];

  static {
    for (AsciiString name : ALL) {
      int hash = hash(name.array(), name.arrayOffset(), name.length());
      AsciiString[] same = BY_HASH[hash];
      BY_HASH[hash] = same == null ? new AsciiString[1] : Arrays.copyOf(same, same.length + 1);
      BY_HASH[hash][BY_HASH[hash].length - 1] = name;
    }
  }

  private FieldNames() {}

  /**
   * The constant for a name in any case; null if it is none of these.
   *
   * @param bytes hold the name, a token of RFC 9110 of at least one byte
   */
  public static @Nullable AsciiString known(byte[] bytes, int from, int length) {
    AsciiString[] candidates = BY_HASH[hash(bytes, from, length)];
    if (candidates != null) {
      for (AsciiString candidate : candidates) {
        if (candidate.length() == length && same(candidate, bytes, from, length)) {
          return candidate;
        }
      }
    }
    return null;
  }

  private static int hash(byte[] bytes, int from, int length) {
    int first = bytes[from] | LOWER;
    int middle = bytes[from + (length >> 1)] | LOWER;
    int last = bytes[from + length - 1] | LOWER;
    return (length * 7 + first * 31 + middle * 5 + last * 3) & (BUCKETS - 1);
  }

  /** The bit that it sets makes of no other byte of a token one of those that the names hold. */
  private static boolean same(AsciiString name, byte[] bytes, int from, int length) {
    byte[] expected = name.array();
    int offset = name.arrayOffset();
    for (int i = 0; i < length; i++) {
      if ((bytes[from + i] | LOWER) != expected[offset + i]) {
        return false;
      }
    }
    return true;
  }
}
