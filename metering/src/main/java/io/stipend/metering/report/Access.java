package io.stipend.metering.report;

import io.stipend.metering.ledger.BookedLine;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.report.page.Report;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * How evenly people use what they are given, by groups of a least size ({@link Suppression}).
 * Nothing in it names a person: neither a name nor an id, and no figure that is one person's.
 */
public final class Access {
  private final Terms terms;
  private final UsageSums<Key, Sum> usage;
  private final List<Spread.Person> people;

  private Access(Terms terms, UsageSums<Key, Sum> usage, List<Spread.Person> people) {
    this.terms = terms;
    this.usage = usage;
    this.people = List.copyOf(people);
  }

  /** What people are grouped by. */
  public enum By {
    /** The team of the quota file. */
    TEAM,
    /** The name of the allowance. */
    LEVEL,
    /** The timezone. */
    SITE;

    /** Its name on a command line. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }

    /** The one of this name; null if there is none. */
    public static @Nullable By of(String name) {
      return Arrays.stream(values())
          .filter(by -> by.label().equals(name.toLowerCase(Locale.ROOT)))
          .findFirst()
          .orElse(null);
    }
  }

  /** Groups may be no smaller, whatever is asked: two people know each other's part. */
  public static final int LEAST_GROUP = 3;

  /** The size of groups unless something else is asked. */
  public static final int DEFAULT_GROUP = 5;

  /** The group of those who used something and are not in the quota file. */
  static final String GONE = "(not in the quota file)";

  /**
   * What is asked, and what the quota file says.
   *
   * @param scope the range of time
   * @param by what people are grouped by
   * @param minGroup the least size of a group that is shown
   * @param currency of the costs; others are not looked at
   * @param people everybody who is entitled, whether they used something or not
   * @param services the ids of services, which are no people
   */
  public record Terms(
      Scope scope,
      By by,
      int minGroup,
      String currency,
      List<Entitled> people,
      Set<String> services) {
    /** Copies, and checks the size. */
    public Terms {
      people = List.copyOf(people);
      services = Set.copyOf(services);
      if (minGroup < LEAST_GROUP) {
        throw new IllegalArgumentException(
            "minGroup: " + minGroup + " (expected: at least " + LEAST_GROUP + ")");
      }
    }
  }

  /**
   * Somebody who may use something.
   *
   * @param id as the ledger has it
   * @param group the name of the team, level or site
   * @param atCap whether an own budget of a period within the range was used up
   */
  public record Entitled(String id, String group, boolean atCap) {}

  /** What lines are summed up by. */
  record Key(String person, String currency) {}

  /** Reads who used how much and was refused what. */
  static Access read(LedgerReader reader, Terms terms) {
    Function<BookedLine, Key> key = line -> new Key(line.person(), line.currency());
    UsageSums<Key, Sum> usage =
        UsageSums.read(reader, terms.scope().from(), terms.scope().to(), () -> key, Sum::new);
    Map<String, Long> used = new HashMap<>();
    usage
        .sums()
        .forEach(
            (who, sum) -> {
              if (who.currency().equals(terms.currency())) {
                used.merge(who.person(), Math.max(0, sum.nanos()), Math::addExact);
              }
            });
    Map<String, SortedMap<String, Long>> refused = refusals(reader, terms.scope());
    Map<String, Spread.Person> people = new HashMap<>();
    for (Entitled one : terms.people()) {
      SortedMap<String, Long> reasons = refused.getOrDefault(one.id(), new TreeMap<>());
      long nanos = used.getOrDefault(one.id(), 0L);
      people.put(one.id(), new Spread.Person(one.group(), nanos, one.atCap(), reasons));
    }
    used.forEach(
        (id, nanos) -> {
          if (!terms.services().contains(id)) {
            SortedMap<String, Long> reasons = refused.getOrDefault(id, new TreeMap<>());
            people.putIfAbsent(id, new Spread.Person(GONE, nanos, false, reasons));
          }
        });
    return new Access(terms, usage, List.copyOf(people.values()));
  }

  /** The report. */
  public static Report report(LedgerReader reader, Terms terms) {
    return new AccessPage(read(reader, terms)).report();
  }

  /** By person and reason: of the days of UTC that the range touches, as they are counted. */
  private static Map<String, SortedMap<String, Long>> refusals(LedgerReader reader, Scope scope) {
    LocalDate first = scope.from().atOffset(ZoneOffset.UTC).toLocalDate();
    LocalDate last = scope.to().minusNanos(1).atOffset(ZoneOffset.UTC).toLocalDate();
    Map<String, SortedMap<String, Long>> refused = new HashMap<>();
    for (LedgerEntry.RefusalsCounted one : reader.refusals()) {
      LocalDate day = LocalDate.parse(one.day());
      if (!day.isBefore(first) && !day.isAfter(last)) {
        refused
            .computeIfAbsent(one.person(), p -> new TreeMap<>())
            .merge(one.reason(), one.count(), Math::addExact);
      }
    }
    return refused;
  }

  Terms terms() {
    return terms;
  }

  UsageSums<Key, Sum> usage() {
    return usage;
  }

  List<Spread.Person> people() {
    return people;
  }
}
