package io.stipend.metering.ledger;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** What the batches that are not projected yet add to the tables. */
final class Tail implements ReplaySink {
  private final Map<AccountKey, AccountSums> moves = new HashMap<>();
  private final Map<AccountKey, Map<String, Lot>> lots = new HashMap<>();

  /** Attempts that settled here, corrections netted in. */
  private final Map<AttemptId, UsageTable.Row> settled = new HashMap<>();

  /** Attempts of the tables that were corrected here, corrections netted in. */
  private final Map<AttemptId, UsageTable.Row> corrected = new HashMap<>();

  private final List<Adjustment> adjustments = new ArrayList<>();
  private final Months months;
  private final UsageTable usage;
  private final List<LedgerEntry> facts = new ArrayList<>();
  private final List<Entered> entered = new ArrayList<>();

  /** The batch that is read. */
  private long batch;

  private Map<Long, OpenReservation> open = Map.of();

  private Tail(Months months, UsageTable usage) {
    this.months = months;
    this.usage = usage;
  }

  static Tail read(Connection connection, LedgerTables tables, UsageTable usage)
      throws SQLException {
    Tail tail = new Tail(Months.stored(tables), usage);
    Replay replay = new Replay(Definitions.kept(tables), tables.open(), tail);
    BatchTable.read(
        connection,
        tables.projectedSeq(),
        Integer.MAX_VALUE,
        (seq, prevHash, hash, blob) -> {
          tail.batch = seq;
          replay.apply(blob);
        });
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
    return List.copyOf(settled.values());
  }

  /** Attempts of the tables that were corrected here, corrections netted in. */
  List<UsageTable.Row> corrected() {
    return List.copyOf(corrected.values());
  }

  /** The attempt of this number if it settled or was corrected here; else null. */
  UsageTable.@Nullable Row find(long number) {
    return Stream.concat(settled.values().stream(), corrected.values().stream())
        .filter(row -> row.number() == number)
        .findAny()
        .orElse(null);
  }

  /** Corrections that stand apart from their attempts, in the order of entry. */
  List<Adjustment> adjustments() {
    return adjustments;
  }

  /** All facts of a type, in the order of entry. */
  <T extends LedgerEntry> List<T> facts(Class<T> type) {
    return facts.stream().filter(type::isInstance).map(type::cast).toList();
  }

  /** Gives the facts of some kinds, in the order of entry. */
  void entered(Set<Class<? extends LedgerEntry>> kinds, Consumer<Entered> each) {
    entered.stream().filter(one -> kinds.contains(one.entry().getClass())).forEach(each);
  }

  /** Whether no attempt of the tables was corrected here. */
  boolean correctsNone() {
    return corrected.isEmpty();
  }

  /** An attempt of the tables with the corrections that stand here; null if there is none. */
  UsageTable.@Nullable Row corrected(AttemptId id) {
    return corrected.get(id);
  }

  /** A row of the tables with the corrections that stand here. */
  UsageTable.Row netted(UsageTable.Row row) {
    SettledAttempt attempt = row.settled();
    return corrected.isEmpty() || attempt == null
        ? row
        : corrected.getOrDefault(UsageRows.id(attempt.row()), row);
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
        new UsageTable.Row(
            reservation.number(),
            UsageRows.of(reservation, entry),
            months.moved(reservation.reserved().at(), entry.at())));
  }

  @Override
  public void released(OpenReservation reservation, LedgerEntry.Released released) {
    // Never sent: no usage.
  }

  @Override
  public void fact(LedgerEntry fact, @Nullable String id) throws SQLException {
    facts.add(fact);
    entered.add(new Entered(fact, batch));
    if (fact instanceof LedgerEntry.Corrected correction) {
      correct(correction);
    } else if (fact instanceof LedgerEntry.MonthClosed closing) {
      months.apply(closing);
    }
  }

  private void correct(LedgerEntry.Corrected correction) throws SQLException {
    AttemptId id = correction.id();
    Map<AttemptId, UsageTable.Row> rows = settled.containsKey(id) ? settled : corrected;
    UsageTable.Row before = rows.get(id);
    if (before == null) {
      before = usage.find(id);
    }
    SettledAttempt attempt = before == null ? null : before.settled();
    if (before == null || attempt == null) {
      throw new LedgerException(
          "correction " + correction.correctionId() + ": attempt " + id + " has not settled", null);
    }
    Adjustment apart = Adjustment.of(correction, before, months);
    if (apart != null) {
      adjustments.add(apart);
    }
    rows.put(
        id,
        new UsageTable.Row(
            before.number(), UsageRows.corrected(attempt, correction), before.booked()));
  }
}
