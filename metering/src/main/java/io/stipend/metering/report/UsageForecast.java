package io.stipend.metering.report;

import io.stipend.metering.ledger.BookedLine;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.report.page.Report;
import java.time.Instant;
import java.time.LocalDate;
import java.time.YearMonth;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What the month of today will cost, in total and by team, how sure that is, and whose budget ends
 * before its period does ({@link RunRate}).
 */
public final class UsageForecast {
  private final Terms terms;
  private final UsageSums<Key, Sum> usage;
  private final LocalDate first;
  private final LocalDate today;

  /** Costs by day from the first one on, today's so far last; by what is told apart. */
  private final Map<Owner, long[]> series = new HashMap<>();

  private UsageForecast(Terms terms, UsageSums<Key, Sum> usage) {
    this.terms = terms;
    this.usage = usage;
    this.today = today(terms.now(), terms.zone());
    this.first = first(terms.now(), terms.zone());
  }

  /**
   * What is asked, and what the quota file and the accounts say.
   *
   * @param now the forecast is of the days from this one on
   * @param zone in which days are days: {@code calendar.timezone}
   * @param currency what is forecast; other currencies are not
   * @param remaining what owners of budgets have left now
   */
  public record Terms(Instant now, ZoneId zone, String currency, List<Remaining> remaining) {
    /** Copies. */
    public Terms {
      remaining = List.copyOf(remaining);
    }

    Scope scope() {
      return new Scope(
          first(now, zone).atStartOfDay(zone).toInstant(), now.plusMillis(1), now, zone);
    }
  }

  /**
   * What somebody has left.
   *
   * @param kind what the owner is
   * @param owner id of the person, name of the team; empty for the organisation
   * @param nanos how much; may be negative
   * @param resetsAt when the budget begins anew; null if never
   */
  public record Remaining(Kind kind, String owner, long nanos, @Nullable Instant resetsAt) {}

  /** Whose budget it is. */
  public enum Kind {
    /** A person or a service. */
    PERSON,
    /** A team. */
    TEAM,
    /** All together. */
    ORGANISATION
  }

  /** What lines are summed up by. */
  record Key(@Nullable String team, String person, LocalDate day, String currency) {}

  /** Whose use is forecast. */
  record Owner(Kind kind, String name) {}

  /** Without a team; the name cannot be that of one, which is never empty. */
  static final String NO_TEAM = "";

  static LocalDate today(Instant now, ZoneId zone) {
    return now.atZone(zone).toLocalDate();
  }

  /** The history that is looked at, and the whole month of today. */
  static LocalDate first(Instant now, ZoneId zone) {
    LocalDate today = today(now, zone);
    LocalDate month = today.withDayOfMonth(1);
    LocalDate history = today.minusDays(RunRate.LOOKED_AT);
    return month.isBefore(history) ? month : history;
  }

  /** Reads the history. */
  static UsageForecast read(LedgerReader reader, Terms terms) {
    Scope scope = terms.scope();
    UsageForecast made =
        new UsageForecast(
            terms,
            UsageSums.read(reader, scope.from(), scope.to(), () -> key(scope.zone()), Sum::new));
    made.usage.sums().forEach(made::add);
    return made;
  }

  /** The report. */
  public static Report report(LedgerReader reader, Terms terms) {
    return new ForecastPage(read(reader, terms)).report();
  }

  private static Function<BookedLine, Key> key(ZoneId zone) {
    DayOf days = new DayOf(zone);
    return line -> new Key(line.team(), line.person(), days.day(line.startedAt()), line.currency());
  }

  private void add(Key key, Sum sum) {
    if (!key.currency().equals(terms.currency())) {
      return;
    }
    int day = (int) ChronoUnit.DAYS.between(first, key.day());
    String team = Objects.requireNonNullElse(key.team(), NO_TEAM);
    for (Owner owner :
        List.of(
            new Owner(Kind.ORGANISATION, ""),
            new Owner(Kind.TEAM, team),
            new Owner(Kind.PERSON, key.person()))) {
      long[] days = series.computeIfAbsent(owner, o -> new long[length()]);
      days[day] = Math.addExact(days[day], sum.nanos());
    }
  }

