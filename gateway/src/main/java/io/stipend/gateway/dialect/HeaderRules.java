package io.stipend.gateway.dialect;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import io.stipend.gateway.http.FieldNames;
import io.stipend.gateway.http.Fields;
import io.stipend.gateway.http.NameSet;
import io.stipend.gateway.server.RequestHead;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which headers pass the gateway, each way. All that is not named here passes: providers' feature
 * headers are open lists.
 */
public final class HeaderRules {
  /** The longest product name that is kept. */
  private static final int MAX_CLIENT_LENGTH = 32;

  /** The longest id of a session or an agent that is kept. */
  private static final int MAX_LABEL_LENGTH = 64;

  /** What a client is called that does not say a well-formed name. */
  private static final String UNNAMED_CLIENT = "unknown";

  private static final int MAX_REQUEST_ID_LENGTH = 128;

  private static final List<AsciiString> REQUEST_ID_HEADERS =
      names("x-request-id", "request-id", "apim-request-id", "x-amzn-requestid");

  /**
   * Of a request: what concerns one connection, what is the gateway's to say, what names the payer,
   * what an edit makes wrong, what leaves the usage out of an answer.
   */
  private static final NameSet NOT_UPSTREAM =
      NameSet.of(
          "connection",
          "keep-alive",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade",
          "content-length",
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
          "x-goog-fieldmask",
          "x-goog-user-project");

  /** Of an answer: what concerns one connection, the provider's host or its account. */
  private static final NameSet NOT_TO_CLIENT =
      NameSet.of(
          "connection",
          "keep-alive",
          "te",
          "trailer",
          "transfer-encoding",
          "upgrade",
          "content-length",
          "set-cookie",
          "set-cookie2",
          "alt-svc",
          "strict-transport-security",
          "openai-organization",
          "openai-project",
          "anthropic-organization-id");

  private static final String[] NOT_UPSTREAM_PREFIXES = {
    "proxy-", "x-forwarded-", "stipend-", "x-amz-", "amz-sdk-"
  };

  /** How much of the provider's own account is used is nothing that the caller could act on. */
  private static final String[] NOT_TO_CLIENT_PREFIXES = {
    "proxy-", "stipend-", "x-codex-primary-", "x-codex-secondary-", "x-codex-credits-"
  };

  private static final String JSON = "application/json";

  /** Of the type that {@code curl -d} says of everything. */
  private static final String URL_ENCODED = "urlencoded";

  /** Fields that are set later, at most. */
  private static final int MORE_FIELDS = 16;

  private HeaderRules() {}

  private static List<AsciiString> names(String... names) {
    return Arrays.stream(names).map(AsciiString::cached).toList();
  }

