package io.stipend.gateway.server;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.util.AsciiString;
import io.stipend.gateway.http.FieldGrammar;
import io.stipend.gateway.http.FieldNames;
import io.stipend.gateway.http.Fields;
import io.stipend.gateway.server.ReadHead.Marks;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Reads a request head, byte by byte and without any of the leniencies that RFC 9112 permits:
 * whatever two parsers could read in two ways is refused. It is the only reading there is, so what
 * the head says is made of the very bytes that passed. The meaning is left to {@link RequestRules}.
 */
final class HeadGrammar {
  private static final int MAX_METHOD = 24;
  private static final int MAX_LENGTH_DIGITS = 15;

  /** More than SDKs send. */
  private static final int FIELDS = 24;

  private static final byte[] CHUNKED = ascii("chunked");
  private static final byte[] HTTP_1 = ascii("HTTP/1.");
  private static final byte[] HTTP = ascii("HTTP/");
  private static final byte[] CONNECT = ascii("CONNECT");
  private static final byte[] TRACE = ascii("TRACE");
  private static final byte[] POST = ascii("POST");
  private static final byte[] GET = ascii("GET");

  private final byte[] bytes;
  private final ServerLimits limits;
  private final Fields fields = new Fields(FIELDS);
  private int at;
  private HttpMethod method = HttpMethod.POST;
  private String path;
  private String query = "";
  private boolean http10;
  private boolean chunked;
  private long contentLength = -1;

  // What the rules ask about the fields.
  private @Nullable AsciiString host;
  private @Nullable AsciiString upgrade;
  private @Nullable AsciiString expect;
  private @Nullable AsciiString contentEncoding;
  private boolean contentType;
  private boolean connection;
  private boolean underscored;
  private @Nullable AsciiString repeated;

  private HeadGrammar(byte[] bytes, String likelyPath, ServerLimits limits) {
    this.bytes = bytes;
    this.path = likelyPath;
    this.limits = limits;
  }

  /**
   * Reads a head.
   *
   * @param bytes it and nothing else, its empty line included; the head's values keep them
   * @param likelyPath is used, rather than a string like it, if the head has that path
   */
  static ReadHead read(byte[] bytes, String likelyPath, ServerLimits limits)
      throws MalformedRequest {
    return new HeadGrammar(bytes, likelyPath, limits).head();
  }

  private ReadHead head() throws MalformedRequest {
    int end = lineEnd();
    if (end + 2 > limits.lineBytes()) {
      throw new MalformedRequest(
          MalformedRequest.LINE_TOO_LONG,
          "The request line is longer than " + limits.lineBytes() + " bytes.");
    }
    requestLine(end);
    at = end + 2;
    while (at < bytes.length && bytes[at] != '\r') {
      if (fields.size() == limits.headerCount()) {
        throw new MalformedRequest(
            MalformedRequest.HEADERS_TOO_LARGE,
            "The request has more than " + limits.headerCount() + " header fields.");
      }
      field();
    }
    if (lineEnd() + 2 != bytes.length) {
      throw new MalformedRequest("The head does not end with its empty line.");
    }
    if (chunked && contentLength >= 0) {
      throw new MalformedRequest("Content-Length and Transfer-Encoding exclude each other.");
    }
    if (chunked && http10) {
      throw new MalformedRequest("Transfer-Encoding is not part of HTTP/1.0.");
    }
    if (host == null && !http10) {
      throw new MalformedRequest("The Host header is missing.");
    }
    return new ReadHead(
        method,
        path,
        query,
        fields,
        new Framing(contentLength, chunked, http10),
        new Marks(host, upgrade, expect, contentEncoding, connection, underscored, repeated));
  }

  /** The index of the CR that ends the line which begins here. */
  private int lineEnd() throws MalformedRequest {
    for (int i = at; i < bytes.length; i++) {
      byte b = bytes[i];
      if (b == '\r' || b == '\n') {
        return crlf(i);
      }
    }
    throw new MalformedRequest("The head is not complete.");
  }

