package io.stipend.policy.simulation;

import static io.stipend.policy.simulation.Model.require;

import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.AccountTotals;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.report.statement.Statement;
import io.stipend.metering.report.statement.StatementPeriod;
import io.stipend.metering.report.statement.StatementRequest;
import io.stipend.policy.budget.Calendar;
import io.stipend.policy.budget.Every;
import java.time.Instant;
import java.time.YearMonth;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** The statements of everybody, of every month, add up to the record. */
final class Statements {
  private static final Map<String, ZoneId> ZONES = Map.of("ada", ZoneId.of("America/New_York"));
  private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");

  private final LedgerReader reader;
  private final Map<AccountKey, AccountTotals> totals;
  private YearMonth first = YearMonth.of(9998, 1);
  private YearMonth last = YearMonth.of(2000, 1);
  private long exported;

  private Statements(LedgerReader reader) {
    this.reader = reader;
    totals = reader.totals();
  }

  static void check(LedgerReader reader) {
    new Statements(reader).check();
  }

  private void check() {
    reader.bookings(
        Instant.EPOCH,
        Instant.parse("9000-01-01T00:00:00Z"),
        line -> {
          exported = Math.addExact(exported, line.usage().nanos());
          YearMonth month = YearMonth.from(line.startedAt().atOffset(ZoneOffset.UTC));
          first = month.isBefore(first) ? month : first;
          last = month.isAfter(last) ? month : last;
        });
    for (AccountKey account : totals.keySet()) {
      Instant start = Calendar.of(Every.MONTH, BERLIN).startOf(account.period());
      YearMonth month =
          start == null
              ? first
              : YearMonth.from(start.plusSeconds(86_400).atOffset(ZoneOffset.UTC));
      first = month.isBefore(first) ? month : first;
      last = month.isAfter(last) ? month : last;
    }
    if (last.isBefore(first)) {
      return;
    }
    // A year begins in January; what is used in a long period may count in its later months.
    first = first.minusMonths(1);
    last = last.plusMonths(13);
    long used = 0;
    for (String person : Company.PEOPLE) {
      used = Math.addExact(used, person(person));
    }
    long all = used;
    require(all == exported, () -> "statements use " + all + ", export has " + exported);
  }

  /** What all months of one tell to be used. */
  private long person(String person) {
    Map<String, Long> balances = new HashMap<>();
    Map<String, Map<String, Long>> closings = new HashMap<>();
    long used = 0;
    for (YearMonth month = first; !month.isAfter(last); month = month.plusMonths(1)) {
      Statement statement = statement(person, StatementPeriod.of(month));
      used =
          statement.use().totals().stream()
              .mapToLong(line -> line.nanos())
              .reduce(used, Math::addExact);
      Map<String, Long> after = new HashMap<>();
      for (Statement.Budget budget : statement.budgets()) {
        String name = name(budget);
        String what = person + " " + month + " " + name + " opens with ";
        long before = balances.getOrDefault(name, 0L);
        require(budget.opening() == before, () -> what + budget.opening() + ", not " + before);
        after.put(name, budget.closing());
      }
      String when = person + " " + month;
      balances.forEach(
          (name, amount) ->
              require(after.containsKey(name) || amount == 0, () -> when + " lost " + name));
      balances = after;
      closings.put(month.toString(), after);
    }
    last(person, balances);
    year(person, closings);
    return used;
  }

  private void last(String person, Map<String, Long> balances) {
    Map<String, Long> left = new HashMap<>();
    totals.forEach(
        (account, sums) -> {
          if (account.budget().equals("person/" + person) && !sums.closed()) {
            left.merge(account.series(), sums.available() + sums.held(), Math::addExact);
          }
        });
    long all = left.values().stream().mapToLong(x -> x).sum();
    long told = balances.values().stream().mapToLong(x -> x).sum();
    require(all == told, () -> person + " has " + left + ", the last statement " + balances);
  }

  /** A year has the closings of its months, and opens and closes with theirs. */
  private void year(String person, Map<String, Map<String, Long>> closings) {
    int year = first.plusMonths(1).getYear();
    Statement statement = statement(person, StatementPeriod.year(Integer.toString(year)));
    for (Statement.Budget budget : statement.budgets()) {
      for (Statement.MonthLine month : budget.months()) {
        Map<String, Long> its = closings.get(month.month());
        if (its != null) {
          long closing = Objects.requireNonNullElse(its.get(name(budget)), 0L);
          require(
              closing == month.closing(),
              () -> person + " " + month + " of the year, " + closing + " of the month");
        }
      }
      List<Statement.MonthLine> months = budget.months();
      require(
          months.isEmpty() || months.get(11).closing() == budget.closing(),
          () -> person + " " + budget);
    }
  }

  private static String name(Statement.Budget budget) {
    return budget.every() + " " + budget.unit().name();
  }

  private Statement statement(String person, StatementPeriod period) {
    ZoneId zone = ZONES.getOrDefault(person, BERLIN);
    return Statement.read(
        reader,
        new StatementRequest(
            person,
            "",
            "person/" + person,
            zone,
            period,
            Calendar.of(Every.MONTH, zone).bounds(),
            List.of(),
            "",
            null));
  }
}
