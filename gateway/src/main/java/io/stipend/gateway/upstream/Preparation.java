package io.stipend.gateway.upstream;

import io.netty.handler.codec.http.HttpHeaders;
import io.stipend.policy.config.Secret;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

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

  /** What a request that was made ready holds and no answer may show; null if nothing. */
  default @Nullable Secret secret(HttpHeaders sent) {
    return null;
  }

  /**
   * The answer to a request that was made ready has come.
   *
   * @param sent the headers of the request
   */
  default void answered(HttpHeaders sent, int status) {}
}
