package io.stipend.policy.config;

import io.stipend.metering.Suggestion;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Checks the models that aliases, downgrades and fallbacks lead to: what nobody could ever use is a
 * mistake that is better told when the file is read.
 */
final class ModelTargets {
  private final ModelsReader.Models models;
  private final ModelCatalog catalog;
  private final Instant now;

  /**
   * @param catalog of all providers and prices, without aliases
   * @param now whose prices count
   */
  ModelTargets(ModelsReader.Models models, ModelCatalog catalog, Instant now) {
    this.models = models;
    this.catalog = catalog;
    this.now = now;
  }

  /** A model and another one that its calls may go to: a downgrade or a fallback. */
  record Instead(Section section, String model, String target, Value value) {}

  void aliases() {
    for (ModelsReader.Alias alias : models.aliases().values()) {
      check(alias.target(), alias.value());
    }
  }

  void instead(List<Instead> all) {
    Map<String, List<String>> vendors = new LinkedHashMap<>();
    for (Instead one : all) {
      List<String> from = vendors.computeIfAbsent(one.model, this::vendors);
      String wrong = models.aliases().containsKey(one.model) ? " is an alias" : null;
      if (wrong == null && from.isEmpty()) {
        wrong = " is not served";
      }
      if (wrong != null) {
        one.section.problem(
            one.model,
            Problems.shown(one.model)
                + wrong
                + " (expected: the own name of a model that a provider serves)"
                + (from.isEmpty() ? hint(one.model) : ""));
      } else if (check(one.target, one.value)
          && vendors(one.target).stream().noneMatch(from::contains)) {
        one.value.problem(
            Problems.shown(one.target)
                + " speaks another API (expected: a model of "
                + String.join(" or ", from)
                + ")");
      }
    }
  }

  private boolean check(String target, Value value) {
    String wrong = wrong(target);
    if (wrong != null) {
      value.problem(Problems.shown(target) + wrong);
    }
    return wrong == null;
  }

  private @Nullable String wrong(String target) {
    if (models.aliases().containsKey(target)) {
      return " is an alias itself (expected: a model; an alias is resolved once)";
    }
    ModelCatalog.Resolved resolved = catalog.resolveTarget(target, now);
    if (resolved.servedBy().isEmpty()) {
      return " (expected: a model that a provider serves)" + hint(target);
    }
    List<ProviderConfig> allowed =
        resolved.servedBy().stream()
            .filter(p -> models.rules().allows(p.name(), resolved.model()))
            .toList();
    if (allowed.isEmpty()) {
      return " is not allowed (expected: a model that models.allow names)";
    }
    return allowed.stream().allMatch(p -> catalog.rating(p, resolved.model(), now) == null)
        ? " has no price (expected: a model that a rate card prices)"
        : null;
  }

  private String hint(String name) {
    List<String> known = new ArrayList<>();
    catalog.providers().forEach(p -> known.addAll(catalog.priced(p, now)));
    return Suggestion.hint(name, known);
  }

  private List<String> vendors(String model) {
    return catalog.resolveTarget(model, now).servedBy().stream()
        .map(ProviderConfig::dialect)
        .distinct()
        .toList();
  }
}
