package io.stipend.metering.report.statement;

import io.stipend.metering.Unit;
import io.stipend.metering.report.statement.Statement.Budget;
import io.stipend.metering.report.statement.Statement.Line;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The words of a statement, the same in every format. Nothing here may sound like money that is
 * owed: an allowance is a budget for work.
 */
final class StatementWords {
  /** Entries of one kind that have a line each; more are one line with their number. */
  static final int MANY = 6;

  private static final int MILLIONTHS = 6;

  private StatementWords() {}

  static String title(Statement statement) {
    return "Statement of AI compute, " + statement.request().period().title();
  }

  static String who(Statement statement) {
    StatementRequest request = statement.request();
    return request.name().isEmpty() || request.name().equals(request.person())
        ? request.person()
        : request.name() + " (" + request.person() + ")";
  }

  /** The days of the statement, both counted. */
  static String days(Statement statement) {
    ZoneId zone = statement.request().zone();
    return day(statement.from(), zone)
        + " to "
        + day(statement.to().minusMillis(1), zone)
        + ", "
        + zone(statement);
  }

  private static String zone(Statement statement) {
    ZoneId zone = statement.request().zone();
    return zone.normalized().equals(ZoneOffset.UTC) ? "UTC" : zone.getId();
  }

  private static String day(Instant at, ZoneId zone) {
    return at.atZone(zone).toLocalDate().toString();
  }

  static String standing(Statement statement) {
    return statement.open().isEmpty()
        ? "final: the month is closed and everything of it is entered"
        : "provisional: " + String.join("; ", statement.open());
  }

  static String budget(Budget budget) {
    return budget.name()
        + ", "
        + budget.unit().name()
        + (budget.every().equals("once") ? ", granted once" : ", granted every " + budget.every());
  }

  /** The lines of a budget, those of a kind that has many of them summed up. */
  static List<Line> lines(Budget budget) {
    List<Line> shown = new ArrayList<>();
    for (Movement.Kind kind : Movement.Kind.values()) {
      List<Line> some = budget.lines().stream().filter(line -> line.kind() == kind).toList();
      if (some.size() > MANY) {
        shown.add(new Line(kind, null, budget.sum(kind), some.size() + " entries", "", null));
      } else {
        shown.addAll(some);
      }
    }
    return shown;
  }

  /** What a line is, with all that there is to say of it. */
  static String line(Line line, ZoneId zone) {
    StringBuilder text = new StringBuilder(words(line));
    if (line.at() != null && !line.by().isEmpty()) {
      text.append(", by ").append(line.by()).append(" on ").append(day(line.at(), zone));
    }
    if (line.expiresAt() != null) {
      text.append(", until ").append(time(line.expiresAt(), zone));
    }
    return text.toString();
  }

  /** What a line is, and what its entry says. */
  static String words(Line line) {
    if (line.text().isEmpty()) {
      return line.kind().title();
    }
    String joint =
        switch (line.kind()) {
          case ALLOWANCE -> line.at() == null ? ": " : " of ";
          case CHANGE, GRANT, BORROWED -> ": ";
          default -> line.at() == null ? ": " : " ";
        };
    return line.kind().title() + joint + line.text();
  }

  private static String time(Instant at, ZoneId zone) {
    var local = at.atZone(zone).toLocalDateTime();
    return local.toLocalTime().toSecondOfDay() == 0
        ? local.toLocalDate().toString()
        : local.withNano(0).toString();
  }

  /** Opening + all that moved = closing, with all digits. */
  static String equation(Budget budget) {
    StringBuilder text = new StringBuilder(budget.unit().format(budget.opening()));
    for (Movement.Kind kind : Movement.Kind.values()) {
      long sum = kind.counts() ? budget.sum(kind) : 0;
      if (sum != 0) {
        text.append(sum < 0 ? " - " : " + ");
        text.append(budget.unit().format(Math.absExact(sum)));
      }
    }
    return text.append(" = ").append(budget.unit().format(budget.closing())).toString();
  }

  static String notEntered(Budget budget) {
    return "Nothing is entered: an allowance is entered at the first use of its period. The quota"
        + " file's, for a whole period of full time, is "
        + amount(budget.unit(), budget.notEntered())
        + ".";
  }

  static String elsewhere(Budget budget) {
    return "What this budget was used for differs from the use below by "
        + amount(budget.unit(), budget.elsewhere())
        + ": a correction or a late end counts in another month of the books than of the budget, or"
        + " a call did not count against this budget.";
  }

  static String amount(Unit unit, long amount) {
    return unit.format(amount) + " " + unit.name();
  }

  /** The line of the whole, where the quota file says what else there is; empty if it does not. */
  static String pay(Statement statement) {
    StatementRequest.Pay pay = statement.request().pay();
    long share = statement.payShare();
    if (pay == null || share < 0) {
      return "";
    }
    long used = statement.use().nanos(pay.unit());
    return "AI compute: "
        + amount(pay.unit(), used)
        + " of "
        + amount(pay.unit(), Math.addExact(used, pay.nanos()))
        + ", that is "
        + BigDecimal.valueOf(share, MILLIONTHS - 2).setScale(2, RoundingMode.HALF_UP)
        + " % of total compensation ("
        + pay.basis()
        + ", and the AI compute that was used). It is a tool for work: none of it is paid out.";
  }

  static List<String> notes(Statement statement) {
    List<String> notes = new ArrayList<>();
    if (statement.budgets().isEmpty()) {
      notes.add("There is no budget of their own: what binds them they share with others.");
    }
    notes.add(
        "An allowance is a budget for work, not money of the person's: what is not used is never"
            + " paid out. It is carried over or ends, as the rule of the budget says.");
    notes.add(
        "Months and days are those of "
            + zone(statement)
            + "; a call belongs to the instant at which it began. Use is that of the books, as in"
            + " the usage export"
            + (statement.refusals().isEmpty() ? "." : "; refusals are counted by days of UTC."));
    long unlisted = statement.use().unlisted();
    if (!statement.use().isEmpty()) {
      notes.add(
          "Cost is what was charged; list value is the same usage at the vendors' list prices"
              + (unlisted == 0
                  ? "."
                  : String.format(
                      Locale.ROOT,
                      ". Rows without recorded list prices: %d; they count at cost.",
                      unlisted)));
    }
    if (!statement.use().isEmpty()) {
      notes.add(
          "Reported: the provider said what was used. Counted: from the text that passed, as the"
              + " answer ended before. Assumed: nobody said; what was expected stands until it is"
              + " corrected. Correction: of a month that was closed by then.");
    }
    return notes;
  }
}
