package io.stipend.gateway.testing;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;

/**
 * What load to put on what.
 *
 * @param url plain HTTP
 * @param headers lines such as {@code x-a: b}
 * @param callers lines such as {@code authorization: Bearer k}, of which each connection has one;
 *     may be empty
 * @param body sent by POST; empty means GET
 * @param threads event loops of the generator
 * @param connections at once, over all threads
 * @param rate requests per second, at times fixed beforehand; 0 means a closed loop, where each
 *     connection sends as soon as it has its answer
 * @param time how long
 * @param grace how long to wait afterwards for what is still under way
 */
public record LoadPlan(
    URI url,
    List<String> headers,
    List<String> callers,
    byte[] body,
    int threads,
    int connections,
    double rate,
    Duration time,
    Duration grace) {
  public LoadPlan {
    headers = List.copyOf(headers);
    callers = List.copyOf(callers);
    if (!"http".equals(url.getScheme()) || threads < 1 || connections < threads || rate < 0) {
      throw new IllegalArgumentException(
          "url: "
              + url
              + ", threads: "
              + threads
              + ", connections: "
              + connections
              + ", rate: "
              + rate
              + " (expected: http, threads >= 1, connections >= threads, rate >= 0)");
    }
  }

  public LoadPlan during(Duration other) {
    return new LoadPlan(url, headers, callers, body, threads, connections, rate, other, grace);
  }

  int port() {
    return url.getPort() < 0 ? 80 : url.getPort();
  }

  /** The same requests for all connections. */
  LoadPlan(
      URI url,
      List<String> headers,
      byte[] body,
      int threads,
      int connections,
      double rate,
      Duration time,
      Duration grace) {
    this(url, headers, List.of(), body, threads, connections, rate, time, grace);
  }

  /** The bytes of each caller's request; whoever asks releases them. */
  List<ByteBuf> requests() {
    return callers.isEmpty()
        ? List.of(request(headers))
        : callers.stream()
            .map(caller -> request(Stream.concat(headers.stream(), Stream.of(caller)).toList()))
            .toList();
  }

  private ByteBuf request(List<String> lines) {
    String path = url.getRawPath().isEmpty() ? "/" : url.getRawPath();
    var head = new StringBuilder(body.length == 0 ? "GET " : "POST ");
    head.append(path).append(url.getRawQuery() == null ? "" : "?" + url.getRawQuery());
    head.append(" HTTP/1.1\r\nhost: ").append(url.getHost()).append(':').append(port());
    head.append("\r\n");
    if (body.length > 0) {
      head.append("content-type: application/json\r\ncontent-length: ");
      head.append(body.length).append("\r\n");
    }
    lines.forEach(line -> head.append(line).append("\r\n"));
    head.append("\r\n");
    byte[] bytes = head.toString().getBytes(StandardCharsets.ISO_8859_1);
    return Unpooled.directBuffer(bytes.length + body.length).writeBytes(bytes).writeBytes(body);
  }
}
