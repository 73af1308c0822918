package io.stipend.gateway.upstream;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;

/**
 * A token, as OAuth 2 answers it (RFC 6749, 5.1).
 *
 * @param value goes into a header, and is shown nowhere
 * @param refreshAt when another one is to be fetched
 * @param servesUntil when it may be refused by whoever gets it a little later
 */
record GoogleToken(String value, Instant refreshAt, Instant servesUntil) {
  /** Of an answer that holds one. */
  static final int MOST_BYTES = 64 * 1_024;

  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final int OK = 200;
  private static final long MOST_SECONDS = 86_400;

  /** How long before its end another one is fetched: this, but a quarter of a short life. */
  private static final Duration AHEAD = Duration.ofMinutes(5);

  /** What a request may take to get there; a twentieth of a short life. */
  private static final Duration UNDER_WAY = Duration.ofSeconds(30);

  /**
   * Reads an answer.
   *
   * @throws IllegalArgumentException if it holds none; says why without what it holds
   */
  static GoogleToken read(int status, byte[] body, Instant now) {
    if (status != OK) {
      throw new IllegalArgumentException("status " + status + " (expected: 200)");
    }
    JsonNode json;
    try {
      json = MAPPER.readTree(body);
    } catch (IOException e) {
      throw new IllegalArgumentException("an answer that is no JSON", e);
    }
    String value = json.path("access_token").asText();
    long seconds = json.path("expires_in").asLong();
    boolean visible = !value.isEmpty() && value.chars().allMatch(c -> c > ' ' && c < 0x7f);
    if (!visible || seconds < 1 || seconds > MOST_SECONDS) {
      throw new IllegalArgumentException("an answer without access_token and expires_in");
    }
    Duration life = Duration.ofSeconds(seconds);
    Instant end = now.plus(life);
    return new GoogleToken(
        value,
        end.minus(least(AHEAD, life.dividedBy(4))),
        end.minus(least(UNDER_WAY, life.dividedBy(20))));
  }

  private static Duration least(Duration a, Duration b) {
    return a.compareTo(b) < 0 ? a : b;
  }

  @Override
  public String toString() {
    return "GoogleToken[until " + servesUntil + "]";
  }
}
