package io.stipend.metering.ledger;

import java.sql.SQLException;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** All that is known of accounts: what the tables hold, and what the tail adds. */
record AccountRecords(AccountTable accounts, Tail tail) {
  /** Null if it was never used. */
  @Nullable AccountRecord of(AccountKey account) throws SQLException {
    AccountSums stored = accounts.sums(account);
    AccountSums more = tail.moves().get(account);
    if (stored == null && more == null) {
      return null;
    }
    AccountSums sums = new AccountSums();
    Stream.of(stored, more).filter(Objects::nonNull).forEach(sums::add);
    Map<String, Lot> lots = new HashMap<>();
    accounts.lots(account).forEach(lot -> lots.put(lot.id(), lot));
    tail.lots(account).forEach((id, lot) -> lots.merge(id, lot, Lot::plus));
    return AccountTable.record(account, sums, List.copyOf(lots.values()));
  }

  /**
   * Those of these accounts that were ever used, and all accounts of the same budgets and units
   * that no roll has closed.
   */
  Map<AccountKey, AccountRecord> all(Collection<AccountKey> keys) throws SQLException {
    Set<List<String>> budgets = new HashSet<>();
    keys.forEach(key -> budgets.add(List.of(key.budget(), key.unit().name())));
    Set<AccountKey> found = new LinkedHashSet<>(keys);
    found.addAll(accounts.unclosed(budgets));
    for (AccountKey key : tail.moves().keySet()) {
      if (budgets.contains(List.of(key.budget(), key.unit().name()))) {
        found.add(key);
      }
    }
    Map<AccountKey, AccountRecord> records = new LinkedHashMap<>();
    for (AccountKey key : found) {
      AccountRecord record = of(key);
      if (record != null && (!record.totals().closed() || keys.contains(key))) {
        records.put(key, record);
      }
    }
    return records;
  }
}
