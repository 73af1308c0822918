package io.stipend.metering.reconcile;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Traffic that both sides have on the same day, but under another service tier or another name of
 * the model. It is found where what one group lacks is exactly what another has too much: an
 * attempt, all attempts, or the whole difference.
 */
final class Moves {
  private final Books books;
  private final RowPricing pricing;

  Moves(Books books, RowPricing pricing) {
    this.books = books;
    this.pricing = pricing;
  }

  /** Finds and notes them, in both groups. */
  void find() {
    for (Group to : List.copyOf(books.groups())) {
      MeterSums missing = to.open();
      if (!to.hasUsage() || missing.isZero() || !missing.isNegativeNowhere()) {
        continue;
      }
      if (!find(to, missing, Reason.SERVICE_TIER, key -> key.isTierSiblingOf(to.key()))) {
        find(to, missing, Reason.ALIAS_OR_PRICE_CHANGE, key -> key.isModelSiblingOf(to.key()));
      }
    }
  }

  private boolean find(Group to, MeterSums missing, Reason reason, Predicate<GroupKey> sibling) {
    for (Group from : List.copyOf(books.groups())) {
      if (!sibling.test(from.key()) || !from.hasUsage() || from.rows().isEmpty()) {
        continue;
      }
      MeterSums open = from.open();
      List<GatewayRow> rows = Effects.exactly(from.rows(), missing);
      boolean opposite = open.plus(missing).isZero();
      // Other reasons may be at work on the other side; but if nothing differs there, nothing left.
      boolean named = rows != null && !open.isZero() && isBelievable(reason, rows, to);
      if (opposite || named) {
        move(from, to, missing, reason, rows);
        return true;
      }
    }
    return false;
  }

  /** Where only an attempt says so, its other name must be one of the same model. */
  private boolean isBelievable(Reason reason, List<GatewayRow> rows, Group to) {
    return reason == Reason.SERVICE_TIER
        || rows.stream().allMatch(row -> pricing.isAlias(row.row(), to.key().model()));
  }

  private void move(
      Group from, Group to, MeterSums tokens, Reason reason, @Nullable List<GatewayRow> rows) {
    boolean tier = reason == Reason.SERVICE_TIER;
    String evidence =
        (rows == null ? "the same tokens" : Effects.named(rows))
            + ": "
            + (tier ? from.key().tier() : from.key().model())
            + " here, "
            + (tier ? to.key().tier() : to.key().model())
            + " to the provider";
    if (rows == null) {
      MeterSums nanos = MeterSums.ZERO;
      for (BillMeter meter : BillMeter.TOKENS) {
        // At the mean price that they have here.
        long cost = Shares.of(from.nanos().of(meter), tokens.of(meter), from.tokens().of(meter));
        nanos = nanos.with(meter, cost);
      }
      from.found(ofAll(from, reason, tokens.negated(), nanos.negated(), evidence));
      to.found(ofAll(to, reason, tokens, nanos, evidence));
      return;
    }
    MeterSums had = MeterSums.ZERO;
    MeterSums costs = MeterSums.ZERO;
    List<Mend> mends = new ArrayList<>();
    for (GatewayRow row : rows) {
      String model = tier ? row.row().modelServed() : to.key().model();
      String servedTier = tier ? to.key().tier() : row.row().serviceTier();
      RowPricing.Option as = pricing.as(row.row(), model, servedTier, row.tokens());
      MeterSums priced = as == null ? row.nanos() : as.nanos(row.tokens());
      MeterSums more = priced.minus(row.nanos());
      if (Math.abs(more.total()) > RowPricing.SLACK) {
        mends.add(new Mend(row, MeterSums.ZERO, more));
      }
      had = had.plus(row.nanos());
      costs = costs.plus(priced);
    }
    long requests = rows.size();
    from.found(
        new Finding(reason, tokens.negated(), had.negated(), rows, List.of(), evidence, -requests));
    to.found(new Finding(reason, tokens, costs, rows, mends, evidence, requests));
  }

  /** Whose attempts are not told: all of the difference in requests goes with it. */
  private static Finding ofAll(
      Group group, Reason reason, MeterSums tokens, MeterSums nanos, String evidence) {
    Long more = group.moreRequests();
    return new Finding(
        reason, tokens, nanos, List.of(), List.of(), evidence, more == null ? 0 : more);
  }
}
