package io.stipend.policy.config;

/**
 * Limits of one scope; 0 means none.
 *
 * @param scope whose limits they are, such as {@code person/ada}
 * @param requestsPerMinute how many exchanges may begin in a minute
 * @param tokensPerMinute how many tokens may be reserved in a minute
 * @param concurrent how many exchanges may be under way
 */
public record LimitRule(String scope, int requestsPerMinute, long tokensPerMinute, int concurrent) {
  /** No limit. */
  static LimitRule none(String scope) {
    return new LimitRule(scope, 0, 0, 0);
  }

  /** Whether nothing is limited. */
  public boolean isNone() {
    return requestsPerMinute == 0 && tokensPerMinute == 0 && concurrent == 0;
  }
}
