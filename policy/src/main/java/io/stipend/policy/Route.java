package io.stipend.policy;

import io.stipend.metering.price.Rating;
import io.stipend.policy.config.ProviderConfig;

/**
 * One of the ways that a permitted call can go.
 *
 * @param provider where it goes, with the key that is sent there
 * @param model the model's name at that provider
 * @param rating its prices there, pinned when the call was permitted
 * @param rank 0 for those that share the calls; one of a higher rank is taken where none of a lower
 *     is left
 * @param weight its share among those of its rank: {@link #WHOLE} for a weight of one in the quota
 *     file; positive
 */
public record Route(ProviderConfig provider, String model, Rating rating, int rank, long weight) {
  /** A weight of one, fine enough for the keys of a provider to share it. */
  public static final long WHOLE = 1_000_000;

  /** Checks the numbers. */
  public Route {
    if (rank < 0 || weight <= 0) {
      throw new IllegalArgumentException(
          "rank " + rank + ", weight " + weight + " (expected: rank >= 0, weight > 0)");
    }
  }
}
