package io.stipend.gateway.dialect;

import io.netty.handler.codec.http.HttpHeaders;
import io.stipend.policy.limit.Rates;
import io.stipend.policy.limit.Rates.Rate;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import org.jspecify.annotations.Nullable;

/**
 * The rate-limit headers of each vendor, with our limits in them. Where one of ours binds the
 * caller, it takes the place of the provider's of the same kind, which tells of a key that all
 * callers share; a kind that we do not limit stays the provider's.
 */
public final class RateHeaders {
  private static final String REQUESTS = "requests";
  private static final String TOKENS = "tokens";

  private RateHeaders() {}

  /**
   * Puts the rates that are limited in a vendor's form; a vendor without such headers gets none.
   */
  public static void put(HttpHeaders headers, String vendor, Rates rates) {
    switch (vendor) {
      case "openai" -> {
        openAi(headers, REQUESTS, rates.requests());
        openAi(headers, TOKENS, rates.tokens());
      }
      case "anthropic" -> {
        anthropic(headers, REQUESTS, rates.requests());
        anthropic(headers, TOKENS, rates.tokens());
      }
      default -> {}
    }
  }

  private static void openAi(HttpHeaders headers, String kind, @Nullable Rate rate) {
    if (rate != null) {
      headers.set("x-ratelimit-limit-" + kind, Long.toString(rate.limit()));
      headers.set("x-ratelimit-remaining-" + kind, Long.toString(rate.remaining()));
      headers.set("x-ratelimit-reset-" + kind, secondsUp(rate.resetAfter()) + "s");
    }
  }

  private static void anthropic(HttpHeaders headers, String kind, @Nullable Rate rate) {
    if (rate != null) {
      String prefix = "anthropic-ratelimit-" + kind;
      headers.set(prefix + "-limit", Long.toString(rate.limit()));
      headers.set(prefix + "-remaining", Long.toString(rate.remaining()));
      headers.set(
          prefix + "-reset",
          rate.resetsAt().plusNanos(999_999_999L).truncatedTo(ChronoUnit.SECONDS).toString());
    }
  }

  private static long secondsUp(Duration time) {
    return time.getNano() > 0 ? time.getSeconds() + 1 : time.getSeconds();
  }
}
