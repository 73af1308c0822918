package io.stipend.gateway.upstream;

import io.stipend.policy.config.GatewayConfig;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * How upstreams are reached.
 *
 * @param connectTime to stand a connection: name, TCP, proxy and TLS together
 * @param firstByteTime from the request to the first byte of the answer
 * @param idleTime between two reads of an answer, unless it is paused
 * @param totalTime of one attempt
 * @param pooledIdleTime how long an unused connection is kept
 * @param connectionsPerLoop connections that one event loop may hold to one origin
 * @param proxy {@code http://[user:password@]host:port}; null if none. Loopback goes direct.
 * @param caFile PEM file of authorities that are trusted besides the system's; null if none
 * @param maxHeaderBytes of the header block of an answer
 */
public record UpstreamOptions(
    Duration connectTime,
    Duration firstByteTime,
    Duration idleTime,
    Duration totalTime,
    Duration pooledIdleTime,
    int connectionsPerLoop,
    @Nullable URI proxy,
    @Nullable Path caFile,
    int maxHeaderBytes) {
  /** Of the header block of an answer, where nothing else is said. */
  public static final int DEFAULT_MAX_HEADER_BYTES = 64 * 1_024;

  /** Checks the numbers. */
  public UpstreamOptions {
    positive("connectTime", connectTime);
    positive("firstByteTime", firstByteTime);
    positive("idleTime", idleTime);
    positive("totalTime", totalTime);
    positive("pooledIdleTime", pooledIdleTime);
    if (connectionsPerLoop < 1) {
      throw new IllegalArgumentException(
          "connectionsPerLoop: " + connectionsPerLoop + " (expected: >= 1)");
    }
    if (maxHeaderBytes < 1) {
      throw new IllegalArgumentException("maxHeaderBytes: " + maxHeaderBytes + " (expected: >= 1)");
    }
    if (proxy != null && (!"http".equalsIgnoreCase(proxy.getScheme()) || proxy.getHost() == null)) {
      throw new IllegalArgumentException(
          "proxy scheme: " + proxy.getScheme() + " (expected: http://host:port)");
    }
  }

  /** What the quota file says. */
  public static UpstreamOptions of(GatewayConfig config) {
    var times = config.limits().times();
    var upstream = config.upstream();
    return new UpstreamOptions(
        times.connect(),
        times.firstByte(),
        times.upstreamIdle(),
        times.total(),
        upstream.idleTime(),
        upstream.connectionsPerLoop(),
        upstream.proxy(),
        upstream.ca(),
        DEFAULT_MAX_HEADER_BYTES);
  }

  private static void positive(String name, Duration value) {
    if (value.isNegative() || value.isZero()) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: > 0)");
    }
  }

  /** Without the proxy's credentials. */
  @Override
  public String toString() {
    return "UpstreamOptions[connectTime="
        + connectTime
        + ", firstByteTime="
        + firstByteTime
        + ", idleTime="
        + idleTime
        + ", totalTime="
        + totalTime
        + ", pooledIdleTime="
        + pooledIdleTime
        + ", connectionsPerLoop="
        + connectionsPerLoop
        + ", proxy="
        + (proxy == null ? "none" : proxy.getHost() + ":" + proxy.getPort())
        + ", caFile="
        + caFile
        + ", maxHeaderBytes="
        + maxHeaderBytes
        + "]";
  }
}
