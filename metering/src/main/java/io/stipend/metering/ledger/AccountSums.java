package io.stipend.metering.ledger;

import io.stipend.metering.ledger.LedgerEntry.LoanKind;
import java.time.Instant;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The sums of one account while they grow. For one thread. */
final class AccountSums {
  /** By place of the sum; the places are in memory only. */
  private final long[] sums = new long[Sum.ALL.size()];

  /** The sums that a record tells. */
  static AccountSums of(AccountRecord record) {
    AccountTotals totals = record.totals();
    AccountSums sums = new AccountSums();
    sums.add(Sum.GRANTED, totals.granted());
    sums.add(Sum.CARRIED, totals.carried());
    sums.add(Sum.RECEIVED, totals.received());
    for (LoanKind kind : LoanKind.values()) {
      sums.add(Sum.of(kind), record.lent(kind));
    }
    sums.add(Sum.USED, totals.used());
    sums.add(Sum.HELD, totals.held());
    sums.add(Sum.EXPIRED, totals.expired());
    sums.add(Sum.SENT, totals.sent());
    sums.add(Sum.CARRIED_OUT, totals.carriedOut());
    sums.add(Sum.REPAID, totals.repaid());
    sums.add(Sum.ADJUSTMENTS, record.counts().adjustments());
    sums.add(Sum.ONE_OFFS, record.counts().oneOffs());
    sums.add(Sum.TRANSFERS, record.counts().transfers());
    sums.add(Sum.LOANS, record.counts().loans());
    sums.add(Sum.EXPIRIES, record.counts().expiries());
    Instant firstUsed = record.firstUsed();
    sums.add(Sum.FIRST_USED, firstUsed == null ? 0 : firstUsed.toEpochMilli());
    sums.add(Sum.CLOSED, totals.closed() ? 1 : 0);
    return sums;
  }

  void add(Sum sum, long amount) {
    int place = place(sum);
    sums[place] = sum.of(sums[place], amount);
  }

  void add(AccountSums more) {
    for (Sum sum : Sum.ALL) {
      add(sum, more.get(sum));
    }
  }

  long get(Sum sum) {
    return sums[place(sum)];
  }

  @SuppressWarnings("EnumOrdinal") // Nothing outside this object depends on it.
  private static int place(Sum sum) {
    return sum.ordinal();
  }

  /** Whether all others are 0. */
  boolean only(List<Sum> some) {
    long others = 0;
    for (Sum sum : Sum.ALL) {
      others |= some.contains(sum) ? 0 : get(sum);
    }
    return others == 0;
  }

  boolean closed() {
    return get(Sum.CLOSED) > 0;
  }

  AccountTotals totals() {
    return new AccountTotals(
        get(Sum.GRANTED),
        get(Sum.CARRIED),
        get(Sum.RECEIVED),
        Math.addExact(Math.addExact(get(Sum.OVERDRAFT), get(Sum.FINISH)), get(Sum.ADVANCE)),
        get(Sum.USED),
        get(Sum.HELD),
        get(Sum.EXPIRED),
        get(Sum.SENT),
        get(Sum.CARRIED_OUT),
        get(Sum.REPAID),
        closed());
  }

  AccountRecord record(AccountKey account, List<Lot> lots) {
    Map<LoanKind, Long> lent = new EnumMap<>(LoanKind.class);
    for (LoanKind kind : LoanKind.values()) {
      lent.put(kind, get(Sum.of(kind)));
    }
    long firstUsed = get(Sum.FIRST_USED);
    return new AccountRecord(
        account,
        totals(),
        lots,
        lent,
        firstUsed == 0 ? null : Instant.ofEpochMilli(firstUsed),
        new AccountRecord.Counts(
            count(Sum.ADJUSTMENTS),
            count(Sum.ONE_OFFS),
            count(Sum.TRANSFERS),
            count(Sum.LOANS),
            count(Sum.EXPIRIES)));
  }

  private int count(Sum sum) {
    return Math.toIntExact(get(sum));
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof AccountSums o && Arrays.equals(sums, o.sums);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(sums);
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    for (Sum sum : Sum.ALL) {
      if (get(sum) != 0) {
        text.append(text.length() == 0 ? "" : ", ")
            .append(sum.column())
            .append(' ')
            .append(get(sum));
      }
    }
    return text.length() == 0 ? "all 0" : text.toString();
  }
}
