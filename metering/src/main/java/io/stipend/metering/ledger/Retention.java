package io.stipend.metering.ledger;

import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Drops what is older than its class is kept. */
final class Retention extends Reduction {
  private final Map<RetentionClass, Instant> before;

  /** Keys that ended before the names of such keys go. */
  private final Set<String> endedKeys = new HashSet<>();

  /**
   * @param before of each class that is not kept for ever, what happened before this instant goes
   * @param keys every key of the record
   */
  Retention(Map<RetentionClass, Instant> before, List<KeyRecord> keys) {
    this.before = new TreeMap<>(before);
    for (KeyRecord key : keys) {
      if (goes(RetentionClass.KEY_NAMES, key.revokedAt())
          || goes(RetentionClass.KEY_NAMES, key.created().expiresAt())) {
        endedKeys.add(key.created().keyId());
      }
    }
  }

  private boolean goes(RetentionClass kind, @Nullable Instant at) {
    Instant cut = before.get(kind);
    return cut != null && at != null && at.isBefore(cut);
  }

  @Override
  String what() {
    return "clean";
  }

  @Override
  String about() {
    return before.entrySet().stream()
        .map(entry -> entry.getKey().label() + " before " + entry.getValue())
        .collect(Collectors.joining(", "));
  }

  @Override
  boolean dropsLabels(LedgerEntry.Reserved reserved) {
    return goes(RetentionClass.LABELS, reserved.at());
  }

  @Override
  boolean dropsProviderId(LedgerEntry.Reserved began) {
    return goes(RetentionClass.LABELS, began.at());
  }

  @Override
  LedgerEntry fact(LedgerEntry fact) {
    if (fact instanceof LedgerEntry.RefusalsCounted r) {
      if (!r.person().isEmpty() && goes(RetentionClass.REFUSALS, r.at())) {
        count("refusals");
        return new LedgerEntry.RefusalsCounted(r.at(), "", r.day(), r.reason(), r.count());
      }
      return fact;
    }
    if (fact instanceof LedgerEntry.KeyCreated k) {
      if (!k.name().isEmpty() && endedKeys.contains(k.keyId())) {
        count("key_names");
        return new LedgerEntry.KeyCreated(
            k.at(), k.keyId(), k.person(), "", k.project(), k.secretHmac(), k.expiresAt(), k.by());
      }
      return fact;
    }
    if (!goes(RetentionClass.REASONS, fact.at())) {
      return fact;
    }
    LedgerEntry without = withoutReason(fact);
    if (!without.equals(fact)) {
      count("reasons");
    }
    return without;
  }

  private static LedgerEntry withoutReason(LedgerEntry fact) {
    if (fact instanceof LedgerEntry.Granted g) {
      return new LedgerEntry.Granted(
          g.at(),
          g.id(),
          g.account(),
          g.amount(),
          g.kind(),
          "",
          g.by(),
          g.expiresAt(),
          g.priority());
    }
    if (fact instanceof LedgerEntry.Transferred t) {
      return new LedgerEntry.Transferred(
          t.at(), t.id(), t.from(), t.to(), t.amount(), "", t.by(), t.expiresAt());
    }
    if (fact instanceof LedgerEntry.Lent l) {
      return new LedgerEntry.Lent(l.at(), l.id(), l.account(), l.amount(), l.kind(), "", l.by());
    }
    if (fact instanceof LedgerEntry.Frozen f) {
      return new LedgerEntry.Frozen(f.at(), f.id(), f.principal(), f.frozen(), "", f.by());
    }
    if (fact instanceof LedgerEntry.Corrected c) {
      return new LedgerEntry.Corrected(
          c.at(),
          c.correctionId(),
          c.id(),
          c.usage(),
          c.nanosDelta(),
          c.postings(),
          c.by(),
          "",
          c.basis(),
          c.priceVersion());
    }
    return fact;
  }
}
