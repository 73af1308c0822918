package io.stipend.metering.reconcile;

import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** The reasons whose part of a difference is known from attempts, to the token. */
final class Effects {
  /** So many attempts are tried one by one; more only all together. */
  private static final int ONE_BY_ONE = 3;

  /** So many are tried of those that give exactly what is missing. */
  private static final int MOST_EXACT = 3;

  private static final int MOST_NEAR = 2;

  private final Books books;
  private final Scope scope;
  private final RowPricing pricing;

  Effects(Books books, Scope scope, RowPricing pricing) {
    this.books = books;
    this.scope = scope;
    this.pricing = pricing;
  }

  /** All that could play a part in what is open of a group. */
  List<Finding> of(Group group) {
    List<Finding> effects = new ArrayList<>();
    retries(group).forEach((rows, tokens) -> effects.add(retried(rows, tokens)));
    LocalDate day = group.key().day();
    GroupKey before = group.key().on(day.minusDays(1));
    if (mayMove(before)) {
      sets(edges(before)).forEach(rows -> effects.add(edge(rows, 1)));
    }
    if (mayMove(group.key().on(day.plusDays(1)))) {
      sets(edges(group.key())).forEach(rows -> effects.add(edge(rows, -1)));
    }
    List<GatewayRow> twice =
        group.rows().stream().filter(row -> cached(row) > 0 && inputHoldsCached(row)).toList();
    sets(twice).forEach(rows -> effects.add(cachedTwice(rows)));
    if (twice.size() > ONE_BY_ONE) {
      // Of many those that, with what else is known, give what is missing, and the nearest to it:
      // a wrong guess may be the rest.
      Set<Long> missing = missingInputs(group.open(), List.copyOf(effects));
      long alone = -group.open().of(BillMeter.INPUT);
      Stream.concat(
              twice.stream().filter(row -> missing.contains(cached(row))).limit(MOST_EXACT),
              twice.stream()
                  .filter(row -> cached(row) <= alone)
                  .sorted(Comparator.comparing(row -> alone - cached(row)))
                  .limit(MOST_NEAR))
          .distinct()
          .forEach(row -> effects.add(cachedTwice(List.of(row))));
    }
    return effects;
  }

  /** By how much the input is too high, with any set of these effects. */
  private static Set<Long> missingInputs(MeterSums open, List<Finding> effects) {
    Set<Long> missing = new HashSet<>();
    missing.add(-open.of(BillMeter.INPUT));
    for (Finding effect : effects) {
      long less = effect.tokens().of(BillMeter.INPUT);
      missing.addAll(missing.stream().map(one -> one + less).toList());
    }
    return missing;
  }

  private static List<List<GatewayRow>> sets(List<GatewayRow> rows) {
    List<List<GatewayRow>> sets = new ArrayList<>();
    if (!rows.isEmpty() && rows.size() <= ONE_BY_ONE) {
      rows.forEach(row -> sets.add(List.of(row)));
    } else if (!rows.isEmpty()) {
      sets.add(rows);
    }
    return sets;
  }

  private static long cached(GatewayRow row) {
    return row.tokens().of(BillMeter.CACHE_READ);
  }

  private static boolean inputHoldsCached(GatewayRow row) {
    return row.tokens().of(BillMeter.INPUT) >= cached(row);
  }

  private Finding cachedTwice(List<GatewayRow> rows) {
    List<Mend> mends = new ArrayList<>();
    MeterSums tokens = MeterSums.ZERO;
    MeterSums nanos = MeterSums.ZERO;
    for (GatewayRow row : rows) {
      MeterSums less = MeterSums.of(BillMeter.INPUT, -cached(row));
      MeterSums cheaper = pricing.more(row, less);
      mends.add(new Mend(row, less, cheaper));
      tokens = tokens.plus(less);
      nanos = nanos.plus(cheaper);
    }
    String evidence = "the input is too high by exactly the cached tokens of " + named(rows);
    return Finding.of(Reason.CACHED_COUNTED_TWICE, tokens, nanos, mends, evidence);
  }

