package io.stipend.gateway.dialect;

import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
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
  private static final Names OPENAI_REQUESTS = Names.openAi("requests");
  private static final Names OPENAI_TOKENS = Names.openAi("tokens");
  private static final Names ANTHROPIC_REQUESTS = Names.anthropic("requests");
  private static final Names ANTHROPIC_TOKENS = Names.anthropic("tokens");

  private RateHeaders() {}

  /** How a vendor names the three headers of one kind of rate. */
  private record Names(AsciiString limit, AsciiString remaining, AsciiString reset) {
    static Names openAi(String kind) {
      return new Names(
          AsciiString.cached("x-ratelimit-limit-" + kind),
          AsciiString.cached("x-ratelimit-remaining-" + kind),
          AsciiString.cached("x-ratelimit-reset-" + kind));
    }

    static Names anthropic(String kind) {
      String prefix = "anthropic-ratelimit-" + kind;
      return new Names(
          AsciiString.cached(prefix + "-limit"),
          AsciiString.cached(prefix + "-remaining"),
          AsciiString.cached(prefix + "-reset"));
    }
  }

  /**
   * Puts the rates that are limited in a vendor's form; a vendor without such headers gets none.
   */
  public static void put(HttpHeaders headers, String vendor, Rates rates) {
    switch (vendor) {
      case "openai", "azure" -> {
        openAi(headers, OPENAI_REQUESTS, rates.requests());
        openAi(headers, OPENAI_TOKENS, rates.tokens());
      }
      case "anthropic" -> {
        anthropic(headers, ANTHROPIC_REQUESTS, rates.requests());
        anthropic(headers, ANTHROPIC_TOKENS, rates.tokens());
      }
      default -> {}
    }
  }

  private static void openAi(HttpHeaders headers, Names names, @Nullable Rate rate) {
    if (rate != null) {
      headers.set(names.limit, Long.toString(rate.limit()));
      headers.set(names.remaining, Long.toString(rate.remaining()));
      headers.set(names.reset, secondsUp(rate.resetAfter()) + "s");
    }
  }

  private static void anthropic(HttpHeaders headers, Names names, @Nullable Rate rate) {
    if (rate != null) {
      headers.set(names.limit, Long.toString(rate.limit()));
      headers.set(names.remaining, Long.toString(rate.remaining()));
      headers.set(
          names.reset,
          rate.resetsAt().plusNanos(999_999_999L).truncatedTo(ChronoUnit.SECONDS).toString());
    }
  }

  private static long secondsUp(Duration time) {
    return time.getNano() > 0 ? time.getSeconds() + 1 : time.getSeconds();
  }
}
