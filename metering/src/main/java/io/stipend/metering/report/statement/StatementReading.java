package io.stipend.metering.report.statement;

import io.stipend.metering.Unit;
import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.AccountTotals;
import io.stipend.metering.ledger.Booking;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.Posting;
import io.stipend.metering.ledger.PrincipalHistory;
import io.stipend.metering.report.statement.Movement.Kind;
import io.stipend.metering.report.statement.Statement.Budget;
import io.stipend.metering.report.statement.Statement.CorrectionLine;
import io.stipend.metering.report.statement.Statement.Line;
import io.stipend.metering.report.statement.Statement.MonthLine;
import io.stipend.metering.report.statement.Statement.PeriodLine;
import io.stipend.metering.report.statement.Statement.RefusalLine;
import java.time.Instant;
import java.time.LocalDate;
import java.time.YearMonth;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Makes a statement of a ledger. For one use. */
final class StatementReading {
  private final StatementRequest request;
  private final StatementRequest.Bounds bounds;
  private final Instant from;
  private final Instant to;
  private final DatedUse dated;
  private final UseTally tally;

  StatementReading(StatementRequest request) {
    this.request = request;
    ZoneId zone = request.zone();
    bounds = request.bounds();
    from = request.period().from(zone);
    to = request.period().to(zone);
    List<Instant> marks = new ArrayList<>(List.of(from));
    marks.addAll(request.period().ends(zone));
    dated = new DatedUse(bounds, marks);
    tally = new UseTally(zone, request.period().isYear());
  }

  Statement read(LedgerReader reader) {
    PrincipalHistory history =
        reader.history(
            new PrincipalHistory.Asked(request.person(), request.budget(), from, to),
            new PrincipalHistory.Visitor() {
              @Override
              public void line(Booking line) {
                tally.add(line);
              }

              @Override
              public @Nullable Instant debitsFrom(Collection<AccountKey> accounts) {
                return dated.from(accounts);
              }

              @Override
              public void debit(Instant startedAt, Posting debit) {
                dated.add(startedAt, debit);
              }
            });
    List<Movement> movements = Movements.of(bounds, history, dated);
    List<String> open = open(history, movements);
    Statement.Use use = tally.use();
    return new Statement(
        request,
        from,
        to,
        open,
        budgets(history, movements, use, open.isEmpty()),
        use,
        corrections(history),
        refusals(history),
        new Statement.Proof(history.state().head(), history.oldestOpen()));
  }

  /** Why something of this time may still change. */
  private List<String> open(PrincipalHistory history, List<Movement> movements) {
    List<String> reasons = new ArrayList<>();
    List<String> months = new ArrayList<>();
    Instant first = tally.first();
    for (Movement one : movements) {
      // Use is dated by its period as a whole.
      boolean dates = one.kind() != Kind.USED;
      first = dates && (first == null || one.at().isBefore(first)) ? one.at() : first;
    }
    YearMonth month = YearMonth.from(from.atOffset(ZoneOffset.UTC));
    YearMonth last = YearMonth.from(to.minusMillis(1).atOffset(ZoneOffset.UTC));
    for (; !month.isAfter(last); month = month.plusMonths(1)) {
      LedgerEntry.MonthClosed closed = history.state().months().get(month.toString());
      Instant end = month.plusMonths(1).atDay(1).atStartOfDay(ZoneOffset.UTC).toInstant();
      // Before whoever it is came nothing was, and nothing will be.
      boolean before = first != null && !end.isAfter(first);
      if (!before && (closed == null || !closed.closed())) {
        months.add(month.toString());
      }
    }
    if (!months.isEmpty()) {
      String names =
          months.size() > 2
              ? months.get(0) + " to " + months.get(months.size() - 1)
              : String.join(" and ", months);
      reasons.add(
          (months.size() == 1 ? "the month " : "the months ")
              + names
              + " of UTC "
              + (months.size() == 1 ? "is" : "are")
              + " not closed");
    }
    Instant oldest = history.oldestOpen();
    if (oldest != null && oldest.isBefore(to)) {
      reasons.add("a call of this time is under way");
    }
    String waiting =
        history.accounts().entrySet().stream()
            .filter(account -> !account.getValue().closed() && isOver(account.getKey()))
            .map(account -> account.getKey().period())
            .distinct()
            .sorted()
            .collect(Collectors.joining(", "));
    if (!waiting.isEmpty()) {
      reasons.add("what becomes of what is left of " + waiting + " is not entered yet");
    }
    return reasons;
  }

