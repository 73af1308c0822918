package io.stipend.gateway.upstream;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.proxy.HttpProxyHandler;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.ScheduledFuture;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.channels.ClosedChannelException;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * One connection in the making: name, TCP (address after address), proxy, TLS; all within the
 * connect time. Ends once: with a connection, with a failure, or cancelled. Used on its event loop.
 */
final class Dial {
  /** A name may have many addresses; the time is shared among this many. */
  private static final int MAX_ADDRESSES = 3;

  private final Dialer dialer;
  private final OriginPool pool;
  private final NettyAttempt attempt;
  private final @Nullable OutboundProxy proxy;
  private final boolean tunnel;
  private final int connectMillis;
  private List<InetAddress> addresses = List.of();
  private int next;
  private boolean over;
  private boolean again;
  private @Nullable Channel channel;
  private @Nullable Future<Channel> tunnelling;
  private @Nullable ScheduledFuture<?> timer;

  Dial(Dialer dialer, OriginPool pool, NettyAttempt attempt) {
    this.dialer = dialer;
    this.pool = pool;
    this.attempt = attempt;
    this.proxy = dialer.proxyFor(pool.origin());
    this.tunnel = proxy != null && pool.origin().tls();
    this.connectMillis =
        (int) Math.min(Integer.MAX_VALUE, dialer.options().connectTime().toMillis());
  }

  void start() {
    timer =
        pool.loop()
            .schedule(
                () -> fail("no connection within " + dialer.options().connectTime()),
                connectMillis,
                TimeUnit.MILLISECONDS);
    String host = proxy == null ? pool.origin().host() : proxy.host();
    CompletableFuture<List<InetAddress>> found = dialer.names().resolve(host);
    if (found.isDone() && !found.isCompletedExceptionally()) {
      resolved(found.join());
    } else {
      found.whenComplete(
          (list, fault) ->
              pool.loop()
                  .execute(
                      () -> {
                        if (fault == null) {
                          resolved(list);
                        } else {
                          fail("the name " + host + " was not resolved");
                        }
                      }));
    }
  }

  /** Stops it; the attempt hears nothing. */
  void cancel() {
    if (!over) {
      end(null);
      closeChannel();
    }
  }

  private void resolved(List<InetAddress> found) {
    addresses = found.subList(0, Math.min(found.size(), MAX_ADDRESSES));
    connect();
  }

  private void connect() {
    if (over) {
      return;
    }
    InetAddress address = addresses.get(next++);
    Origin origin = pool.origin();
    var there = new InetSocketAddress(address, proxy == null ? origin.port() : proxy.port());
    var connection = new UpstreamConnection(pool);
    SocketAddress target =
        tunnel ? InetSocketAddress.createUnresolved(origin.host(), origin.port()) : there;
    ChannelFuture tcp =
        Dialer.bootstrap(pool.loop(), Math.max(1, connectMillis / addresses.size()))
            .handler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel created) {
                    fill(created.pipeline(), there, connection);
                  }
                })
            .connect(target);
    channel = tcp.channel();
    tcp.addListener(done -> tcpDone(done, tcp.channel(), connection));
  }

  private void fill(ChannelPipeline pipeline, SocketAddress there, UpstreamConnection connection) {
    Origin origin = pool.origin();
    if (tunnel && proxy != null) {
      HttpProxyHandler connect =
          proxy.user() == null
              ? new HttpProxyHandler(there)
              : new HttpProxyHandler(there, proxy.user(), proxy.password());
      connect.setConnectTimeoutMillis(connectMillis);
      pipeline.addLast(connect);
      tunnelling = connect.connectFuture();
    }
    if (origin.tls()) {
      SslHandler tls =
          dialer.tls().newHandler(pipeline.channel().alloc(), origin.host(), origin.port());
      tls.setHandshakeTimeoutMillis(connectMillis);
      pipeline.addLast(tls);
    }
    pipeline.addLast(connection);
    connection.attach(pipeline.channel());
  }

  private void tcpDone(Future<?> done, Channel connected, UpstreamConnection connection) {
    if (over) {
      connected.close();
    } else if (!again && done.cause() instanceof ClosedChannelException) {
      // Nobody here closed it: epoll names sockets by number, and an event of the one that had this
      // number before ended it. When the events at hand are handled, there is none of that left.
      again = true;
      next--;
      pool.loop().execute(this::connect);
    } else if (!done.isSuccess() && next < addresses.size()) {
      connect();
    } else if (!done.isSuccess()) {
      fail(String.valueOf(done.cause()));
    } else if (pool.origin().tls()) {
      connected
          .pipeline()
          .get(SslHandler.class)
          .handshakeFuture()
          .addListener(shaken -> ready(shaken, connected, connection));
    } else {
      ready(done, connected, connection);
    }
  }

  private void ready(Future<?> done, Channel connected, UpstreamConnection connection) {
    if (over) {
      connected.close();
    } else if (!done.isSuccess() || !connected.isActive()) {
      // TLS fails too when the proxy refuses, but that says less.
      Throwable refused = tunnelling == null ? null : tunnelling.cause();
      fail(String.valueOf(refused == null ? done.cause() : refused));
    } else {
      end(connection);
      attempt.connected(connection);
    }
  }

  private void fail(String why) {
    if (!over) {
      end(null);
      closeChannel();
      pool.connectFailed(why);
      attempt.failed(UpstreamFailure.CONNECT);
    }
  }

  private void end(@Nullable UpstreamConnection connection) {
    over = true;
    if (timer != null) {
      timer.cancel(false);
    }
    pool.dialed(connection);
  }

  private void closeChannel() {
    if (channel != null) {
      channel.close();
    }
  }
}
