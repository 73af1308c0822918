package io.stipend.gateway.server;

import java.net.Inet6Address;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * How many clients are connected, in all and by address. An IPv6 client counts by its /64, since
 * one machine has that many addresses to choose from. Safe for use by any thread.
 */
final class ConnectionCensus {
  private final int limit;
  private final int limitPerAddress;
  private final AtomicInteger all = new AtomicInteger();
  private final ConcurrentMap<Object, Integer> bySource = new ConcurrentHashMap<>();

  ConnectionCensus(int limit, int limitPerAddress) {
    this.limit = limit;
    this.limitPerAddress = limitPerAddress;
  }

  /** Counts a client in; false, and not counted, if that would break a limit. */
  boolean enter(InetAddress address) {
    if (all.incrementAndGet() > limit) {
      all.decrementAndGet();
      return false;
    }
    if (bySource.merge(source(address), 1, Integer::sum) > limitPerAddress) {
      leave(address);
      return false;
    }
    return true;
  }

  /** Counts a client out that was counted in. */
  void leave(InetAddress address) {
    all.decrementAndGet();
    bySource.computeIfPresent(source(address), (source, n) -> n == 1 ? null : n - 1);
  }

  int open() {
    return all.get();
  }

  /** The address itself, or for IPv6 the number of its network. */
  private static Object source(InetAddress address) {
    return address instanceof Inet6Address
        ? ByteBuffer.wrap(address.getAddress()).getLong()
        : address;
  }
}
