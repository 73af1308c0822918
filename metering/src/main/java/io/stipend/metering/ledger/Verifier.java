package io.stipend.metering.ledger;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Checks a whole ledger within one read transaction: the chain from the first batch; that every
 * attempt is reserved once and ended at most once; that accounts and lots are in order ({@link
 * AccountCheck}); and that the tables hold exactly what the batches amount to.
 */
final class Verifier implements ReplaySink {
  private static final int MAX_PROBLEMS = 100;
  private static final int BATCHES_AT_ONCE = 256;

  private final Connection connection;
  private final LedgerTables tables;
  private final UsageTable usage;
  private final UsageBlocks blocks;
  private final AdjustmentTable adjustments;
  private final Months months = new Months();
  private final Progress progress;
  private final Replay replay;
  private final Redactions redactions;
  private final long projectedSeq;
  private final List<String> problems = new ArrayList<>();
  private final AccountCheck accounts = new AccountCheck(this::problemOfBatch);
  private final Map<String, Long> refusals = new HashMap<>();
  private final Map<Integer, Long> factCounts = new HashMap<>();

  /** By kind of fact the sum of the numbers of their batches. */
  private final Map<Integer, Long> factBatches = new HashMap<>();

  /** Rows that differ from their settle: right only if corrections explain it. */
  private final Map<AttemptId, UsageTable.Row> differing = new HashMap<>();

  private long seq;
  private byte[] hash = Chain.genesis();
  private long batches;
  private long ends;

  /** Corrections that count for themselves. */
  private long ownRows;

  private @Nullable Instant lastStart;
  private boolean broken;
  private Verification.@Nullable BadBatch firstBad;

  Verifier(
      Connection connection,
      LedgerTables tables,
      UsageTable usage,
      UsageBlocks ended,
      AdjustmentTable adjustments,
      Progress progress)
      throws SQLException {
    this.adjustments = adjustments;
    this.connection = connection;
    redactions = new Redactions(connection);
    this.progress = progress;
    this.tables = tables;
    this.usage = usage;
    blocks = ended;
    replay = new Replay(Definitions.stored(tables), new TreeMap<>(), this);
    projectedSeq = tables.projectedSeq();
  }

  Verification run() throws SQLException {
    if (projectedSeq == 0) {
      compareTables();
    }
    long last = count("select max(seq) from batch");
    int read;
    do {
      read = read();
      progress.at(seq, last);
    } while (read == BATCHES_AT_ONCE && !broken);
    if (!broken && batches < projectedSeq) {
      problem("batch " + (batches + 1) + ": missing (expected: at least " + projectedSeq + ")");
    }
    if (!broken) {
      checkHolds();
    }
    return new Verification(
        batches, replay.entries(), HexFormat.of().formatHex(hash), List.copyOf(problems), firstBad);
  }

  private int read() throws SQLException {
    try {
      return BatchTable.read(connection, seq, BATCHES_AT_ONCE, this::batch);
    } catch (SQLException e) {
      if (!DiskFault.damaged(e)) {
        throw e;
      }
      fail(seq + 1, "batch " + (seq + 1) + ": cannot be read: " + e.getMessage());
      return 0;
    }
  }

  private void batch(long number, byte[] prevHash, byte[] stored, byte[] blob) throws SQLException {
    if (broken) {
      return;
    }
    String wrong = Chain.problem(seq + 1, number, hash, prevHash, stored, blob, redactions);
    if (wrong != null) {
      fail(seq + 1, wrong);
      return;
    }
    seq = number;
    try {
      replay.apply(blob);
    } catch (RuntimeException e) {
      fail(number, "batch " + number + ": " + e.getMessage());
      return;
    }
    lastStart = BatchEncoder.start(blob);
    hash = stored;
    batches++;
    if (seq == projectedSeq) {
      compareTables();
    }
  }

  private void fail(long number, String what) throws SQLException {
    broken = true;
    firstBad = new Verification.BadBatch(number, lastStart, startAfter(number), what);
    problem(firstBad.toString());
  }

  /** When the next batch that can be read begins; null if there is none near. */
  private @Nullable Instant startAfter(long number) throws SQLException {
    Instant[] start = new Instant[1];
    try {
      BatchTable.read(
          connection,
          number,
          BATCHES_AT_ONCE,
          (next, prevHash, stored, blob) -> {
            if (start[0] == null
                && Chain.problem(next, next, null, prevHash, stored, blob, redactions) == null) {
              start[0] = BatchEncoder.start(blob);
            }
          });
    } catch (SQLException e) {
      if (!DiskFault.damaged(e)) {
        throw e;
      }
    }
    return start[0];
  }

  private void problem(String what) {
    if (problems.size() < MAX_PROBLEMS) {
      problems.add(what);
    }
  }

  private void problemOfBatch(String what) {
    problem("batch " + seq + ": " + what);
  }

  private void expect(String what, @Nullable Object found, @Nullable Object expected) {
    if (found == null ? expected != null : !found.equals(expected)) {
      problemOfBatch(what + ": " + found + " (expected: " + expected + ")");
    }
  }

  private boolean projected() {
    return seq <= projectedSeq;
  }

  @Override
  public void named(long number, String text) {
    if (projected()) {
      expect("name " + number + " in the tables", tables.name(number), text);
    }
  }

  @Override
  public void profiled(long number, Profile profile) {
    if (projected()) {
      expect("profile " + number + " in the tables", tables.profile(number), profile);
    }
  }

  @Override
  public void moved(AccountKey account, Sum sum, long amount) {
    accounts.moved(account, sum, amount);
  }

