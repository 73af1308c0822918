package io.stipend.gateway.dialect;

import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import io.stipend.gateway.server.RequestHead;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which headers pass the gateway, each way. All that is not named here passes: providers' feature
 * headers are open lists.
 */
public final class HeaderRules {
  /** The longest product name that is kept. */
  private static final int MAX_CLIENT_LENGTH = 32;

  /** The longest session id that is kept. */
  private static final int MAX_SESSION_LENGTH = 64;

  /** What a client is called that does not say a well-formed name. */
  private static final String UNNAMED_CLIENT = "unknown";

  private static final int MAX_REQUEST_ID_LENGTH = 128;

  private static final List<String> REQUEST_ID_HEADERS =
      List.of("x-request-id", "request-id", "apim-request-id");

  private static final List<String> SESSION_HEADERS =
      List.of("x-claude-code-session-id", "session-id", "x-session-id");

  private static final HttpHeaders HOP_BY_HOP =
      names(
          "connection",
          "keep-alive",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade",
          "content-length");

  /** Of a request: what is the gateway's to say, what names the payer, what an edit makes wrong. */
  private static final HttpHeaders NOT_UPSTREAM =
      names(
          "authorization",
          "x-api-key",
          "api-key",
          "x-goog-api-key",
          "cookie",
          "host",
          "accept-encoding",
          "content-encoding",
          "content-md5",
          "content-digest",
          "digest",
          "expect",
          "forwarded",
          "via",
          "x-real-ip",
          "http2-settings",
          "openai-organization",
          "openai-project",
          "x-goog-user-project");

  /** Of an answer: what is about the provider's host or account. */
  private static final HttpHeaders NOT_TO_CLIENT =
      names(
          "set-cookie",
          "set-cookie2",
          "alt-svc",
          "strict-transport-security",
          "openai-organization",
          "openai-project",
          "anthropic-organization-id");

  private static final List<String> NOT_UPSTREAM_PREFIXES =
      List.of("proxy-", "x-forwarded-", "stipend-");
  private static final List<String> NOT_TO_CLIENT_PREFIXES = List.of("proxy-", "stipend-");

  private HeaderRules() {}

  private static HttpHeaders names(String... names) {
    HttpHeaders all = new DefaultHttpHeaders();
    for (String name : names) {
      all.add(name, "");
    }
    return all;
  }

  /**
   * The headers of the upstream request: the client's without its credentials, hop-by-hop and
   * forwarding headers; {@code accept-encoding: identity}. The provider's credential is set later,
   * by {@link Dialect#authorize}.
   */
  public static HttpHeaders forUpstream(RequestHead head) {
    HttpHeaders passed = pass(head.headers(), NOT_UPSTREAM, NOT_UPSTREAM_PREFIXES);
    passed.set(HttpHeaderNames.ACCEPT_ENCODING, "identity");
    return passed;
  }

  /**
   * The headers of the client's answer: the upstream's without hop-by-hop headers, cookies and what
   * tells of the provider's account. {@code content-length} is left out: whoever knows whether the
   * body was changed sets it.
   */
  public static HttpHeaders forClient(HttpHeaders upstream) {
    return pass(upstream, NOT_TO_CLIENT, NOT_TO_CLIENT_PREFIXES);
  }

  private static HttpHeaders pass(HttpHeaders from, HttpHeaders not, List<String> notPrefixes) {
    HttpHeaders to = new DefaultHttpHeaders();
    boolean nominates = from.contains(HttpHeaderNames.CONNECTION);
    Iterator<Map.Entry<CharSequence, CharSequence>> all = from.iteratorCharSequence();
    while (all.hasNext()) {
      Map.Entry<CharSequence, CharSequence> header = all.next();
      CharSequence name = header.getKey();
      if (!HOP_BY_HOP.contains(name)
          && !not.contains(name)
          && !hasPrefix(name, notPrefixes)
          && !(nominates && from.containsValue(HttpHeaderNames.CONNECTION, name, true))) {
        add(to, name, header.getValue());
      }
    }
    return to;
  }

  /** Leaves out a header that cannot be written again in well-formed HTTP. */
  private static void add(HttpHeaders to, CharSequence name, CharSequence value) {
    try {
      to.add(name, value);
    } catch (IllegalArgumentException e) {
      to.remove(name);
    }
  }

  private static boolean hasPrefix(CharSequence name, List<String> prefixes) {
    for (String prefix : prefixes) {
      if (AsciiString.regionMatches(name, true, 0, prefix, 0, prefix.length())) {
        return true;
      }
    }
    return false;
  }

  /**
   * The product that the client says it is: the first word of its User-Agent up to the slash, such
   * as {@code claude-cli}; {@code unknown} if that is no plain word of at most 32 characters.
   */
  public static String clientName(HttpHeaders headers) {
    String agent = headers.get(HttpHeaderNames.USER_AGENT);
    int end = 0;
    while (agent != null && end < agent.length() && isNameChar(agent.charAt(end))) {
      end++;
    }
    if (agent == null || end == 0 || end > MAX_CLIENT_LENGTH) {
      return UNNAMED_CLIENT;
    }
    boolean whole = end == agent.length() || agent.charAt(end) == '/' || agent.charAt(end) == ' ';
    return whole ? agent.substring(0, end) : UNNAMED_CLIENT;
  }

  /** The provider's own id of an answer; null if it gave none, or no plain one. */
  public static @Nullable String requestId(HttpHeaders upstream) {
    for (String name : REQUEST_ID_HEADERS) {
      String value = upstream.get(name);
      if (value != null && isPlainId(value, MAX_REQUEST_ID_LENGTH)) {
        return value;
      }
    }
    return null;
  }

  /** The agent session that the headers name; null if none, or if it is no plain id. */
  static @Nullable String sessionId(HttpHeaders headers) {
    for (String name : SESSION_HEADERS) {
      String value = headers.get(name);
      if (value != null && isSessionId(value)) {
        return value;
      }
    }
    return null;
  }

  /** Whether it is a plain id of at most 64 characters. */
  static boolean isSessionId(String value) {
    return isPlainId(value, MAX_SESSION_LENGTH);
  }

  private static boolean isPlainId(String value, int maxLength) {
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (!isNameChar(c) && c != ':') {
        return false;
      }
    }
    return !value.isEmpty() && value.length() <= maxLength;
  }

  private static boolean isNameChar(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || c == '.'
        || c == '_'
        || c == '-';
  }
}
