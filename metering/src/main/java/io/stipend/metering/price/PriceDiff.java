package io.stipend.metering.price;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * How two sets of prices differ.
 *
 * @param changes by model, then by time; where nothing changes there is none
 */
public record PriceDiff(List<Change> changes) {
  private static final int RATIO_SCALE = 4;
  private static final int FIRST_FEW = 5;

  /** Copies the list. */
  public PriceDiff {
    changes = List.copyOf(changes);
  }

  /** What became of a model. */
  public enum What {
    /** It had no price. */
    ADDED,
    /** It has no price any more. */
    REMOVED,
    /** A price is another one. */
    CHANGED
  }

  /**
   * One price that differs.
   *
   * @param what what became of the model
   * @param scope {@code provider openai-eu} or {@code vendor openai}
   * @param model its name
   * @param from since when, UTC; null for the instant of the comparison
   * @param item which of its prices, such as {@code batch input}
   * @param unit what the price is for
   * @param before null if there was none
   * @param after null if there is none
   * @param ratio {@code after} divided by {@code before}, rounded half up to four decimals; null if
   *     one of them is missing or 0
   */
  public record Change(
      What what,
      String scope,
      String model,
      @Nullable String from,
      String item,
      String unit,
      @Nullable BigDecimal before,
      @Nullable BigDecimal after,
      @Nullable BigDecimal ratio) {
    static Change of(
        What what,
        PriceSide.Named named,
        @Nullable String from,
        @Nullable PriceItem before,
        @Nullable PriceItem after) {
      PriceItem either = after != null ? after : before;
      if (either == null) {
        throw new IllegalArgumentException("a change of nothing to nothing");
      }
      BigDecimal old = before == null ? null : before.price();
      BigDecimal now = after == null ? null : after.price();
      return new Change(
          what,
          named.scope(),
          named.model(),
          from,
          either.label(),
          either.unit(),
          old,
          now,
          ratio(old, now));
    }

    private static @Nullable BigDecimal ratio(
        @Nullable BigDecimal before, @Nullable BigDecimal after) {
      return before == null || after == null || before.signum() == 0
          ? null
          : after.divide(before, RATIO_SCALE, RoundingMode.HALF_UP);
    }
  }

  /**
   * Compares two sets of cards.
   *
   * @param before how it was
   * @param after how it is
   * @param models those that are compared
   * @param later whether prices of later days are compared too: only where both are of one instant
   */
  public static PriceDiff of(
      PriceSide before, PriceSide after, Set<PriceSide.Named> models, boolean later) {
    List<Change> changes = new ArrayList<>();
    Map<String, Set<Instant>> edges = new HashMap<>();
    if (later) {
      new PriceBook(before.cards()).edges(before.instant(), edges);
      new PriceBook(after.cards()).edges(after.instant(), edges);
    }
    for (PriceSide.Named named : models) {
      List<Change> last = changes(before, after, named, null);
      changes.addAll(last);
      Set<Instant> own = new TreeSet<>(edges.getOrDefault(named.model(), Set.of()));
      own.addAll(edges.getOrDefault(PriceBook.ANY, Set.of()));
      for (Instant edge : own) {
        List<Change> then = changes(before.at(edge), after.at(edge), named, edge.toString());
        if (!undated(then).equals(undated(last))) {
          changes.addAll(then);
        }
        last = then;
      }
    }
    return new PriceDiff(changes);
  }

  private static List<Change> undated(List<Change> changes) {
    return changes.stream()
        .map(
            c ->
                new Change(
                    c.what, c.scope, c.model, null, c.item, c.unit, c.before, c.after, c.ratio))
        .toList();
  }

  private static List<Change> changes(
      PriceSide before, PriceSide after, PriceSide.Named named, @Nullable String from) {
    Map<String, PriceItem> old = before.prices(named.scope(), named.model());
    Map<String, PriceItem> now = after.prices(named.scope(), named.model());
    What what = old.isEmpty() ? What.ADDED : now.isEmpty() ? What.REMOVED : What.CHANGED;
    Set<String> labels = new LinkedHashSet<>(old.keySet());
    labels.addAll(now.keySet());
    List<Change> changes = new ArrayList<>();
    for (String label : labels) {
      PriceItem one = old.get(label);
      PriceItem other = now.get(label);
      if (one == null || !one.equals(other)) {
        changes.add(Change.of(what, named, from, one, other));
      }
    }
    return changes;
  }

  /** How many models had this become of them. */
  public long models(What what) {
    return changes.stream()
        .filter(change -> change.what == what)
        .map(change -> new PriceSide.Named(change.scope, change.model))
        .distinct()
        .count();
  }

  /** On one line: how many models, and the first few of them. */
  public String summary() {
    Map<PriceSide.Named, What> models = new LinkedHashMap<>();
    changes.forEach(c -> models.putIfAbsent(new PriceSide.Named(c.scope, c.model), c.what));
    if (models.isEmpty()) {
      return "no price differs";
    }
    StringBuilder text =
        new StringBuilder()
            .append(models(What.ADDED))
            .append(" added, ")
            .append(models(What.REMOVED))
            .append(" removed, ")
            .append(models(What.CHANGED))
            .append(" changed: ");
    text.append(
        String.join(
            ", ",
            models.keySet().stream()
                .limit(FIRST_FEW)
                .map(named -> named.scope() + " " + named.model())
                .toList()));
    return models.size() > FIRST_FEW ? text.append(", …").toString() : text.toString();
  }
}