  /** The same index, if a line ends there as it must. */
  private int crlf(int index) throws MalformedRequest {
    if (bytes[index] == '\n') {
      throw new MalformedRequest("The head holds a bare line feed.");
    }
    if (index + 1 == bytes.length || bytes[index + 1] != '\n') {
      throw new MalformedRequest("The head holds a bare carriage return.");
    }
    return index;
  }

  private void requestLine(int end) throws MalformedRequest {
    int methodEnd = at;
    while (methodEnd < end && bytes[methodEnd] >= 'A' && bytes[methodEnd] <= 'Z') {
      methodEnd++;
    }
    if (methodEnd == at || methodEnd > MAX_METHOD || methodEnd == end || bytes[methodEnd] != ' ') {
      throw new MalformedRequest("The request line begins with no method.");
    }
    method = method(methodEnd);
    int target = methodEnd + 1;
    int targetEnd = target;
    int mark = -1;
    while (targetEnd < end && bytes[targetEnd] > ' ' && bytes[targetEnd] < 0x7f) {
      if (mark < 0 && bytes[targetEnd] == '?') {
        mark = targetEnd;
      }
      targetEnd++;
    }
    if (targetEnd == target || bytes[target] != '/') {
      throw new MalformedRequest("The request target is not a path.");
    }
    if (targetEnd == end || bytes[targetEnd] != ' ') {
      throw new MalformedRequest("The request target is not followed by a space and a version.");
    }
    int pathEnd = mark < 0 ? targetEnd : mark;
    if (!isLikelyPath(target, pathEnd)) {
      path = text(target, pathEnd);
    }
    query = mark < 0 ? "" : text(mark, targetEnd);
    version(targetEnd + 1, end);
  }

  private HttpMethod method(int end) throws MalformedRequest {
    if (equal(at, end, POST)) {
      return HttpMethod.POST;
    }
    if (equal(at, end, GET)) {
      return HttpMethod.GET;
    }
    if (equal(at, end, CONNECT) || equal(at, end, TRACE)) {
      throw new MalformedRequest("The methods CONNECT and TRACE are not served.");
    }
    return HttpMethod.valueOf(text(at, end));
  }

  private boolean isLikelyPath(int from, int to) {
    if (path.length() != to - from) {
      return false;
    }
    for (int i = from; i < to; i++) {
      if (path.charAt(i - from) != bytes[i]) {
        return false;
      }
    }
    return true;
  }

  private void version(int from, int end) throws MalformedRequest {
    int minor = from + HTTP_1.length;
    if (end == minor + 1 && equal(from, minor, HTTP_1) && (bytes[minor] | 1) == '1') {
      http10 = bytes[minor] == '0';
      return;
    }
    boolean other = end == minor + 1 && equal(from, from + HTTP.length, HTTP);
    throw new MalformedRequest(
        other ? MalformedRequest.VERSION : MalformedRequest.BAD_REQUEST,
        "The version is not HTTP/1.1 or HTTP/1.0.");
  }

  /** Reads the field that begins here, and the end of its line. */
  private void field() throws MalformedRequest {
    int colon = nameEnd(bytes, at, bytes.length);
    int from = colon + 1;
    while (bytes[from] == ' ' || bytes[from] == '\t') {
      from++;
    }
    // The last byte of a head is a line feed, which no value holds.
    int lineEnd = FieldGrammar.valueEnd(bytes, from, bytes.length);
    if (bytes[lineEnd] != '\r' && bytes[lineEnd] != '\n') {
      throw new MalformedRequest("A header field's value holds a control character.");
    }
    crlf(lineEnd);
    int to = lineEnd;
    while (to > from && (bytes[to - 1] == ' ' || bytes[to - 1] == '\t')) {
      to--;
    }
    AsciiString value =
        to == from ? AsciiString.EMPTY_STRING : new AsciiString(bytes, from, to - from, false);
    AsciiString known = FieldNames.known(bytes, at, colon - at);
    if (known != null) {
      note(known, value, from, to);
    }
    fields.append(known == null ? other(colon) : known, value);
    at = lineEnd + 2;
  }

  private AsciiString other(int colon) {
    AsciiString name = new AsciiString(bytes, at, colon - at, false);
    underscored |= name.indexOf('_', 0) >= 0;
    return name;
  }

