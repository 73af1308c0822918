package io.stipend.policy.config;

import io.stipend.policy.budget.Every;
import io.stipend.policy.budget.Terms;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Reads allowances and budgets: they are written alike. */
final class BudgetReader {
  private final int fiscalStart;
  private final Problems warnings;
  private final List<ModelTargets.Instead> downgrades = new ArrayList<>();

  /**
   * @param fiscalStart the month in which fiscal years begin
   * @param warnings takes what is allowed but has no effect
   */
  BudgetReader(int fiscalStart, Problems warnings) {
    this.fiscalStart = fiscalStart;
    this.warnings = warnings;
  }

  /** All downgrades that were read, to be checked when all models are known. */
  List<ModelTargets.Instead> downgrades() {
    return downgrades;
  }

  /** One budget or several under a key that may be left out. */
  List<BudgetTerms> several(@Nullable Value value) {
    List<BudgetTerms> all = new ArrayList<>();
    addAll(all, value);
    return all;
  }

  /** Adds those under a key that may be left out. */
  void addAll(List<BudgetTerms> all, @Nullable Value value) {
    if (value != null) {
      for (Value item : value.oneOrMore()) {
        BudgetTerms terms = one(item);
        if (terms != null) {
          add(all, terms, item);
        }
      }
    }
  }

  /** Adds terms to those of the same owner, unless both would be one account. */
  static void add(List<BudgetTerms> all, BudgetTerms terms, Value value) {
    if (all.stream().anyMatch(terms::sameAccount)) {
      value.problem(
          "a second one in "
              + terms.unit().name()
              + " every "
              + terms.every().name().toLowerCase(Locale.ROOT)
              + " (expected: several of one owner differ in unit or every)");
    } else {
      all.add(terms);
    }
  }

  /** An allowance or a budget; null, reported, if what it needs is missing. */
  @Nullable BudgetTerms one(Value value) {
    Section section = value.section("a mapping with amount and every");
    if (section == null) {
      return null;
    }
    try (section) {
      Amount amount = Amount.read(section.require("amount"));
      Every every = every(section);
      Terms terms = new TermsReader(section, amount, every, warnings, downgrades).read();
      section.notBuilt("weights");
      return made(amount, every, terms);
    }
  }

  /** A budget that binds nobody and is given out by transfers; null if there is none. */
  @Nullable BudgetTerms pool(@Nullable Value value) {
    Section section = value == null ? null : value.section("a mapping with amount and every");
    if (section == null) {
      return null;
    }
    try (section) {
      Amount amount = Amount.read(section.require("amount"));
      return made(amount, every(section), Terms.DEFAULTS.with(t -> t.transfer(Long.MAX_VALUE)));
    }
  }

  private static @Nullable Every every(Section section) {
    Value value = section.require("every");
    return value == null ? null : Scalars.word(value, Every.class);
  }

  private @Nullable BudgetTerms made(@Nullable Amount amount, @Nullable Every every, Terms terms) {
    return amount == null || every == null
        ? null
        : new BudgetTerms(amount.unit(), amount.value(), every, fiscalStart, terms);
  }
}
