package io.stipend.metering.reconcile;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Names every difference in cost that is left when the tokens agree. A reason is taken if the
 * prices that it means give the provider's cost of every meter: for all attempts of a group, for
 * one, or for two.
 */
final class Costs {
  /** Of more attempts single ones are not looked for. */
  private static final int MOST_ROWS = 200;

  /** Of more prices no pairs are looked for. */
  private static final int MOST_PAIRED = 400;

  private static final long WHOLE = 10_000;
  private static final long HALF = 5_000;

  private final Books books;
  private final RowPricing pricing;

  Costs(Books books, RowPricing pricing) {
    this.books = books;
    this.pricing = pricing;
  }

  /** Notes what is found in each group. */
  void name() {
    List<Group> open = new ArrayList<>();
    for (Group group : books.groups()) {
      MeterSums beyond = Tolerance.beyond(group);
      if (beyond != null && !name(group, beyond)) {
        open.add(group);
      }
    }
    Set<Group> discounted = discounted(open);
    for (Group group : open) {
      MeterSums beyond = Tolerance.beyond(group);
      if (beyond != null) {
        group.found(
            discounted.contains(group)
                ? ofDay(
                    Reason.DISCOUNT_CREDIT_TAX_ROUNDING,
                    beyond,
                    "the same part of every price of the account")
                : ofDay(Reason.UNEXPLAINED, beyond, Reason.UNEXPLAINED.sentence()));
      }
    }
  }

  private static Finding ofDay(Reason reason, MeterSums nanos, String evidence) {
    return Finding.ofDay(reason, MeterSums.ZERO, nanos, evidence);
  }

  private boolean name(Group group, MeterSums beyond) {
    GroupKey key = group.key();
    if (group.cost(BillMeter.ALL) != null) {
      return ofEverything(group);
    }
    if (key.model().isEmpty() && group.rows().isEmpty()) {
      return ofWhole(group, beyond);
    }
    if (group.rows().isEmpty() && group.nanos().isZero()) {
      String said = group.words().isEmpty() ? "" : ": " + group.words();
      group.found(ofDay(Reason.UNATTRIBUTED, beyond, "the gateway sent nothing of this" + said));
      return true;
    }
    if (listExplains(group)) {
      group.found(
          ofDay(
              Reason.DISCOUNT_CREDIT_TAX_ROUNDING,
              beyond,
              "at list prices it is what the ledger has"));
      return true;
    }
    if (isRounding(group, beyond)) {
      group.found(
          ofDay(
              Reason.DISCOUNT_CREDIT_TAX_ROUNDING, beyond, "the provider's file has whole cents"));
      return true;
    }
    List<Change> changes = explanation(group, beyond);
    changes.forEach(change -> group.found(change.finding()));
    return !changes.isEmpty();
  }

  /** Costs of a day as a whole: credits, taxes, the fees of tools, or everything. */
  private boolean ofWhole(Group group, MeterSums beyond) {
    if (!group.key().tier().isEmpty()) {
      group.found(ofDay(Reason.DISCOUNT_CREDIT_TAX_ROUNDING, beyond, group.words()));
      return true;
    }
    String words = group.words();
    group.found(
        ofDay(Reason.REGIONAL_OR_TOOL_FEE, beyond, words.isEmpty() ? "a tool's fee" : words));
    return true;
  }

  /** Where only a day's sum is told, the reasons of its tokens are those of its cost. */
  private boolean ofEverything(Group whole) {
    for (Group group : books.groups()) {
      if (group.key().whole().equals(whole.key())) {
        for (Finding finding : List.copyOf(group.findings())) {
          MeterSums part = MeterSums.of(BillMeter.ALL, finding.nanos().total());
          whole.found(ofDay(finding.reason(), part, finding.evidence()));
        }
      }
    }
    return Tolerance.beyond(whole) == null;
  }

  private static boolean listExplains(Group group) {
    boolean any = false;
    MeterSums expected = group.expectedNanos();
    for (BillMeter meter : BillMeter.values()) {
      Long list = group.list(meter);
      Long cost = group.cost(meter);
      if (list != null && cost != null) {
        any |= !list.equals(cost);
        long difference = list - expected.of(meter);
        if (!Tolerance.isWithin(difference, list)
            && !Tolerance.isSame(difference, group.rounding(meter))) {
          return false;
        }
      }
    }
    return any;
  }

  private static boolean isRounding(Group group, MeterSums beyond) {
    for (BillMeter meter : BillMeter.values()) {
      if (!Tolerance.isSame(beyond.of(meter), group.rounding(meter))) {
        return false;
      }
    }
    return true;
  }

  /**
   * Other prices of some attempts.
   *
   * @param more what they cost more, by meter
   */
  private record Change(Finding finding, MeterSums more) {}

  /** The changes that give the provider's cost; empty if none do. */
  private List<Change> explanation(Group group, MeterSums beyond) {
    List<GatewayRow> rows = current(group);
    List<Change> all = ofAll(rows);
    for (Change change : all) {
      if (explains(group, beyond.minus(change.more()))) {
        return List.of(change);
      }
    }
    if (rows.size() > MOST_ROWS) {
      return List.of();
    }
    List<Change> single = new ArrayList<>();
    for (GatewayRow row : rows) {
      for (RowPricing.Option option : pricing.others(row.row(), row.tokens())) {
        single.add(change(option.reason(), option.text(), Map.of(row, option)));
      }
    }
    for (Change change : single) {
      if (explains(group, beyond.minus(change.more()))) {
        return List.of(change);
      }
    }
    return pair(group, beyond, all, single);
  }

