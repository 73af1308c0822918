package io.stipend.gateway.server;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelOption;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.ssl.SslHandler;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Closes a connection after its last answer, in such a way that the client can read that answer: a
 * socket that is closed while bytes of the client are still on their way is reset, and a reset
 * throws away what the client has not read yet. So our side is closed first, and the rest is
 * dropped (by the gate) until the client closes or a moment has passed.
 */
final class ConnectionEnd implements ChannelFutureListener {
  private static final Duration LINGER = Duration.ofSeconds(2);

  private final Channel channel;
  private final boolean wholeRequest;

  /**
   * @param wholeRequest whether the client has sent all of its request
   */
  ConnectionEnd(Channel channel, boolean wholeRequest) {
    this.channel = channel;
    this.wholeRequest = wholeRequest;
  }

  /** The answer has gone to the socket. */
  @Override
  public void operationComplete(ChannelFuture written) {
    boolean tls = channel.pipeline().get(SslHandler.class) != null;
    if (!written.isSuccess() || (tls && wholeRequest)) {
      channel.close();
      return;
    }
    var timer =
        channel
            .eventLoop()
            .schedule(() -> channel.close(), LINGER.toMillis(), TimeUnit.MILLISECONDS);
    channel.closeFuture().addListener(closed -> timer.cancel(false));
    if (!tls && channel instanceof DuplexChannel duplex) {
      duplex
          .shutdownOutput()
          .addListener(
              shut -> {
                if (!shut.isSuccess()) {
                  channel.close();
                }
              });
    }
  }

  /**
   * Resets a connection: no client may take a part of an answer for the whole. TLS is not closed
   * either, for its closing alert says that the end is a good one.
   */
  static void reset(Channel channel) {
    channel.config().setOption(ChannelOption.SO_LINGER, 0);
    channel.unsafe().close(channel.voidPromise());
  }
}
