package io.stipend.policy.config;

import io.stipend.metering.Suggestion;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Checks the models that aliases and downgrades lead to: what nobody could ever use is a mistake
 * that is better told when the file is read.
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

  /** A model and the cheaper one that an allowance sends its calls to. */
  record Downgrade(Section section, String model, String target, Value value) {}

  void aliases() {
    for (ModelsReader.Alias alias : models.aliases().values()) {
      check(alias.target(), alias.value());
    }
  }

  void downgrades(List<Downgrade> downgrades) {
    Map<String, List<String>> vendors = new LinkedHashMap<>();
    for (Downgrade downgrade : downgrades) {
      List<String> from = vendors.computeIfAbsent(downgrade.model, this::vendors);
      String wrong = models.aliases().containsKey(downgrade.model) ? " is an alias" : null;
      if (wrong == null && from.isEmpty()) {
        wrong = " is not served";
      }
      if (wrong != null) {
        downgrade.section.problem(
            downgrade.model,
            Problems.shown(downgrade.model)
                + wrong
                + " (expected: the own name of a model that a provider serves)"
                + (from.isEmpty() ? hint(downgrade.model) : ""));
      } else if (check(downgrade.target, downgrade.value)
          && vendors(downgrade.target).stream().noneMatch(from::contains)) {
        downgrade.value.problem(
            Problems.shown(downgrade.target)
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
