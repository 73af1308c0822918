package io.stipend.policy.config;

import io.stipend.metering.Unit;
import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.price.RateCards;
import io.stipend.policy.budget.BudgetRule;
import io.stipend.policy.budget.Calendar;
import io.stipend.policy.budget.Every;
import io.stipend.policy.budget.Rules;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A whole, valid quota file with all that it includes: one immutable tree. Names are in the order
 * of the file.
 *
 * @param file where it was read from
 * @param gateway how the gateway runs
 * @param timezone decides the periods of everything that is shared, and of people without a zone
 * @param fiscalStart the month, 1 to 12, in which the years of quarters and years begin
 * @param currency of all money
 * @param providers in the order in which they are asked for a model
 * @param rateCards all prices
 * @param models what the whole deployment may use
 * @param aliases other names of models
 * @param fallbacks the models that calls for a model go to, in order, where no provider of it takes
 *     them
 * @param background what one call that is generated in the background may cost at most, in
 *     nano-units; 0 if none may be made
 * @param organisation what binds everybody
 * @param groups by name
 * @param teams by name
 * @param principals people and services by id, of this file and its list of people
 * @param webhooks where alerts are sent
 * @param identity who else may say who somebody is
 * @param enrolments whom they vouched for, of those who are not in the file
 */
