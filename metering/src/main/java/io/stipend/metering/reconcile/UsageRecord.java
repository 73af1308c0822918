package io.stipend.metering.reconcile;

import java.time.LocalDate;
import org.jspecify.annotations.Nullable;

/**
 * What a provider says was used in a bucket of time.
 *
 * @param day the UTC day
 * @param keyId its id, or its name, of the provider's key; null if it does not say
 * @param projectId its project or workspace; null if it does not say
 * @param model as the provider names it; null if it does not say
 * @param tier the service tier in the gateway's words; null if it does not say
 * @param quantity tokens and searches
 * @param requests how many; null if it does not say
 * @param place where it stands in its file
 */
record UsageRecord(
    LocalDate day,
    @Nullable String keyId,
    @Nullable String projectId,
    @Nullable String model,
    @Nullable String tier,
    MeterSums quantity,
    @Nullable Long requests,
    String place) {
  /** The same at another place. */
  UsageRecord at(String other) {
    return new UsageRecord(day, keyId, projectId, model, tier, quantity, requests, other);
  }
}
