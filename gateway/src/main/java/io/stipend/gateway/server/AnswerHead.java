package io.stipend.gateway.server;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.util.AsciiString;
import io.netty.util.concurrent.FastThreadLocal;
import io.stipend.gateway.http.FieldGrammar;
import io.stipend.gateway.http.FieldNames;
import io.stipend.gateway.http.Fields;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Iterator;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes the head of an answer. Whatever the headers hold, no field can end the line it stands on,
 * and framing is this package's own: fields that concern one connection are left out.
 *
 * <p>A head is put together in an array that its thread keeps, and reaches the answer's buffer in
 * one piece, when all of it is known to be well-formed.
 */
final class AnswerHead {
  private static final int MIN_STATUS = 200;
  private static final int MAX_STATUS = 599;
  private static final int MAX_LENGTH_DIGITS = 15;

  /** Of any long. */
  private static final int MAX_DIGITS = 19;

  /** A colon, a space, CR and LF. */
  private static final int SEPARATORS = 4;

  private static final int FIRST_BYTES = 2 * 1_024;
  private static final byte[][] STATUS_LINES = new byte[MAX_STATUS - MIN_STATUS + 1][];
  private static final byte[] LENGTH = ascii("content-length: ");
  private static final byte[] CHUNKED = ascii("transfer-encoding: chunked\r\n");
  private static final byte[] CLOSE = ascii("connection: close\r\n");

  static {
    for (int i = 0; i < STATUS_LINES.length; i++) {
      int status = MIN_STATUS + i;
      String reason = HttpResponseStatus.valueOf(status).reasonPhrase();
      STATUS_LINES[i] = ascii("HTTP/1.1 " + status + " " + reason + "\r\n");
    }
  }

  private static final FastThreadLocal<AnswerHead> HEADS =
      new FastThreadLocal<>() {
        @Override
        protected AnswerHead initialValue() {
          return new AnswerHead();
        }
      };

  private byte[] bytes = new byte[FIRST_BYTES];
  private int length;

  private AnswerHead() {}

  /** The framing of the answer's body. */
  enum Body {
    /** There is none, and no field about it: 204 and 304. */
    NONE,
    /** A length is given. */
    LENGTH,
    /** Chunks. */
    CHUNKED,
    /** It ends with the connection. */
    UNTIL_CLOSE
  }

  /**
   * Writes a head and its empty line.
   *
   * @param bodyLength the value of content-length, if the body's framing is that
   * @param close whether the connection ends after the answer
   * @throws IllegalArgumentException if the status is not 200..599 or a field is not well-formed;
   *     nothing is written then
   */
  static void write(
      ByteBuf out, int status, HttpHeaders headers, Body body, long bodyLength, boolean close) {
    if (status < MIN_STATUS || status > MAX_STATUS) {
      throw new IllegalArgumentException(
          "status: " + status + " (expected: " + MIN_STATUS + ".." + MAX_STATUS + ")");
    }
    AnswerHead head = HEADS.get();
    head.length = 0;
    head.put(STATUS_LINES[status - MIN_STATUS]);
    head.fields(headers);
    if (body == Body.LENGTH) {
      head.put(LENGTH);
      head.decimal(bodyLength);
      head.crlf();
    } else if (body == Body.CHUNKED) {
      head.put(CHUNKED);
    }
    if (close) {
      head.put(CLOSE);
    }
    head.crlf();
    out.writeBytes(head.bytes, 0, head.length);
    if (head.bytes.length > FIRST_BYTES) {
      head.bytes = new byte[FIRST_BYTES];
    }
  }

  /**
   * The length that the headers give; -1 if none.
   *
   * @throws IllegalArgumentException if it is not one number of 1 to 15 digits
   */
  static long lengthOf(HttpHeaders headers) {
    CharSequence found = null;
    if (headers instanceof Fields fields) {
      for (int i = 0; i < fields.size(); i++) {
        if (fields.is(i, HttpHeaderNames.CONTENT_LENGTH)) {
          found = only(headers, found, fields.value(i));
        }
      }
    } else {
      for (Iterator<? extends CharSequence> it =
              headers.valueCharSequenceIterator(HttpHeaderNames.CONTENT_LENGTH);
          it.hasNext(); ) {
        found = only(headers, found, it.next());
      }
    }
    return found == null ? -1 : number(headers, found);
  }

