package io.stipend.gateway.server;

import io.stipend.policy.config.Limits;
import java.time.Duration;

/**
 * The bounds of one listener.
 *
 * @param lineBytes of one request line
 * @param headerBytes of one header block, request line included; also of the trailers of a body
 * @param headerCount header fields of one request
 * @param bodyBytes of one request body as it is sent
 * @param decodedBodyBytes of one request body once its content coding is undone
 * @param connections clients in all
 * @param connectionsPerAddress clients from one address; an IPv6 client counts by its /64
 * @param header from the first byte of a request, or from the connection's begin, to the end of its
 *     header block
 * @param body from there to the end of its body
 * @param idle between two requests of one connection
 * @param total of one exchange
 * @param writeStall while a client takes no byte of what is ready for it
 */
public record ServerLimits(
    int lineBytes,
    int headerBytes,
    int headerCount,
    int bodyBytes,
    int decodedBodyBytes,
    int connections,
    int connectionsPerAddress,
    Duration header,
    Duration body,
    Duration idle,
    Duration total,
    Duration writeStall) {
  private static final int LINE_BYTES = 8 * 1_024;

  /** The defaults of the quota file. */
  public static final ServerLimits DEFAULTS = of(Limits.DEFAULTS);

  /** Checks that each bound lets something through. */
  public ServerLimits {
    atLeastOne("lineBytes", lineBytes);
    atLeastOne("headerBytes", headerBytes);
    atLeastOne("headerCount", headerCount);
    atLeastOne("bodyBytes", bodyBytes);
    atLeastOne("decodedBodyBytes", decodedBodyBytes);
    atLeastOne("connections", connections);
    atLeastOne("connectionsPerAddress", connectionsPerAddress);
    positive("header", header);
    positive("body", body);
    positive("idle", idle);
    positive("total", total);
    positive("writeStall", writeStall);
  }

  /** What the section {@code gateway.limits} of a quota file means for a listener. */
  public static ServerLimits of(Limits limits) {
    return new ServerLimits(
        Math.min(LINE_BYTES, limits.sizes().headerBytes()),
        limits.sizes().headerBytes(),
        limits.counts().headerCount(),
        limits.sizes().bodyBytes(),
        limits.sizes().inflatedBodyBytes(),
        limits.counts().connections(),
        limits.counts().connectionsPerAddress(),
        limits.times().header(),
        limits.times().body(),
        limits.times().idle(),
        // The upstream's own limit of this length begins later, and ends in words: this one cuts.
        limits.times().total().plus(limits.times().body()),
        limits.times().writeStall());
  }

  private static void atLeastOne(String name, int value) {
    if (value < 1) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: >= 1)");
    }
  }

  private static void positive(String name, Duration value) {
    if (value.isNegative() || value.isZero()) {
      throw new IllegalArgumentException(name + ": " + value + " (expected: more than no time)");
    }
  }
}
