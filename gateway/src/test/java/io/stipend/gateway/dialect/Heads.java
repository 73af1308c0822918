package io.stipend.gateway.dialect;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.stipend.gateway.server.RequestHead;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;

/** Requests for tests. */
final class Heads {
  private Heads() {}

  static RequestHead post(String path, String... namesAndValues) {
    HttpHeaders headers = new DefaultHttpHeaders();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      headers.add(namesAndValues[i], namesAndValues[i + 1]);
    }
    return new RequestHead(
        HttpMethod.POST, path, "", headers, InetAddress.getLoopbackAddress(), true);
  }

  /** A request of this dialect. */
  static RequestHead to(Dialect dialect, String... namesAndValues) {
    return post(dialect.paths().get(0).replace("*", "gemini-2.5-flash"), namesAndValues);
  }

  /** A request with headers written as {@code name: value}, one on each line. */
  static RequestHead with(String lines) {
    return post(
        "/", lines.lines().flatMap(l -> Stream.of(l.split(": ", 2))).toArray(String[]::new));
  }

  static ByteBuf utf8(String text) {
    return Unpooled.wrappedBuffer(text.getBytes(StandardCharsets.UTF_8));
  }

  /** The text of a buffer, which is released. */
  static String text(ByteBuf buffer) {
    String text = buffer.toString(StandardCharsets.UTF_8);
    buffer.release();
    return text;
  }
}
