package io.stipend.metering.export;

import io.stipend.metering.ledger.Booking;
import io.stipend.metering.ledger.UsageRow;
import io.stipend.metering.price.Rating;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What the rows of one consumer, key, provider, model, tier and price version have in common.
 *
 * @param booked the UTC day where it stands in the books
 * @param used the UTC day of the usage; an earlier month's where that is closed by then
 * @param correction whether it changes what an earlier month says that was closed by then
 * @param currency what it was charged in
 * @param provider the provider's name in the quota file
 * @param person the principal; null of what is nobody's
 * @param keyId the gateway key; null of what is nobody's
 * @param model the model that served; null of what is of none
 * @param tier the service tier in the provider's word, in lower case as prices are found by it;
 *     null if it was the default one
 * @param priceVersion the version of the rate card; null of what has no price
 */
record FocusKey(
    LocalDate booked,
    LocalDate used,
    boolean correction,
    String currency,
    String provider,
    @Nullable String person,
    @Nullable String team,
    @Nullable String costCenter,
    @Nullable String project,
    @Nullable String keyId,
    @Nullable String model,
    @Nullable String tier,
    @Nullable String priceVersion) {

  /** The key of a line of the books. */
  static FocusKey of(Booking booking, LocalDate booked) {
    UsageRow attempt = booking.attempt();
    LocalDate used = day(attempt.startedAt());
    boolean late = booking.correction() || !used.withDayOfMonth(1).equals(booked.withDayOfMonth(1));
    return new FocusKey(
        booked,
        late ? used : booked,
        late,
        attempt.currency(),
        attempt.provider(),
        attempt.person(),
        attempt.team(),
        attempt.costCenter(),
        attempt.project(),
        attempt.keyId(),
        attempt.modelServed(),
        tier(attempt.serviceTier()),
        booking.priceVersion());
  }

  private static @Nullable String tier(@Nullable String served) {
    return served == null || Rating.isDefaultTier(served) ? null : served.toLowerCase(Locale.ROOT);
  }

  /** The key of what is rounded on a day. */
  static FocusKey ofRounding(LocalDate day, String currency) {
    return new FocusKey(
        day,
        day,
        false,
        currency,
        FocusProvider.STIPEND.id(),
        null,
        null,
        null,
        null,
        null,
        null,
        null,
        null);
  }

  static LocalDate day(Instant at) {
    return LocalDate.ofInstant(at, ZoneOffset.UTC);
  }
}