  /**
   * The headers of the upstream request: the client's without its credentials, hop-by-hop and
   * forwarding headers; {@code accept-encoding: identity}. A body that is said to be an encoded
   * form was read as JSON, and is said to be that: a provider that decodes such forms could find
   * another model within a string of it. The provider's credential is set later, by {@link
   * Dialect#authorize}.
   */
  public static HttpHeaders forUpstream(RequestHead head) {
    HttpHeaders passed = pass(head.headers(), NOT_UPSTREAM, NOT_UPSTREAM_PREFIXES);
    passed.set(HttpHeaderNames.ACCEPT_ENCODING, "identity");
    String type = passed.get(HttpHeaderNames.CONTENT_TYPE);
    if (type != null
        && !type.equals(JSON)
        && HeaderParameters.mediaType(type).contains(URL_ENCODED)) {
      passed.set(HttpHeaderNames.CONTENT_TYPE, JSON);
    }
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

  private static Fields pass(HttpHeaders headers, NameSet not, String[] notPrefixes) {
    Fields from = Fields.of(headers);
    Fields to = new Fields(from.size() + MORE_FIELDS);
    boolean nominates = from.contains(HttpHeaderNames.CONNECTION);
    for (int i = 0; i < from.size(); i++) {
      CharSequence name = from.name(i);
      if (!not.contains(name)
          && !hasPrefix(name, notPrefixes)
          && !(nominates && from.containsValue(HttpHeaderNames.CONNECTION, name, true))) {
        to.append(name, from.value(i));
      }
    }
    return to;
  }

  private static boolean hasPrefix(CharSequence name, String[] prefixes) {
    char first = AsciiString.toLowerCase(name.charAt(0));
    for (String prefix : prefixes) {
      if (prefix.charAt(0) == first
          && AsciiString.regionMatches(name, true, 0, prefix, 0, prefix.length())) {
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
    CharSequence agent = Fields.of(headers).first(HttpHeaderNames.USER_AGENT);
    int end = 0;
    while (agent != null && end < agent.length() && isNameChar(agent.charAt(end))) {
      end++;
    }
    if (agent == null || end == 0 || end > MAX_CLIENT_LENGTH) {
      return UNNAMED_CLIENT;
    }
    boolean whole = end == agent.length() || agent.charAt(end) == '/' || agent.charAt(end) == ' ';
    return whole ? agent.subSequence(0, end).toString() : UNNAMED_CLIENT;
  }

  /** The provider's own id of an answer; null if it gave none, or no plain one. */
  public static @Nullable String requestId(HttpHeaders upstream) {
    for (AsciiString name : REQUEST_ID_HEADERS) {
      String value = upstream.get(name);
      if (value != null && isPlainId(value, MAX_REQUEST_ID_LENGTH)) {
        return value;
      }
    }
    return null;
  }

  /**
   * What the headers say of the agent that asks, as plain ids: those of Claude Code, of Codex (seen
   * of 0.171) or of opencode, whichever's session comes first.
   */
  static Labels labels(HttpHeaders headers) {
    String session = label(headers, FieldNames.X_CLAUDE_CODE_SESSION_ID);
    if (session != null) {
      return new Labels(
          session,
          member(headers, FieldNames.X_CLAUDE_CODE_AGENT_ID),
          member(headers, FieldNames.X_CLAUDE_CODE_PARENT_AGENT_ID));
    }
    session = label(headers, FieldNames.SESSION_ID);
    if (session != null) {
      return codex(session, headers);
    }
    session = label(headers, FieldNames.X_SESSION_ID);
    if (session != null) {
      // Each agent of opencode has a session of its own, and names the one that started it.
      String parent = label(headers, FieldNames.X_PARENT_SESSION_ID);
      return new Labels(session, parent == null ? null : session, parent);
    }
    return Labels.NONE;
  }

  /**
   * All agents of a Codex session have its id, and each is a thread; that of the first one is the
   * session. Where the thread does not tell them apart, the kind of agent does, such as {@code
   * review}.
   */
  private static Labels codex(String session, HttpHeaders headers) {
    String thread = label(headers, FieldNames.THREAD_ID);
    return new Labels(
        session,
        thread == null || thread.equals(session)
            ? label(headers, FieldNames.X_OPENAI_SUBAGENT)
            : thread,
        label(headers, FieldNames.X_CODEX_PARENT_THREAD_ID));
  }

  private static @Nullable String label(HttpHeaders headers, AsciiString name) {
    String value = headers.get(name);
    return value != null && isSessionId(value) ? value : null;
  }

  /** An agent of Claude Code, which in a team is {@code NAME@TEAM}. */
  private static @Nullable String member(HttpHeaders headers, AsciiString name) {
    String value = headers.get(name);
    if (value == null) {
      return null;
    }
    int at = value.indexOf('@');
    boolean team = at > 0 && value.length() <= MAX_LABEL_LENGTH;
    boolean plain =
        team
            ? isSessionId(value.substring(0, at)) && isSessionId(value.substring(at + 1))
            : isSessionId(value);
    return plain ? value : null;
  }

  /** Whether it is a plain id of at most 64 characters. */
  static boolean isSessionId(String value) {
    return isPlainId(value, MAX_LABEL_LENGTH);
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
