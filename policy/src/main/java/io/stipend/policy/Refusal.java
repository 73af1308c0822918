package io.stipend.policy;

import io.stipend.policy.limit.Rates;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A policy answer: no, and why.
 *
 * @param reason the kind
 * @param message one or two short sentences for the person: what ran out or was wrong, what was
 *     expected, when it resets, whom to ask; no secrets
 * @param param the field of the body that is wrong; null if none
 * @param resetsAt when the budget that refused begins anew; null if not a budget or never
 * @param retryAfter for rate refusals, when to try again; of a budget, how long until it resets;
 *     null for all others
 * @param rates for rate refusals, how the limits stand; unlimited for all others
 */
public record Refusal(
    RefusalReason reason,
    String message,
    @Nullable String param,
    @Nullable Instant resetsAt,
    @Nullable Duration retryAfter,
    Rates rates)
    implements Decision {
  /** A refusal that is about no rate. */
  public Refusal(
      RefusalReason reason,
      String message,
      @Nullable String param,
      @Nullable Instant resetsAt,
      @Nullable Duration retryAfter) {
    this(reason, message, param, resetsAt, retryAfter, Rates.UNLIMITED);
  }

  /** A refusal that is about no field and no time. */
  public static Refusal of(RefusalReason reason, String message) {
    return new Refusal(reason, message, null, null, null);
  }

  /** A refusal of one field of the body. */
  public static Refusal ofField(String param, String message) {
    return new Refusal(RefusalReason.INVALID_BODY, message, param, null, null);
  }
}
