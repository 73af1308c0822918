package io.stipend.gateway.upstream;

import io.netty.channel.EventLoop;
import java.net.URI;
import java.util.HashMap;
import java.util.Map;

/** All pools of one event loop, and what writes their requests. Used on it only. */
final class LoopPools {
  private final EventLoop loop;
  private final Dialer dialer;
  private final ConnectionCounts counts;
  private final Map<Origin, OriginPool> pools = new HashMap<>();
  private final Map<URI, Target> targets = new HashMap<>();
  private final RequestWriter writer = new RequestWriter();
  private boolean closed;

  LoopPools(EventLoop loop, Dialer dialer, ConnectionCounts counts) {
    this.loop = loop;
    this.dialer = dialer;
    this.counts = counts;
  }

  RequestWriter writer() {
    return writer;
  }

  Target target(URI url) {
    Target known = targets.get(url);
    if (known == null) {
      known = make(url);
      targets.put(url, known);
    }
    return known;
  }

  private Target make(URI url) {
    Origin origin = Origin.of(url);
    OriginPool pool =
        pools.computeIfAbsent(
            origin, to -> new OriginPool(loop, to, dialer, dialer.options(), counts));
    if (closed) {
      pool.close();
    }
    String path = url.getRawPath() == null ? "" : url.getRawPath();
    String prefix = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
    OutboundProxy proxy = origin.tls() ? null : dialer.proxyFor(origin);
    return proxy == null
        ? new Target(pool, origin.authority(), prefix, null)
        : new Target(pool, origin.authority(), origin + prefix, proxy.authorization());
  }

  void close() {
    closed = true;
    pools.values().forEach(OriginPool::close);
  }
}
