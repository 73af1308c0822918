package io.stipend.metering.ledger;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Reads the ledger of a data folder, also while a gateway writes it. Each call sees one consistent
 * state that holds every entry durable when the call began, projected or not. For one thread; every
 * method throws {@link LedgerException} if the ledger cannot be read.
 */
public final class LedgerReader implements AutoCloseable {
  private final Path file;
  private final Connection connection;
  private final LedgerTables tables;
  private final Definitions definitions;
  private final UsageTable usage;
  private final AdjustmentTable adjustments;

  /** How many threads make something of what this one reads. */
  private final int threads;

  private LedgerReader(Path file, Connection connection, int threads) throws SQLException {
    this.file = file;
    this.threads = threads;
    this.connection = connection;
    tables = new LedgerTables(connection);
    definitions = Definitions.stored(tables);
    usage = new UsageTable(connection, definitions);
    adjustments = new AdjustmentTable(connection);
  }

  /**
   * Opens the ledger of a data folder for reading.
   *
   * @throws LedgerException if there is none, or another version wrote it
   */
  public static LedgerReader open(Path dataDir) {
    return openFile(LedgerFiles.database(dataDir));
  }

  /**
   * The same in a process that serves meanwhile: however much there is to read and however many
   * cores, one more thread works on it. Nothing else differs.
   */
  public static LedgerReader openBeside(Path dataDir) {
    return openFile(LedgerFiles.database(dataDir), 1);
  }

  /** The same for a ledger's file alone, such as a backup. */
  public static LedgerReader openFile(Path file) {
    return openFile(file, Chunks.threads());
  }

  private static LedgerReader openFile(Path file, int threads) {
    Connection connection = LedgerDatabase.openForReading(file);
    try {
      return new LedgerReader(file, connection, threads);
    } catch (SQLException e) {
      throw new LedgerException("ledger " + file + ": " + e.getMessage(), e);
    }
  }

  /** The end of the chain. */
  public LedgerHead head() {
    return snapshot(this::readHead);
  }

  /**
   * Streams the usage rows with {@code from <= startedAt < to}, by start, each as it stands today.
   *
   * @return the head of the state that was read
   */
  public LedgerHead usage(Instant from, Instant to, Consumer<UsageRow> rows) {
    return snapshot(
        () -> {
          CurrentRows.read(usage, Tail.read(connection, tables, usage), from, to, rows);
          return readHead();
        });
  }

  /**
   * The state that lines were read from.
   *
   * @param head end of the chain
   * @param oldestOpen earliest start of an attempt that is under way; null if none is
   * @param months the last closing or opening of each month that ever was closed, by month
   */
  public record BookedState(
      LedgerHead head,
      @Nullable Instant oldestOpen,
      SortedMap<String, LedgerEntry.MonthClosed> months) {
    /** Copies the months. */
    public BookedState {
      months = Collections.unmodifiableSortedMap(new TreeMap<>(months));
    }
  }

  /**
   * Streams the lines of the books with {@code from <= startedAt < to}, by start: usage as closed
   * months have it. Over all time they count what {@link #usage} does.
   *
   * @return the state that was read
   */
  public BookedState bookings(Instant from, Instant to, Consumer<Booking> lines) {
    return bookings(from, to, some -> some, some -> some.forEach(lines));
  }

  /**
   * The same lines, some at a time: several threads make something of them.
   *
   * @param work makes it, by any thread
   * @param results takes it in the order of the lines, in the thread of the caller
   */
  public <T> BookedState bookings(
      Instant from, Instant to, Function<List<Booking>, T> work, Consumer<T> results) {
    return snapshot(
        () -> {
          Tail tail = Tail.read(connection, tables, usage);
          books(tail, from, to).read(threads, work, results);
          return state(tail);
        });
  }

  /** All that stands here of one principal and its own accounts. */
  public PrincipalHistory history(PrincipalHistory.Asked asked, PrincipalHistory.Visitor visitor) {
    return snapshot(
        () ->
            new HistoryReading(connection, tables, usage, asked)
                .read(threads, adjustments, visitor));
  }

