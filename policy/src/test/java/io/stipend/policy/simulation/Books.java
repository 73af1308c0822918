package io.stipend.policy.simulation;

import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.AccountTotals;
import io.stipend.metering.ledger.AttemptId;
import io.stipend.metering.ledger.LedgerEntry.CarriedLot;
import io.stipend.metering.ledger.LedgerEntry.LoanKind;
import io.stipend.policy.budget.BudgetRule;
import io.stipend.policy.budget.CarryOver;
import java.math.BigInteger;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One account of the model: its sums as large integers, its lots, what is open on it. Written after
 * the specification, not after the code under test.
 */
final class Books {
  static final BigInteger ZERO = BigInteger.ZERO;

  final AccountKey key;
  BigInteger granted = ZERO;
  BigInteger carried = ZERO;
  BigInteger received = ZERO;
  final Map<LoanKind, BigInteger> lent = new EnumMap<>(LoanKind.class);

  /** The highest limit of loans under which a call on it began. */
  final Map<LoanKind, BigInteger> mostLent = new EnumMap<>(LoanKind.class);

  BigInteger used = ZERO;

  /** Charges above holds that are known and not durable. */
  BigInteger overage = ZERO;

  BigInteger held = ZERO;
  BigInteger exposed = ZERO;
  BigInteger expired = ZERO;
  BigInteger sent = ZERO;
  BigInteger carriedOut = ZERO;
  BigInteger repaid = ZERO;
  BigInteger recurring = ZERO;
  boolean begun;
  boolean closed;

  /** What may be overspent besides the overshoot: measured excess, cuts, debts of the past. */
  BigInteger excess = ZERO;

  BigInteger overshoot = ZERO;
  final Map<String, Lot> lots = new HashMap<>();

  /** Attempts that have not ended durably, by their parts. */
  final Map<AttemptId, Part> open = new HashMap<>();

  final Set<AttemptId> marks = new HashSet<>();

  Books(AccountKey key) {
    this.key = key;
  }

  /** What one attempt holds and exposes here. */
  static final class Part {
    BigInteger hold;
    BigInteger exposure;
    BigInteger step;
    BigInteger charge;

    Part(BigInteger hold, BigInteger exposure, BigInteger step) {
      this.hold = hold;
      this.exposure = exposure;
      this.step = step;
    }
  }

  /** A part of the funds with an end of its own. */
  static final class Lot {
    final String id;
    BigInteger amount;
    final int priority;
    final Instant expiresAt;
    final Instant since;
    BigInteger expired = ZERO;

    Lot(String id, BigInteger amount, int priority, Instant expiresAt, Instant since) {
      this.id = id;
      this.amount = amount;
      this.priority = priority;
      this.expiresAt = expiresAt;
      this.since = since;
    }
  }

  /** What an account's roll must say. */
  record Roll(List<CarriedLot> carried, BigInteger expired, BigInteger repaid, BigInteger owed) {}

  static BigInteger big(long amount) {
    return BigInteger.valueOf(amount);
  }

  BigInteger lent() {
    return lent.values().stream().reduce(ZERO, BigInteger::add);
  }

  BigInteger lent(LoanKind kind) {
    return lent.getOrDefault(kind, ZERO);
  }

  /** Everything that came in, less all that went out otherwise than by use. */
  BigInteger funds() {
    return granted
        .add(carried)
        .add(received)
        .add(lent())
        .subtract(expired)
        .subtract(sent)
        .subtract(carriedOut)
        .subtract(repaid);
  }

  BigInteger balance() {
    return funds().subtract(used).subtract(overage);
  }

  BigInteger free() {
    return balance().subtract(held);
  }

  BigInteger room(BigInteger overshootOfCall) {
    return balance().add(overshootOfCall).subtract(exposed);
  }

  /** What is protected from ending: what was burnt, and what open attempts may still burn. */
  BigInteger needed() {
    return burnt().add(held.max(exposed));
  }

  BigInteger burnt() {
    return used.add(overage).add(sent).add(repaid);
  }

  void lot(String id, BigInteger amount, int priority, Instant expiresAt, Instant since) {
    Lot known = lots.get(id);
    if (known == null) {
      lots.put(id, new Lot(id, amount, priority, expiresAt, since));
    } else {
      known.amount = known.amount.add(amount);
    }
  }

