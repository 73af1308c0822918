package io.stipend.policy.config;

import org.jspecify.annotations.Nullable;

/**
 * Limits that share one count; 0 means none.
 *
 * @param scope who shares the count and for what, such as {@code person/ada}, {@code key/K of
 *     team/payments} or {@code organisation for gpt-5*}; unique among all rules of a file
 * @param models only exchanges with these models count; null if all do
 * @param requestsPerMinute how many exchanges may begin in any 60 seconds
 * @param tokensPerMinute how many tokens may be reserved in any 60 seconds
 * @param concurrent how many exchanges may be under way
 */
public record LimitRule(
    String scope,
    @Nullable Glob models,
    int requestsPerMinute,
    long tokensPerMinute,
    int concurrent) {
  /** Limits of all models. */
  public LimitRule(String scope, int requestsPerMinute, long tokensPerMinute, int concurrent) {
    this(scope, null, requestsPerMinute, tokensPerMinute, concurrent);
  }

  /** Whether nothing is limited. */
  public boolean isNone() {
    return requestsPerMinute == 0 && tokensPerMinute == 0 && concurrent == 0;
  }

  /**
   * Whether an exchange with this model counts. As in {@link ModelRules}, a pattern fits the
   * model's own name or {@code provider/model}.
   */
  public boolean covers(String provider, String model) {
    return models == null || models.matches(model) || models.matches(provider + "/" + model);
  }

  /** The same limits for one member of the scope alone. */
  LimitRule each(String member) {
    return new LimitRule(
        member + " of " + scope, models, requestsPerMinute, tokensPerMinute, concurrent);
  }
}
