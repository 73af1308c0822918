package io.stipend.gateway.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.util.AsciiString;
import io.stipend.gateway.http.FieldGrammar;
import io.stipend.gateway.http.Fields;
import java.util.Arrays;

/**
 * Writes requests: the provider's authority, our framing, no hop-by-hop field; and whatever the
 * fields hold, none of them can end the line it stands on. Used on one event loop only, whose room
 * to write in it keeps.
 */
final class RequestWriter {
  /** Below this, copying a body costs less than a second part of a write. */
  private static final int SMALL_BODY_BYTES = 16 * 1_024;

  private static final int FIRST_ROOM = 2 * 1_024;
  private static final int KEPT_ROOM = 64 * 1_024;

  /** The longest decimal int, and the punctuation around any one piece of text. */
  private static final int SLACK = 16;

  private static final AsciiString VERSION = AsciiString.cached(" HTTP/1.1\r\n");
  private static final AsciiString[] OWN = {
    HttpHeaderNames.TRANSFER_ENCODING,
    HttpHeaderNames.CONNECTION,
    HttpHeaderNames.UPGRADE,
    HttpHeaderNames.EXPECT,
    HttpHeaderNames.TE,
    HttpHeaderNames.TRAILER,
    HttpHeaderNames.HOST,
    HttpHeaderNames.PROXY_AUTHORIZATION,
    HttpHeaderNames.CONTENT_LENGTH
  };

  private byte[] out = new byte[FIRST_ROOM];
  private int at;

  /**
   * Writes a request. Its body is released, or goes on as it is.
   *
   * @throws IllegalArgumentException if the target or a field is not well-formed; then the body is
   *     still the caller's
   */
  RequestBytes write(ByteBufAllocator buffers, Target target, UpstreamRequest request) {
    head(target, request);
    ByteBuf body = request.body();
    int bytes = body.readableBytes();
    boolean small = bytes <= SMALL_BODY_BYTES;
    ByteBuf first = buffers.directBuffer(small ? at + bytes : at);
    first.writeBytes(out, 0, at);
    if (small) {
      first.writeBytes(body, body.readerIndex(), bytes);
      body.release();
    }
    if (out.length > KEPT_ROOM) {
      out = new byte[FIRST_ROOM];
    }
    return new RequestBytes(first, small ? null : body, request.method().equals(HttpMethod.HEAD));
  }

  private void head(Target target, UpstreamRequest request) {
    at = 0;
    ascii(request.method().asciiName());
    out[at++] = ' ';
    visible(target.prefix());
    visible(request.pathAndQuery());
    ascii(VERSION);
    fields(request.headers());
    field(HttpHeaderNames.HOST, target.authority());
    String proxyAuthorization = target.proxyAuthorization();
    if (proxyAuthorization != null) {
      field(HttpHeaderNames.PROXY_AUTHORIZATION, proxyAuthorization);
    }
    int length = request.body().readableBytes();
    if (length > 0 || expectsBody(request.method())) {
      length(length);
    }
    end();
  }

  private static boolean expectsBody(HttpMethod method) {
    return method.equals(HttpMethod.POST)
        || method.equals(HttpMethod.PUT)
        || method.equals(HttpMethod.PATCH);
  }

  private void fields(HttpHeaders headers) {
    Fields fields = headers instanceof Fields own ? own : Fields.copyOf(headers);
    for (int i = 0; i < fields.size(); i++) {
      if (!isOwn(fields, i)) {
        field(fields.name(i), fields.value(i));
      }
    }
  }

  private static boolean isOwn(Fields fields, int index) {
    for (AsciiString own : OWN) {
      if (fields.is(index, own)) {
        return true;
      }
    }
    return false;
  }

  private void field(CharSequence name, CharSequence value) {
    name(name);
    out[at++] = ':';
    out[at++] = ' ';
    value(name, value);
    end();
  }

  private void name(CharSequence name) {
    room(name.length());
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      if (!FieldGrammar.isToken(c)) {
        throw new IllegalArgumentException("header name: " + name + " (expected: a token)");
      }
      out[at++] = (byte) c;
    }
    if (name.length() == 0) {
      throw new IllegalArgumentException("header name is empty (expected: a token)");
    }
  }

  private void value(CharSequence name, CharSequence value) {
    int end = at + value.length();
    room(value.length());
    if (value instanceof AsciiString bytes) {
      int begin = at;
      ascii(bytes);
      int bad = FieldGrammar.valueEnd(out, begin, end);
      if (bad < end) {
        throw badValue(name, (char) (out[bad] & 0xff));
      }
      return;
    }
    for (int i = 0; at < end; i++) {
      char c = value.charAt(i);
      if (!FieldGrammar.isValue(c)) {
        throw badValue(name, c);
      }
      out[at++] = (byte) c;
    }
  }

  /** Tells one character only: the value may be a credential. */
  private static IllegalArgumentException badValue(CharSequence name, char c) {
    return new IllegalArgumentException(
        "header " + name + " holds character " + (int) c + " (expected: no control character)");
  }

  private void visible(String text) {
    room(text.length());
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c <= ' ' || c >= 0x7f) {
        throw new IllegalArgumentException(
            "path: character " + (int) c + " at " + i + " (expected: visible ASCII)");
      }
      out[at++] = (byte) c;
    }
  }

  private void length(int bytes) {
    name(HttpHeaderNames.CONTENT_LENGTH);
    out[at++] = ':';
    out[at++] = ' ';
    int digits = 1;
    for (int rest = bytes; rest > 9; rest /= 10) {
      digits++;
    }
    int rest = bytes;
    for (int i = at + digits - 1; i >= at; i--) {
      out[i] = (byte) ('0' + rest % 10);
      rest /= 10;
    }
    at += digits;
    end();
  }

  private void ascii(AsciiString text) {
    room(text.length());
    System.arraycopy(text.array(), text.arrayOffset(), out, at, text.length());
    at += text.length();
  }

  private void end() {
    room(0);
    out[at++] = '\r';
    out[at++] = '\n';
  }

  /** Makes room for so many bytes, and the slack. */
  private void room(int bytes) {
    if (out.length - at < bytes + SLACK) {
      out = Arrays.copyOf(out, Math.max(2 * out.length, at + bytes + SLACK));
    }
  }
}
