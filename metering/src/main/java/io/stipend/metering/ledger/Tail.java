package io.stipend.metering.ledger;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What the batches that are not projected yet add to the tables. */
final class Tail implements ReplaySink {
  private final Map<AccountKey, AccountSums> moves = new HashMap<>();
  private final Map<AccountKey, Map<String, Lot>> lots = new HashMap<>();
  private final Map<AttemptId, UsageTable.Row> settled = new HashMap<>();
  private final Map<AttemptId, List<LedgerEntry.Corrected>> corrections = new HashMap<>();
  private final List<LedgerEntry> facts = new ArrayList<>();

  private Map<Long, OpenReservation> open = Map.of();

  private Tail() {}

  static Tail read(Connection connection, LedgerTables tables) throws SQLException {
    Tail tail = new Tail();
    Replay replay = new Replay(Definitions.kept(tables), tables.open(), tail);
    BatchTable.read(
        connection,
        tables.projectedSeq(),
        Integer.MAX_VALUE,
        (seq, prevHash, hash, blob) -> replay.apply(blob));
    tail.open = replay.open();
    return tail;
  }

  Map<AccountKey, AccountSums> moves() {
    return moves;
  }

  /** What an account's lots have more, by id. */
  Map<String, Lot> lots(AccountKey account) {
    return lots.getOrDefault(account, Map.of());
  }

  /** The attempts that are open at the end, by number. */
  Map<Long, OpenReservation> open() {
    return open;
  }

  /** Attempts that settled here, corrections netted in. */
  List<UsageTable.Row> settled() {
    List<UsageTable.Row> rows = new ArrayList<>(settled.size());
    for (UsageTable.Row row : settled.values()) {
      rows.add(netted(row));
    }
    return rows;
  }

  /** All facts of a type, in the order of entry. */
  <T extends LedgerEntry> List<T> facts(Class<T> type) {
    return facts.stream().filter(type::isInstance).map(type::cast).toList();
  }

  /** The row with the corrections that stand here. */
  UsageTable.Row netted(UsageTable.Row row) {
    SettledAttempt attempt = row.settled();
    if (corrections.isEmpty() || attempt == null) {
      return row;
    }
    for (LedgerEntry.Corrected correction :
        corrections.getOrDefault(UsageRows.id(attempt.row()), List.of())) {
      attempt = UsageRows.corrected(attempt, correction);
    }
    return new UsageTable.Row(row.number(), attempt);
  }

  @Override
  public void named(long number, String text) {
    // The definitions that the replay keeps are all that a reading needs.
  }

  @Override
  public void profiled(long number, Profile profile) {
    // As with names.
  }

  @Override
  public void moved(AccountKey account, Sum sum, long amount) {
    moves.computeIfAbsent(account, key -> new AccountSums()).add(sum, amount);
  }

  @Override
  public void lot(AccountKey account, Lot more) {
    lots.computeIfAbsent(account, key -> new HashMap<>()).merge(more.id(), more, Lot::plus);
  }

  @Override
  public void opened(OpenReservation reservation) {
    // Holds have moved already.
  }

  @Override
  public void settled(OpenReservation reservation, LedgerEntry.Settled entry) {
    settled.put(
        reservation.reserved().id(),
        new UsageTable.Row(reservation.number(), UsageRows.of(reservation, entry)));
  }

  @Override
  public void released(OpenReservation reservation, LedgerEntry.Released released) {
    // Never sent: no usage.
  }

  @Override
  public void fact(LedgerEntry fact, @Nullable String id) {
    facts.add(fact);
    if (fact instanceof LedgerEntry.Corrected correction) {
      corrections.computeIfAbsent(correction.id(), key -> new ArrayList<>()).add(correction);
    }
  }
}
