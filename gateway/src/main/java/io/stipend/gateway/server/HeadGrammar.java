package io.stipend.gateway.server;

import io.stipend.gateway.http.FieldGrammar;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The grammar of a request head, byte by byte and without any of the leniencies that RFC 9112
 * permits: whatever two parsers could read in two ways is refused. It runs before Netty's decoder,
 * which silently repairs some of it (it drops a content length beside a transfer encoding, takes a
 * bare line feed, unfolds lines). The meaning of what passes is left to {@link RequestRules}.
 */
final class HeadGrammar {
  private static final int MAX_METHOD = 24;
  private static final int MAX_LENGTH_DIGITS = 15;
  private static final byte[] CONTENT_LENGTH = ascii("content-length");
  private static final byte[] TRANSFER_ENCODING = ascii("transfer-encoding");
  private static final byte[] HOST = ascii("host");
  private static final byte[] CHUNKED = ascii("chunked");
  private static final byte[] HTTP_1 = ascii("HTTP/1.");
  private static final byte[] HTTP = ascii("HTTP/");
  private static final byte[] CONNECT = ascii("CONNECT");
  private static final byte[] TRACE = ascii("TRACE");

  private final byte[] bytes;
  private final int length;
  private final ServerLimits limits;
  private int at;
  private long contentLength = -1;
  private boolean chunked;
  private boolean http10;
  private int fields;
  private int hosts;

  private HeadGrammar(byte[] bytes, int length, ServerLimits limits) {
    this.bytes = bytes;
    this.length = length;
    this.limits = limits;
  }

  /**
   * Checks a head.
   *
   * @param bytes holds it from index 0, its empty line included
   * @param length how many bytes it has
   */
  static Framing check(byte[] bytes, int length, ServerLimits limits) throws MalformedRequest {
    return new HeadGrammar(bytes, length, limits).head();
  }

  private Framing head() throws MalformedRequest {
    int end = lineEnd();
    if (end + 2 > limits.lineBytes()) {
      throw new MalformedRequest(
          MalformedRequest.LINE_TOO_LONG,
          "The request line is longer than " + limits.lineBytes() + " bytes.");
    }
    requestLine(end);
    at = end + 2;
    for (end = lineEnd(); end > at; end = lineEnd()) {
      if (++fields > limits.headerCount()) {
        throw new MalformedRequest(
            MalformedRequest.HEADERS_TOO_LARGE,
            "The request has more than " + limits.headerCount() + " header fields.");
      }
      field(end);
      at = end + 2;
    }
    if (chunked && contentLength >= 0) {
      throw new MalformedRequest("Content-Length and Transfer-Encoding exclude each other.");
    }
    if (chunked && http10) {
      throw new MalformedRequest("Transfer-Encoding is not part of HTTP/1.0.");
    }
    if (hosts == 0 && !http10) {
      throw new MalformedRequest("The Host header is missing.");
    }
    return new Framing(contentLength, chunked, http10);
  }

  /** The index of the CR that ends the line which begins here. */
  private int lineEnd() throws MalformedRequest {
    for (int i = at; i < length; i++) {
      byte b = bytes[i];
      if (b == '\r') {
        if (i + 1 < length && bytes[i + 1] == '\n') {
          return i;
        }
        throw new MalformedRequest("The head holds a bare carriage return.");
      }
      if (b == '\n') {
        throw new MalformedRequest("The head holds a bare line feed.");
      }
    }
    throw new MalformedRequest("The head is not complete.");
  }

  private void requestLine(int end) throws MalformedRequest {
    int methodEnd = at;
    while (methodEnd < end && bytes[methodEnd] >= 'A' && bytes[methodEnd] <= 'Z') {
      methodEnd++;
    }
    if (methodEnd == at || methodEnd > MAX_METHOD || methodEnd == end || bytes[methodEnd] != ' ') {
      throw new MalformedRequest("The request line begins with no method.");
    }
    if (equal(at, methodEnd, CONNECT) || equal(at, methodEnd, TRACE)) {
      throw new MalformedRequest("The methods CONNECT and TRACE are not served.");
    }
    int target = methodEnd + 1;
    int targetEnd = target;
    while (targetEnd < end && bytes[targetEnd] > ' ' && bytes[targetEnd] < 0x7f) {
      targetEnd++;
    }
    if (targetEnd == target || bytes[target] != '/') {
      throw new MalformedRequest("The request target is not a path.");
    }
    if (targetEnd == end || bytes[targetEnd] != ' ') {
      throw new MalformedRequest("The request target is not followed by a space and a version.");
    }
    version(targetEnd + 1, end);
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

  private void field(int end) throws MalformedRequest {
    int colon = checkField(bytes, at, end);
    int nameLength = colon - at;
    if (nameLength == HOST.length && equalIgnoreCase(at, colon, HOST)) {
      if (++hosts > 1) {
        throw new MalformedRequest("The Host header is given more than once.");
      }
    } else if (nameLength == CONTENT_LENGTH.length && equalIgnoreCase(at, colon, CONTENT_LENGTH)) {
      if (contentLength >= 0) {
        throw new MalformedRequest("Content-Length is given more than once.");
      }
      contentLength = contentLength(trimStart(colon + 1, end), end);
    } else if (nameLength == TRANSFER_ENCODING.length
        && equalIgnoreCase(at, colon, TRANSFER_ENCODING)) {
      int value = trimStart(colon + 1, end);
      if (chunked || !equal(value, trimEnd(value, end), CHUNKED)) {
        throw new MalformedRequest("Transfer-Encoding is not exactly: chunked.");
      }
      chunked = true;
    }
  }

  private long contentLength(int from, int lineEnd) throws MalformedRequest {
    int end = trimEnd(from, lineEnd);
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
    if (FieldGrammar.valueEnd(bytes, colon + 1, end) < end) {
      throw new MalformedRequest("A header field's value holds a control character.");
    }
    return colon;
  }

  private int trimStart(int from, int end) {
    int i = from;
    while (i < end && (bytes[i] == ' ' || bytes[i] == '\t')) {
      i++;
    }
    return i;
  }

  private int trimEnd(int from, int end) {
    int i = end;
    while (i > from && (bytes[i - 1] == ' ' || bytes[i - 1] == '\t')) {
      i--;
    }
    return i;
  }

  private boolean equal(int from, int to, byte[] expected) {
    return to <= length && Arrays.equals(bytes, from, to, expected, 0, expected.length);
  }

  /** For lengths that are already equal; {@code lower} holds letters and hyphens only. */
  private boolean equalIgnoreCase(int from, int to, byte[] lower) {
    for (int i = from; i < to; i++) {
      byte b = bytes[i];
      byte folded = b >= 'A' && b <= 'Z' ? (byte) (b + 0x20) : b;
      if (folded != lower[i - from]) {
        return false;
      }
    }
    return true;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
