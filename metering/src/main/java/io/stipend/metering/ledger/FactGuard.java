package io.stipend.metering.ledger;

import java.sql.SQLException;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Sees to it that a fact is entered once: the same again is nothing new, the same id with another
 * content is an error. When it was entered makes no difference. For the writer's thread.
 */
final class FactGuard {
  private final LedgerTables tables;

  /** Facts since the last projection, by tag and id. */
  private final Map<String, LedgerEntry> recent = new HashMap<>();

  FactGuard(LedgerTables tables) {
    this.tables = tables;
  }

  /**
   * Whether the fact is new and must be written.
   *
   * @throws LedgerException if its id stands for another fact, or it revokes an unknown key
   */
  boolean isNew(LedgerEntry fact) throws SQLException {
    String id = fact.uniqueId();
    if (id == null) {
      return true;
    }
    int tag = FactCodec.tag(fact);
    if (fact instanceof LedgerEntry.KeyRevoked) {
      if (known(FactCodec.KEY_CREATED, id) == null) {
        throw new LedgerException("key " + id + ": unknown (expected: a key that was made)", null);
      }
      // Revoked is revoked, whoever says so again.
      return known(tag, id) == null && remember(tag, id, fact);
    }
    LedgerEntry before = known(tag, id);
    if (before == null) {
      requireOwnLot(tag, id);
      return remember(tag, id, fact);
    }
    if (!FactCodec.same(before, fact)) {
      // Not what it holds: a key's entry has no place in a message.
      throw new LedgerException(
          "id " + id + ": entered again with another content (expected: the same, or a new id)",
          null);
    }
    return false;
  }

  /** Grants and transfers name lots, so they share their ids. */
  private void requireOwnLot(int tag, String id) throws SQLException {
    boolean taken =
        (tag == FactCodec.TRANSFERRED && known(FactCodec.GRANTED, id) != null)
            || (tag == FactCodec.GRANTED && known(FactCodec.TRANSFERRED, id) != null);
    if (taken) {
      throw new LedgerException("id " + id + ": names another lot (expected: a new id)", null);
    }
  }

  /** Every fact so far is in the tables. */
  void projected() {
    recent.clear();
  }

  private boolean remember(int tag, String id, LedgerEntry fact) {
    recent.put(tag + "/" + id, fact);
    return true;
  }

  private @Nullable LedgerEntry known(int tag, String id) throws SQLException {
    LedgerEntry fact = recent.get(tag + "/" + id);
    return fact != null ? fact : tables.fact(tag, id);
  }
}
