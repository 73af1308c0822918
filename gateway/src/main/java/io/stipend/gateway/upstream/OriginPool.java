package io.stipend.gateway.upstream;

import io.netty.channel.EventLoop;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connections of one event loop to one origin. The one that was used last is used first, so
 * that those not needed grow old and are closed. Used on its event loop only.
 */
final class OriginPool {
  private static final Logger LOG = LoggerFactory.getLogger(OriginPool.class);
  private static final long WARN_EVERY_NANOS = 10_000_000_000L;

  private final EventLoop loop;
  private final Origin origin;
  private final Dialer dialer;
  private final UpstreamOptions options;
  private final ConnectionCounts counts;
  private final ArrayDeque<UpstreamConnection> idle = new ArrayDeque<>();
  private final List<UpstreamConnection> open = new ArrayList<>();
  private int dialing;
  private boolean closed;
  private boolean warned;
  private long warnedNanos;

  OriginPool(
      EventLoop loop,
      Origin origin,
      Dialer dialer,
      UpstreamOptions options,
      ConnectionCounts counts) {
    this.loop = loop;
    this.origin = origin;
    this.dialer = dialer;
    this.options = options;
    this.counts = counts;
  }

  EventLoop loop() {
    return loop;
  }

  Origin origin() {
    return origin;
  }

  UpstreamOptions options() {
    return options;
  }

  /** Gives the attempt a connection: now if one is idle, else when one stands. */
  void acquire(NettyAttempt attempt) {
    UpstreamConnection last;
    while ((last = idle.pollLast()) != null) {
      counts.idle().decrement();
      if (last.alive()) {
        attempt.connected(last);
        return;
      }
      last.close();
    }
    if (closed) {
      attempt.failed(UpstreamFailure.CONNECT);
    } else if (open.size() + dialing >= options.connectionsPerLoop()) {
      connectFailed("all " + options.connectionsPerLoop() + " connections of this loop are busy");
      attempt.failed(UpstreamFailure.CONNECT);
    } else {
      dialing++;
      Dial dial;
      try {
        dial = dialer.dial(this, attempt);
      } catch (RuntimeException e) {
        dialing--;
        throw e;
      }
      attempt.dialing(dial);
    }
  }

  /** A dial is over: with a connection, or without if it failed or was cancelled. */
  void dialed(@Nullable UpstreamConnection connection) {
    dialing--;
    if (connection != null) {
      connection.index(open.size());
      open.add(connection);
      counts.open().increment();
    }
  }

  /** Says why no connection stood, at most once in a while. */
  void connectFailed(String why) {
    long now = System.nanoTime();
    if (!warned || now - warnedNanos >= WARN_EVERY_NANOS) {
      warned = true;
      warnedNanos = now;
      LOG.warn("no connection to {}: {}", origin, why);
    }
  }

  /** Takes back a connection that can serve again. */
  void release(UpstreamConnection connection) {
    if (closed) {
      connection.close();
    } else {
      counts.idle().increment();
      idle.addLast(connection);
    }
  }

  /** A connection has ended. */
  void gone(UpstreamConnection connection) {
    int index = connection.index();
    if (index >= 0) {
      if (idle.removeFirstOccurrence(connection)) {
        counts.idle().decrement();
      }
      UpstreamConnection moved = open.remove(open.size() - 1);
      if (moved != connection) {
        open.set(index, moved);
        moved.index(index);
      }
      connection.index(-1);
      counts.open().decrement();
    }
  }

  /** Closes every connection; what is under way fails. */
  void close() {
    closed = true;
    List.copyOf(open).forEach(UpstreamConnection::close);
  }
}
