package io.stipend.gateway.server;

import io.netty.channel.ChannelInitializer;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.ssl.SslContext;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * The order of handlers on a client's connection, and the only place that knows it:
 *
 * <ol>
 *   <li>{@link ConnectionCensus}: too many connections, in all or from one address, end here
 *   <li>TLS
 *   <li>{@link ClientConnection}: its {@link RequestGate} makes requests of the bytes, by a strict
 *       grammar and one at a time; then {@link RequestRules}, time limits, the handler
 * </ol>
 *
 * <p>Neither requests nor answers pass a codec: the gate reads the ones, {@link ClientExchange}
 * writes the others.
 */
final class ServerPipeline extends ChannelInitializer<SocketChannel> {
  private final ListenerState state;
  private final @Nullable SslContext tls;

  ServerPipeline(ListenerState state, @Nullable SslContext tls) {
    this.state = state;
    this.tls = tls;
  }

  @Override
  protected void initChannel(SocketChannel channel) {
    InetSocketAddress remote = channel.remoteAddress();
    if (remote == null || !state.census().enter(remote.getAddress())) {
      channel.close();
      return;
    }
    InetAddress source = remote.getAddress();
    channel.closeFuture().addListener(closed -> state.census().leave(source));
    if (tls != null) {
      channel.pipeline().addLast(tls.newHandler(channel.alloc()));
    }
    channel.pipeline().addLast(new ClientConnection(state, channel, source, tls != null));
  }
}
