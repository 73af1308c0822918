package io.stipend.gateway.server;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.util.AsciiString;
import io.stipend.gateway.http.Fields;
import io.stipend.gateway.server.ReadHead.Marks;
import io.stipend.policy.Refusal;
import io.stipend.policy.RefusalReason;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a well-formed request must also be: addressed to an exact path, with one sane Host, without
 * a credential in its query, without header fields that another server could take for a credential
 * or for framing, and without an upgrade to another protocol.
 */
final class RequestRules {
  private static final int ASCII = 128;
  private static final int MAX_PORT = 65_535;
  private static final int MAX_PORT_DIGITS = 5;
  private static final Pattern SLASHES = Pattern.compile("/{2,}");
  private static final boolean[] PATH = letters("-._~!$&'()*+,=:@/");
  private static final boolean[] HOST = letters("-._~");
  private static final boolean[] IP_LITERAL = letters(".:");

  /** Header fields with a hyphen that must not be imitated with an underscore. */
  private static final Set<String> NOT_TO_IMITATE =
      Set.of(
          "api-key",
          "x-api-key",
          "x-goog-api-key",
          "proxy-authorization",
          "content-length",
          "content-encoding",
          "content-type",
          "transfer-encoding",
          "keep-alive",
          "proxy-connection",
          "anthropic-version",
          "anthropic-beta",
          "openai-organization",
          "openai-project",
          "stipend-exchange-id");

  /** Header fields that a Connection header must not name, for whoever obeys it loses them. */
  private static final Set<String> NOT_TO_NOMINATE =
      Set.of(
          "authorization",
          "api-key",
          "x-api-key",
          "x-goog-api-key",
          "cookie",
          "host",
          "content-length",
          "content-encoding",
          "content-type",
          "transfer-encoding",
          "expect");

  /** The one upgrade that is ignored rather than refused: some clients always offer it. */
  private static final AsciiString HTTP_2 = AsciiString.cached("h2c");

  private RequestRules() {}

  /** Checks a request. */
  static RequestHead check(ReadHead read, InetAddress source) throws MalformedRequest {
    String path = ModelNames.plain(read.path());
    if (!isPlain(path)) {
      throw new MalformedRequest(
          MalformedRequest.NOT_FOUND,
          Refusal.of(RefusalReason.UNKNOWN_ROUTE, whyNotPlain(read.path())));
    }
    checkQuery(read.query());
    Marks marks = read.marks();
    if (marks.underscored()) {
      checkUnderscores(read.fields());
    }
    if (marks.repeated() != null) {
      throw new MalformedRequest(
          "A header field is given more than once: " + marks.repeated() + ".");
    }
    checkHost(marks.host());
    if (marks.upgrade() != null && !HTTP_2.equals(marks.upgrade())) {
      checkUpgrade(marks.upgrade());
    }
    if (marks.connection()) {
      checkConnection(read.fields());
    }
    if (marks.expect() != null
        && !HttpHeaderValues.CONTINUE.contentEqualsIgnoreCase(marks.expect())) {
      throw new MalformedRequest(
          MalformedRequest.EXPECTATION_FAILED, "Expect is not: 100-continue.");
    }
    return new RequestHead(
        read.method(), path, read.query(), read.fields(), source, read.framing().hasBody());
  }

  /** Mostly the slash too many is the last one of a base URL, before the client's own first. */
  private static String whyNotPlain(String path) {
    if (ModelNames.isArn(path)) {
      return "No path takes an ARN for a model: give it an alias in the quota file.";
    }
    if (!isPlain(oneSlash(path))) {
      return "No route has a path with escapes, parameters, empty or dot segments.";
    }
    String where = path.startsWith("//") ? "begins with //" : "holds //";
    return "No such route: the path " + where + ": end the base URL without a slash.";
  }

  private static String oneSlash(String path) {
    return SLASHES.matcher(path).replaceAll("/");
  }

  /** An agent that is told so goes on by POST at once; any other status makes it try for long. */
  private static void checkUpgrade(AsciiString to) throws MalformedRequest {
    if (HttpHeaderValues.WEBSOCKET.contentEqualsIgnoreCase(to)) {
      throw new MalformedRequest(
          MalformedRequest.UPGRADE_REQUIRED, "WebSockets are not served here; send a POST.");
    }
    throw new MalformedRequest("An upgrade to another protocol is not served.");
  }

  /**
   * The same head without its query, for a request that is refused; a path with slashes too many is
   * that without them, so that the answer is in the dialect of the route that was meant.
   */
  static RequestHead known(ReadHead read, InetAddress source) {
    String once = oneSlash(ModelNames.plain(read.path()));
    String path = isPlain(once) ? once : ModelNames.above(once);
    return new RequestHead(read.method(), path, "", read.fields(), source, false);
  }

  /** Whether the client ends the connection after this request. */
  static boolean wantsClose(ReadHead read) {
    Fields fields = read.fields();
    for (int i = 0; read.marks().connection() && i < fields.size(); i++) {
      if (fields.is(i, HttpHeaderNames.CONNECTION)
          && !HttpHeaderValues.KEEP_ALIVE.contentEqualsIgnoreCase(fields.value(i))) {
        return fields.containsValue(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE, true);
      }
    }
    return false;
  }

