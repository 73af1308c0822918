package io.stipend.gateway.upstream;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.stipend.gateway.http.Fields;
import io.stipend.policy.config.CloudAccess;
import io.stipend.policy.config.Secret;
import java.util.concurrent.CompletableFuture;

/**
 * Gives requests to Vertex AI the token of a service account, and its project and place: those that
 * a client named have been left out of the path.
 */
final class GoogleAccess implements Preparation {
  private static final int UNAUTHORIZED = 401;
  private static final String BEARER = "Bearer ";

  private final GoogleTokens tokens;
  private final String place;

  GoogleAccess(GoogleTokens tokens, CloudAccess.Google access) {
    this.tokens = tokens;
    this.place = "/projects/" + access.project() + "/locations/" + access.location();
  }

  @Override
  public CompletableFuture<UpstreamRequest> ready(UpstreamRequest request) {
    return tokens.token().thenApply(token -> with(token, request));
  }

  /** Behind the version, which is the first segment. */
  private UpstreamRequest with(GoogleToken token, UpstreamRequest request) {
    String path = request.pathAndQuery();
    int version = path.indexOf('/', 1);
    Fields headers = Fields.copyOf(request.headers());
    headers.set(HttpHeaderNames.AUTHORIZATION, BEARER + token.value());
    return new UpstreamRequest(
        request.method(),
        path.substring(0, version) + place + path.substring(version),
        headers,
        request.body());
  }

  @Override
  public Secret secret(HttpHeaders sent) {
    return new Secret(token(sent));
  }

  private static String token(HttpHeaders sent) {
    return sent.get(HttpHeaderNames.AUTHORIZATION, "").substring(BEARER.length());
  }

  /** A token that is refused is fetched anew for the next request. */
  @Override
  public void answered(HttpHeaders sent, int status) {
    if (status == UNAUTHORIZED) {
      tokens.refused(token(sent));
    }
  }
}
