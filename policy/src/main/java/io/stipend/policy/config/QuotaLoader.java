package io.stipend.policy.config;

import io.stipend.metering.Unit;
import io.stipend.metering.price.ExchangeRates;
import io.stipend.metering.price.RateCardException;
import io.stipend.metering.price.RateCards;
import io.stipend.policy.budget.Calendar;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
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
  private final Problems problems;
  private final Problems warnings = new Problems();
  private final Sources sources = new Sources();
  private final SecretReader secrets;

  QuotaLoader(Path file, Map<String, String> env, Instant now) {
    this(file, env, now, NotYet.KEYS);
  }

  /**
   * @param notYet keys that are refused by name
   */
  QuotaLoader(Path file, Map<String, String> env, Instant now, Set<String> notYet) {
    this.file = file;
    this.problems = new Problems(notYet);
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
      SharedCalendar calendar = calendar(root.section("calendar"));
      ProvidersReader providersReader = new ProvidersReader(secrets);
      List<ProviderConfig> providers = providersReader.read(root.require("providers"));
      RateCards cards = convertedCards(root);
      ModelsReader.Models models = ModelsReader.deployment(root.section("models"));
      BudgetReader budgets = new BudgetReader(calendar.fiscalStart, warnings);
      Map<String, @Nullable BudgetTerms> allowances =
          allowances(root.section("allowances"), budgets);
      SharedBudgets above = shared(root, new SharedReader(calendar.zone, budgets));
      PrincipalsReader principals =
          new PrincipalsReader(
              calendar.zone, budgets, allowances, above.teams().keySet(), problems);
      principals.people(root.section("people"));
      principals.services(root.section("services"));
      peopleFrom(root.get("people_from"), principals);
      Map<String, PrincipalConfig> all = principals.checked(above);
      List<Webhook> webhooks = new WebhooksReader(secrets).read(root.section("alerts"));
      DeliveryConfig delivery =
          new DeliveryReader(secrets, folder).read(root.get("feeds"), root.get("exports"));
      IdentityConfig identity =
          new IdentityReader(calendar.zone, allowances, above.teams().keySet(), warnings)
              .read(root.section("identity"));
      if (cards == null) {
        return null;
      }
      if (providersReader.complete()) {
        // A broken provider would make good models look wrong.
        ModelTargets targets =
            new ModelTargets(models, new ModelCatalog(providers, cards, Map.of()), now);
        targets.aliases();
        targets.instead(budgets.downgrades());
        targets.instead(models.fallbacks());
      }
      return new QuotaFile(
          file,
          gateway,
          calendar.zone,
          calendar.fiscalStart,
          Unit.USD,
          providers,
          cards,
          models.rules(),
          models.targets(),
          models.fallbackTargets(),
          models.background(),
          above.organisation(),
          above.groups(),
          above.teams(),
          all,
          webhooks,
          delivery,
          identity,
          inWords(allowances),
          RetentionReader.read(root.section("retention")),
          principals.list(),
          new Enrolments());
    }
  }

  private @Nullable RateCards convertedCards(Section root) {
    RateCards cards = rateCards(root.get("rate_cards"));
    ExchangeRates exchange =
        new ExchangeRatesReader(folder, sources, problems).read(root.get("exchange_rates"));
    if (cards == null) {
      return null;
    }
    RateCards converted = cards.with(exchange, Unit.USD.name());
    for (RateCardException.Problem p : converted.unconverted(now)) {
      warnings.add(new Place(p.file(), p.line(), p.column()), p.message());
    }
    return converted;
  }

  private static Map<String, String> inWords(Map<String, @Nullable BudgetTerms> allowances) {
    Map<String, String> words = new LinkedHashMap<>();
    allowances.forEach(
        (name, terms) -> words.put(name, terms == null ? "" : QuotaText.allowance(terms)));
    return words;
  }

  private static SharedBudgets shared(Section root, SharedReader reader) {
    Map<String, Group> groups = reader.groups(root.section("groups"));
    return new SharedBudgets(
        reader.organisation(root.section("organisation")),
        groups,
        reader.teams(root.section("teams"), groups.keySet()));
  }

  private record SharedCalendar(ZoneId zone, int fiscalStart) {}

  private static SharedCalendar calendar(@Nullable Section section) {
    if (section == null) {
      return new SharedCalendar(ZoneOffset.UTC, Calendar.JANUARY);
    }
    try (section) {
      Value currency = section.get("currency");
      String text = currency == null ? null : currency.text("USD");
      if (currency != null && text != null && !text.equals(Unit.USD.name())) {
        currency.problem(Problems.shown(text) + " is not built yet (expected: USD)");
      }
      return new SharedCalendar(
          Scalars.zone(section.get("timezone"), ZoneOffset.UTC),
          Scalars.month(section.get("fiscal_year_start"), Calendar.JANUARY));
    }
  }

  private static Map<String, @Nullable BudgetTerms> allowances(
      @Nullable Section section, BudgetReader budgets) {
    Map<String, @Nullable BudgetTerms> allowances = new LinkedHashMap<>();
    if (section != null) {
      for (Map.Entry<String, Value> entry : section.named().entrySet()) {
        section.checkName(entry.getKey());
        allowances.put(entry.getKey(), budgets.one(entry.getValue()));
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
    String text = people(path, value);
    if (text != null) {
      principals.list(path.toString(), text);
    }
  }

  /** The list as text; its bytes, as many again, are not kept. */
  private @Nullable String people(Path path, Value value) {
    byte[] bytes = sources.readList(path, value::problem);
    return bytes == null ? null : YamlFile.decode(bytes, path.toString(), problems);
  }
}