  private List<Change> pair(Group group, MeterSums beyond, List<Change> all, List<Change> single) {
    List<Change> both = new ArrayList<>(all);
    both.addAll(single);
    both.removeIf(change -> change.more().isZero());
    if (both.size() > MOST_PAIRED) {
      return List.of();
    }
    for (int i = 0; i < both.size(); i++) {
      MeterSums left = beyond.minus(both.get(i).more());
      for (int j = i + 1; j < both.size(); j++) {
        boolean apart = disjoint(both.get(i).finding().rows(), both.get(j).finding().rows());
        if (apart && explains(group, left.minus(both.get(j).more()))) {
          return List.of(both.get(i), both.get(j));
        }
      }
    }
    return List.of();
  }

  private static boolean disjoint(List<GatewayRow> a, List<GatewayRow> b) {
    return a.stream().noneMatch(b::contains);
  }

  private static boolean explains(Group group, MeterSums left) {
    boolean any = false;
    for (BillMeter meter : BillMeter.TOKENS) {
      if (group.cost(meter) != null) {
        any = true;
        if (!Tolerance.isSame(left.of(meter), group.rounding(meter))) {
          return false;
        }
      }
    }
    return any;
  }

  /** The attempts as they would stand with all that was found, where that is known. */
  private static List<GatewayRow> current(Group group) {
    List<GatewayRow> rows = new ArrayList<>(group.rows());
    for (Finding finding : group.findings()) {
      if (Quantities.isMove(finding)) {
        for (GatewayRow moved : finding.rows()) {
          boolean left = rows.removeIf(row -> same(row, moved));
          if (!left) {
            rows.add(moved);
          }
        }
      }
      for (Mend mend : finding.mends()) {
        rows.replaceAll(row -> same(row, mend.row()) ? mend.mended() : row);
      }
    }
    return rows;
  }

  private static boolean same(GatewayRow a, GatewayRow b) {
    return a.attempt().equals(b.attempt());
  }

  /** Other prices of the same kind, by attempt. */
  private record Kind(Reason reason, Map<GatewayRow, RowPricing.Option> options) {}

  /** Every kind of other prices, for all attempts that have it. */
  private List<Change> ofAll(List<GatewayRow> rows) {
    Map<String, Kind> kinds = new LinkedHashMap<>();
    for (GatewayRow row : rows) {
      for (RowPricing.Option option : pricing.others(row.row(), row.tokens())) {
        kinds
            .computeIfAbsent(
                option.text(), text -> new Kind(option.reason(), new LinkedHashMap<>()))
            .options()
            .put(row, option);
      }
    }
    List<Change> changes = new ArrayList<>();
    kinds.forEach((text, kind) -> changes.add(change(kind.reason(), text, kind.options())));
    return changes;
  }

  private static Change change(
      Reason reason, String text, Map<GatewayRow, RowPricing.Option> options) {
    List<Mend> mends = new ArrayList<>();
    MeterSums[] more = {MeterSums.ZERO};
    options.forEach(
        (row, option) -> {
          MeterSums dearer = option.nanos(row.tokens()).minus(row.nanos().only(BillMeter.TOKENS));
          more[0] = more[0].plus(dearer);
          if (Math.abs(dearer.total()) > RowPricing.SLACK) {
            mends.add(new Mend(row, MeterSums.ZERO, dearer));
          }
        });
    List<GatewayRow> rows = List.copyOf(options.keySet());
    String evidence = text + " gives the provider's cost of " + Effects.named(rows);
    Finding finding = new Finding(reason, MeterSums.ZERO, more[0], rows, mends, evidence, 0);
    return new Change(finding, more[0]);
  }

  /**
   * The groups whose cost is the same part of what it should be, where there are at least two and
   * the part is less than the whole: a discount of the contract.
   */
  private static Set<Group> discounted(List<Group> open) {
    Map<String, List<Group>> byAccount = new HashMap<>();
    for (Group group : open) {
      if (!group.key().model().isEmpty()) {
        byAccount.computeIfAbsent(group.key().account(), a -> new ArrayList<>()).add(group);
      }
    }
    Set<Group> discounted = new HashSet<>();
    for (List<Group> groups : byAccount.values()) {
      long points = points(groups);
      boolean all =
          groups.size() > 1
              && points > 0
              && points < WHOLE
              && groups.stream().allMatch(group -> isPart(group, points));
      if (all && points != HALF) {
        discounted.addAll(groups);
      }
    }
    return discounted;
  }

  /** What the provider charges in parts of ten thousand of what it should, rounded. */
  private static long points(List<Group> groups) {
    BigDecimal charged = BigDecimal.ZERO;
    BigDecimal expected = BigDecimal.ZERO;
    for (Group group : groups) {
      for (BillMeter meter : BillMeter.TOKENS) {
        Long cost = group.cost(meter);
        charged = charged.add(BigDecimal.valueOf(cost == null ? 0 : cost));
        expected = expected.add(BigDecimal.valueOf(group.expectedNanos().of(meter)));
      }
    }
    return expected.signum() <= 0
        ? 0
        : charged
            .multiply(BigDecimal.valueOf(WHOLE))
            .divide(expected, 0, RoundingMode.HALF_UP)
            .longValueExact();
  }

  private static boolean isPart(Group group, long points) {
    for (BillMeter meter : BillMeter.TOKENS) {
      Long cost = group.cost(meter);
      long part = Shares.of(group.expectedNanos().of(meter), points, WHOLE);
      if (cost != null
          && !Tolerance.isSame(cost - part, group.rounding(meter) + RowPricing.SLACK)) {
        return false;
      }
    }
    return true;
  }
}
