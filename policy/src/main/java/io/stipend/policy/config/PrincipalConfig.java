package io.stipend.policy.config;

import io.stipend.policy.budget.BudgetRule;
import io.stipend.policy.budget.Proration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A person or a service of the quota file. There may be a million: what many have in common is one
 * object, and what follows from it is made when it is asked for.
 */
public final class PrincipalConfig {
  private final String id;
  private final String name;
  private final @Nullable String team;
  private final Standing standing;
  private final Proration proration;
  private final @Nullable Compensation compensation;
  private final int line;

  /**
   * What many principals have in common.
   *
   * @param level the names of its allowances, with {@code +} between them; empty if it has none
   * @param terms of its own allowances and budgets; they differ in how often or in what they count
   * @param timezone decides its own periods
   * @param limits its own limits, which it shares with nobody; mostly {@link ScopeLimits#NONE}
   */
  record Standing(
      boolean service,
      String level,
      List<BudgetTerms> terms,
      ZoneId timezone,
      ModelRules models,
      ScopeLimits limits) {
    Standing {
      terms = List.copyOf(terms);
    }
  }

  /**
   * @param line where it stands in the list of people; 0 if it stands in the quota file
   */
  PrincipalConfig(
      String id,
      String name,
      @Nullable String team,
      Standing standing,
      Proration proration,
      @Nullable Compensation compensation,
      int line) {
    this.compensation = compensation;
    this.id = id;
    this.name = name;
    this.team = team;
    this.standing = standing;
    this.proration = proration;
    this.line = line;
  }

  /** Unique among people and services. */
  public String id() {
    return id;
  }

  /** Whether it is a service. */
  public boolean service() {
    return standing.service;
  }

  /** For people to read; empty if unsaid. */
  public String name() {
    return name;
  }

  /** Its team; null if none. */
  public @Nullable String team() {
    return team;
  }

  /** The names of its allowances, with {@code +} between them; empty if it has none. */
  public String level() {
    return standing.level;
  }

  /** Its own allowances and budgets. */
  public List<BudgetRule> budgets() {
    String scope = scope();
    return standing.terms.stream().map(t -> t.of(scope, standing.timezone, proration)).toList();
  }

  /** Whether it has any budget of its own. */
  boolean hasBudgets() {
    return !standing.terms.isEmpty();
  }

  /** Decides its own periods, and the days on which it comes and goes. */
  public ZoneId timezone() {
    return standing.timezone;
  }

  /** What it may use. */
  public ModelRules models() {
    return standing.models;
  }

  /** Its own limits. */
  public ScopeLimits limits() {
    return standing.limits;
  }

  /** From when until when it is entitled, and to which part of its allowances. */
  public Proration proration() {
    return proration;
  }

  /** What it is given besides; null if the file does not say. For its own statement alone. */
  public @Nullable Compensation compensation() {
    return compensation;
  }

  /** The day before its first one, or after its last one; null if it is entitled now. */
  public @Nullable Absence absence(Instant now) {
    LocalDate since = proration.since();
    LocalDate until = proration.until();
    if (since == null && until == null) {
      return null;
    }
    LocalDate today = now.atZone(timezone()).toLocalDate();
    if (since != null && today.isBefore(since)) {
      return new Absence(since, true);
    }
    return until != null && today.isAfter(until) ? new Absence(until, false) : null;
  }

  /**
   * Why somebody is not entitled on a day.
   *
   * @param day its first or its last one
   * @param before whether it is the first one, which is still to come
   */
  public record Absence(LocalDate day, boolean before) {}

  int line() {
    return line;
  }

  /**
   * Its name among all scopes, such as {@code person/ada}, which also names its budgets: not the
   * allowance, so that a person who moves to another allowance keeps what was used.
   */
  public String scope() {
    return scope(id, standing.service);
  }

  static String scope(String id, boolean service) {
    return (service ? "service/" : "person/") + id;
  }

  @Override
  public String toString() {
    return scope();
  }
}