  /**
   * Shows the lines that {@link #bookings} streams, in no order, to several threads that sum them
   * up, each for itself: the fast way to read many.
   *
   * @param sums makes what one thread sums up into; asked in the thread of the caller
   * @param each adds a line to that; must not keep the line
   * @return all sums, to be added up by the caller
   */
  public <S> Scanned<S> scan(
      Instant from, Instant to, Supplier<S> sums, BiConsumer<S, BookedLine> each) {
    return snapshot(
        () -> {
          Tail tail = Tail.read(connection, tables, usage);
          List<S> all = books(tail, from, to).scan(threads, sums, each);
          return new Scanned<>(all, state(tail));
        });
  }

  private Bookings books(Tail tail, Instant from, Instant to) throws SQLException {
    return new Bookings(connection, usage, adjustments, tail, from, to);
  }

  private BookedState state(Tail tail) throws SQLException {
    SortedMap<String, LedgerEntry.MonthClosed> months = new TreeMap<>();
    facts(tail, LedgerEntry.MonthClosed.class, FactCodec.MONTH_CLOSED)
        .forEach(entry -> months.put(entry.month(), entry));
    return new BookedState(readHead(), oldestOpen(tail).orElse(null), months);
  }

  /** The earliest start of an attempt that is still under way; empty if none is. */
  public Optional<Instant> oldestOpen() {
    return snapshot(() -> oldestOpen(Tail.read(connection, tables, usage)));
  }

  private static Optional<Instant> oldestOpen(Tail tail) {
    return tail.open().values().stream()
        .map(open -> open.reserved().at())
        .min(Comparator.naturalOrder());
  }

  /** The settled attempts of an exchange, by number; empty if it is unknown or none has settled. */
  public List<SettledAttempt> attempts(String exchangeId) {
    return snapshot(
        () -> {
          Tail tail = Tail.read(connection, tables, usage);
          List<UsageTable.Row> rows = new ArrayList<>();
          for (UsageTable.Row row : usage.find(exchangeId)) {
            rows.add(tail.netted(row));
          }
          rows.addAll(tail.settled());
          return rows.stream()
              .filter(row -> row.settled() != null)
              .map(LedgerReader::attempt)
              .filter(attempt -> attempt.row().exchangeId().equals(exchangeId))
              .sorted(Comparator.comparing(attempt -> attempt.row().attempt()))
              .toList();
        });
  }

  /** Totals of every account, open reservations held. */
  public Map<AccountKey, AccountTotals> totals() {
    return snapshot(
        () -> {
          Map<AccountKey, AccountSums> sums = tables.accounts().sums();
          Tail.read(connection, tables, usage)
              .moves()
              .forEach(
                  (account, more) ->
                      sums.computeIfAbsent(account, key -> new AccountSums()).add(more));
          Map<AccountKey, AccountTotals> totals = new HashMap<>();
          sums.forEach((account, sum) -> totals.put(account, sum.totals()));
          return totals;
        });
  }

  /** All that is known of an account; empty if it was never used. */
  public Optional<AccountRecord> account(AccountKey account) {
    return snapshot(() -> Optional.ofNullable(records().of(account)));
  }

  /**
   * Those of these accounts that were ever used, and all accounts of the same budgets and units
   * that no roll has closed.
   */
  public Map<AccountKey, AccountRecord> accounts(Collection<AccountKey> keys) {
    return snapshot(() -> records().all(keys));
  }

  private AccountRecords records() throws SQLException {
    return new AccountRecords(tables.accounts(), Tail.read(connection, tables, usage));
  }

  /** The lots of an account, by id; empty if it was never used. */
  public List<Lot> lots(AccountKey account) {
    return account(account).map(AccountRecord::lots).orElse(List.of());
  }

  /** Every grant that was ever entered, in the order of entry. */
  public List<LedgerEntry.Granted> grants() {
    return facts(LedgerEntry.Granted.class, FactCodec.GRANTED);
  }

