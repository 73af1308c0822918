package io.stipend.gateway.server;

import io.netty.channel.ChannelInitializer;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpRequestDecoder;
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
 *   <li>{@link RequestGate}: strict grammar of head and chunks; one request at a time
 *   <li>Netty's decoder, in its strictest setting: a second reading of the same bytes
 *   <li>{@link ClientConnection}: {@link RequestRules}, body, time limits, the handler
 * </ol>
 *
 * <p>Answers are not encoded by a handler: {@link ClientExchange} writes them.
 */
final class ServerPipeline extends ChannelInitializer<SocketChannel> {
  private static final int CONTENT_BYTES = 64 * 1_024;

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
    RequestGate gate = new RequestGate(state.limits());
    channel
        .pipeline()
        .addLast(
            gate,
            new HttpRequestDecoder(decoder(state.limits())),
            new ClientConnection(state, gate, channel, source));
  }

  private static HttpDecoderConfig decoder(ServerLimits limits) {
    return new HttpDecoderConfig()
        .setMaxInitialLineLength(limits.lineBytes())
        .setMaxHeaderSize(limits.headerBytes())
        .setMaxChunkSize(CONTENT_BYTES)
        .setValidateHeaders(true)
        .setAllowDuplicateContentLengths(false)
        .setStrictLineParsing(true)
        .setUseRfc9112TransferEncoding(true);
  }
}
