package io.stipend.gateway.upstream;

import io.netty.handler.codec.http.HttpHeaders;
import java.util.concurrent.CompletableFuture;

/** Makes a request ready to be sent to a cloud: signs it, or gives it a token. */
interface Preparation {
  /**
   * The request as it is sent. Never blocks; whatever takes long is done on another thread.
   *
   * @param request its body is read, perhaps later on another thread, and stays the caller's; that
   *     of the result is the same
   * @return fails if the request cannot be sent: nothing was
   */
  CompletableFuture<UpstreamRequest> ready(UpstreamRequest request);

  /**
   * The answer to a request that was made ready has come.
   *
   * @param sent the headers of the request
   */
  default void answered(HttpHeaders sent, int status) {}
}