  private boolean isOver(AccountKey account) {
    Instant end = bounds.endOf(account.period());
    return end != null && !end.isAfter(to);
  }

  private List<Budget> budgets(
      PrincipalHistory history, List<Movement> all, Statement.Use use, boolean done) {
    SortedMap<String, List<Movement>> series = new TreeMap<>();
    for (Movement one : all) {
      series.computeIfAbsent(one.account().series(), key -> new ArrayList<>()).add(one);
    }
    List<StatementRequest.Rule> without = new ArrayList<>(request.rules());
    List<Budget> budgets = new ArrayList<>();
    series.forEach(
        (name, movements) -> {
          AccountKey any = movements.get(0).account();
          Budget budget = budget(any, movements, history, use, done);
          boolean touched = budget.opening() != 0 || !budget.lines().isEmpty();
          if (touched || budget.closing() != 0 || budget.notEntered() != 0) {
            budgets.add(budget);
          }
          without.removeIf(rule -> isOf(rule, any));
        });
    if (!done) {
      without.forEach(rule -> budgets.add(notEntered(rule)));
    }
    return budgets;
  }

  private Budget notEntered(StatementRequest.Rule rule) {
    return new Budget(
        request.budget(),
        rule.unit(),
        rule.every(),
        0,
        List.of(),
        0,
        0,
        List.of(),
        List.of(),
        0,
        rule.amount());
  }

  private static boolean isOf(StatementRequest.Rule rule, AccountKey account) {
    return rule.unit().equals(account.unit()) && rule.every().equals(every(account.period()));
  }

  private Budget budget(
      AccountKey any,
      List<Movement> movements,
      PrincipalHistory history,
      Statement.Use use,
      boolean done) {
    Unit unit = any.unit();
    long opening = balance(movements, from);
    long closing = balance(movements, to);
    List<Movement> within =
        movements.stream()
            .filter(one -> !one.at().isBefore(from) && one.at().isBefore(to))
            .toList();
    List<Line> lines = lines(within);
    long used =
        within.stream()
            .filter(one -> one.kind() == Kind.USED || one.kind() == Kind.CORRECTED)
            .mapToLong(Movement::amount)
            .reduce(0, Math::subtractExact);
    long booked = unit.isMoney() ? use.nanos(unit) : use.tokens();
    Map<AccountKey, AccountTotals> touched =
        new TreeMap<>(Comparator.comparing(AccountKey::period));
    long held = 0;
    for (Map.Entry<AccountKey, AccountTotals> one : history.accounts().entrySet()) {
      if (one.getKey().series().equals(any.series())) {
        Instant start = bounds.startOf(one.getKey().period());
        Instant end = bounds.endOf(one.getKey().period());
        boolean begun = start == null || start.isBefore(to);
        held = Math.addExact(held, history.held().getOrDefault(one.getKey(), 0L));
        if (begun && (end == null || end.isAfter(from))) {
          touched.put(one.getKey(), one.getValue());
        }
      }
    }
    long whole =
        request.rules().stream()
            .filter(rule -> isOf(rule, any))
            .mapToLong(StatementRequest.Rule::amount)
            .findAny()
            .orElse(0);
    return new Budget(
        any.budget(),
        unit,
        every(any.period()),
        opening,
        lines,
        closing,
        held,
        every(any.period()).equals("month") && !request.period().isYear()
            ? List.of()
            : periods(touched, within),
        months(movements),
        Math.subtractExact(used, booked),
        done || !touched.isEmpty() ? 0 : whole);
  }

  private static long balance(List<Movement> movements, Instant at) {
    long sum = 0;
    for (Movement one : movements) {
      sum = one.kind().counts() && one.at().isBefore(at) ? Math.addExact(sum, one.amount()) : sum;
    }
    return sum;
  }

