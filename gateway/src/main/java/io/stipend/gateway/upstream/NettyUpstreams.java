package io.stipend.gateway.upstream;

import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.EventLoop;
import io.stipend.policy.config.ProviderConfig;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Sends requests to providers over pooled HTTP/1.1 connections. Each event loop has its own pools,
 * so that an exchange and its upstream connection live on one thread.
 *
 * <p>Start reading at {@link NettyAttempt}, then {@link OriginPool}, then {@link
 * UpstreamConnection}, which judges what a provider sends.
 */
public final class NettyUpstreams implements Upstreams {
  private final UpstreamOptions options;
  private final Dialer dialer;
  private final AtomicBoolean closed = new AtomicBoolean();
  private final ConnectionCounts counts = new ConnectionCounts();
  private final Map<EventLoop, LoopPools> loops = new ConcurrentHashMap<>();

  /**
   * Reads the authorities that are trusted.
   *
   * @throws IllegalArgumentException if their file cannot be used
   */
  public NettyUpstreams(UpstreamOptions options) {
    this.options = options;
    this.dialer = new Dialer(options);
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalArgumentException if the target or a header holds what cannot stand in a
   *     request's head
   */
  @Override
  public Attempt open(
      EventLoop loop, ProviderConfig provider, UpstreamRequest request, AttemptListener listener) {
    try {
      LoopPools known = loops.get(loop);
      LoopPools pools = known == null ? loops.computeIfAbsent(loop, this::pools) : known;
      Target target = pools.target(provider.url());
      return new NettyAttempt(
          target.pool(),
          pools.writer().write(PooledByteBufAllocator.DEFAULT, target, request),
          listener,
          System.nanoTime() + options.totalTime().toNanos());
    } catch (RuntimeException e) {
      request.body().release();
      throw e;
    }
  }

  private LoopPools pools(EventLoop loop) {
    LoopPools pools = new LoopPools(loop, dialer, counts);
    if (closed.get()) {
      pools.close();
    }
    return pools;
  }

  /** Connections that stand, over all loops. */
  public long openConnections() {
    return counts.open().sum();
  }

  /** Of these, the ones that wait for work. */
  public long idleConnections() {
    return counts.idle().sum();
  }

  /** Closes every connection; attempts under way fail. The event loops are the caller's to end. */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    loops.forEach(
        (loop, pools) -> {
          if (!loop.isShuttingDown()) {
            loop.execute(pools::close);
          }
        });
    dialer.close();
  }
}
