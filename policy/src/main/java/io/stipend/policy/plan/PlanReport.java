package io.stipend.policy.plan;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What another quota file would have done. Amounts are decimal strings, times RFC 3339. {@code now}
 * is the file in force, {@code new} the other one; both were run over the same recorded calls.
 *
 * @param from the first instant that is counted
 * @param to the instant after the last
 * @param replayedFrom where the running began, so that the periods that hold {@code from} were
 *     whole
 * @param calls attempts that are counted
 * @param people everybody to whom either file would have refused or shortened a call, by id
 * @param teams by name; people without a team are the team with the empty name
 * @param total of all teams, one line for each unit
 * @param models that the new file would have refused to somebody who used them
 * @param added what only the new file has
 * @param removed what only the file in force has
 * @param skipped recorded grants, transfers and advances that one of the files has no budget for,
 *     or does not allow
 */
public record PlanReport(
    String from,
    String to,
    String replayedFrom,
    long calls,
    List<PersonLine> people,
    List<TeamLine> teams,
    List<TeamLine> total,
    List<ModelLine> models,
    Names added,
    Names removed,
    long skipped) {
  /** Copies the lists. */
  public PlanReport {
    people = List.copyOf(people);
    teams = List.copyOf(teams);
    total = List.copyOf(total);
    models = List.copyOf(models);
  }

  /**
   * One person or service.
   *
   * @param used what its calls cost
   * @param usedNow what the calls cost that the file in force admits
   * @param usedNew what the calls cost that the new file admits, at its prices
   * @param refusedNow calls that the file in force would have refused
   * @param refusedNew calls that the new file would have refused
   * @param shortenedNew calls that the new file would have clamped or sent to a cheaper model
   * @param refusedAmountNew what the refused ones cost
   * @param firstRefusedNew when the first of them began; null if there is none
   * @param reasonsNew how many for which reason
   */
  public record PersonLine(
      String person,
      @Nullable String team,
      long calls,
      String currency,
      String used,
      String usedNow,
      String usedNew,
      long refusedNow,
      long refusedNew,
      long shortenedNew,
      String refusedAmountNew,
      @Nullable String firstRefusedNew,
      Map<String, Long> reasonsNew) {
    /** Copies the map. */
    public PersonLine {
      reasonsNew = Map.copyOf(reasonsNew);
    }
  }

  /**
   * One team and unit.
   *
   * @param grantedPerMonthNow what the budgets of its people and services and its pool grant in the
   *     month of {@code to}; a week counts by its days, a quarter and a year by their months,
   *     {@code once} not at all
   * @param changePerMonth what the change costs
   * @param budgetPerMonthNow what the team's own budget lets all of them use; null if it has none
   * @param used what its people used
   * @param refusedAmountNew what the calls cost that the new file would have refused
   */
  public record TeamLine(
      String team,
      String unit,
      String grantedPerMonthNow,
      String grantedPerMonthNew,
      String changePerMonth,
      @Nullable String budgetPerMonthNow,
      @Nullable String budgetPerMonthNew,
      String used,
      String refusedAmountNow,
      String refusedAmountNew) {}

  /**
   * One model.
   *
   * @param model {@code provider/model}
   * @param reason {@code unknown_model}, {@code model_not_allowed} or {@code unpriced_model}
   * @param calls how many calls it served
   * @param used what they cost
   */
  public record ModelLine(String model, String reason, long calls, String used, String currency) {}

  /** Names, sorted; a model is one that is served, allowed to somebody and priced. */
  public record Names(List<String> people, List<String> teams, List<String> models) {
    /** Copies the lists. */
    public Names {
      people = List.copyOf(people);
      teams = List.copyOf(teams);
      models = List.copyOf(models);
    }
  }
}
