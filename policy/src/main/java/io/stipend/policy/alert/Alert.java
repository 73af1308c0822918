package io.stipend.policy.alert;

import io.stipend.metering.Unit;
import io.stipend.metering.ledger.AccountKey;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A budget reached a threshold, or is forecast to be used up before its period ends. What is sent
 * of it follows from the ledger's entry alone, so that sending it again sends the same.
 *
 * @param at when it was seen, to the millisecond
 * @param account the budget's account
 * @param threshold percent, such as {@code 80}, or {@link #FORECAST}
 * @param used of the account then, in its unit
 * @param given what could be spent in the period, what is used included
 * @param exhaustedAt of a forecast, when it will be used up, to the second; else null
 * @param resetsAt when the period ends; null if never
 */
public record Alert(
    Instant at,
    AccountKey account,
    String threshold,
    long used,
    long given,
    @Nullable Instant exhaustedAt,
    @Nullable Instant resetsAt) {
  /** The threshold of a forecast. */
  public static final String FORECAST = "forecast";

  /** Rounds the instants down to what the ledger keeps. */
  public Alert {
    at = at.truncatedTo(ChronoUnit.MILLIS);
    exhaustedAt = exhaustedAt == null ? null : exhaustedAt.truncatedTo(ChronoUnit.SECONDS);
  }

  /** The id of its entry: one for each account, and so period, and threshold. */
  public String id() {
    return id(account, threshold);
  }

  static String id(AccountKey account, String threshold) {
    return "alert:" + account + ":" + threshold;
  }

  /** Whether it looks ahead. */
  public boolean isForecast() {
    return threshold.equals(FORECAST);
  }

  /**
   * The figures on one line, such as {@code used=320.5 given=400 resets_at=2026-12-01T00:00:00Z}:
   * what the entry holds besides its id.
   */
  public String detail() {
    Unit unit = account.unit();
    return "used="
        + unit.format(used)
        + " given="
        + unit.format(given)
        + (exhaustedAt == null ? "" : " exhausted_at=" + exhaustedAt)
        + (resetsAt == null ? "" : " resets_at=" + resetsAt);
  }

  /**
   * Reads what {@link #detail} wrote.
   *
   * @throws IllegalArgumentException if it is something else
   */
  public static Alert of(Instant at, AccountKey account, String threshold, String detail) {
    Map<String, String> fields = new HashMap<>();
    for (String field : detail.split(" ", -1)) {
      int equals = field.indexOf('=');
      fields.put(field.substring(0, Math.max(0, equals)), field.substring(equals + 1));
    }
    try {
      return new Alert(
          at,
          account,
          threshold,
          account.unit().parse(fields.getOrDefault("used", "")),
          account.unit().parse(fields.getOrDefault("given", "")),
          instant(fields.get("exhausted_at")),
          instant(fields.get("resets_at")));
    } catch (DateTimeException | IllegalArgumentException e) {
      throw new IllegalArgumentException(
          "alert: " + detail + " (expected: used=… given=… and instants)", e);
    }
  }

  private static @Nullable Instant instant(@Nullable String text) {
    return text == null ? null : Instant.parse(text);
  }
}
