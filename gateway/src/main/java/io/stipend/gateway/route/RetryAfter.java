package io.stipend.gateway.route;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import org.jspecify.annotations.Nullable;

/**
 * How long a provider asks not to be called: {@code retry-after} in seconds or as a date (RFC 9110,
 * 10.2.3), or {@code retry-after-ms}, which OpenAI and Azure send beside it.
 */
public final class RetryAfter {
  /** Longer than this no provider is believed. */
  public static final Duration LONGEST = Duration.ofHours(1);

  private static final int MAX_DIGITS = 9;

  private RetryAfter() {}

  /** Null if it does not say, or says what is none. */
  public static @Nullable Duration of(HttpHeaders headers, Instant now) {
    Long millis = number(headers.get("retry-after-ms"));
    if (millis != null) {
      return bounded(Duration.ofMillis(millis));
    }
    String value = headers.get(HttpHeaderNames.RETRY_AFTER);
    Long seconds = number(value);
    if (seconds != null) {
      return bounded(Duration.ofSeconds(seconds));
    }
    try {
      return value == null
          ? null
          : bounded(
              Duration.between(
                  now, ZonedDateTime.parse(value, DateTimeFormatter.RFC_1123_DATE_TIME)));
    } catch (DateTimeException e) {
      return null;
    }
  }

  private static Duration bounded(Duration wait) {
    if (wait.isNegative()) {
      return Duration.ZERO;
    }
    return wait.compareTo(LONGEST) > 0 ? LONGEST : wait;
  }

  /** A whole number, its fraction left out; null if it is none. */
  private static @Nullable Long number(@Nullable String text) {
    if (text == null) {
      return null;
    }
    int point = text.indexOf('.');
    String whole = point < 0 ? text : text.substring(0, point);
    if (whole.isEmpty() || whole.length() > MAX_DIGITS) {
      return null;
    }
    for (int i = 0; i < whole.length(); i++) {
      if (whole.charAt(i) < '0' || whole.charAt(i) > '9') {
        return null;
      }
    }
    return Long.valueOf(whole);
  }
}
