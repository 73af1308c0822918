package io.stipend.policy.config;

import io.stipend.metering.Suggestion;
import io.stipend.metering.Unit;
import io.stipend.metering.price.RateCardException;
import io.stipend.metering.price.RateCards;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads one quota file from top to bottom and keeps going after a problem, so that all are told.
 */
final class QuotaLoader {
  private static final int VERSION = 1;
  private static final String BUILTIN = "builtin";

  private final Path file;
  private final Path folder;
  private final Instant now;
  private final Problems problems = new Problems();
  private final Problems warnings = new Problems();
  private final Sources sources = new Sources();
  private final SecretReader secrets;

  QuotaLoader(Path file, Map<String, String> env, Instant now) {
    this.file = file;
    Path parent = file.toAbsolutePath().getParent();
    this.folder = parent == null ? file.toAbsolutePath() : parent;
    this.now = now;
    this.secrets = new SecretReader(folder, env, sources, warnings);
  }

  QuotaFile.Result load() {
    String name = file.toString();
    byte[] bytes =
        sources.read(file.toAbsolutePath(), true, why -> problems.add(Place.start(name), why));
    Value root = bytes == null ? null : YamlFile.read(bytes, name, problems);
    Section section =
        root == null ? null : root.section("a mapping with gateway, people and so on");
    QuotaFile loaded = section == null ? null : read(section);
    return loaded == null || !problems.isEmpty()
        ? new QuotaFile.Broken(problems.sorted(), sources.files())
        : new QuotaFile.Loaded(loaded, sources.hash(), warnings.sorted(), sources.files());
  }

  private @Nullable QuotaFile read(Section root) {
    try (root) {
      Scalars.count(root.get("version"), VERSION, VERSION, VERSION);
      GatewayReader gatewayReader = new GatewayReader(folder, warnings);
      Section gatewaySection = root.section("gateway");
      GatewayConfig gateway =
          gatewaySection == null ? gatewayReader.absent() : gatewayReader.read(gatewaySection);
      ZoneId zone = calendar(root.section("calendar"));
      ProvidersReader providersReader = new ProvidersReader(secrets);
      List<ProviderConfig> providers = providersReader.read(root.require("providers"));
      RateCards cards = rateCards(root.get("rate_cards"));
      ModelsReader.Models models = ModelsReader.deployment(root.section("models"));
      Map<String, @Nullable BudgetTerms> allowances = allowances(root.section("allowances"));
      SharedReader shared = new SharedReader(zone);
      SharedBudgets above = shared(root, shared);
      PrincipalsReader principals =
          new PrincipalsReader(zone, allowances, above.teams().keySet(), problems);
      principals.people(root.section("people"));
      principals.services(root.section("services"));
      peopleFrom(root.get("people_from"), principals);
      Map<String, PrincipalConfig> all = principals.checked(above);
      if (cards == null) {
        return null;
      }
      Map<String, String> aliases =
          aliases(
              models,
              providersReader.complete() ? new ModelCatalog(providers, cards, Map.of()) : null,
              now);
      return new QuotaFile(
          file,
          gateway,
          zone,
          Unit.USD,
          providers,
          cards,
          models.rules(),
          aliases,
          above.organisation(),
          above.groups(),
          above.teams(),
          all);
    }
  }

  private static SharedBudgets shared(Section root, SharedReader reader) {
    Map<String, Group> groups = reader.groups(root.section("groups"));
    return new SharedBudgets(
        reader.organisation(root.section("organisation")),
        groups,
        reader.teams(root.section("teams"), groups.keySet()));
  }

  private static ZoneId calendar(@Nullable Section section) {
    if (section == null) {
      return ZoneOffset.UTC;
    }
    try (section) {
      Value currency = section.get("currency");
      String text = currency == null ? null : currency.text("USD");
      if (currency != null && text != null && !text.equals(Unit.USD.name())) {
        currency.problem(Problems.shown(text) + " is not built yet (expected: USD)");
      }
      return Scalars.zone(section.get("timezone"), ZoneOffset.UTC);
    }
  }

  private Map<String, @Nullable BudgetTerms> allowances(@Nullable Section section) {
    Map<String, @Nullable BudgetTerms> allowances = new LinkedHashMap<>();
    if (section != null) {
      for (Map.Entry<String, Value> entry : section.named().entrySet()) {
        section.checkName(entry.getKey());
        allowances.put(entry.getKey(), BudgetReader.one(entry.getValue()));
      }
    }
    return allowances;
  }

  private @Nullable RateCards rateCards(@Nullable Value value) {
    List<RateCards.Source> list = new ArrayList<>();
    boolean missing = false;
    if (value == null) {
      list.add(RateCards.Source.builtin());
    } else {
      for (Value item : value.oneOrMore()) {
        String text = item.text("builtin or the path of a rate card");
        Path path = text == null || text.equals(BUILTIN) ? null : Scalars.path(item, folder);
        if (path != null) {
          missing |= sources.read(path, true, item::problem) == null;
          list.add(RateCards.Source.file(path));
        } else if (text != null) {
          list.add(RateCards.Source.builtin());
        }
      }
    }
    if (missing) {
      return null;
    }
    try {
      return RateCards.load(list);
    } catch (RateCardException e) {
      for (RateCardException.Problem p : e.problems()) {
        problems.add(
            new Place(p.file(), Math.max(1, p.line()), Math.max(1, p.column())), p.message());
      }
      return null;
    }
  }

  private void peopleFrom(@Nullable Value value, PrincipalsReader principals) {
    Path path = Scalars.path(value, folder);
    if (value == null || path == null) {
      return;
    }
    byte[] bytes = sources.read(path, true, value::problem);
    String text = bytes == null ? null : YamlFile.decode(bytes, path.toString(), problems);
    if (text != null) {
      new PeopleCsv(path.toString(), principals.teamNames(), principals.allowanceNames(), problems)
          .read(text)
          .forEach(principals::listed);
    }
  }

  /**
   * An alias that nobody could ever use is a mistake that is better told now.
   *
   * @param catalog null where a broken provider would make good aliases look wrong
   */
  private static Map<String, String> aliases(
      ModelsReader.Models models, @Nullable ModelCatalog catalog, Instant now) {
    Map<String, String> aliases = new LinkedHashMap<>();
    for (Map.Entry<String, ModelsReader.Alias> entry : models.aliases().entrySet()) {
      ModelsReader.Alias alias = entry.getValue();
      aliases.put(entry.getKey(), alias.target());
      String wrong = catalog == null ? null : wrongTarget(alias.target(), models, catalog, now);
      if (wrong != null) {
        alias.value().problem(Problems.shown(alias.target()) + wrong);
      }
    }
    return aliases;
  }

  private static @Nullable String wrongTarget(
      String target, ModelsReader.Models models, ModelCatalog catalog, Instant now) {
    if (models.aliases().containsKey(target)) {
      return " is an alias itself (expected: a model; an alias is resolved once)";
    }
    ModelCatalog.Resolved resolved = catalog.resolveTarget(target, now);
    if (resolved.servedBy().isEmpty()) {
      List<String> known = new ArrayList<>();
      catalog.providers().forEach(p -> known.addAll(catalog.priced(p, now)));
      return " (expected: a model that a provider serves)" + Suggestion.hint(target, known);
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
}