  /**
   * Keeps what framing and the rules ask about this field.
   *
   * @param name one of the constants, so that references are enough to compare
   */
  @SuppressWarnings("ReferenceEquality")
  private void note(AsciiString name, AsciiString value, int from, int to) throws MalformedRequest {
    if (name == HttpHeaderNames.HOST) {
      if (host != null) {
        throw new MalformedRequest("The Host header is given more than once.");
      }
      host = value;
    } else if (name == HttpHeaderNames.CONTENT_LENGTH) {
      if (contentLength >= 0) {
        throw new MalformedRequest("Content-Length is given more than once.");
      }
      checkSpace(name, from, to);
      contentLength = contentLength(from, to);
    } else if (name == HttpHeaderNames.TRANSFER_ENCODING) {
      if (chunked || !equal(from, to, CHUNKED)) {
        throw new MalformedRequest("Transfer-Encoding is not exactly: chunked.");
      }
      checkSpace(name, from, to);
      chunked = true;
    } else if (name == HttpHeaderNames.CONNECTION) {
      connection = true;
    } else if (name == HttpHeaderNames.CONTENT_TYPE) {
      once(name, contentType ? value : null);
      contentType = true;
    } else if (name == HttpHeaderNames.CONTENT_ENCODING) {
      once(name, contentEncoding);
      contentEncoding = value;
    } else if (name == HttpHeaderNames.EXPECT) {
      once(name, expect);
      expect = value;
    } else if (name == HttpHeaderNames.UPGRADE) {
      once(name, upgrade);
      upgrade = value;
    }
  }

  private void once(AsciiString name, @Nullable AsciiString before) {
    if (before != null) {
      repeated = name;
    }
  }

  /**
   * What frames a body has the one space before it that every client writes, or none, and nothing
   * behind it: some servers take a tab for white space there, others for a part of the value.
   */
  private void checkSpace(AsciiString name, int from, int to) throws MalformedRequest {
    int colon = bytes[from - 1] == ' ' ? from - 2 : from - 1;
    if (bytes[colon] != ':' || bytes[to] != '\r') {
      throw new MalformedRequest(
          "The value of " + name + " has more than one space before it, or some behind it.");
    }
  }

  private long contentLength(int from, int end) throws MalformedRequest {
    int digits = end - from;
    long value = 0;
    boolean good = digits > 0 && digits <= MAX_LENGTH_DIGITS;
    for (int i = from; good && i < end; i++) {
      good = bytes[i] >= '0' && bytes[i] <= '9';
      value = value * 10 + (bytes[i] - '0');
    }
    // A leading zero is octal to some parsers, and no client writes one.
    if (!good || (digits > 1 && bytes[from] == '0')) {
      throw new MalformedRequest("Content-Length is not 1 to 15 digits.");
    }
    return value;
  }

  /**
   * Checks one field line: a token, a colon at once, a value without control characters.
   *
   * @param end exclusive, before the line's CR
   * @return the index of the colon
   */
  static int checkField(byte[] bytes, int from, int end) throws MalformedRequest {
    int colon = nameEnd(bytes, from, end);
    if (FieldGrammar.valueEnd(bytes, colon + 1, end) < end) {
      throw new MalformedRequest("A header field's value holds a control character.");
    }
    return colon;
  }

  /** The index of the colon after the name that begins there. */
  private static int nameEnd(byte[] bytes, int from, int end) throws MalformedRequest {
    if (bytes[from] == ' ' || bytes[from] == '\t') {
      throw new MalformedRequest("A header field is folded over lines.");
    }
    int colon = from;
    while (colon < end && FieldGrammar.isToken(bytes[colon])) {
      colon++;
    }
    if (colon == from || colon == end || bytes[colon] != ':') {
      throw new MalformedRequest(
          "A header field's name is not ASCII letters, digits and signs, with a colon after it.");
    }
    return colon;
  }

  private boolean equal(int from, int to, byte[] expected) {
    return to <= bytes.length && Arrays.equals(bytes, from, to, expected, 0, expected.length);
  }

  private String text(int from, int to) {
    return new String(bytes, from, to - from, StandardCharsets.US_ASCII);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