public record QuotaFile(
    Path file,
    GatewayConfig gateway,
    ZoneId timezone,
    int fiscalStart,
    Unit currency,
    List<ProviderConfig> providers,
    RateCards rateCards,
    ModelRules models,
    Map<String, String> aliases,
    Map<String, List<String>> fallbacks,
    long background,
    Organisation organisation,
    Map<String, Group> groups,
    Map<String, Team> teams,
    Map<String, PrincipalConfig> principals,
    List<Webhook> webhooks,
    IdentityConfig identity,
    Enrolments enrolments) {
  /** Copies all collections and keeps their order. */
  public QuotaFile {
    providers = List.copyOf(providers);
    aliases = ordered(aliases);
    fallbacks = ordered(fallbacks);
    groups = ordered(groups);
    teams = ordered(teams);
    principals = ordered(principals);
    webhooks = List.copyOf(webhooks);
  }

  /** The vendor whose cards price what none of a provider's own does; its own name if unknown. */
  public String vendorOf(String provider) {
    return providers.stream()
        .filter(known -> known.name().equals(provider))
        .map(ProviderConfig::prices)
        .findFirst()
        .orElse(provider);
  }

  /** The same with another section {@code gateway}. */
  QuotaFile with(GatewayConfig other) {
    return with(other, enrolments);
  }

  /** The same with the people whom it does not hold; they may become more. */
  public QuotaFile with(Enrolments others) {
    return with(gateway, others);
  }

  private QuotaFile with(GatewayConfig other, Enrolments others) {
    return new QuotaFile(
        file,
        other,
        timezone,
        fiscalStart,
        currency,
        providers,
        rateCards,
        models,
        aliases,
        fallbacks,
        background,
        organisation,
        groups,
        teams,
        principals,
        webhooks,
        identity,
        others);
  }

  /**
   * A person or service of this file, or a person of no file whom an issuer vouched for and whom
   * this file gives something. What the file says of somebody comes before what an issuer says.
   */
  public @Nullable PrincipalConfig principal(String id) {
    PrincipalConfig listed = principals.get(id);
    return listed == null ? enrolled(enrolments.of(id)) : listed;
  }

  /** Whom {@link #principal} knows, by id. */
  public List<String> ids() {
    return Stream.concat(
            principals.keySet().stream(),
            enrolments.people().stream()
                .filter(id -> !principals.containsKey(id) && enrolled(enrolments.of(id)) != null))
        .sorted()
        .toList();
  }

  /** What this file would give to somebody whom it does not hold; null for nothing. */
  public @Nullable PrincipalConfig enrolled(LedgerEntry.@Nullable Enrolled entry) {
    return entry == null ? null : identity.person(entry, teams);
  }

  /** The budget that an account belongs to as this file has it; null if it has none any more. */
  public @Nullable BudgetRule budget(AccountKey account) {
    int slash = account.budget().indexOf('/');
    String kind = slash < 0 ? account.budget() : account.budget().substring(0, slash);
    String name = account.budget().substring(slash + 1);
    for (BudgetRule rule : budgets(kind, name)) {
      if (rule.budget().equals(account.budget())
          && rule.unit().equals(account.unit())
          && rule.calendar().names(account.period())) {
        return rule;
      }
    }
    return null;
  }

  /** The budgets of this file by account. */
  public Rules rules() {
    return new Rules() {
      @Override
      public @Nullable BudgetRule of(AccountKey account) {
        return budget(account);
      }

      @Override
      public Calendar calendar() {
        return new Calendar(Every.MONTH, timezone, fiscalStart);
      }
    };
  }

  private List<BudgetRule> budgets(String kind, String name) {
    PrincipalConfig principal = principal(name);
    Team team = teams.get(name);
    Group group = groups.get(name);
    return switch (kind) {
      case "person", "service" -> principal == null ? List.of() : principal.budgets();
      case "team" -> team == null ? List.of() : team.budgets();
      case "pool" -> team == null || team.pool() == null ? List.of() : List.of(team.pool());
      case "group" -> group == null ? List.of() : group.budgets();
      default -> organisation.budgets();
    };
  }

  /** Every budget that binds a principal: its own, its team's, its groups', the organisation's. */
  public List<BudgetRule> budgets(PrincipalConfig principal) {
    List<BudgetRule> rules = new ArrayList<>(principal.budgets());
    rules.addAll(new SharedBudgets(organisation, groups, teams).above(principal.team()));
    return List.copyOf(rules);
  }

  /**
   * The limits that bind a key of a principal: the principal's own, its team's, its groups', the
   * organisation's, without those that limit nothing.
   *
   * @param keyId public id of the key
   */
  public List<LimitRule> limits(PrincipalConfig principal, String keyId) {
    List<ScopeLimits> scopes = new ArrayList<>();
    scopes.add(principal.limits());
    Team team = principal.team() == null ? null : teams.get(principal.team());
    if (team != null) {
      scopes.add(team.limits());
      new SharedBudgets(organisation, groups, teams)
          .groupsOf(team)
          .forEach(group -> scopes.add(group.limits()));
    }
    scopes.add(organisation.limits());
    return scopes.stream().flatMap(s -> s.of(principal.scope(), keyId).stream()).toList();
  }

  /** The model rules that bind a principal; every one of them must allow a model. */
  public List<ModelRules> modelRules(PrincipalConfig principal) {
    List<ModelRules> rules = new ArrayList<>();
    rules.add(models);
    rules.add(principal.models());
    Team team = principal.team() == null ? null : teams.get(principal.team());
    if (team != null) {
      rules.add(team.models());
      new SharedBudgets(organisation, groups, teams)
          .groupsOf(team)
          .forEach(group -> rules.add(group.models()));
    }
    return List.copyOf(rules);
  }

  private static <V> Map<String, V> ordered(Map<String, V> map) {
    return Collections.unmodifiableMap(new LinkedHashMap<>(map));
  }

  /** Reads and checks a file as of now; never throws for what the file holds. */
  public static Result load(Path file, Map<String, String> env) {
    return load(file, env, InstantSource.system().instant());
  }

  /**
   * Reads and checks a file and all that it includes.
   *
   * @param file relative paths in it start from its folder
   * @param env the environment that {@code ${NAME}} is taken from
   * @param now the prices that aliases need are those of this instant
   */
  public static Result load(Path file, Map<String, String> env, Instant now) {
    return new QuotaLoader(file, env, now).load();
  }

  /** What became of {@link #load}. */
  public sealed interface Result {
    /** Every file that was asked for, for whoever watches them. */
    List<SourceFile> sources();
  }

  /**
   * The file is valid.
   *
   * @param quotaFile what it says
   * @param hash SHA-256 in hex over the file, its rate cards and its list of people, one after the
   *     other: the plain hash of the file where it includes none
   * @param warnings what is allowed but unwise
   */
  public record Loaded(
      QuotaFile quotaFile, String hash, List<Problem> warnings, List<SourceFile> sources)
      implements Result {}

  /**
   * The file cannot be used.
   *
   * @param problems all of them, by line
   */
  public record Broken(List<Problem> problems, List<SourceFile> sources) implements Result {}
}
