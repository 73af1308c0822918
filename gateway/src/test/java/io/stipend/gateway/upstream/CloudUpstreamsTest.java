package io.stipend.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.stipend.policy.config.CloudAccess;
import io.stipend.policy.config.ProviderConfig;
import io.stipend.policy.config.ProviderConfig.StreamUsage;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CloudUpstreamsTest {
  @TempDir Path folder;

  @Test
  void whatCannotEvenBeMadeReadyIsReleased() {
    Duration time = Duration.ofSeconds(1);
    UpstreamOptions options =
        new UpstreamOptions(
            time, time, time, time, time, 1, null, folder.resolve("gone.pem"), 1_024);
    Upstreams direct =
        new Upstreams() {
          @Override
          public Attempt open(
              EventLoop loop, ProviderConfig to, UpstreamRequest request, AttemptListener by) {
            throw new AssertionError("nothing is ready");
          }

          @Override
          public void close() {}
        };
    ProviderConfig vertex =
        new ProviderConfig(
            "vertex",
            URI.create("http://127.0.0.1:1"),
            null,
            "vertex",
            List.of(),
            "vertex",
            StreamUsage.LAST,
            new CloudAccess.Google("p", "eu", null),
            "",
            0,
            List.of());
    ByteBuf body = Unpooled.buffer().writeZero(8);
    UpstreamRequest request =
        new UpstreamRequest(HttpMethod.POST, "/v1/a", new DefaultHttpHeaders(), body);
    try (CloudUpstreams clouds = new CloudUpstreams(direct, options, InstantSource.system())) {
      assertThatThrownBy(() -> clouds.open(null, vertex, request, null))
          .hasMessageContaining("gone.pem");
    }
    assertThat(body.refCnt()).isZero();
  }
}
