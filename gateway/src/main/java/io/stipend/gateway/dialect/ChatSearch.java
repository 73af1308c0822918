package io.stipend.gateway.dialect;

import io.stipend.metering.Meter;
import io.stipend.metering.Units;
import org.jspecify.annotations.Nullable;

/**
 * The search of the web that a chat pays for: one fee for each answer of a model that searches, by
 * the amount of context that it fetches. Nothing in the answer counts it.
 */
final class ChatSearch {
  /** What is fetched where the request does not say how much. */
  static final String USUAL_CONTEXT = "medium";

  private static final String ALWAYS = "-search-";
  private static final Units ONE = Units.of(Meter.WEB_SEARCH, 1);

  private ChatSearch() {}

  /** Whether a model of this name searches whatever it is asked. */
  static boolean always(String model) {
    return model.contains(ALWAYS);
  }

  /**
   * What an answer is charged beside its tokens.
   *
   * @param asked what the request is held for
   * @param served the model that answered, which an alias may have hidden
   */
  static Units charged(Units asked, @Nullable String served) {
    return asked.isNone() && served != null && always(served) ? ONE : asked;
  }
}
