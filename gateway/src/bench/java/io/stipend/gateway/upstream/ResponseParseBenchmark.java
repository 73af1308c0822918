package io.stipend.gateway.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultFullHttpRequest;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequestEncoder;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseDecoder;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.util.ReferenceCountUtil;
import io.stipend.gateway.http.Fields;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * The codec of the upstream leg beside Netty's, each in a pipeline of its own: what one read of an
 * answer costs until its parts are at hand, and what one request costs until its bytes are.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
public class ResponseParseBenchmark {
  private static final Duration SECOND = Duration.ofSeconds(1);
  private static final int MAX_HEADER_BYTES = 64 * 1_024;
  private static final int MAX_PART_BYTES = 64 * 1_024;
  private static final int JSON_BYTES = 2_048;
  private static final int EVENTS = 20;
  private static final int EVENT_BYTES = 180;
  private static final String COMMON =
      "date: Sun, 29 Nov 2026 01:23:06 GMT\r\nserver: cloudflare\r\nconnection: keep-alive\r\n"
          + "x-request-id: req_0123456789abcdef0123456789abcdef\r\nopenai-processing-ms: 512\r\n"
          + "openai-version: 2020-10-01\r\nx-ratelimit-limit-requests: 10000\r\n"
          + "x-ratelimit-remaining-requests: 9999\r\ncf-cache-status: DYNAMIC\r\n"
          + "cf-ray: 8e9d1c2b3a4f5061-FRA\r\n";

  /** One connection, which hears the same answer again and again. */
  @State(Scope.Thread)
  public static class Connection {
    /** Whose codec. */
    @Param({"netty", "own"})
    public String codec;

    private static final UpstreamOptions OPTIONS =
        new UpstreamOptions(
            SECOND, SECOND, SECOND, SECOND, SECOND, 1, null, null, MAX_HEADER_BYTES);
    private static final OriginPool POOL =
        new OriginPool(
            new EmbeddedChannel().eventLoop(),
            Origin.of(URI.create("http://127.0.0.1:1")),
            new Dialer(OPTIONS),
            OPTIONS,
            new ConnectionCounts());

    private final ByteBuf json = bytes(json());
    private final ByteBuf eventsHead =
        bytes(
            "HTTP/1.1 200 OK\r\n"
                + COMMON
                + "content-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n");
    private final ByteBuf events = bytes(events());
    private EmbeddedChannel answers;
    private EmbeddedChannel streams;
    private EmbeddedChannel requests;
    private final Seen seen = new Seen();
    private final Seen streamed = new Seen();
    private final RequestWriter writer = new RequestWriter();
    private final Target target = new Target(POOL, "api.openai.com", "", null);
    private final ByteBuf body = bytes("x".repeat(JSON_BYTES));
    private final Fields ownHeaders = new Fields();
    private final DefaultHttpHeaders headers = new DefaultHttpHeaders();

    /** Opens; the stream is under way. */
    @Setup(Level.Trial)
    public void open() {
      answers = channel(seen);
      streams = channel(streamed);
      streams.pipeline().fireChannelRead(eventsHead.retainedDuplicate());
      requests = new EmbeddedChannel(new HttpRequestEncoder());
      add("content-type", "application/json");
      add("accept", "application/json");
      add("user-agent", "OpenAI/Python 1.99.1");
      add("x-stainless-lang", "python");
      add("x-stainless-package-version", "1.99.1");
      add("x-stainless-os", "Linux");
      add("x-stainless-arch", "x64");
      add("x-stainless-runtime", "CPython");
      add("x-stainless-retry-count", "0");
      add("accept-encoding", "identity");
      add("authorization", "Bearer sk-0123456789abcdef0123456789abcdef0123456789");
    }

    private void add(String name, String value) {
      headers.add(name, value);
      ownHeaders.add(name, value);
    }

    private EmbeddedChannel channel(Seen to) {
      if (codec.equals("own")) {
        return new EmbeddedChannel(new Own(to));
      }
      return new EmbeddedChannel(
          new HttpResponseDecoder(
              new HttpDecoderConfig()
                  .setMaxHeaderSize(MAX_HEADER_BYTES)
                  .setMaxChunkSize(MAX_PART_BYTES)),
          to);
    }