  /** The grants that somebody entered, in the order of entry; no others are kept meanwhile. */
  public List<LedgerEntry.Granted> oneOffGrants() {
    return snapshot(
        () -> {
          List<LedgerEntry.Granted> grants = new ArrayList<>();
          Consumer<LedgerEntry> keep =
              fact -> {
                if (fact instanceof LedgerEntry.Granted grant
                    && grant.kind() == LedgerEntry.GrantKind.ONE_OFF) {
                  grants.add(grant);
                }
              };
          Tail tail = Tail.read(connection, tables, usage);
          tables.facts(FactCodec.GRANTED, keep);
          tail.facts(LedgerEntry.Granted.class).forEach(keep);
          return grants;
        });
  }

  /** Every transfer, in the order of entry. */
  public List<LedgerEntry.Transferred> transfers() {
    return facts(LedgerEntry.Transferred.class, FactCodec.TRANSFERRED);
  }

  /** Every loan, in the order of entry. */
  public List<LedgerEntry.Lent> loans() {
    return facts(LedgerEntry.Lent.class, FactCodec.LENT);
  }

  /** Every expiry within a period, in the order of entry; what a roll ended stands in the roll. */
  public List<LedgerEntry.Expired> expiries() {
    return facts(LedgerEntry.Expired.class, FactCodec.EXPIRED);
  }

  /** Every roll, in the order of entry. */
  public List<LedgerEntry.Rolled> rolls() {
    return facts(LedgerEntry.Rolled.class, FactCodec.ROLLED);
  }

  /** Every alert that was raised, in the order of entry. */
  public List<LedgerEntry.AlertRaised> alerts() {
    return facts(LedgerEntry.AlertRaised.class, FactCodec.ALERT_RAISED);
  }

  /** The alert of this id; null if it was never raised. */
  public LedgerEntry.@Nullable AlertRaised alert(String id) {
    return fact(LedgerEntry.AlertRaised.class, FactCodec.ALERT_RAISED, id);
  }

  /** Whether a correction of this id was entered. */
  public boolean isCorrection(String id) {
    return fact(LedgerEntry.Corrected.class, FactCodec.CORRECTED, id) != null;
  }

  private <T extends LedgerEntry> @Nullable T fact(Class<T> type, int tag, String id) {
    List<T> found =
        snapshot(
            () -> {
              LedgerEntry kept = tables.fact(tag, id);
              return kept == null
                  ? Tail.read(connection, tables, usage).facts(type).stream()
                      .filter(fact -> id.equals(fact.uniqueId()))
                      .toList()
                  : List.of(type.cast(kept));
            });
    return found.isEmpty() ? null : found.get(0);
  }

  /** Every freeze and its end, in the order of entry. */
  public List<LedgerEntry.Frozen> freezes() {
    return facts(LedgerEntry.Frozen.class, FactCodec.FROZEN);
  }

  /** The principals that are frozen now, each with the entry that says so. */
  public Map<String, LedgerEntry.Frozen> frozen() {
    Map<String, LedgerEntry.Frozen> last = new LinkedHashMap<>();
    freezes().forEach(entry -> last.put(entry.principal(), entry));
    last.values().removeIf(entry -> !entry.frozen());
    return last;
  }

  /** Every person whom an issuer of identities vouched for, in the order of entry. */
  public List<LedgerEntry.Enrolled> enrolments() {
    return facts(LedgerEntry.Enrolled.class, FactCodec.ENROLLED);
  }

  /** Every closing and opening of a month, in the order of entry. */
  public List<LedgerEntry.MonthClosed> monthClosings() {
    return facts(LedgerEntry.MonthClosed.class, FactCodec.MONTH_CLOSED);
  }

  /** The UTC months that are closed now, such as {@code 2026-11}, oldest first. */
  public SortedSet<String> closedMonths() {
    SortedSet<String> months = new TreeSet<>();
    for (LedgerEntry.MonthClosed entry : monthClosings()) {
      if (entry.closed()) {
        months.add(entry.month());
      } else {
        months.remove(entry.month());
      }
    }
    return months;
  }

  /**
   * Streams the facts of these kinds, each with the number of its batch, in the order of entry;
   * those that are in the tables one at a time.
   *
   * @return the head of the state that was read
   */
  public LedgerHead entered(Set<Class<? extends LedgerEntry>> kinds, Consumer<Entered> each) {
    return snapshot(
        () -> {
          Tail tail = Tail.read(connection, tables, usage);
          tables.entered(kinds, each);
          tail.entered(kinds, each);
          return readHead();
        });
  }

