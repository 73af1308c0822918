package io.stipend.gateway.upstream;

import io.netty.channel.EventLoop;
import io.stipend.policy.config.ProviderConfig;

/** Sends requests to providers. */
public interface Upstreams extends AutoCloseable {
  /**
   * Begins one attempt on the event loop of its client. The listener is called on that loop, never
   * from within this call.
   *
   * @param provider where it goes; nothing of the client decides that
   * @param request what is sent; its body is released by the attempt
   */
  Attempt send(
      EventLoop loop, ProviderConfig provider, UpstreamRequest request, AttemptListener listener);

  @Override
  void close();
}
