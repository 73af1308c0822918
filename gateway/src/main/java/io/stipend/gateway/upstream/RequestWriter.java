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

  /** Whether a field is ours to set, or never goes upstream. */
  private static boolean isOwn(Fields fields, int index) {
    return switch (fields.name(index).length()) {
      case 2 -> fields.is(index, HttpHeaderNames.TE);
      case 4 -> fields.is(index, HttpHeaderNames.HOST);
      case 6 -> fields.is(index, HttpHeaderNames.EXPECT);
      case 7 ->
          fields.is(index, HttpHeaderNames.UPGRADE) || fields.is(index, HttpHeaderNames.TRAILER);
      case 10 -> fields.is(index, HttpHeaderNames.CONNECTION);
      case 14 -> fields.is(index, HttpHeaderNames.CONTENT_LENGTH);
      case 17 -> fields.is(index, HttpHeaderNames.TRANSFER_ENCODING);
      case 19 -> fields.is(index, HttpHeaderNames.PROXY_AUTHORIZATION);
      default -> false;
    };
  }

  private void field(CharSequence name, CharSequence value) {
    name(name);
    out[at++] = ':';
    out[at++] = ' ';
    value(name, value);
    end();
  }

  private void name(CharSequence name) {
    int begin = at;
    boolean good = latin(name) && at > begin;
    for (int i = begin; good && i < at; i++) {
      good = FieldGrammar.isToken(out[i]);
    }
    if (!good) {
      throw new IllegalArgumentException("header name: " + name + " (expected: a token)");
    }
  }

  private void value(CharSequence name, CharSequence value) {
    int begin = at;
    if (!latin(value) || FieldGrammar.valueEnd(out, begin, at) < at) {
      throw badValue(name, value);
    }
  }

  /** Tells one character only: the value may be a credential. */
  private static IllegalArgumentException badValue(CharSequence name, CharSequence value) {
    int i = 0;
    while (FieldGrammar.isValue(value.charAt(i))) {
      i++;
    }
    return new IllegalArgumentException(
        "header "
            + name
            + " holds character "
            + (int) value.charAt(i)
            + " (expected: no control character)");
  }

  /** Copies text; false if it holds a character that is no single byte. */
  private boolean latin(CharSequence text) {
    if (text instanceof AsciiString bytes) {
      ascii(bytes);
      return true;
    }
    int length = text.length();
    room(length);
    byte[] to = out;
    int begin = at;
    int seen = 0;
    for (int i = 0; i < length; i++) {
      char c = text.charAt(i);
      to[begin + i] = (byte) c;
      seen |= c;
    }
    at = begin + length;
    return seen <= 0xff;
  }

  private void visible(String text) {
    int begin = at;
    boolean latin = latin(text);
    for (int i = begin; i < at; i++) {
      if (!latin || out[i] <= ' ' || out[i] == 0x7f) {
        throw notVisible(text);
      }
    }
  }

  private static IllegalArgumentException notVisible(String text) {
    int i = 0;
    while (text.charAt(i) > ' ' && text.charAt(i) < 0x7f) {
      i++;
    }
    return new IllegalArgumentException(
        "path: character " + (int) text.charAt(i) + " at " + i + " (expected: visible ASCII)");
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
