package io.stipend.gateway.upstream;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.IoEventLoop;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.uring.IoUringChannelOption;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringSocketChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.util.ReferenceCountUtil;
import org.jspecify.annotations.Nullable;

/** What all dials share: options of sockets, names, TLS and the proxy. */
final class Dialer implements AutoCloseable {
  private static final int LOW_WATER_BYTES = 32 * 1_024;
  private static final int HIGH_WATER_BYTES = 64 * 1_024;

  /** A usual answer with its head fits: it takes one read, and its buffer is not filled. */
  private static final int FIRST_READ_BYTES = 8 * 1_024;

  /** Small events of a stream must not make the next answer on the connection take two reads. */
  private static final int MIN_READ_BYTES = 4 * 1_024;

  private static final int MAX_READ_BYTES = 64 * 1_024;

  /** Answers may think for minutes; NATs and balancers on the way forget a silent connection. */
  private static final int KEEP_ALIVE_SECONDS = 45;

  private static final int KEEP_ALIVE_INTERVAL_SECONDS = 15;

  private final UpstreamOptions options;
  private final HostNames names = new HostNames();
  private final @Nullable OutboundProxy proxy;
  private final SslContext tls;

  Dialer(UpstreamOptions options) {
    this.options = options;
    this.proxy = options.proxy() == null ? null : new OutboundProxy(options.proxy());
    this.tls = ClientTls.context(options.caFile());
  }

  /** Begins to stand a connection for the attempt. */
  Dial dial(OriginPool pool, NettyAttempt attempt) {
    Dial dial = new Dial(this, pool, attempt);
    dial.start();
    return dial;
  }

  HostNames names() {
    return names;
  }

  SslContext tls() {
    return tls;
  }

  UpstreamOptions options() {
    return options;
  }

  /** The proxy on the way to an origin; null if there is none. */
  @Nullable OutboundProxy proxyFor(Origin origin) {
    return origin.loopback() ? null : proxy;
  }

  /** A new socket's settings; the handler is still to be given. */
  static Bootstrap bootstrap(EventLoop loop, int connectMillis) {
    IoEventLoop io = (IoEventLoop) loop;
    boolean epoll = io.isIoType(EpollIoHandler.class);
    boolean uring = io.isIoType(IoUringIoHandler.class);
    Class<? extends Channel> type =
        uring
            ? IoUringSocketChannel.class
            : epoll ? EpollSocketChannel.class : NioSocketChannel.class;
    Bootstrap bootstrap =
        new Bootstrap()
            .group(loop)
            .channel(type)
            .disableResolver()
            .option(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.SO_KEEPALIVE, true)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, connectMillis)
            .option(
                ChannelOption.WRITE_BUFFER_WATER_MARK,
                new WriteBufferWaterMark(LOW_WATER_BYTES, HIGH_WATER_BYTES))
            .option(
                ChannelOption.RECVBUF_ALLOCATOR,
                new AdaptiveRecvByteBufAllocator(MIN_READ_BYTES, FIRST_READ_BYTES, MAX_READ_BYTES));
    if (epoll) {
      bootstrap
          .option(EpollChannelOption.TCP_KEEPIDLE, KEEP_ALIVE_SECONDS)
          .option(EpollChannelOption.TCP_KEEPINTVL, KEEP_ALIVE_INTERVAL_SECONDS);
    }
    if (uring) {
      bootstrap
          .option(IoUringChannelOption.TCP_KEEPIDLE, KEEP_ALIVE_SECONDS)
          .option(IoUringChannelOption.TCP_KEEPINTVL, KEEP_ALIVE_INTERVAL_SECONDS);
    }
    return bootstrap;
  }

  @Override
  public void close() {
    names.close();
    ReferenceCountUtil.release(tls);
  }
}
