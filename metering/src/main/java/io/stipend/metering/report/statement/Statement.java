package io.stipend.metering.report.statement;

import io.stipend.metering.Unit;
import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.LedgerHead;
import io.stipend.metering.ledger.LedgerReader;
import java.math.BigInteger;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one person had, used and has left in a month or a year. Everything but {@link Proof} is a
 * function of that time's entries, the quota file's words and nothing else: later entries of later
 * times do not change it.
 *
 * @param request whose it is, and of which time
 * @param from first instant
 * @param to the instant after the last one
 * @param open why figures of this time may still change; empty if they cannot
 * @param budgets each budget of the person's own
 * @param use by the books
 * @param corrections entered in this time, oldest first
 * @param refusals calls that were refused, by reason
 * @param proof which record it was read from
 */
public record Statement(
    StatementRequest request,
    Instant from,
    Instant to,
    List<String> open,
    List<Budget> budgets,
    Use use,
    List<CorrectionLine> corrections,
    List<RefusalLine> refusals,
    Proof proof) {
  /** Copies. */
  public Statement {
    open = List.copyOf(open);
    budgets = List.copyOf(budgets);
    corrections = List.copyOf(corrections);
    refusals = List.copyOf(refusals);
  }

  /**
   * Reads the statement of one principal, of one state of the ledger.
   *
   * @throws io.stipend.metering.ledger.LedgerException if the ledger cannot be read or contradicts
   *     itself
   */
  public static Statement read(LedgerReader reader, StatementRequest request) {
    return new StatementReading(request).read(reader);
  }

  /** Whether the ledger holds anything of this principal, of whatever time. */
  public boolean isEmpty() {
    return budgets.stream().allMatch(budget -> budget.lines().isEmpty() && budget.opening() == 0)
        && use.isEmpty()
        && refusals.isEmpty();
  }

  /**
   * One budget: opening + all lines = closing, to the last nano-unit.
   *
   * @param every how often it is granted, such as {@code week}
   * @param opening what there was at the first instant, calls under way not taken off
   * @param lines what changed it, in the order of {@link Movement.Kind}, then of time
   * @param closing what there is after the last instant, calls under way not taken off
   * @param held of it, for calls under way; 0 where the time is over
   * @param periods its own periods that this time touches, where they are not this very month
   * @param months of a year, each with what there was at its end
   * @param elsewhere what was used of this budget less what the books tell of this time, in the
   *     budget's unit: not 0 where a correction or a late end counts in another month
   * @param notEntered what a whole period grants by the quota file, where nothing of it is entered;
   *     0 if something is, or nothing will be
   */
  public record Budget(
      String name,
      Unit unit,
      String every,
      long opening,
      List<Line> lines,
      long closing,
      long held,
      List<PeriodLine> periods,
      List<MonthLine> months,
      long elsewhere,
      long notEntered) {
    /** Copies, and makes sure of the equation. */
    public Budget {
      lines = List.copyOf(lines);
      periods = List.copyOf(periods);
      months = List.copyOf(months);
      long sum = opening;
      for (Line line : lines) {
        sum = line.counts() ? Math.addExact(sum, line.amount()) : sum;
      }
      if (sum != closing) {
        throw new IllegalStateException(
            name + ": opening and lines come to " + sum + " (expected: " + closing + ")");
      }
    }

    /** What is left when all that is held is used. */
    public long remaining() {
      return Math.subtractExact(closing, held);
    }

    /** The sum of the lines of one kind. */
    long sum(Movement.Kind kind) {
      return lines.stream()
          .filter(line -> line.kind() == kind)
          .mapToLong(Line::amount)
          .reduce(0, Math::addExact);
    }
  }

  /**
   * One line of a budget: an entry of the ledger, or a sum of them.
   *
   * @param at of one entry; null for a sum
   * @param amount what goes out is negative
   * @param text what there is to say of it; may be empty
   * @param by who entered it; empty where nobody did
   * @param expiresAt when the unused part ends; null where it ends with its period
   */
  public record Line(
      Movement.Kind kind,
      @Nullable Instant at,
      long amount,
      String text,
      String by,
      @Nullable Instant expiresAt) {
    /** Whether it is part of the equation; else it only tells where funds came from or went. */
    public boolean counts() {
      return kind.counts();
    }
  }

  /**
   * One period of a budget, as far as this time holds it.
   *
   * @param account its account
   * @param ended whether its end is entered: nothing moves it any more
   * @param carriedIn from the period before
   * @param in all that came in besides
   * @param out all that went out but use, what ended and what was carried on; negative
   * @param used calls and corrections; negative
   * @param expired what ended unused; negative
   * @param carriedOut to a later period; negative
   */
  public record PeriodLine(
      AccountKey account,
      boolean ended,
      long carriedIn,
      long in,
      long out,
      long used,
      long expired,
      long carriedOut) {}

  /** What there was of a budget at the end of a month. */
  public record MonthLine(String month, long closing) {}

  /**
   * What was used, by the books: the rows of the usage export.
   *
   * @param models by model that was served, the dearest first
   * @param projects by project, the dearest first
   * @param sessions the dearest first; the last one may be all others
   * @param times by day, or by month of a year
   * @param sources by how it is known: {@code reported}, {@code counted}, {@code assumed}, {@code
   *     correction}
   * @param totals by currency
   * @param otherSessions how many sessions the last line of {@code sessions} is; 0 if it is one
   * @param unlisted rows whose list prices are not recorded: they count at cost
   */
  public record Use(
      List<UseLine> models,
      List<UseLine> projects,
      List<UseLine> sessions,
      List<UseLine> times,
      List<UseLine> sources,
      List<UseLine> totals,
      long otherSessions,
      long unlisted) {
    /** Copies. */
    public Use {
      models = List.copyOf(models);
      projects = List.copyOf(projects);
      sessions = List.copyOf(sessions);
      times = List.copyOf(times);
      sources = List.copyOf(sources);
      totals = List.copyOf(totals);
    }

    /** Whether nothing was used. */
    public boolean isEmpty() {
      return totals.isEmpty();
    }

    /** The cost in a currency, in its nano-units. */
    public long nanos(Unit currency) {
      return totals.stream()
          .filter(line -> line.currency().equals(currency.name()))
          .mapToLong(UseLine::nanos)
          .sum();
    }

    /** All tokens. */
    public long tokens() {
      return totals.stream().mapToLong(UseLine::tokens).reduce(0, Math::addExact);
    }
  }

  /**
   * A correction that was entered in this time.
   *
   * @param attempt the call, as {@code exchange#number}
   * @param nanos what it added to the cost; may be negative
   */
  public record CorrectionLine(Instant at, String attempt, long nanos, String by, String reason) {}

  /** Calls that were refused for one reason, on the UTC days of this time. */
  public record RefusalLine(String reason, long count) {}

  /**
   * Which record the statement was read from.
   *
   * @param completeUntil the earliest start of a call of this principal that is under way; null if
   *     none is
   */
  public record Proof(LedgerHead head, @Nullable Instant completeUntil) {}

  /**
   * What was used as a part of all that somebody is given, in millionths, rounded half up; -1 where
   * it cannot be told.
   */
  public long payShare() {
    StatementRequest.Pay pay = request.pay();
    if (pay == null) {
      return -1;
    }
    BigInteger used = BigInteger.valueOf(use.nanos(pay.unit()));
    BigInteger all = used.add(BigInteger.valueOf(pay.nanos()));
    return all.signum() <= 0 || used.signum() < 0
        ? -1
        : used.multiply(BigInteger.valueOf(2_000_000))
            .add(all)
            .divide(all.shiftLeft(1))
            .longValueExact();
  }
}
