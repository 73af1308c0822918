package io.stipend.gateway.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.nio.NioIoHandler;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.stipend.policy.config.ProviderConfig;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** Upstreams on one event loop of their own. */
final class Upstreaming implements AutoCloseable {
  static final UpstreamOptions OPTIONS =
      new UpstreamOptions(
          Duration.ofSeconds(5),
          Duration.ofSeconds(8),
          Duration.ofSeconds(8),
          Duration.ofSeconds(9),
          Duration.ofSeconds(30),
          16,
          null,
          null,
          16 * 1_024);

  final MultiThreadIoEventLoopGroup group;
  final EventLoop loop;
  final NettyUpstreams upstreams;

  Upstreaming() {
    this(OPTIONS);
  }

  Upstreaming(UpstreamOptions options) {
    this(options, Epoll.isAvailable());
  }

  Upstreaming(UpstreamOptions options, boolean epoll) {
    group =
        new MultiThreadIoEventLoopGroup(
            1, epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
    loop = group.next();
    upstreams = new NettyUpstreams(options);
  }

  static UpstreamOptions times(Duration connect, Duration first, Duration idle, Duration total) {
    return new UpstreamOptions(
        connect, first, idle, total, Duration.ofSeconds(30), 16, null, null, 16 * 1_024);
  }

  static UpstreamOptions pooled(Duration pooledIdle, int connections) {
    return new UpstreamOptions(
        OPTIONS.connectTime(),
        OPTIONS.firstByteTime(),
        OPTIONS.idleTime(),
        OPTIONS.totalTime(),
        pooledIdle,
        connections,
        null,
        null,
        OPTIONS.maxHeaderBytes());
  }

  static UpstreamOptions reached(URI proxy, Path caFile) {
    return new UpstreamOptions(
        OPTIONS.connectTime(),
        OPTIONS.firstByteTime(),
        OPTIONS.idleTime(),
        OPTIONS.totalTime(),
        OPTIONS.pooledIdleTime(),
        OPTIONS.connectionsPerLoop(),
        proxy,
        caFile,
        OPTIONS.maxHeaderBytes());
  }

  Heard get(ProviderConfig to) throws Exception {
    return send(to, HttpMethod.GET, "/v1/models", new byte[0], new Heard());
  }

  Heard post(ProviderConfig to, String body) throws Exception {
    return send(
        to, HttpMethod.POST, "/v1/x", body.getBytes(StandardCharsets.ISO_8859_1), new Heard());
  }

  <H extends Heard> H send(ProviderConfig to, HttpMethod method, String path, byte[] body, H heard)
      throws Exception {
    return send(to, method, path, body, heard, opened -> {});
  }

  <H extends Heard> H send(
      ProviderConfig to,
      HttpMethod method,
      String path,
      byte[] body,
      H heard,
      Consumer<Attempt> beforeBegin)
      throws Exception {
    ByteBuf buffer = ByteBufAllocator.DEFAULT.buffer(body.length + 1).writeBytes(body);
    heard.requestBody = buffer;
    var headers = new DefaultHttpHeaders().add("accept-encoding", "identity").add("x-one", "1");
    var request = new UpstreamRequest(method, path, headers, buffer);
    on(
        () -> {
          heard.attempt = upstreams.open(loop, to, request, heard);
          beforeBegin.accept(heard.attempt);
          heard.attempt.begin();
        });
    return heard;
  }

  /** Runs it on the loop and waits for it. */
  void on(Runnable task) throws Exception {
    if (loop.inEventLoop()) {
      task.run();
    } else {
      loop.submit(task).get(10, TimeUnit.SECONDS);
    }
  }

  @Override
  public void close() throws Exception {
    upstreams.close();
    group.shutdownGracefully(0, 5, TimeUnit.SECONDS).await(5, TimeUnit.SECONDS);
  }
}
