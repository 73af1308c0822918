package io.stipend.gateway.server;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ApplicationProtocolConfig.Protocol;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectedListenerFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolConfig.SelectorFailureBehavior;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * A port that takes requests and gives them to a {@link RequestHandler}. Safe for use by any
 * thread.
 *
 * <p>To stop: {@link #drain}, then {@link #close}.
 */
public final class Listener implements AutoCloseable {
  private static final int BACKLOG = 1_024;
  private static final int LOW_WATER = 32 * 1_024;
  private static final int HIGH_WATER = 64 * 1_024;

  // A prompt seldom fits into Netty's first read of 2 KiB.
  private static final int MIN_READ = 1_024;
  private static final int FIRST_READ = 8 * 1_024;
  private static final int MAX_READ = 64 * 1_024;

  private final ListenerState state;
  private final Channel channel;
  private final Transport transport;
  private final InetSocketAddress address;

  private Listener(ListenerState state, Channel channel, Transport transport) {
    this.state = state;
    this.channel = channel;
    this.transport = transport;
    this.address = (InetSocketAddress) channel.localAddress();
  }

  /**
   * Binds, and takes requests from then on.
   *
   * @throws IOException if the address cannot be bound or the certificate cannot be read; the
   *     message says which
   */
  public static Listener start(Transport transport, ListenerOptions options, RequestHandler handler)
      throws IOException {
    ListenerState state = new ListenerState(options.limits(), handler);
    ChannelFuture bound =
        bootstrap(transport, new ServerPipeline(state, tls(options.tls())))
            .bind(options.host(), options.port())
            .awaitUninterruptibly();
    if (!bound.isSuccess()) {
      throw new IOException(
          "cannot listen on "
              + options.host()
              + ":"
              + options.port()
              + ": "
              + bound.cause().getMessage(),
          bound.cause());
    }
    return new Listener(state, bound.channel(), transport);
  }

  private static ServerBootstrap bootstrap(Transport transport, ServerPipeline pipeline) {
    return new ServerBootstrap()
        .group(transport.acceptor(), transport.workers())
        .channel(transport.serverChannel())
        .option(ChannelOption.SO_BACKLOG, BACKLOG)
        .option(ChannelOption.SO_REUSEADDR, true)
        .option(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
        .childOption(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
        .childOption(
            ChannelOption.RECVBUF_ALLOCATOR,
            new AdaptiveRecvByteBufAllocator(MIN_READ, FIRST_READ, MAX_READ))
        .childOption(ChannelOption.TCP_NODELAY, true)
        .childOption(ChannelOption.SO_KEEPALIVE, true)
        .childOption(
            ChannelOption.WRITE_BUFFER_WATER_MARK, new WriteBufferWaterMark(LOW_WATER, HIGH_WATER))
        .childHandler(pipeline);
  }

  private static @Nullable SslContext tls(ListenerOptions.@Nullable Tls files) throws IOException {
    if (files == null) {
      return null;
    }
    try {
      return SslContextBuilder.forServer(files.certificate().toFile(), files.key().toFile())
          .sslProvider(OpenSsl.isAvailable() ? SslProvider.OPENSSL : SslProvider.JDK)
          .protocols("TLSv1.3", "TLSv1.2")
          .applicationProtocolConfig(
              new ApplicationProtocolConfig(
                  Protocol.ALPN,
                  SelectorFailureBehavior.NO_ADVERTISE,
                  SelectedListenerFailureBehavior.ACCEPT,
                  ApplicationProtocolNames.HTTP_1_1))
          .build();
    } catch (IOException | IllegalArgumentException e) {
      throw new IOException(
          "cannot read the certificate "
              + files.certificate()
              + " and its key "
              + files.key()
              + ": "
              + e.getMessage(),
          e);
    }
  }

  /** Where it listens, with the port that the system chose if it was to choose. */
  public InetSocketAddress address() {
    return address;
  }

  /** Answers that are under way. */
  public int openExchanges() {
    return state.openExchanges();
  }

  /** Clients that are connected. */
  public int openConnections() {
    return state.census().open();
  }

  /** Takes no new connection; those that are open go on. Idempotent. */
  public void stopAccepting() {
    channel.close().awaitUninterruptibly();
  }

  /**
   * Stops accepting, closes the connections on which no request is under way, and ends every other
   * one after its answer, which says {@code connection: close}.
   *
   * @param bound how long to wait
   * @return completes when no exchange is under way, or at the bound: {@link #openExchanges} then
   *     tells how many are left; never exceptionally
   */
  public CompletionStage<Void> drain(Duration bound) {
    stopAccepting();
    CompletableFuture<Void> ended = new CompletableFuture<>();
    state.drain().thenRun(() -> ended.complete(null));
    var timer =
        transport
            .acceptor()
            .schedule(() -> ended.complete(null), bound.toNanos(), TimeUnit.NANOSECONDS);
    ended.thenRun(() -> timer.cancel(false));
    return ended;
  }

  /** Stops accepting and closes every connection; exchanges under way hear that it is gone. */
  @Override
  public void close() {
    stopAccepting();
    state.drain();
    state.connections().forEach(ClientConnection::close);
  }
}
