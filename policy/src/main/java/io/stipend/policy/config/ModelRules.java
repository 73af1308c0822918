package io.stipend.policy.config;

import java.util.List;

/**
 * Which models may be used at one level; all levels of a principal must allow a model. A pattern
 * fits the model's own name or {@code provider/model}, after aliases were resolved.
 *
 * @param allow a model must fit one of these; empty means that every model may be used
 * @param deny a model must fit none of these
 */
public record ModelRules(List<Glob> allow, List<Glob> deny) {
  /** Allows every model. */
  public static final ModelRules ALL = new ModelRules(List.of(), List.of());

  /** Copies the lists. */
  public ModelRules {
    allow = List.copyOf(allow);
    deny = List.copyOf(deny);
  }

  /** Whether this level allows a model of a provider. */
  public boolean allows(String provider, String model) {
    return (allow.isEmpty() || fits(allow, provider, model)) && !fits(deny, provider, model);
  }

  private static boolean fits(List<Glob> globs, String provider, String model) {
    for (Glob glob : globs) {
      if (glob.matches(model) || glob.matches(provider + "/" + model)) {
        return true;
      }
    }
    return false;
  }
}
