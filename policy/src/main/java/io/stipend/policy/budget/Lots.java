package io.stipend.policy.budget;

import io.stipend.metering.ledger.Lot;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How what was burnt is spread over the lots of an account. A pure function of the lots and one
 * sum: in which order concurrent charges became durable cannot matter, so the live accounts, the
 * ledger's tables and a replay never differ.
 *
 * @param left each lot with what is left of it, in the order in which they burn
 * @param unfunded what was burnt beyond all lots: loans, then overage
 */
record Lots(List<Left> left, long unfunded) {
  /**
   * A lot and what is left of it.
   *
   * @param amount at least 0
   */
  record Left(Lot lot, long amount) {}

  /**
   * Spreads. What was given back beyond all that was used is left of the recurring grant, as if it
   * had granted so much more.
   *
   * @param lots of one account
   * @param burnt what was used, sent and, where nothing may be taken from under it, held; less than
   *     nothing where corrections gave back more
   * @param periodEnd when lots without an expiry of their own end; null if never
   */
  static Lots spread(Collection<Lot> lots, long burnt, @Nullable Instant periodEnd) {
    List<Lot> ordered = new ArrayList<>(lots);
    ordered.sort(burnOrder(periodEnd));
    List<Left> left = new ArrayList<>(ordered.size());
    long rest = Math.max(0, burnt);
    for (Lot lot : ordered) {
      long worth = Math.max(0, Math.subtractExact(lot.amount(), lot.expired()));
      long taken = Math.min(worth, rest);
      rest -= taken;
      long back = lot.isRecurring() ? Math.max(0, Math.negateExact(burnt)) : 0;
      left.add(new Left(lot, Math.addExact(worth - taken, back)));
    }
    return new Lots(List.copyOf(left), rest);
  }

  /** All that is left. */
  long total() {
    long total = 0;
    for (Left lot : left) {
      total = Math.addExact(total, lot.amount());
    }
    return total;
  }

  /**
   * Priority, earliest expiry, earliest grant; what a roll carried over of recurring grants was
   * granted before anything of this period, although it came later. A lot that has expired comes
   * first: what it still is worth had been burnt, or was held, when it did.
   */
  private static Comparator<Lot> burnOrder(@Nullable Instant periodEnd) {
    Instant never = periodEnd == null ? Instant.MAX : periodEnd;
    return Comparator.comparing((Lot lot) -> lot.expired() == 0)
        .thenComparing(Lot::priority)
        .thenComparing(lot -> lot.expiresAt() == null ? never : lot.expiresAt())
        .thenComparing(lot -> !Closing.isCarryOver(lot))
        .thenComparing(Lot::grantedAt)
        .thenComparing(Lot::id);
  }
}