  private static CharSequence only(
      HttpHeaders headers, @Nullable CharSequence before, CharSequence value) {
    if (before != null) {
      throw badLength(headers);
    }
    return value;
  }

  private static long number(HttpHeaders headers, CharSequence digits) {
    int count = digits.length();
    long value = 0;
    boolean good = count > 0 && count <= MAX_LENGTH_DIGITS;
    for (int i = 0; good && i < count; i++) {
      int digit = digits.charAt(i) - '0';
      good = digit >= 0 && digit <= 9;
      value = value * 10 + digit;
    }
    if (!good) {
      throw badLength(headers);
    }
    return value;
  }

  private static IllegalArgumentException badLength(HttpHeaders headers) {
    return new IllegalArgumentException(
        "content-length: "
            + headers.getAll(HttpHeaderNames.CONTENT_LENGTH)
            + " (expected: one number of 1 to 15 digits)");
  }

  private void fields(HttpHeaders headers) {
    if (headers instanceof Fields fields) {
      for (int i = 0; i < fields.size(); i++) {
        field(fields.name(i), fields.value(i));
      }
      return;
    }
    for (Iterator<Map.Entry<CharSequence, CharSequence>> it = headers.iteratorCharSequence();
        it.hasNext(); ) {
      Map.Entry<CharSequence, CharSequence> field = it.next();
      field(field.getKey(), field.getValue());
    }
  }

  private void field(CharSequence name, CharSequence value) {
    if (concernsConnection(name)) {
      return;
    }
    int size = name.length();
    ensure(size + value.length() + SEPARATORS);
    int from = length;
    copy(name);
    for (int i = from; i < from + size; i++) {
      if (!FieldGrammar.isToken(bytes[i])) {
        throw badName(name);
      }
    }
    if (size == 0) {
      throw badName(name);
    }
    bytes[length++] = ':';
    bytes[length++] = ' ';
    from = length;
    copy(value);
    if (FieldGrammar.valueEnd(bytes, from, length) < length) {
      throw badValue(name);
    }
    crlf();
  }

  private static IllegalArgumentException badName(CharSequence name) {
    return new IllegalArgumentException("header name: <" + name + "> (expected: a token)");
  }

  private static IllegalArgumentException badValue(CharSequence name) {
    return new IllegalArgumentException(
        "header "
            + name
            + ": its value holds a character that is not allowed there"
            + " (expected: ISO 8859-1 without control characters)");
  }

  private static boolean concernsConnection(CharSequence name) {
    return switch (name.length()) {
      case 2 -> same(HttpHeaderNames.TE, name);
      case 7 -> same(HttpHeaderNames.TRAILER, name) || same(HttpHeaderNames.UPGRADE, name);
      case 10 -> same(HttpHeaderNames.CONNECTION, name) || same(FieldNames.KEEP_ALIVE, name);
      case 14 -> same(HttpHeaderNames.CONTENT_LENGTH, name);
      case 16 -> same(FieldNames.PROXY_CONNECTION, name);
      case 17 -> same(HttpHeaderNames.TRANSFER_ENCODING, name);
      default -> false;
    };
  }

  private static boolean same(AsciiString own, CharSequence name) {
    return own == name || own.contentEqualsIgnoreCase(name);
  }

  private void copy(CharSequence text) {
    int size = text.length();
    if (text instanceof AsciiString ascii) {
      System.arraycopy(ascii.array(), ascii.arrayOffset(), bytes, length, size);
    } else {
      for (int i = 0; i < size; i++) {
        char c = text.charAt(i);
        // What does not fit into a byte becomes one that neither a name nor a value may hold.
        bytes[length + i] = c <= 0xff ? (byte) c : 0;
      }
    }
    length += size;
  }

  private void put(byte[] text) {
    ensure(text.length);
    System.arraycopy(text, 0, bytes, length, text.length);
    length += text.length;
  }

  private void decimal(long number) {
    ensure(MAX_DIGITS);
    int digits = 1;
    for (long rest = number / 10; rest > 0; rest /= 10) {
      digits++;
    }
    long rest = number;
    for (int i = length + digits - 1; i >= length; i--) {
      bytes[i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    length += digits;
  }

  private void crlf() {
    ensure(2);
    bytes[length++] = '\r';
    bytes[length++] = '\n';
  }

  private void ensure(int more) {
    if (bytes.length - length < more) {
      bytes = Arrays.copyOf(bytes, Math.max(2 * bytes.length, length + more));
    }
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
