package io.stipend.gateway.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.util.AsciiString;
import io.stipend.gateway.http.FieldGrammar;
import io.stipend.gateway.http.Fields;
import java.util.Arrays;

/**
 * Reads the head of an answer, and the trailers of a chunked one, over as many reads as they take;
 * no byte is looked for twice. Its grammar is RFC 9112 without the leniencies: whatever two parsers
 * could take in two ways is refused. For one connection, whose heads follow each other.
 */
final class ResponseHead {
  private static final int MAX_STATUS_LINE_BYTES = 4_096;
  private static final int MAX_FIELDS = 256;
  private static final int MAX_LENGTH_DIGITS = 15;

  /** How much of a read is taken in at once: most heads, and little of a body. */
  private static final int STEP = 1_024;

  /** A head that is larger does not make its connection keep as much room for the next. */
  private static final int KEPT_BYTES = 4 * STEP;

  /** {@code HTTP/1.1 200} */
  private static final int STATUS_END = 12;

  private static final int STATUS_BEGIN = 9;
  private static final byte[] HTTP_1 = AsciiString.cached("HTTP/1.").array();
  private static final int PLACES = 3;
  private static final byte[] NO_BYTES = {};
  private static final int FIRST_FIELDS = 16;

  private final int maxFieldBytes;

  // What has come of the lines being read.
  private byte[] bytes = NO_BYTES;
  private int length;
  private int at;
  private int lineStart;
  private int colon;
  private int fieldsStart;
  private boolean trailers;
  private int fieldBytes;

  /** Of each field, where it begins, its colon, and where it ends. */
  private int[] places = new int[FIRST_FIELDS * PLACES];

  private int count;

  // What the head says.
  private int status;
  private boolean http10;
  private long contentLength;
  private boolean chunked;
  private Fields fields = new Fields();

  /**
   * A reader.
   *
   * @param maxFieldBytes of the fields of one answer, trailers included
   */
  ResponseHead(int maxFieldBytes) {
    this.maxFieldBytes = maxFieldBytes;
  }

  /** The status, 0 to 999. */
  int status() {
    return status;
  }

  /** Whether the version is HTTP/1.0; else it is HTTP/1.1. */
  boolean http10() {
    return http10;
  }

  /** The length that is stated; -1 if none is. */
  long contentLength() {
    return contentLength;
  }

  boolean chunked() {
    return chunked;
  }

  /** The fields as they came; they are the caller's. */
  Fields fields() {
    return fields;
  }

  /** A head is to come. */
  void begin() {
    trailers = false;
    fieldBytes = 0;
    beginLines();
  }

  /** The lines after the last chunk are to come. */
  void beginTrailers() {
    trailers = true;
    beginLines();
  }

  private void beginLines() {
    length = 0;
    at = 0;
    lineStart = 0;
    colon = -1;
    fieldsStart = 0;
    count = 0;
    if (bytes.length > KEPT_BYTES) {
      bytes = NO_BYTES;
    }
  }

  /**
   * Reads on.
   *
   * @return whether the empty line has been read; what stands behind it is left
   */
  boolean read(ByteBuf in) throws MalformedResponse {
    while (in.isReadable()) {
      int step = Math.min(in.readableBytes(), STEP);
      int before = length;
      if (bytes.length < before + step) {
        bytes = Arrays.copyOf(bytes, Math.max(before + step, Math.max(STEP, 2 * before)));
      }
      in.getBytes(in.readerIndex(), bytes, before, step);
      length = before + step;
      boolean complete = lines();
      requireWithinLimits(complete ? at : length);
      if (complete) {
        in.skipBytes(at - before);
        finish();
        return true;
      }
      in.skipBytes(step);
    }
    return false;
  }

  private boolean statusLineDue() {
    return fieldsStart == 0 && !trailers;
  }

  private void requireWithinLimits(int end) throws MalformedResponse {
    if (statusLineDue() && end > MAX_STATUS_LINE_BYTES) {
      throw new MalformedResponse("status line over " + MAX_STATUS_LINE_BYTES + " bytes");
    }
    if (!statusLineDue() && fieldBytes + end - fieldsStart > maxFieldBytes) {
      throw new MalformedResponse("fields over " + maxFieldBytes + " bytes");
    }
  }

  /** Goes on where it stopped; whether the empty line has come. */
  private boolean lines() throws MalformedResponse {
    if (statusLineDue()) {
      if (!lineEnd()) {
        return false;
      }
      requireWithinLimits(at);
      statusLine();
      endLine();
      fieldsStart = at;
    }
    while (colon >= 0 || nameEnd()) {
      if (!lineEnd()) {
        return false;
      }
      if (colon < 0) {
        endLine();
        return true;
      }
      addPlaces();
      endLine();
    }
    return false;
  }

  /** Goes to the colon, or stays at an empty line; false if neither has come. */
  private boolean nameEnd() throws MalformedResponse {
    int i = at;
    while (i < length && FieldGrammar.isToken(bytes[i])) {
      i++;
    }
    at = i;
    if (i == length) {
      return false;
    }
    if (i == lineStart && bytes[i] == '\r') {
      return true;
    }
    if (i == lineStart || bytes[i] != ':') {
      throw new MalformedResponse("a field's name is not a token with a colon after it");
    }
    colon = i;
    return true;
  }

