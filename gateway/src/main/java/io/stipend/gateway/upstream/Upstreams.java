package io.stipend.gateway.upstream;

import io.netty.channel.EventLoop;
import io.stipend.policy.config.ProviderConfig;

/** Sends requests to providers. */
public interface Upstreams extends AutoCloseable {
  /**
   * One attempt, which the caller then begins or cancels. Called on the event loop of its client,
   * where the listener is called too, but not before {@link Attempt#begin}.
   *
   * @param provider where it goes; nothing of the client decides that
   * @param request what is sent; its body is released by the attempt
   */
  Attempt open(
      EventLoop loop, ProviderConfig provider, UpstreamRequest request, AttemptListener listener);

  @Override
  void close();
}
