package io.stipend.gateway.demo;

import io.netty.handler.codec.http.HttpHeaders;
import org.jspecify.annotations.Nullable;

/**
 * What a reply is to be: said by the request's {@code x-fake-*} headers, else by the provider's
 * defaults.
 *
 * @param outputTokens {@code x-fake-output-tokens}: visible tokens of each choice, before the cap
 * @param reasoningTokens {@code x-fake-reasoning-tokens}: tokens of each choice that come first and
 *     are not shown
 * @param inputTokens {@code x-fake-input-tokens}: all input, cached or not; -1 means counted from
 *     the body
 * @param cacheRead {@code x-fake-cache-read-tokens}: the part of the input read from the cache
 * @param cacheWrite5m {@code x-fake-cache-write-5m-tokens}: the part written for five minutes
 * @param cacheWrite1h {@code x-fake-cache-write-1h-tokens}: the part written for an hour
 * @param paceMicros {@code x-fake-pace-micros}: time for each token; 0 means as fast as possible
 * @param delayMillis {@code x-fake-delay-millis}: time before the first byte
 * @param tokenBytes {@code x-fake-token-bytes}: bytes of each token's text; 0 means a word
 * @param status {@code x-fake-status}: an error status to answer with; 0 means none
 * @param resetAfter {@code x-fake-reset-after}: events after which the connection is reset; 0 means
 *     before the first byte, -1 never
 * @param truncateAfter {@code x-fake-truncate-after}: events after which a stream ends as if it
 *     were complete, and a plain answer's connection closes within its body; -1 never
 * @param stallAfter {@code x-fake-stall-after}: events after which nothing more comes; -1 never
 * @param usage whether the answer says its usage; {@code x-fake-no-usage: true} turns it off
 * @param segmentBytes {@code x-fake-segment-bytes}: every write is cut into segments of this size;
 *     0 means not
 * @param serviceTier {@code x-fake-service-tier}: the tier that was served; null means as asked
 * @param modelServed {@code x-fake-model-served}: the model that the answer names; null means as
 *     asked
 * @param flavour {@code x-fake-flavour}: {@code vllm} or {@code ollama}: how a chat streams
 * @param searches {@code x-fake-searches}: searches of the web that the reply makes, if the request
 *     offers that tool and no more than it allows
 * @param exception {@code x-fake-exception}: the error, such as {@code throttlingException}, by
 *     which a stream in frames tells that it is truncated; null means none
 */
record FakeScript(
    long outputTokens,
    long reasoningTokens,
    long inputTokens,
    long cacheRead,
    long cacheWrite5m,
    long cacheWrite1h,
    long paceMicros,
    long delayMillis,
    int tokenBytes,
    int status,
    long resetAfter,
    long truncateAfter,
    long stallAfter,
    boolean usage,
    int segmentBytes,
    @Nullable String serviceTier,
    @Nullable String modelServed,
    FakeFlavour flavour,
    long searches,
    @Nullable String exception) {
  /** The most tokens of one reply, so that a mistyped header cannot fill the memory. */
  private static final long MAX_TOKENS = 10_000_000;

  private static final long MAX_MICROS = 60_000_000;
  private static final int MAX_BYTES = 1 << 20;

  /** A reply of so many tokens, without faults. */
  static FakeScript of(long outputTokens, long paceMicros) {
    return new FakeScript(
        outputTokens,
        0,
        -1,
        0,
        0,
        0,
        paceMicros,
        0,
        0,
        0,
        -1,
        -1,
        -1,
        true,
        0,
        null,
        null,
        FakeFlavour.OPENAI,
        0,
        null);
  }

  /**
   * This script with what the headers say otherwise.
   *
   * @param usual the flavour where they say none
   * @throws FakeProblem if a header is no number in its range
   */
  FakeScript with(HttpHeaders headers, FakeFlavour usual) {
    String said = headers.get("x-fake-flavour");
    return new FakeScript(
        number(headers, "x-fake-output-tokens", outputTokens, MAX_TOKENS),
        number(headers, "x-fake-reasoning-tokens", reasoningTokens, MAX_TOKENS),
        number(headers, "x-fake-input-tokens", inputTokens, MAX_TOKENS),
        number(headers, "x-fake-cache-read-tokens", cacheRead, MAX_TOKENS),
        number(headers, "x-fake-cache-write-5m-tokens", cacheWrite5m, MAX_TOKENS),
        number(headers, "x-fake-cache-write-1h-tokens", cacheWrite1h, MAX_TOKENS),
        number(headers, "x-fake-pace-micros", paceMicros, MAX_MICROS),
        number(headers, "x-fake-delay-millis", delayMillis, MAX_MICROS),
        (int) number(headers, "x-fake-token-bytes", tokenBytes, MAX_BYTES),
        (int) number(headers, "x-fake-status", status, 599),
        number(headers, "x-fake-reset-after", resetAfter, MAX_TOKENS),
        number(headers, "x-fake-truncate-after", truncateAfter, MAX_TOKENS),
        number(headers, "x-fake-stall-after", stallAfter, MAX_TOKENS),
        usage && !Boolean.parseBoolean(headers.get("x-fake-no-usage")),
        (int) number(headers, "x-fake-segment-bytes", segmentBytes, MAX_BYTES),
        headers.get("x-fake-service-tier", serviceTier),
        headers.get("x-fake-model-served", modelServed),
        said == null ? usual : FakeFlavour.of(said),
        number(headers, "x-fake-searches", searches, MAX_TOKENS),
        headers.get("x-fake-exception", exception));
  }

  private static long number(HttpHeaders headers, String name, long otherwise, long max) {
    String value = headers.get(name);
    if (value == null) {
      return otherwise;
    }
    try {
      long number = Long.parseLong(value);
      if (number >= 0 && number <= max) {
        return number;
      }
    } catch (NumberFormatException e) {
      throw new FakeProblem(400, name + ": " + value + " (expected: 0.." + max + ")");
    }
    throw new FakeProblem(400, name + ": " + value + " (expected: 0.." + max + ")");
  }
}
