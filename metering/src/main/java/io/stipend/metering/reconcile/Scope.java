package io.stipend.metering.reconcile;

import io.stipend.metering.price.RateCards;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Map;

/**
 * What is reconciled.
 *
 * @param vendor whose reports these are
 * @param from the first UTC day
 * @param to the UTC day after the last one
 * @param files the reports
 * @param keys whose the provider's keys and projects are
 * @param vendors the providers of the quota file that these reports bill, each with the vendor
 *     whose cards price what none of its own does
 * @param cards the prices in force
 */
public record Scope(
    Vendor vendor,
    LocalDate from,
    LocalDate to,
    ProviderFiles files,
    KeyMap keys,
    Map<String, String> vendors,
    RateCards cards) {
  /** Copies the providers; refuses a range without a day. */
  public Scope {
    vendors = Map.copyOf(vendors);
    if (!from.isBefore(to)) {
      throw new IllegalArgumentException("from: " + from + " (expected: before " + to + ")");
    }
  }

  boolean covers(LocalDate day) {
    return !day.isBefore(from) && day.isBefore(to);
  }

  static Instant start(LocalDate day) {
    return day.atStartOfDay(ZoneOffset.UTC).toInstant();
  }
}
