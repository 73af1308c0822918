package io.stipend.gateway.bench;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.util.AsciiString;
import io.stipend.gateway.http.Fields;
import io.stipend.gateway.server.EmbeddedListener;
import io.stipend.gateway.server.Outbound;
import io.stipend.gateway.server.RequestHandler;
import io.stipend.gateway.server.RequestHead;
import io.stipend.policy.Refusal;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;

/**
 * The client's leg without a socket: the bytes of one request with the header fields of OpenAI's
 * SDK and a body of 2 KiB come in one read, a handler takes them, and an answer with a dozen header
 * fields and 300 bytes goes out.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class RequestParseBenchmark {
  private static final String HEAD =
      """
      POST /v1/chat/completions HTTP/1.1
      Host: gateway.example:8080
      Accept-Encoding: identity
      Connection: keep-alive
      Accept: application/json
      Content-Type: application/json
      User-Agent: OpenAI/Python 1.51.0
      X-Stainless-Lang: python
      X-Stainless-Package-Version: 1.51.0
      X-Stainless-OS: Linux
      X-Stainless-Arch: x64
      X-Stainless-Runtime: CPython
      X-Stainless-Runtime-Version: 3.12.3
      Authorization: Bearer stp_0123456789abcdef0123456789abcdef0123456789abcdef
      Content-Length: 2048

      """;

  private static final Fields ANSWER =
      new Fields()
          .append(HttpHeaderNames.CONTENT_TYPE, AsciiString.cached("application/json"))
          .append(HttpHeaderNames.DATE, AsciiString.cached("Sun, 29 Nov 2026 01:00:00 GMT"))
          .append(HttpHeaderNames.SERVER, AsciiString.cached("provider"))
          .append(AsciiString.cached("x-request-id"), AsciiString.cached("req_0123456789abcdef"))
          .append(AsciiString.cached("openai-version"), AsciiString.cached("2020-10-01"))
          .append(AsciiString.cached("openai-processing-ms"), AsciiString.cached("412"))
          .append(AsciiString.cached("x-ratelimit-limit-requests"), AsciiString.cached("10000"))
          .append(AsciiString.cached("x-ratelimit-limit-tokens"), AsciiString.cached("2000000"))
          .append(AsciiString.cached("x-ratelimit-remaining-requests"), AsciiString.cached("9999"))
          .append("stipend-exchange-id", "01jdq3v8r6m4n2k0h9g7f5d3c1")
          .append("stipend-cost-usd", "0.000123");

  private final ByteBuf request = Unpooled.directBuffer();
  private final Handler handler = new Handler();
  private EmbeddedChannel channel;

  /** Opens the connection, and sees that it answers. */
  @Setup
  public void open() {
    request.writeBytes(HEAD.replace("\n", "\r\n").getBytes(StandardCharsets.US_ASCII));
    request.writeBytes(new BenchRequest(0, 0, 0).body());
    channel = EmbeddedListener.connection(handler);
    if (exchange() < 300 || handler.bodyBytes != 2_048) {
      throw new IllegalStateException("body: " + handler.bodyBytes + " (expected: 2048)");
    }
  }

  /** One request and its answer; how many bytes went out. */
  @Benchmark
  public int exchange() {
    ByteBuf read = PooledByteBufAllocator.DEFAULT.directBuffer(4_096);
    read.writeBytes(request, 0, request.readableBytes());
    channel.writeInbound(read);
    int bytes = 0;
    for (ByteBuf out = channel.readOutbound(); out != null; out = channel.readOutbound()) {
      bytes += out.readableBytes();
      out.release();
    }
    return bytes;
  }

  private static final class Handler implements RequestHandler, RequestHandler.Inbound {
    private final ByteBuf answer =
        Unpooled.unreleasableBuffer(Unpooled.wrappedBuffer(new byte[300]));
    private Outbound client;
    private int bodyBytes;

    @Override
    public Inbound accept(RequestHead head, Outbound outbound) {
      client = outbound;
      return this;
    }

    @Override
    public void malformed(RequestHead head, int status, Refusal refusal, Outbound outbound) {
      throw new IllegalStateException(refusal.message());
    }

    @Override
    public void body(ByteBuf body) {
      bodyBytes = body.readableBytes();
      body.release();
      client.respond(200, ANSWER, answer.duplicate());
    }

    @Override
    public void badBody(int status, Refusal refusal) {
      throw new IllegalStateException(refusal.message());
    }

    @Override
    public void writable() {}

    @Override
    public void gone() {}
  }
}
