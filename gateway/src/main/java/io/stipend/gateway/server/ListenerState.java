package io.stipend.gateway.server;

import io.netty.channel.ChannelFutureListener;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/** What the connections of one listener share. Safe for use by any thread. */
final class ListenerState {
  private final ServerLimits limits;
  private final RequestHandler handler;
  private final ConnectionCensus census;
  private final Set<ClientConnection> connections = ConcurrentHashMap.newKeySet();
  private final AtomicInteger exchanges = new AtomicInteger();
  private final CompletableFuture<Void> drained = new CompletableFuture<>();
  private final ChannelFutureListener answerSent = written -> exchangeEnded();
  private volatile boolean draining;

  ListenerState(ServerLimits limits, RequestHandler handler) {
    this.limits = limits;
    this.handler = handler;
    this.census = new ConnectionCensus(limits.connections(), limits.connectionsPerAddress());
  }

  ServerLimits limits() {
    return limits;
  }

  RequestHandler handler() {
    return handler;
  }

  ConnectionCensus census() {
    return census;
  }

  /** Those that are open. */
  Set<ClientConnection> connections() {
    return connections;
  }

  int openExchanges() {
    return exchanges.get();
  }

  void exchangeBegan() {
    exchanges.incrementAndGet();
  }

  void exchangeEnded() {
    if (exchanges.decrementAndGet() == 0 && draining) {
      drained.complete(null);
    }
  }

  /** Hears that the last bytes of an answer were written, or cannot be. */
  ChannelFutureListener answerSent() {
    return answerSent;
  }

  boolean draining() {
    return draining;
  }

  /** From now on no connection outlives the answer it is writing. Completes when all ended. */
  CompletableFuture<Void> drain() {
    draining = true;
    connections.forEach(ClientConnection::drain);
    if (exchanges.get() == 0) {
      drained.complete(null);
    }
    return drained;
  }
}
