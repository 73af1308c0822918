package io.stipend.metering.report.statement;

import io.stipend.metering.Unit;
import java.time.Instant;
import java.time.ZoneId;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whose statement, of which time, and what the quota file says of them that the ledger does not.
 *
 * @param person id of the person or service
 * @param name for people to read; empty if none is known
 * @param budget the name of all budgets of its own, such as {@code person/ada}
 * @param zone whose midnights begin and end its months and days
 * @param bounds of periods, in that zone
 * @param rules its budgets as the file has them today
 * @param entitlement when it comes and goes, and part time, in words; empty for neither
 * @param pay what else it is given in this time; null if the file does not say
 */
public record StatementRequest(
    String person,
    String name,
    String budget,
    ZoneId zone,
    StatementPeriod period,
    Bounds bounds,
    List<Rule> rules,
    String entitlement,
    @Nullable Pay pay) {
  /** Copies. */
  public StatementRequest {
    rules = List.copyOf(rules);
  }

  /** The instants of periods by their names, as accounts have them. */
  public interface Bounds {
    /** The first instant of a period; null if it has none. */
    @Nullable Instant startOf(String period);

    /** The instant after the last one of a period; null if it never ends. */
    @Nullable Instant endOf(String period);
  }

  /**
   * A budget.
   *
   * @param every how often it is granted, such as {@code month}
   * @param amount what a whole period of full time grants, in the unit
   */
  public record Rule(Unit unit, String every, long amount) {}

  /**
   * What somebody is given besides, in the time of the statement. It is told to nobody but them and
   * finance: {@link #toString} hides it.
   *
   * @param unit a currency
   * @param nanos all of it
   * @param basis how it comes about, in words
   */
  public record Pay(Unit unit, long nanos, String basis) {
    @Override
    public String toString() {
      return "pay";
    }
  }
}
