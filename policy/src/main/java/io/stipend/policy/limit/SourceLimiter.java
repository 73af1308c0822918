package io.stipend.policy.limit;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.time.Instant;

/**
 * Counts bad credentials by the address that they come from, in minutes that begin with the first.
 * An IPv6 source is its /64 network: a single host has all addresses of one. Bounded; safe for use
 * by any thread.
 */
public final class SourceLimiter {
  /** Sources that are remembered; the least used one is forgotten first. */
  private static final int MAX_SOURCES = 100_000;

  private static final int IPV6_NETWORK_BYTES = 8;
  private static final Duration MINUTE = Duration.ofMinutes(1);

  private final int perMinute;
  private final Cache<ByteBuffer, Count> counts;

  private record Count(Instant since, int bad) {
    boolean isOver(Instant now) {
      return !now.isBefore(since.plus(MINUTE));
    }
  }

  /**
   * Nothing counted yet.
   *
   * @param perMinute bad credentials of one source before it is limited
   */
  public SourceLimiter(int perMinute) {
    this.perMinute = perMinute;
    this.counts = Caffeine.newBuilder().maximumSize(MAX_SOURCES).executor(Runnable::run).build();
  }

  /** Whether so many bad credentials came from there that no more are looked at. */
  public boolean limited(InetAddress address, Instant now) {
    Count count = counts.getIfPresent(source(address));
    return count != null && count.bad >= perMinute && !count.isOver(now);
  }

  /** Counts a bad credential. */
  public void bad(InetAddress address, Instant now) {
    counts
        .asMap()
        .compute(
            source(address),
            (source, count) ->
                count == null || count.isOver(now)
                    ? new Count(now, 1)
                    : new Count(count.since, Math.min(perMinute, count.bad + 1)));
  }

  private static ByteBuffer source(InetAddress address) {
    byte[] bytes = address.getAddress();
    return address instanceof Inet6Address
        ? ByteBuffer.wrap(bytes, 0, IPV6_NETWORK_BYTES)
        : ByteBuffer.wrap(bytes);
  }
}