  /** What is left of each lot, in the order of burning; under null what was burnt beyond all. */
  Map<String, BigInteger> left(BigInteger burnt, Instant end) {
    List<Lot> order = new ArrayList<>(lots.values());
    Instant last = end == null ? Instant.MAX : end;
    order.sort(
        Comparator.<Lot>comparingInt(lot -> lot.expired.signum() == 0 ? 1 : 0)
            .thenComparingInt(lot -> lot.priority)
            .thenComparing(lot -> lot.expiresAt == null ? last : lot.expiresAt)
            .thenComparing(lot -> lot.id.startsWith("carry:") ? 0 : 1)
            .thenComparing(lot -> lot.since)
            .thenComparing(lot -> lot.id));
    Map<String, BigInteger> left = new LinkedHashMap<>();
    BigInteger rest = burnt.max(ZERO);
    for (Lot lot : order) {
      BigInteger worth = lot.amount.subtract(lot.expired).max(ZERO);
      BigInteger taken = worth.min(rest);
      rest = rest.subtract(taken);
      // What was given back beyond all use is as if so much more were granted.
      boolean recurring = lot.id.startsWith("recurring:");
      left.put(lot.id, worth.subtract(taken).add(recurring ? burnt.negate().max(ZERO) : ZERO));
    }
    left.put(null, rest);
    return left;
  }

  /** What is left of lots whose end has come and nobody needs. */
  Map<String, BigInteger> overdue(Instant now, Instant end) {
    Map<String, BigInteger> overdue = new LinkedHashMap<>();
    left(needed(), end)
        .forEach(
            (id, amount) -> {
              Lot lot = id == null ? null : lots.get(id);
              if (lot != null
                  && lot.expiresAt != null
                  && !lot.expiresAt.isAfter(now)
                  && amount.signum() > 0) {
                overdue.put(id, amount);
              }
            });
    return overdue;
  }

  /** What of an earlier debt the lots do not repay, whatever else was used: it comes first. */
  BigInteger debt(Instant end) {
    BigInteger unfunded = left(burnt(), end).get(null);
    BigInteger other = unfunded.min(burnt().subtract(repaid).max(ZERO));
    return unfunded.subtract(other);
  }

  /** How this account must end. */
  Roll roll(BudgetRule rule) {
    Instant end = rule.calendar().endOf(key.period());
    Map<String, BigInteger> left = left(burnt(), end);
    BigInteger unfunded = left.remove(null);
    List<CarriedLot> on = new ArrayList<>();
    List<CarriedLot> carry = new ArrayList<>();
    BigInteger total = ZERO;
    for (Map.Entry<String, BigInteger> entry : left.entrySet()) {
      Lot lot = lots.get(entry.getKey());
      BigInteger amount = entry.getValue();
      total = total.add(amount);
      if (amount.signum() == 0) {
        continue;
      }
      if (lot.id.startsWith("recurring:")) {
        String period = key.period();
        for (int i = 0; i < rule.carryOver().periods(); i++) {
          period = rule.calendar().next(period);
        }
        if (rule.carryOver().periods() > 0) {
          carry.add(
              new CarriedLot(
                  "carry:" + key,
                  amount.longValueExact(),
                  lot.priority,
                  rule.calendar().endOf(period)));
        }
      } else if (lot.expiresAt != null && lot.expiresAt.isAfter(end)) {
        List<CarriedLot> into = lot.id.startsWith("carry:") ? carry : on;
        into.add(new CarriedLot(lot.id, amount.longValueExact(), lot.priority, lot.expiresAt));
      }
    }
    carry.sort(Comparator.comparing(CarriedLot::expiresAt).reversed());
    BigInteger room = big(rule.carryOver().upTo());
    for (CarriedLot lot : carry) {
      BigInteger kept = big(lot.amount()).min(room);
      room = room.subtract(kept);
      if (kept.signum() > 0) {
        on.add(new CarriedLot(lot.lot(), kept.longValueExact(), lot.priority(), lot.expiresAt()));
      }
    }
    BigInteger kept = on.stream().map(lot -> big(lot.amount())).reduce(ZERO, BigInteger::add);
    BigInteger owed = debt(end).max(lent().min(unfunded));
    on.sort(Comparator.comparing(CarriedLot::lot));
    BigInteger nobodys = begun ? ZERO : burnt().negate().max(ZERO);
    BigInteger expires = total.subtract(kept).add(nobodys);
    return new Roll(on, expires, lent().subtract(owed), owed);
  }

  /** How it must end where its budget is gone: nothing goes on, and nothing is owed. */
  Roll end(BudgetRule last) {
    Roll roll = roll(last.with(t -> t.carryOver(CarryOver.NONE)));
    BigInteger on =
        roll.carried().stream().map(lot -> big(lot.amount())).reduce(ZERO, BigInteger::add);
    BigInteger unfunded = left(burnt(), last.calendar().endOf(key.period())).get(null);
    BigInteger returns = lent().subtract(unfunded).max(ZERO);
    return new Roll(List.of(), roll.expired().add(on), returns, ZERO);
  }

  /** The sums as the ledger tells them, with what is known and not durable counted as used. */
  AccountTotals totals() {
    return new AccountTotals(
        granted.longValueExact(),
        carried.longValueExact(),
        received.longValueExact(),
        lent().longValueExact(),
        used.add(overage).longValueExact(),
        held.longValueExact(),
        expired.longValueExact(),
        sent.longValueExact(),
        carriedOut.longValueExact(),
        repaid.longValueExact(),
        closed);
  }
}
