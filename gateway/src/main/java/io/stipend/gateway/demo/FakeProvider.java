package io.stipend.gateway.demo;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.stipend.metering.MediaTokens;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.Units;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A made-up provider on the loopback interface that speaks Chat Completions, Responses, Messages,
 * Gemini, legacy Completions, Embeddings, Moderations, Images and Audio, plain and streamed, and
 * keeps its own tally of what it would bill. Replies are deterministic; a request's {@code
 * x-fake-*} headers say how long they are, how fast they come and what goes wrong with them ({@code
 * FakeScript} lists the headers).
 *
 * <p>Routes: {@code POST /v1/chat/completions}, {@code POST /v1/responses}, {@code POST
 * /v1/responses/compact}, {@code POST /v1/responses/input_tokens}, {@code POST /v1/messages},
 * {@code POST /v1/messages/count_tokens}, {@code POST /v1beta/models/MODEL:METHOD}, {@code POST
 * /v1/completions}, {@code POST /v1/embeddings}, {@code POST /v1/moderations}, {@code POST
 * /v1/audio/...}, {@code POST /v1/images/...}, {@code GET /v1/models}; {@code /v1/responses/ID} and
 * what is below it; the same as Azure has it, {@code /openai/v1/...} and {@code
 * /openai/deployments/MODEL/...?api-version=...}; Bedrock's {@code /model/MODEL/converse}, {@code
 * /invoke} and their streams, signed by the key that is said below, or with any bearer; Vertex AI's
 * {@code /v1/projects/...} of Google's and of Anthropic's models with a token of {@code
 * /fake/token}; and, outside of any API, {@code GET /fake/tally}: {@code
 * {"requests":n,"billed":[{"request_id","path","model","key","service_tier",
 * "streamed","end","units","input","cache_read","cache_write","cache_write_1h","output","reasoning"}]}}.
 */
public final class FakeProvider implements AutoCloseable {
  /** The key that signs for Bedrock's paths. */
  public static final String AWS_ACCESS_KEY_ID = BedrockRoute.ACCESS_KEY_ID;

  /** Its secret. */
  public static final String AWS_SECRET_ACCESS_KEY = BedrockRoute.SECRET_ACCESS_KEY;

  /** The project and the location of Vertex AI's paths. */
  public static final String VERTEX_PROJECT = VertexRoute.PROJECT;

  public static final String VERTEX_LOCATION = VertexRoute.LOCATION;

  /** Where it signs for. */
  public static final String AWS_REGION = BedrockRoute.REGION;

  private static final long DEFAULT_OUTPUT_TOKENS = 64;
  private static final int MAX_BODY_BYTES = 64 << 20;
  private static final int THREADS = 2;

  private final EventLoopGroup group;
  private final Channel channel;
  private final FakeTally tally;
  private final FakeTokens tokens;

  private FakeProvider(EventLoopGroup group, Channel channel, FakeTally tally, FakeTokens tokens) {
    this.tokens = tokens;
    this.group = group;
    this.channel = channel;
    this.tally = tally;
  }

  /** Starts on this port of the loopback interface, or on a free one if it is 0. */
  public static FakeProvider start(int port) {
    return start(port, DEFAULT_OUTPUT_TOKENS, 0);
  }

  /**
   * Starts with other defaults.
   *
   * @param outputTokens tokens of each choice, unless the request caps or scripts them
   * @param paceMicros time that each token takes; 0 means none
   */
  public static FakeProvider start(int port, long outputTokens, long paceMicros) {
    boolean epoll = Epoll.isAvailable();
    EventLoopGroup group =
        new MultiThreadIoEventLoopGroup(
            THREADS, epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
    FakeTally tally = new FakeTally();
    FakeTokens tokens = new FakeTokens(InstantSource.system());
    FakeScript defaults = FakeScript.of(outputTokens, paceMicros);
    ServerBootstrap bootstrap =
        new ServerBootstrap()
            .group(group)
            .channel(epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class)
            .option(ChannelOption.SO_BACKLOG, 1_024)
            .option(ChannelOption.SO_REUSEADDR, true)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childHandler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel child) {
                    FakeSegments segments = new FakeSegments();
                    child
                        .pipeline()
                        .addLast(segments)
                        .addLast(new HttpServerCodec())
                        .addLast(new HttpObjectAggregator(MAX_BODY_BYTES))
                        .addLast(
                            new FakeHandler(
                                tally, tokens, defaults, InstantSource.system(), segments));
                  }
                });
    try {
      InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
      Channel channel = bootstrap.bind(address).syncUninterruptibly().channel();
      return new FakeProvider(group, channel, tally, tokens);
    } catch (RuntimeException e) {
      group.shutdownGracefully(0, 0, TimeUnit.SECONDS);
      throw e;
    }
  }

  /** Runs until the process is killed. The argument is the port, 0 if there is none. */
  public static void main(String[] args) throws InterruptedException {
    int port = args.length == 0 ? 0 : Integer.parseInt(args[0]);
    try (FakeProvider provider = start(port)) {
      System.out.println("fake provider: " + provider.url());
      new CountDownLatch(1).await();
    }
  }

  /** The port that it listens on. */
  public int port() {
    return ((InetSocketAddress) channel.localAddress()).getPort();
  }

  /** Where it listens, such as {@code http://127.0.0.1:40123}, without a path. */
  public String url() {
    return "http://127.0.0.1:" + port();
  }

  /** The tokens by which Vertex AI's paths are asked. */
  public FakeTokens tokens() {
    return tokens;
  }

  /** The file of the service account that gets them. */
  public String serviceAccount() {
    return FakeTokens.account(url());
  }

  /** Requests of any kind that were seen, refused ones included; the tally's own are not. */
  public long requests() {
    return tally.requests();
  }

  /** What would be billed by now, a row for each reply that was begun, in their order. */
  public List<Billed> billed() {
    return tally.billed();
  }

  /** Drops all connections and stops. Closing twice is closing once. */
  @Override
  public void close() {
    if (group.isShuttingDown()) {
      return;
    }
    channel.close().syncUninterruptibly();
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
  }

  /**
   * One row of the tally.
   *
   * @param requestId as in the answer's {@code x-request-id} and {@code request-id} headers
   * @param path the route
   * @param model that was served
   * @param key the credential that came with it; empty if none
   * @param serviceTier that was served
   * @param streamed whether the reply streams
   * @param usage the whole input, and the output that was generated by now, hidden output included
   * @param media which of these tokens were sound or images
   * @param units what is billed beside tokens or instead of them
   * @param end how it ended
   */
  public record Billed(
      String requestId,
      String path,
      String model,
      String key,
      String serviceTier,
      boolean streamed,
      TokenUsage usage,
      MediaTokens media,
      Units units,
      End end) {}

  /** How a reply ended. */
  public enum End {
    /** It has not. */
    RUNNING,
    /** All of it was written. */
    COMPLETED,
    /** The client closed the connection before. */
    CLIENT_GONE,
    /** A scripted fault ended it. */
    FAULT
  }
}
