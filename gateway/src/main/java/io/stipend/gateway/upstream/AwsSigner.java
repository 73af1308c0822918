package io.stipend.gateway.upstream;

import io.netty.buffer.ByteBufInputStream;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.stipend.gateway.http.Fields;
import io.stipend.policy.config.CloudAccess;
import io.stipend.policy.config.Secret;
import java.net.URI;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.auth.aws.signer.AwsV4HttpSigner;
import software.amazon.awssdk.identity.spi.AwsCredentialsIdentity;
import software.amazon.awssdk.identity.spi.AwsSessionCredentialsIdentity;

/**
 * Signs requests by AWS's Signature Version 4, as its own SDK does. The host, the content type and
 * what the signature itself adds are signed, with the path and the body: a proxy on the way may
 * change all else.
 */
final class AwsSigner implements Preparation {
  private static final String SERVICE = "bedrock";

  /** What is signed and set by whoever writes the request. */
  private static final Set<String> SET_ELSEWHERE = Set.of("host", "content-type");

  private final URI url;
  private final String region;
  private final AwsCredentialsIdentity identity;
  private final Executor threads;
  private final AwsV4HttpSigner signer = AwsV4HttpSigner.create();

  /**
   * @param url of the provider
   * @param threads that hash bodies, which takes milliseconds for each megabyte
   */
  AwsSigner(URI url, CloudAccess.Aws access, Executor threads) {
    this.url = url;
    this.region = access.region();
    this.threads = threads;
    String secret = access.secretAccessKey().reveal();
    Secret token = access.sessionToken();
    this.identity =
        token == null
            ? AwsCredentialsIdentity.create(access.accessKeyId(), secret)
            : AwsSessionCredentialsIdentity.create(access.accessKeyId(), secret, token.reveal());
  }

  @Override
  public CompletableFuture<UpstreamRequest> ready(UpstreamRequest request) {
    try {
      return CompletableFuture.supplyAsync(() -> signed(request), threads);
    } catch (RejectedExecutionException e) {
      return CompletableFuture.failedFuture(
          new IllegalStateException("too many requests wait to be signed"));
    }
  }

  private UpstreamRequest signed(UpstreamRequest request) {
    Map<String, List<String>> signed =
        signer
            .sign(
                to ->
                    to.identity(identity)
                        .request(unsigned(request))
                        .payload(() -> new ByteBufInputStream(request.body().duplicate()))
                        .putProperty(AwsV4HttpSigner.SERVICE_SIGNING_NAME, SERVICE)
                        .putProperty(AwsV4HttpSigner.REGION_NAME, region))
            .request()
            .headers();
    Fields headers = Fields.copyOf(request.headers());
    signed.forEach(
        (name, values) -> {
          if (!SET_ELSEWHERE.contains(name.toLowerCase(Locale.ROOT))) {
            headers.set(name, values);
          }
        });
    return new UpstreamRequest(request.method(), request.pathAndQuery(), headers, request.body());
  }

  private SdkHttpRequest unsigned(UpstreamRequest request) {
    Origin origin = Origin.of(url);
    SdkHttpRequest.Builder unsigned =
        SdkHttpRequest.builder()
            .method(SdkHttpMethod.fromValue(request.method().name()))
            .protocol(origin.tls() ? "https" : "http")
            .host(origin.host())
            .port(origin.port())
            .encodedPath(url.getRawPath() + request.pathAndQuery())
            .putHeader("host", origin.authority());
    String type = request.headers().get(HttpHeaderNames.CONTENT_TYPE);
    return type == null ? unsigned.build() : unsigned.putHeader("content-type", type).build();
  }
}