  @Override
  public void lot(AccountKey account, Lot more) {
    accounts.lot(account, more);
  }

  @Override
  public void opened(OpenReservation reservation) {
    // Compared with the table when all projected batches are read.
  }

  @Override
  public void settled(OpenReservation reservation, LedgerEntry.Settled settled)
      throws SQLException {
    ends++;
    Set<AccountKey> held = new HashSet<>();
    reservation.held().forEach(posting -> held.add(posting.account()));
    for (Posting debit : settled.debits()) {
      if (!held.contains(debit.account())) {
        problem(
            "batch "
                + seq
                + ": attempt "
                + settled.id()
                + " debits "
                + debit.account()
                + " (expected: one of the accounts that were held)");
      }
    }
    if (projected()) {
      UsageTable.Row expected =
          new UsageTable.Row(
              reservation.number(),
              UsageRows.of(reservation, settled),
              months.moved(reservation.reserved().at(), settled.at()));
      if (!expected.equals(blocks.take(reservation.number(), seq))) {
        differing.put(settled.id(), expected);
      }
    }
  }

  @Override
  public void released(OpenReservation reservation, LedgerEntry.Released released)
      throws SQLException {
    ends++;
    if (projected()) {
      expect(
          "attempt " + released.id() + " in the tables",
          blocks.take(reservation.number(), seq),
          new UsageTable.Row(reservation.number(), null, null));
    }
  }

  @Override
  public void fact(LedgerEntry fact, @Nullable String id) throws SQLException {
    accounts.fact(fact);
    if (!projected()) {
      return;
    }
    if (fact instanceof LedgerEntry.RefusalsCounted r) {
      refusals.merge(r.day() + "\n" + r.person() + "\n" + r.reason(), r.count(), Math::addExact);
      return;
    }
    int tag = FactCodec.tag(fact);
    factCounts.merge(tag, 1L, Long::sum);
    factBatches.merge(tag, seq, Long::sum);
    if (id != null) {
      expect("fact " + id + " in the tables", tables.fact(tag, id), fact);
    }
    if (fact instanceof LedgerEntry.Corrected correction) {
      correct(correction);
    } else if (fact instanceof LedgerEntry.MonthClosed closing) {
      months.apply(closing);
    } else if (fact instanceof LedgerEntry.Redacted redacted) {
      checkLatest(redacted);
    }
  }

  /** What went must not be what counts again: the last redaction of a batch is its proof. */
  private void checkLatest(LedgerEntry.Redacted redacted) throws SQLException {
    for (ReducedBatch batch : redacted.batches()) {
      if (batch.seq() >= seq || redactions.by(batch.seq()) < seq) {
        problemOfBatch(
            "redaction of batch "
                + batch.seq()
                + ": proven by batch "
                + redactions.by(batch.seq())
                + " (expected: this one or a later one, of an earlier batch)");
      }
    }
  }

  private void correct(LedgerEntry.Corrected correction) throws SQLException {
    UsageTable.Row stored = usage.find(correction.id());
    UsageTable.Row before = differing.remove(correction.id());
    if (before == null) {
      // The row equals its state before this correction; so the correction must change nothing, or
      // others after it must undo it, which the next comparison shows.
      before = stored;
    }
    if (before == null || before.settled() == null) {
      problem("batch " + seq + ": correction of " + correction.id() + ", which has not settled");
      return;
    }
    Adjustment apart = Adjustment.of(correction, before, months);
    if (apart != null) {
      ownRows++;
      expect(
          "correction " + correction.correctionId() + " in the tables",
          adjustments.find(correction.correctionId()),
          apart);
    }
    UsageTable.Row after =
        new UsageTable.Row(
            before.number(), UsageRows.corrected(before.settled(), correction), before.booked());
    if (!after.equals(stored)) {
      differing.put(correction.id(), after);
    }
  }

  private void compareTables() throws SQLException {
    for (AttemptId id : differing.keySet()) {
      problem(
          "usage row of attempt "
              + id
              + " differs from its entries (expected: "
              + differing.get(id)
              + ")");
    }
    accounts.compare(tables.accounts());
    expect("open attempts in the tables", tables.open(), replay.open());
    expect("ended attempts in the tables", usage.count(), ends);
    expect(
        "corrections of closed months in the tables",
        count("select count(*) from adjustment"),
        ownRows);
    for (int tag : FactCodec.tags()) {
      expect(
          "facts of kind " + tag + " in the tables",
          count("select count(*) from fact where kind = " + tag),
          factCounts.getOrDefault(tag, 0L));
      expect(
          "batches of the facts of kind " + tag + " in the tables",
          count("select coalesce(sum(batch), 0) from fact where kind = " + tag),
          factBatches.getOrDefault(tag, 0L));
    }
    Map<String, Long> counted = new HashMap<>();
    tables
        .refusals()
        .forEach(r -> counted.put(r.day() + "\n" + r.person() + "\n" + r.reason(), r.count()));
    expect("refusals in the tables", counted, refusals);
    usage.check(this::problemOfBatch);
    expect("attempts that ended twice", new EndedTwice(usage).count(), 0L);
  }

  private long count(String sql) throws SQLException {
    try (PreparedStatement select = connection.prepareStatement(sql);
        ResultSet row = select.executeQuery()) {
      row.next();
      return row.getLong(1);
    }
  }

  private void checkHolds() {
    accounts.checkHolds(replay.open().values());
    long reserved = Math.max(0, replay.nextAttempt() - 1);
    expect("attempts that are open or ended", ends + replay.open().size(), reserved);
  }
}