  /** Calls and corrections are one line each: the tables below tell more of them. */
  private static List<Line> lines(List<Movement> within) {
    List<Line> lines = new ArrayList<>();
    for (Kind kind : Kind.values()) {
      List<Movement> some =
          within.stream()
              .filter(one -> one.kind() == kind)
              .sorted(
                  Comparator.comparing(Movement::at)
                      .thenComparing(one -> one.account().period())
                      .thenComparing(Movement::text)
                      .thenComparing(Movement::amount))
              .toList();
      if (kind == Kind.USED || kind == Kind.CORRECTED) {
        long sum = some.stream().mapToLong(Movement::amount).reduce(0, Math::addExact);
        if (!some.isEmpty()) {
          lines.add(new Line(kind, null, sum, "", "", null));
        }
      } else {
        for (Movement one : some) {
          String text = kind == Kind.ALLOWANCE ? one.account().period() : one.text();
          lines.add(new Line(kind, one.at(), one.amount(), text, one.by(), one.expiresAt()));
        }
      }
    }
    return lines;
  }

  private List<PeriodLine> periods(Map<AccountKey, AccountTotals> accounts, List<Movement> within) {
    List<PeriodLine> lines = new ArrayList<>();
    accounts.forEach(
        (account, totals) -> {
          Predicate<Movement> its = one -> one.account().equals(account);
          List<Movement> some = within.stream().filter(its).toList();
          lines.add(
              new PeriodLine(
                  account,
                  totals.closed(),
                  sum(some, Kind.CARRIED_IN),
                  sum(some, Kind.ALLOWANCE, Kind.CHANGE, Kind.GRANT, Kind.RECEIVED, Kind.BORROWED),
                  sum(some, Kind.SENT, Kind.RETURNED, Kind.OWED, Kind.MOVED, Kind.WRITTEN_OFF),
                  sum(some, Kind.USED, Kind.CORRECTED),
                  sum(some, Kind.EXPIRED),
                  sum(some, Kind.CARRIED_OUT)));
        });
    return lines;
  }

  private static long sum(List<Movement> movements, Kind... kinds) {
    List<Kind> wanted = List.of(kinds);
    return movements.stream()
        .filter(one -> wanted.contains(one.kind()))
        .mapToLong(Movement::amount)
        .reduce(0, Math::addExact);
  }

  private List<MonthLine> months(List<Movement> movements) {
    if (!request.period().isYear()) {
      return List.of();
    }
    List<MonthLine> lines = new ArrayList<>();
    List<Instant> ends = request.period().ends(request.zone());
    for (int i = 0; i < ends.size(); i++) {
      lines.add(
          new MonthLine(
              request.period().months().get(i).toString(), balance(movements, ends.get(i))));
    }
    return lines;
  }

  private List<CorrectionLine> corrections(PrincipalHistory history) {
    return history.corrections().stream()
        .filter(one -> !one.at().isBefore(from) && one.at().isBefore(to))
        .map(
            one ->
                new CorrectionLine(
                    one.at(), one.id().toString(), one.nanosDelta(), one.by(), one.reason()))
        .toList();
  }

  /** Refusals are counted by days of UTC: those that have the dates of this time. */
  private List<RefusalLine> refusals(PrincipalHistory history) {
    LocalDate first = from.atZone(request.zone()).toLocalDate();
    LocalDate after = to.atZone(request.zone()).toLocalDate();
    SortedMap<String, Long> sums = new TreeMap<>();
    for (LedgerEntry.RefusalsCounted one : history.refusals()) {
      LocalDate day = LocalDate.parse(one.day());
      if (!day.isBefore(first) && day.isBefore(after)) {
        sums.merge(one.reason(), one.count(), Math::addExact);
      }
    }
    return sums.entrySet().stream()
        .map(sum -> new RefusalLine(sum.getKey(), sum.getValue()))
        .toList();
  }

  /** How often a budget is granted, by the form of its periods' names. */
  static String every(String period) {
    if (period.contains("W")) {
      return "week";
    }
    if (period.contains("Q")) {
      return "quarter";
    }
    if (period.equals("once")) {
      return period;
    }
    return switch (period.replace("FY", "").length()) {
      case 4 -> "year";
      case 7 -> "month";
      default -> "day";
    };
  }
}
