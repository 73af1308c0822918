package io.stipend.gateway.server;

import io.netty.channel.embedded.EmbeddedChannel;
import java.net.InetAddress;

/** One client's connection as a listener serves it, but without a socket. */
public final class EmbeddedListener {
  private EmbeddedListener() {}

  /** A connection with the default limits. */
  public static EmbeddedChannel connection(RequestHandler handler) {
    EmbeddedChannel channel = new EmbeddedChannel();
    channel
        .pipeline()
        .addLast(
            new ClientConnection(
                new ListenerState(ServerLimits.DEFAULTS, handler),
                channel,
                InetAddress.getLoopbackAddress(),
                false));
    channel.pipeline().fireChannelActive();
    return channel;
  }
}