    /** Closes. */
    @TearDown(Level.Trial)
    public void close() {
      answers.finishAndReleaseAll();
      streams.finishAndReleaseAll();
      requests.finishAndReleaseAll();
    }
  }

  /** The parser behind the face of a handler. */
  private static final class Own extends ChannelInboundHandlerAdapter
      implements ResponseParser.Sink {
    private final ResponseParser parser = new ResponseParser(this, MAX_HEADER_BYTES);
    private final Seen seen;

    Own(Seen seen) {
      this.seen = seen;
      parser.expect(false);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) throws MalformedResponse {
      parser.read((ByteBuf) message);
    }

    @Override
    public void head(ResponseHead head) {
      seen.sum += head.status() + head.fields().size();
    }

    @Override
    public void data(ByteBuf part) {
      seen.sum += part.readableBytes();
      part.release();
    }

    @Override
    public void end(boolean surplus) {
      parser.expect(false);
    }
  }

  /** Adds up what it hears, so that nothing is for nothing. */
  private static final class Seen extends ChannelInboundHandlerAdapter {
    private long sum;

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      if (message instanceof HttpResponse head) {
        sum += head.status().code() + head.headers().size();
      }
      if (message instanceof HttpContent part) {
        sum += part.content().readableBytes();
      }
      ReferenceCountUtil.release(message);
    }
  }

  /** An answer of 2 KB with 12 fields, in one read. */
  @Benchmark
  public long json(Connection connection) {
    connection.answers.pipeline().fireChannelRead(connection.json.retainedDuplicate());
    return connection.seen.sum;
  }

  /** Twenty events, each in a chunk, in one read. */
  @Benchmark
  public long events(Connection connection) {
    connection.streams.pipeline().fireChannelRead(connection.events.retainedDuplicate());
    return connection.streamed.sum;
  }

  /** A request with 11 fields and a body of 2 KB. */
  @Benchmark
  public long request(Connection connection) {
    ByteBuf body = connection.body.retainedDuplicate();
    return connection.codec.equals("own") ? own(connection, body) : netty(connection, body);
  }

  private static long own(Connection connection, ByteBuf body) {
    RequestBytes bytes =
        connection.writer.write(
            PooledByteBufAllocator.DEFAULT,
            connection.target,
            new UpstreamRequest(
                HttpMethod.POST, "/v1/chat/completions", connection.ownHeaders, body));
    long written = bytes.first().readableBytes();
    bytes.release();
    return written;
  }

  private static long netty(Connection connection, ByteBuf body) {
    DefaultHttpHeaders headers = connection.headers;
    headers.remove("transfer-encoding");
    headers.remove("connection");
    headers.remove("upgrade");
    headers.remove("expect");
    headers.remove("te");
    headers.remove("trailer");
    headers.set("host", connection.target.authority());
    headers.remove("proxy-authorization");
    headers.set("content-length", body.readableBytes());
    connection.requests.writeOutbound(
        new DefaultFullHttpRequest(
            HttpVersion.HTTP_1_1,
            HttpMethod.POST,
            connection.target.prefix() + "/v1/chat/completions",
            body,
            headers,
            EmptyHttpHeaders.INSTANCE));
    long written = 0;
    for (ByteBuf part = connection.requests.readOutbound();
        part != null;
        part = connection.requests.readOutbound()) {
      written += part.readableBytes();
      part.release();
    }
    return written;
  }

  private static String json() {
    return "HTTP/1.1 200 OK\r\n"
        + COMMON
        + "content-type: application/json\r\ncontent-length: "
        + JSON_BYTES
        + "\r\n\r\n"
        + "j".repeat(JSON_BYTES);
  }

  private static String events() {
    String event = "data: " + "e".repeat(EVENT_BYTES - 8) + "\n\n";
    return (Integer.toHexString(EVENT_BYTES) + "\r\n" + event + "\r\n").repeat(EVENTS);
  }

  /** As a socket's read leaves them: in one direct buffer. */
  private static ByteBuf bytes(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.US_ASCII);
    return Unpooled.directBuffer(bytes.length).writeBytes(bytes);
  }
}