  /** Goes to the CR LF that ends the line; false if it has not come. */
  private boolean lineEnd() throws MalformedResponse {
    int i = FieldGrammar.valueEnd(bytes, at, length);
    at = i;
    if (i == length) {
      return false;
    }
    if (bytes[i] != '\r') {
      throw new MalformedResponse("a line of the head holds a control character");
    }
    if (i + 1 == length) {
      return false;
    }
    if (bytes[i + 1] != '\n') {
      throw new MalformedResponse("the head holds a bare carriage return");
    }
    return true;
  }

  private void endLine() {
    at += 2;
    lineStart = at;
    colon = -1;
  }

  private void statusLine() throws MalformedResponse {
    byte minor = at < STATUS_END ? 0 : bytes[HTTP_1.length];
    if ((minor | 1) != '1'
        || !Arrays.equals(bytes, 0, HTTP_1.length, HTTP_1, 0, HTTP_1.length)
        || bytes[STATUS_BEGIN - 1] != ' '
        || (at > STATUS_END && bytes[STATUS_END] != ' ')) {
      throw new MalformedResponse("the status line is not of HTTP/1.1 or HTTP/1.0");
    }
    http10 = minor == '0';
    status = (int) number(bytes, STATUS_BEGIN, STATUS_END);
    if (status < 0) {
      throw new MalformedResponse("the status is not a number");
    }
  }

  private void addPlaces() throws MalformedResponse {
    if (count == MAX_FIELDS) {
      throw new MalformedResponse("more than " + MAX_FIELDS + " fields");
    }
    int place = count++ * PLACES;
    if (place == places.length) {
      places = Arrays.copyOf(places, 2 * place);
    }
    places[place] = lineStart;
    places[place + 1] = colon;
    places[place + 2] = at;
  }

  private void finish() throws MalformedResponse {
    fieldBytes += at - fieldsStart;
    // Its own bytes: these here are the next head's.
    byte[] own = Arrays.copyOfRange(bytes, fieldsStart, at);
    Fields all = new Fields();
    for (int i = 0; i < count; i++) {
      int place = i * PLACES;
      int from = places[place] - fieldsStart;
      int nameEnd = places[place + 1] - fieldsStart;
      AsciiString name = KnownNames.find(own, from, nameEnd);
      all.append(
          name == null ? new AsciiString(own, from, nameEnd - from, false) : name,
          trimmed(own, nameEnd + 1, places[place + 2] - fieldsStart));
    }
    if (trailers) {
      requireHarmless(all);
    } else {
      fields = all;
      framing();
    }
  }

  private static AsciiString trimmed(byte[] own, int begin, int end) {
    int from = begin;
    int to = end;
    while (from < to && isBlank(own[from])) {
      from++;
    }
    while (to > from && isBlank(own[to - 1])) {
      to--;
    }
    return from == to ? AsciiString.EMPTY_STRING : new AsciiString(own, from, to - from, false);
  }

  private static boolean isBlank(byte b) {
    return b == ' ' || b == '\t';
  }

  private static void requireHarmless(Fields all) throws MalformedResponse {
    for (int i = 0; i < all.size(); i++) {
      if (all.is(i, HttpHeaderNames.CONTENT_LENGTH)
          || all.is(i, HttpHeaderNames.TRANSFER_ENCODING)
          || all.is(i, HttpHeaderNames.TRAILER)) {
        throw new MalformedResponse("a trailer speaks of the framing");
      }
    }
  }

  private void framing() throws MalformedResponse {
    contentLength = -1;
    chunked = false;
    for (int i = 0; i < fields.size(); i++) {
      if (fields.is(i, HttpHeaderNames.CONTENT_LENGTH)) {
        if (contentLength >= 0) {
          throw new MalformedResponse("content-length is given more than once");
        }
        contentLength = length((AsciiString) fields.value(i));
      } else if (fields.is(i, HttpHeaderNames.TRANSFER_ENCODING)) {
        if (chunked || !HttpHeaderValues.CHUNKED.contentEqualsIgnoreCase(fields.value(i))) {
          throw new MalformedResponse("transfer-encoding is not exactly: chunked");
        }
        chunked = true;
      }
    }
    if (chunked && (http10 || contentLength >= 0)) {
      throw new MalformedResponse("chunks with a length, or of HTTP/1.0");
    }
  }

  private static long length(AsciiString digits) throws MalformedResponse {
    byte[] from = digits.array();
    int begin = digits.arrayOffset();
    int count = digits.length();
    long value = count == 0 || count > MAX_LENGTH_DIGITS ? -1 : number(from, begin, begin + count);
    // A leading zero is octal to some parsers, and no server writes one.
    if (value < 0 || (count > 1 && from[begin] == '0')) {
      throw new MalformedResponse("content-length is not 1 to 15 digits");
    }
    return value;
  }

  /** The number that these digits are; -1 if one of them is none. */
  private static long number(byte[] from, int begin, int end) {
    long value = 0;
    for (int i = begin; i < end; i++) {
      int digit = from[i] - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      value = value * 10 + digit;
    }
    return value;
  }
}
