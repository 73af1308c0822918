package io.stipend.policy.config;

import io.stipend.policy.config.GatewayConfig.Retry;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Reads the section {@code gateway.retry}. */
final class RetryReader {
  private static final int MAX_ATTEMPTS = 10;
  private static final int PERCENT = 100;
  private static final Pattern PERCENTAGE = Pattern.compile("([0-9]{1,3})%");

  private enum SameUpstream {
    OFF,
    ON
  }

  private RetryReader() {}

  static Retry read(@Nullable Section section) {
    Retry d = Retry.DEFAULTS;
    if (section == null) {
      return d;
    }
    try (section) {
      Value same = section.get("same_upstream");
      SameUpstream word = same == null ? null : Scalars.word(same, SameUpstream.class);
      return new Retry(
          Scalars.count(section.get("attempts"), 1, MAX_ATTEMPTS, d.attempts()),
          percent(section.get("budget"), 0, PERCENT, d.budgetPercent()),
          word == null ? d.sameUpstream() : word == SameUpstream.ON,
          Scalars.duration(section.get("wait"), d.longestWait()),
          percent(section.get("failures"), 1, PERCENT, d.failuresPercent()),
          Scalars.duration(section.get("rest"), d.rest()));
    }
  }

  /** A whole number of percent, such as {@code 20%}. */
  private static int percent(@Nullable Value value, int min, int max, int otherwise) {
    String expected = "whole percent from " + min + "% to " + max + "%";
    String text = value == null ? null : value.text(expected);
    if (value == null || text == null) {
      return otherwise;
    }
    Matcher matcher = PERCENTAGE.matcher(text);
    int number = matcher.matches() ? Integer.parseInt(matcher.group(1)) : -1;
    if (number < min || number > max) {
      value.unexpected(text, expected);
      return otherwise;
    }
    return number;
  }
}
