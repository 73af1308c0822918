package io.stipend.policy.simulation;

import io.stipend.metering.Unit;
import io.stipend.metering.ledger.AccountKey;
import io.stipend.policy.budget.BudgetRule;
import io.stipend.policy.budget.Calendar;
import io.stipend.policy.budget.CarryOver;
import io.stipend.policy.budget.Every;
import io.stipend.policy.budget.Proration;
import io.stipend.policy.budget.Rules;
import io.stipend.policy.budget.WhenShort;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** The quota file of a simulated company, and its edits. */
final class Company {
  static final List<String> PEOPLE = List.of("ada", "bob", "cyd");
  private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");

  /** What the periods of a budget are changed to; days, weeks and months more often. */
  private static final List<Every> EVERY =
      Stream.concat(
              Arrays.stream(Every.values()),
              Stream.of(Every.DAY, Every.WEEK, Every.MONTH, Every.DAY, Every.WEEK, Every.MONTH))
          .toList();

  /** In order; each is one line of the file, whatever becomes of it. */
  private final List<Line> lines = new ArrayList<>();

  private final Map<String, List<Line>> bound = new HashMap<>();
  private final Line organisation;
  private final Set<String> removed = new TreeSet<>();

  /** What each budget was last, also where the file does not have it any more. */
  private final Map<Series, BudgetRule> last = new HashMap<>();

  /** The file before its last edit; null if there was none. */
  private State before;

  /** A budget of the file, which may be taken out for a while. */
  private static final class Line {
    BudgetRule rule;
    boolean out;
  }

  /** What a file says, its lines in order. */
  private record State(
      List<BudgetRule> rules,
      List<Boolean> out,
      Set<String> removed,
      Map<Series, BudgetRule> last) {}

  private State state() {
    return new State(
        lines.stream().map(line -> line.rule).toList(),
        lines.stream().map(line -> line.out).toList(),
        Set.copyOf(removed),
        Map.copyOf(last));
  }

  private void restore(State state) {
    for (int i = 0; i < lines.size(); i++) {
      lines.get(i).rule = state.rules.get(i);
      lines.get(i).out = state.out.get(i);
    }
    removed.clear();
    removed.addAll(state.removed);
    last.putAll(state.last);
  }

  /** Does something for a call that began before the last edit, and is bound by the file then. */
  String beforeTheLastEdit(Supplier<String> what) {
    State now = state();
    restore(before == null ? now : before);
    try {
      return what.get();
    } finally {
      restore(now);
    }
  }

  /** What tells the budgets of one owner apart. */
  private record Series(String budget, Unit unit, Every every) {
    static Series of(BudgetRule rule) {
      return new Series(rule.budget(), rule.unit(), rule.every());
    }

    static Series of(AccountKey key) {
      return new Series(key.budget(), key.unit(), kind(key.period()));
    }
  }

  Company(Random random) {
    ZoneId newYork = ZoneId.of("America/New_York");
    Line adaMonth = add("person/ada", Unit.USD, 600, Every.MONTH, newYork, random);
    Line adaDay = add("person/ada", Unit.USD, 250, Every.DAY, newYork, random);
    Line bob = add("person/bob", Unit.TOKENS, 500, Every.WEEK, BERLIN, random);
    Line cydMonth = add("person/cyd", Unit.USD, 500, Every.MONTH, BERLIN, random);
    Line cydDay = add("person/cyd", Unit.TOKENS, 300, Every.DAY, BERLIN, random);
    Line team = add("team/payments", Unit.USD, 1_500, Every.MONTH, BERLIN, random);
    add("pool/payments", Unit.USD, 400, Every.MONTH, BERLIN, random);
    organisation = add("organisation", Unit.USD, 4_000, Every.QUARTER, BERLIN, random);
    bound.put("ada", List.of(adaMonth, adaDay, team));
    bound.put("bob", List.of(bob, team));
    bound.put("cyd", List.of(cydMonth, cydDay));
  }

  private Line add(String budget, Unit unit, long amount, Every every, ZoneId zone, Random random) {
    long some = amount / 3 + random.nextInt((int) amount);
    Line line = new Line();
    lines.add(line);
    put(line, edited(BudgetRule.of(budget, unit, some, every, zone), random, 8));
    return line;
  }

  private void put(Line line, BudgetRule rule) {
    line.rule = rule;
    // Another line of the file may have become what this one was before it was taken out.
    if (!line.out || !taken(line, rule)) {
      last.put(Series.of(rule), rule);
    }
  }

  /** Which kind of period has this name. */
  private static Every kind(String period) {
    if (period.equals("once")) {
      return Every.ONCE;
    } else if (period.contains("W")) {
      return Every.WEEK;
    } else if (period.contains("Q")) {
      return Every.QUARTER;
    }
    return period.length() == 4 ? Every.YEAR : period.length() == 7 ? Every.MONTH : Every.DAY;
  }

