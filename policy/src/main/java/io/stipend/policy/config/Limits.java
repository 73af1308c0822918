package io.stipend.policy.config;

import java.time.Duration;

/**
 * The bounds of the data listener and of what it holds: the keys of {@code gateway.limits}.
 *
 * @param sizes bytes and depths
 * @param counts how many at once
 * @param times how long
 */
public record Limits(Sizes sizes, Counts counts, Times times) {
  private static final int KIB = 1_024;
  private static final int MIB = 1_024 * KIB;

  /** What holds for every key that the file does not write. */
  public static final Limits DEFAULTS = new Limits(Sizes.DEFAULTS, Counts.DEFAULTS, Times.DEFAULTS);

  /**
   * Bytes and depths.
   *
   * @param headerBytes of one header block, request line included
   * @param bodyBytes of one request body as it is sent
   * @param inflatedBodyBytes of one compressed request body once inflated
   * @param sseLineBytes of one line of an event stream from upstream
   * @param jsonDepth how deep a body may nest
   */
  public record Sizes(
      int headerBytes, int bodyBytes, int inflatedBodyBytes, int sseLineBytes, int jsonDepth) {
    /** What holds for every key that the file does not write. */
    public static final Sizes DEFAULTS = new Sizes(32 * KIB, 32 * MIB, 32 * MIB, 8 * MIB, 512);
  }

  /**
   * How many at once.
   *
   * @param headerCount header fields of one request
   * @param connections clients in all
   * @param connectionsPerAddress clients from one address
   * @param openAttempts attempts under way: the slots of the in-flight table
   * @param badCredentialsPerMinute bad credentials from one address before it is refused unread
   */
  public record Counts(
      int headerCount,
      int connections,
      int connectionsPerAddress,
      int openAttempts,
      int badCredentialsPerMinute) {
    /** What holds for every key that the file does not write. */
    public static final Counts DEFAULTS = new Counts(200, 8_192, 4_096, 16_384, 30);
  }

  /**
   * How long each wait may take.
   *
   * @param header from the first byte of a request to the end of its header block
   * @param body from there to the end of its body
   * @param idle between two requests of one connection
   * @param connect to reach an upstream, TLS included
   * @param firstByte from the end of the request sent upstream to the first byte of the answer
   * @param upstreamIdle between two reads of an answer
   * @param total of one exchange
   * @param writeStall while a client takes no byte of what is ready for it
   */
  public record Times(
      Duration header,
      Duration body,
      Duration idle,
      Duration connect,
      Duration firstByte,
      Duration upstreamIdle,
      Duration total,
      Duration writeStall) {
    /** What holds for every key that the file does not write. */
    public static final Times DEFAULTS =
        new Times(
            Duration.ofSeconds(15),
            Duration.ofMinutes(5),
            Duration.ofMinutes(2),
            Duration.ofSeconds(10),
            Duration.ofMinutes(10),
            Duration.ofMinutes(10),
            Duration.ofHours(1),
            Duration.ofMinutes(10));
  }
}