  /** Hash of a batch in hex; empty if there is none of that number. */
  public Optional<String> hash(long seq) {
    return snapshot(() -> Optional.ofNullable(BatchTable.hash(connection, seq)));
  }

  /** Every redaction, in the order of entry; one run enters several if it touches much. */
  public List<LedgerEntry.Redacted> redactions() {
    return facts(LedgerEntry.Redacted.class, FactCodec.REDACTED);
  }

  /** Every correction, in the order of entry. */
  public List<LedgerEntry.Corrected> corrections() {
    return facts(LedgerEntry.Corrected.class, FactCodec.CORRECTED);
  }

  /** Every change of the quota file, in the order of entry. */
  public List<LedgerEntry.QuotaChanged> quotaChanges() {
    return facts(LedgerEntry.QuotaChanged.class, FactCodec.QUOTA_CHANGED);
  }

  /** Every key that was ever made, with its revocation, in the order of entry. */
  public List<KeyRecord> keys() {
    return snapshot(
        () -> {
          Tail tail = Tail.read(connection, tables, usage);
          Map<String, Instant> revoked = new HashMap<>();
          for (LedgerEntry.KeyRevoked key :
              facts(tail, LedgerEntry.KeyRevoked.class, FactCodec.KEY_REVOKED)) {
            revoked.putIfAbsent(key.keyId(), key.at());
          }
          List<KeyRecord> keys = new ArrayList<>();
          for (LedgerEntry.KeyCreated key :
              facts(tail, LedgerEntry.KeyCreated.class, FactCodec.KEY_CREATED)) {
            keys.add(new KeyRecord(key, revoked.get(key.keyId())));
          }
          return keys;
        });
  }

  /** Every revocation of a key, in the order of entry. */
  public List<LedgerEntry.KeyRevoked> revocations() {
    return facts(LedgerEntry.KeyRevoked.class, FactCodec.KEY_REVOKED);
  }

  /** Refusals summed by day, person and reason; {@code at} is when the last was counted. */
  public List<LedgerEntry.RefusalsCounted> refusals() {
    return snapshot(
        () -> {
          List<LedgerEntry.RefusalsCounted> all = new ArrayList<>(tables.refusals());
          all.addAll(Tail.read(connection, tables, usage).facts(LedgerEntry.RefusalsCounted.class));
          return RefusalSums.of(all);
        });
  }

  /**
   * Recomputes the chain from the first batch and everything that is derived from it, and compares
   * the tables with that.
   */
  public Verification verify() {
    return verify(Progress.NONE);
  }

  /** The same, telling how far it is. */
  public Verification verify(Progress progress) {
    return snapshot(
        () -> {
          try (UsageBlocks ended = new UsageBlocks(connection, definitions)) {
            return new Verifier(connection, tables, usage, ended, adjustments, progress).run();
          }
        });
  }

  @Override
  public void close() {
    try {
      tables.close();
      connection.close();
    } catch (SQLException e) {
      throw new LedgerException("ledger " + file + ": " + e.getMessage(), e);
    }
  }

  <T extends LedgerEntry> List<T> facts(Class<T> type, int tag) {
    return snapshot(() -> facts(Tail.read(connection, tables, usage), type, tag));
  }

  private <T extends LedgerEntry> List<T> facts(Tail tail, Class<T> type, int tag)
      throws SQLException {
    List<T> facts = new ArrayList<>();
    tables.facts(tag).forEach(fact -> facts.add(type.cast(fact)));
    facts.addAll(tail.facts(type));
    return facts;
  }

  private LedgerHead readHead() throws SQLException {
    return BatchTable.head(connection);
  }

  private static SettledAttempt attempt(UsageTable.Row row) {
    SettledAttempt settled = row.settled();
    if (settled == null) {
      throw new IllegalStateException("attempt " + row.number() + " was released");
    }
    return settled;
  }

  private <T> T snapshot(ReadTransaction.Reading<T> reading) {
    return ReadTransaction.run(file, connection, reading);
  }
}