  /** The path of a head that is perhaps malformed; {@code /} where none can be told. */
  static String guessPath(byte[] head) {
    int length = head.length;
    int from = 0;
    while (from < length && head[from] > ' ') {
      from++;
    }
    int to = ++from;
    while (to < length && head[to] > ' ' && head[to] != '?') {
      to++;
    }
    if (to >= length || to == from) {
      return "/";
    }
    String path = new String(head, from, to - from, StandardCharsets.ISO_8859_1);
    return isPlain(path) ? path : "/";
  }

  /** Whether a path has one reading only: no escapes, no parameters, no empty or dot segments. */
  private static boolean isPlain(String path) {
    int length = path.length();
    if (length == 0 || path.charAt(0) != '/') {
      return false;
    }
    int segment = 1;
    for (int i = 1; i <= length; i++) {
      char c = i < length ? path.charAt(i) : '/';
      if (c >= ASCII || !PATH[c]) {
        return false;
      }
      if (c == '/') {
        boolean last = i == length;
        int size = i - segment;
        if ((size == 0 && !last)
            || (size == 1 && path.charAt(segment) == '.')
            || (size == 2 && path.startsWith("..", segment))) {
          return false;
        }
        segment = i + 1;
      }
    }
    return true;
  }

  private static void checkQuery(String query) throws MalformedRequest {
    if (query.indexOf('#') >= 0) {
      throw new MalformedRequest("The request target holds a fragment.");
    }
    if (!query.isEmpty() && QueryCredentials.in(query)) {
      throw new MalformedRequest(
          MalformedRequest.BAD_REQUEST,
          Refusal.of(
              RefusalReason.CREDENTIAL_IN_QUERY,
              "The query string holds a credential, which logs would keep. Send it in a header,"
                  + " and replace it."));
    }
  }

  private static void checkUnderscores(Fields fields) throws MalformedRequest {
    for (int i = 0; i < fields.size(); i++) {
      CharSequence name = fields.name(i);
      if (AsciiString.indexOf(name, '_', 0) >= 0) {
        String dashed = name.toString().toLowerCase(Locale.ROOT).replace('_', '-');
        if (NOT_TO_IMITATE.contains(dashed)) {
          throw new MalformedRequest("A header field is written with _ for -: " + dashed + ".");
        }
      }
    }
  }

  /** A Host is a name or an address, and perhaps a port. It decides nothing here. */
  private static void checkHost(@Nullable AsciiString host) throws MalformedRequest {
    if (host == null) {
      return;
    }
    int length = host.length();
    int end = 0;
    if (length > 0 && host.charAt(0) == '[') {
      end = Math.max(0, skip(host, 1, IP_LITERAL));
      end = end > 1 && end < length && host.charAt(end) == ']' ? end + 1 : 0;
    } else {
      end = skip(host, 0, HOST);
    }
    if (end == 0 || (end < length && !isPort(host, end))) {
      throw new MalformedRequest("Host is not a name or an address, and perhaps a port.");
    }
  }

  private static boolean isPort(AsciiString host, int colon) {
    int digits = host.length() - colon - 1;
    if (host.charAt(colon) != ':' || digits < 1 || digits > MAX_PORT_DIGITS) {
      return false;
    }
    int port = 0;
    for (int i = colon + 1; i < host.length(); i++) {
      char c = host.charAt(i);
      if (c < '0' || c > '9') {
        return false;
      }
      port = port * 10 + (c - '0');
    }
    return port <= MAX_PORT;
  }

  private static int skip(AsciiString text, int from, boolean[] allowed) {
    int i = from;
    while (i < text.length() && text.charAt(i) < ASCII && allowed[text.charAt(i)]) {
      i++;
    }
    return i;
  }

  private static void checkConnection(Fields fields) throws MalformedRequest {
    for (int i = 0; i < fields.size(); i++) {
      if (fields.is(i, HttpHeaderNames.CONNECTION)) {
        CharSequence value = fields.value(i);
        if (!HttpHeaderValues.KEEP_ALIVE.contentEqualsIgnoreCase(value)
            && !HttpHeaderValues.CLOSE.contentEqualsIgnoreCase(value)) {
          checkOptions(value.toString());
        }
      }
    }
  }

  private static void checkOptions(String options) throws MalformedRequest {
    for (int from = 0; from <= options.length(); ) {
      int comma = options.indexOf(',', from);
      int to = comma < 0 ? options.length() : comma;
      String option = options.substring(from, to).trim().toLowerCase(Locale.ROOT);
      if (NOT_TO_NOMINATE.contains(option)) {
        throw new MalformedRequest("Connection may not name: " + option + ".");
      }
      from = to + 1;
    }
  }

  private static boolean[] letters(String more) {
    boolean[] allowed = new boolean[ASCII];
    for (int c = 0; c < ASCII; c++) {
      allowed[c] = Character.isLetterOrDigit(c) || more.indexOf(c) >= 0;
    }
    return allowed;
  }
}