  private int length() {
    return (int) ChronoUnit.DAYS.between(first, today) + 1;
  }

  /**
   * A forecast of the month of today.
   *
   * @param history the complete days since the first use
   * @param week the mean of the last 7 days; null with less history
   * @param month the mean of the last 28 days; null with less history
   * @param window which of the two is taken: the one that would have been less wrong
   * @param test how wrong it would have been
   * @param todaySoFar what today has cost already
   * @param toDate what the month has cost, today so far included
   * @param days the forecast of today and each day that is left of the month; empty with too little
   *     history
   * @param rest what is still to come of it: of today what goes beyond what it has cost already
   * @param interval of the rest; null with too little history
   */
  record Projected(
      RunRate history,
      @Nullable Long week,
      @Nullable Long month,
      int window,
      RunRate.BackTest test,
      long todaySoFar,
      long toDate,
      List<Long> days,
      long rest,
      RunRate.@Nullable Interval interval) {
    /** What the month will cost; null if that cannot be told. */
    @Nullable Long atMonthEnd() {
      return days.isEmpty() ? null : Math.addExact(toDate, rest);
    }
  }

  /** The forecast of one; of nothing for whoever used nothing. */
  Projected projected(Owner owner) {
    long[] all = series.getOrDefault(owner, new long[length()]);
    RunRate history = RunRate.of(first, Arrays.copyOf(all, all.length - 1));
    long soFar = all[all.length - 1];
    int window = history.better();
    int left = YearMonth.from(today).lengthOfMonth() - today.getDayOfMonth() + 1;
    List<Long> days = history.days(left, window);
    long rest = 0;
    for (int i = 0; i < days.size(); i++) {
      rest = Math.addExact(rest, i == 0 ? Math.max(0, days.get(0) - soFar) : days.get(i));
    }
    return new Projected(
        history,
        history.mean(RunRate.WEEK),
        history.mean(RunRate.MONTH),
        window,
        history.backTest(window),
        soFar,
        toDate(all),
        days,
        rest,
        days.isEmpty() ? null : history.interval(rest, left, window));
  }

  private long toDate(long[] all) {
    long sum = 0;
    for (int day = all.length - today.getDayOfMonth(); day < all.length; day++) {
      sum = Math.addExact(sum, all[day]);
    }
    return sum;
  }

  /**
   * The day on which a budget ends, if it is used as forecast; null if it lasts until it begins
   * anew or for the next year, or if that cannot be told.
   */
  @Nullable LocalDate exhaustion(Remaining budget, Projected projected) {
    if (budget.nanos() <= 0) {
      return today;
    }
    LocalDate end =
        budget.resetsAt() == null
            ? today.plusYears(1)
            : budget.resetsAt().minusNanos(1).atZone(terms.zone()).toLocalDate();
    long left = budget.nanos();
    for (int ahead = 0; !today.plusDays(ahead).isAfter(end); ahead++) {
      Long day = projected.history().day(projected.history().days(), projected.window(), ahead);
      if (day == null) {
        return null;
      }
      left -= Math.max(0, ahead == 0 ? day - projected.todaySoFar() : day);
      if (left <= 0) {
        return today.plusDays(ahead);
      }
    }
    return null;
  }

  /** Costs by day, today's so far last. */
  long[] series(Owner owner) {
    return series.getOrDefault(owner, new long[length()]);
  }

  /** The teams that used something, those without a team first. */
  SortedMap<String, Projected> teams() {
    SortedMap<String, Projected> teams = new TreeMap<>();
    series.keySet().stream()
        .filter(owner -> owner.kind() == Kind.TEAM)
        .forEach(owner -> teams.put(owner.name(), projected(owner)));
    return teams;
  }

  LocalDate today() {
    return today;
  }

  LocalDate first() {
    return first;
  }

  Terms terms() {
    return terms;
  }

  UsageSums<Key, Sum> usage() {
    return usage;
  }
}