  /** Attempts that cost nothing and were tried again, with the tokens of the try that answered. */
  private static Map<List<GatewayRow>, List<MeterSums>> retries(Group group) {
    Map<String, GatewayRow> answered = new HashMap<>();
    for (GatewayRow row : group.rows()) {
      if (!row.tokens().isZero() && !row.isGuess()) {
        answered.put(row.row().exchangeId(), row);
      }
    }
    List<GatewayRow> failed = new ArrayList<>();
    List<MeterSums> tokens = new ArrayList<>();
    for (GatewayRow row : group.rows()) {
      GatewayRow other = answered.get(row.row().exchangeId());
      if (other != null && row.tokens().isZero() && row.row().nanos() == 0) {
        failed.add(row);
        tokens.add(other.tokens());
      }
    }
    Map<List<GatewayRow>, List<MeterSums>> sets = new HashMap<>();
    for (List<GatewayRow> set : sets(failed)) {
      sets.put(set, set.stream().map(row -> tokens.get(failed.indexOf(row))).toList());
    }
    return sets;
  }

  private Finding retried(List<GatewayRow> rows, List<MeterSums> each) {
    List<Mend> mends = new ArrayList<>();
    MeterSums tokens = MeterSums.ZERO;
    MeterSums nanos = MeterSums.ZERO;
    for (int i = 0; i < rows.size(); i++) {
      MeterSums dearer = pricing.more(rows.get(i), each.get(i));
      mends.add(new Mend(rows.get(i), each.get(i), dearer));
      tokens = tokens.plus(each.get(i));
      nanos = nanos.plus(dearer);
    }
    String evidence =
        "the provider has the tokens of the answered try once more for " + named(rows);
    return new Finding(Reason.RETRY_BILLED, tokens, nanos, rows, mends, evidence, rows.size());
  }

  /** Attempts of a group that ended on the next day. */
  private List<GatewayRow> edges(GroupKey key) {
    return books.edges().stream().filter(row -> row.key().equals(key)).toList();
  }

  /** Whether the neighbouring day can show the other side: it differs too, or is not compared. */
  private boolean mayMove(GroupKey neighbour) {
    if (!scope.files().usageDays().has(neighbour.day()) || !scope.covers(neighbour.day())) {
      return true;
    }
    Group group = books.find(neighbour);
    return group != null && !group.delta().isZero();
  }

  /**
   * Attempts that the provider counts on the other day.
   *
   * @param sign 1 if they come to this day, -1 if they leave it
   */
  private static Finding edge(List<GatewayRow> rows, int sign) {
    MeterSums tokens = MeterSums.ZERO;
    MeterSums nanos = MeterSums.ZERO;
    for (GatewayRow row : rows) {
      tokens = tokens.plus(row.tokens());
      nanos = nanos.plus(row.nanos());
    }
    String evidence =
        named(rows)
            + " began on "
            + rows.get(0).key().day()
            + " and ended on "
            + rows.get(0).endDay();
    return new Finding(
        Reason.DAY_EDGE,
        sign > 0 ? tokens : tokens.negated(),
        sign > 0 ? nanos : nanos.negated(),
        rows,
        List.of(),
        evidence,
        (long) sign * rows.size());
  }

  /** Attempts by name, as far as they are few. */
  static String named(List<GatewayRow> rows) {
    Set<String> names = new TreeSet<>();
    rows.forEach(row -> names.add(row.attempt()));
    return names.size() <= 2 ? String.join(" and ", names) : names.size() + " attempts";
  }

  /** The one attempt among these with exactly these tokens; else all, if all have; else null. */
  static @Nullable List<GatewayRow> exactly(List<GatewayRow> rows, MeterSums tokens) {
    MeterSums all = MeterSums.ZERO;
    for (GatewayRow row : rows) {
      if (row.tokens().equals(tokens)) {
        return List.of(row);
      }
      all = all.plus(row.tokens());
    }
    return all.equals(tokens) && !rows.isEmpty() ? List.copyOf(rows) : null;
  }
}
