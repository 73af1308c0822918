package io.stipend.gateway.bench;

import io.stipend.gateway.testing.LoadPlan;
import java.net.URI;
import java.time.Duration;

/** A kind of load. */
enum Scenario {
  /** As much as goes through 64 connections, plain JSON. */
  CLOSED(64, 0, new BenchRequest(0, 0, 0)),
  /** A fixed rate, plain JSON, latency from the scheduled time. */
  OPEN(64, 3_000, new BenchRequest(0, 0, 0)),
  /** The same from a provider that thinks: a durability gate opens meanwhile. */
  THINK(256, 3_000, new BenchRequest(0, 20_000, 0)),
  /** 200 streams of 100 events at once, as fast as they come. */
  STREAM(200, 0, new BenchRequest(100, 0, 0)),
  /** 200 streams of 100 events, each event by itself. */
  PACED(200, 0, new BenchRequest(100, 0, 10_000)),
  /** Short streams at a fixed rate: the delay of the first event. */
  FIRST(256, 3_000, new BenchRequest(4, 20_000, 1_000)),
  /** 9,900 streams (a process may have 20,000 files here) that say something every four seconds. */
  IDLE(9_900, 0, new BenchRequest(1_000, 0, 4_000_000));

  /** Portkey's gateway does not reach the rate of the others. */
  private static final double SLOW_RATE = 200;

  final int connections;
  private final double rate;
  private final BenchRequest request;

  Scenario(int connections, double rate, BenchRequest request) {
    this.connections = connections;
    this.rate = rate;
    this.request = request;
  }

  boolean streams() {
    return request.events() > 0;
  }

  LoadPlan plan(Candidate on, Duration time) {
    boolean slow = on.name().equals("portkey");
    return new LoadPlan(
        URI.create("http://127.0.0.1:" + on.port() + "/v1/chat/completions"),
        on.headers(),
        on.callers(),
        request.body(),
        1,
        connections,
        slow ? Math.min(rate, SLOW_RATE) : rate,
        time,
        this == IDLE ? Duration.ZERO : Duration.ofSeconds(5));
  }
}
