package io.stipend.gateway.server;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.util.AsciiString;
import io.stipend.gateway.http.FieldGrammar;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.Map;

/**
 * Writes the head of an answer. Whatever the headers hold, no field can end the line it stands on,
 * and framing is this package's own: fields that concern one connection are left out.
 */
final class AnswerHead {
  private static final int MIN_STATUS = 200;
  private static final int MAX_STATUS = 599;
  private static final AsciiString VERSION = AsciiString.cached("HTTP/1.1 ");
  private static final AsciiString LENGTH = AsciiString.cached("content-length: ");
  private static final AsciiString CHUNKED = AsciiString.cached("transfer-encoding: chunked\r\n");
  private static final AsciiString CLOSE = AsciiString.cached("connection: close\r\n");
  private static final AsciiString[] CONNECTION_ONLY = {
    HttpHeaderNames.CONNECTION,
    HttpHeaderNames.CONTENT_LENGTH,
    HttpHeaderNames.TRANSFER_ENCODING,
    AsciiString.cached("keep-alive"),
    AsciiString.cached("proxy-connection"),
    HttpHeaderNames.TE,
    HttpHeaderNames.TRAILER,
    HttpHeaderNames.UPGRADE
  };

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
   * @param length the value of content-length, if the body's framing is that
   * @param close whether the connection ends after the answer
   * @throws IllegalArgumentException if the status is not 200..599 or a field is not well-formed;
   *     what was written until then is taken back
   */
  static void write(
      ByteBuf out, int status, HttpHeaders headers, Body body, long length, boolean close) {
    if (status < MIN_STATUS || status > MAX_STATUS) {
      throw new IllegalArgumentException(
          "status: " + status + " (expected: " + MIN_STATUS + ".." + MAX_STATUS + ")");
    }
    int begin = out.writerIndex();
    ascii(out, VERSION);
    decimal(out, status);
    out.writeByte(' ');
    out.writeCharSequence(
        HttpResponseStatus.valueOf(status).reasonPhrase(), StandardCharsets.US_ASCII);
    crlf(out);
    try {
      fields(out, headers);
    } catch (IllegalArgumentException e) {
      out.writerIndex(begin);
      throw e;
    }
    if (body == Body.LENGTH) {
      ascii(out, LENGTH);
      decimal(out, length);
      crlf(out);
    } else if (body == Body.CHUNKED) {
      ascii(out, CHUNKED);
    }
    if (close) {
      ascii(out, CLOSE);
    }
    crlf(out);
  }

  private static void fields(ByteBuf out, HttpHeaders headers) {
    for (Iterator<Map.Entry<CharSequence, CharSequence>> it = headers.iteratorCharSequence();
        it.hasNext(); ) {
      Map.Entry<CharSequence, CharSequence> field = it.next();
      CharSequence name = field.getKey();
      if (!concernsConnection(name)) {
        name(out, name);
        out.writeByte(':').writeByte(' ');
        value(out, name, field.getValue());
        crlf(out);
      }
    }
  }

  private static boolean concernsConnection(CharSequence name) {
    for (AsciiString own : CONNECTION_ONLY) {
      if (own.length() == name.length() && own.contentEqualsIgnoreCase(name)) {
        return true;
      }
    }
    return false;
  }

  private static void name(ByteBuf out, CharSequence name) {
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (!FieldGrammar.isToken(c)) {
        throw new IllegalArgumentException("header name: " + name + " (expected: a token)");
      }
      out.writeByte(c);
    }
    if (name.length() == 0) {
      throw new IllegalArgumentException("header name is empty (expected: a token)");
    }
  }

  private static void value(ByteBuf out, CharSequence name, CharSequence value) {
    for (int i = 0; i < value.length(); i++) {
      char c = value.charAt(i);
      if (!FieldGrammar.isValue(c)) {
        throw new IllegalArgumentException(
            "header " + name + " holds character " + (int) c + " (expected: no control character)");
      }
      out.writeByte(c);
    }
  }

  private static void ascii(ByteBuf out, AsciiString text) {
    out.writeBytes(text.array(), text.arrayOffset(), text.length());
  }

  private static void decimal(ByteBuf out, long number) {
    out.writeCharSequence(Long.toString(number), StandardCharsets.US_ASCII);
  }

  private static void crlf(ByteBuf out) {
    out.writeByte('\r').writeByte('\n');
  }
}