  private static BudgetRule edited(BudgetRule rule, Random random, int times) {
    BudgetRule edited = rule;
    for (int i = 0; i < times; i++) {
      long part = 1 + random.nextInt((int) Math.max(1, rule.amount() / 3));
      edited =
          switch (random.nextInt(7)) {
            case 0 -> edited.with(t -> t.carryOver(carryOver(random, part)));
            case 1 -> edited.with(t -> t.overdraft(random.nextInt(4) * part));
            case 2 -> edited.with(t -> t.finish(random.nextInt(4) * part));
            case 3 -> edited.with(t -> t.advance(random.nextInt(2) * part));
            case 4 ->
                edited.with(t -> t.transfer(random.nextBoolean() ? Long.MAX_VALUE : 3 * part));
            case 5 -> edited.with(t -> t.overshoot(random.nextInt(4) == 0 ? 40 : -1));
            default ->
                edited.with(
                    t -> t.whenShort(WhenShort.CLAMP, WhenShort.OVERDRAFT, WhenShort.FINISH));
          };
    }
    return edited;
  }

  private static CarryOver carryOver(Random random, long part) {
    return switch (random.nextInt(4)) {
      case 0 -> CarryOver.NONE;
      case 1 -> CarryOver.all(1 + random.nextInt(3));
      default -> new CarryOver(part, 1 + random.nextInt(3));
    };
  }

  /** An edit of the file; says what. */
  String edit(Random random, Instant now) {
    String person = PEOPLE.get(random.nextInt(PEOPLE.size()));
    Line line = lines.get(random.nextInt(lines.size()));
    int kind = random.nextInt(12);
    before = state();
    if (kind == 0) {
      removed.add(person);
      return person + " is removed";
    } else if (kind <= 2) {
      removed.remove(person);
      return person + " is there";
    } else if (kind <= 5) {
      return kind == 5 ? takeOutOrPutBack(line) : every(line, random);
    }
    BudgetRule rule = line.rule;
    if (kind == 6) {
      LocalDate day = now.atZone(rule.zone()).toLocalDate();
      LocalDate since = random.nextBoolean() ? day.minusDays(random.nextInt(20)) : null;
      LocalDate until = random.nextBoolean() ? day.plusDays(random.nextInt(40)) : null;
      rule = rule.withProration(new Proration(since, until, 250 + 250 * random.nextInt(4)));
    } else if (kind <= 9) {
      rule = rule.withAmount(random.nextInt(1 + (int) rule.amount() * 2));
    } else {
      rule = edited(rule, random, 1);
    }
    put(line, valid(rule));
    return line.rule.toString();
  }

  private String takeOutOrPutBack(Line line) {
    // Somebody must be bound by something.
    if (line == organisation || (line.out && taken(line, line.rule))) {
      return "nothing";
    }
    line.out = !line.out;
    put(line, line.rule);
    return (line.out ? "without " : "again with ") + line.rule;
  }

  private String every(Line line, Random random) {
    Every other = EVERY.get(random.nextInt(EVERY.size()));
    Calendar calendar = Calendar.of(other, line.rule.zone());
    BudgetRule rule = valid(line.rule.withCalendar(calendar));
    if (taken(line, rule)) {
      return "nothing";
    }
    String was = line.rule.budget() + " every " + line.rule.every();
    put(line, rule);
    return was + " is every " + other;
  }

  /** Two budgets of one owner that agree in unit and period are refused. */
  private boolean taken(Line line, BudgetRule rule) {
    return lines.stream()
        .anyMatch(
            other -> other != line && !other.out && Series.of(other.rule).equals(Series.of(rule)));
  }

  /** What has no next period neither lends on it nor carries into it. */
  private static BudgetRule valid(BudgetRule rule) {
    return rule.every() != Every.ONCE
        ? rule
        : rule.with(t -> t.carryOver(CarryOver.NONE).overdraft(0).finish(0).advance(0));
  }

  boolean isThere(String person) {
    return !removed.contains(person);
  }

  List<BudgetRule> rulesOf(String person) {
    return Stream.concat(bound.get(person).stream(), Stream.of(organisation))
        .filter(line -> !line.out)
        .map(line -> line.rule)
        .toList();
  }

  private boolean isThere(Line line) {
    return !line.out
        && removed.stream().noneMatch(person -> line.rule.budget().equals("person/" + person));
  }

  BudgetRule any(Random random) {
    List<Line> there = lines.stream().filter(this::isThere).toList();
    return there.get(random.nextInt(there.size())).rule;
  }

  /** As the file has them, with its calendar. */
  Rules inForce() {
    return new Rules() {
      @Override
      public BudgetRule of(AccountKey account) {
        return rule(account);
      }

      @Override
      public Calendar calendar() {
        return Calendar.of(Every.MONTH, BERLIN);
      }
    };
  }

  /** The budget of an account as it stands; null if there is none any more. */
  BudgetRule rule(AccountKey key) {
    return lines.stream()
        .filter(line -> isThere(line) && Series.of(line.rule).equals(Series.of(key)))
        .map(line -> line.rule)
        .findFirst()
        .orElse(null);
  }

  /**
   * Whether an account is to be ended although no budget goes on: it has none, and its period is
   * over in every zone.
   */
  boolean gone(AccountKey key, Instant now) {
    Instant end = inForce().calendar().endOf(key.period());
    return rule(key) == null && end != null && !end.plus(Duration.ofHours(26)).isAfter(now);
  }

  /** The same, as it stood when the file had it last. */
  BudgetRule lastRule(AccountKey key) {
    return last.get(Series.of(key));
  }

  /** Whether both are accounts of one budget, of this period and another. */
  static boolean oneBudget(AccountKey a, AccountKey b) {
    return Series.of(a).equals(Series.of(b));
  }

  /** Whether a rule is that of an account. */
  static boolean isOf(BudgetRule rule, AccountKey key) {
    return Series.of(rule).equals(Series.of(key));
  }
}
