package io.stipend.gateway.exchange;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http.HttpHeaders;
import io.stipend.gateway.dialect.Dialect;
import io.stipend.gateway.dialect.Dialect.Edit;
import io.stipend.gateway.dialect.Dialect.Peeked;
import io.stipend.gateway.dialect.HeaderRules;
import io.stipend.gateway.server.RequestHead;
import io.stipend.gateway.upstream.UpstreamRequest;
import io.stipend.policy.Permit;
import io.stipend.policy.config.ProviderConfig;

/** The request as it is sent upstream: the client's, but for what policy sets in it. */
final class Outgoing {
  private Outgoing() {}

  /**
   * Makes it.
   *
   * @param cap the output cap to say; -1 leaves what stands
   * @param body ownership passes to the result
   */
  static UpstreamRequest of(
      Dialect dialect, RequestHead head, Peeked call, Permit permit, long cap, ByteBuf body) {
    ProviderConfig provider = permit.provider();
    HttpHeaders headers = HeaderRules.forUpstream(head);
    if (provider.key() != null) {
      dialect.authorize(headers, provider.key().reveal());
    }
    String model = permit.model().equals(call.call().model()) ? null : permit.model();
    boolean continuous = provider.usage() == ProviderConfig.StreamUsage.CONTINUOUS;
    Edit edit = new Edit(model, cap, continuous);
    String target = dialect.target(head, edit);
    return new UpstreamRequest(head.method(), target, headers, dialect.edit(body, call, edit));
  }
}
