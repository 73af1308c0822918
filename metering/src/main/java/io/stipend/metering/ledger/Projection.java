package io.stipend.metering.ledger;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Brings the queryable tables up to the batches. What entries amount to is kept in memory first:
 * those of batches that are read ({@link #project}), or those that are told as they are written
 * ({@link #replay}); one transaction then writes all of it ({@link #store}). After an exception the
 * object must not be used again; the tables are as before the transaction.
 *
 * <p>For the writer's thread.
 */
final class Projection implements ReplaySink, BatchEncoder.Defined, AutoCloseable {
  private static final int PROFILES = 4_096;

  private final Connection connection;
  private final Storage storage;
  private final LedgerTables tables;
  private final UsageTable usage;
  private final AdjustmentTable adjustments;
  private final Definitions definitions;

  /** After all entries, those that wait for the tables included. */
  private final Months months;

  /** After the entries that are in the tables. */
  private final Months storedMonths;

  private final Replay replay;
  private final Map<AccountKey, AccountSums> moves = new HashMap<>();

  /** Of these the sums of the accounts of each profile, in its order. */
  private final @Nullable ProfileSums[] byProfile = new ProfileSums[PROFILES];

  private final Map<LotKey, Lot> lots = new HashMap<>();

  /** Numbers that have a row in the table of open attempts. */
  private final Set<Long> storedOpen = new HashSet<>();

  /** Numbers of those that were extended since the last transaction. */
  private final Set<Long> extended = new HashSet<>();

  /** Numbers of those that ended since. */
  private final List<Long> ended = new ArrayList<>();

  /** The least number that was given since. */
  private long firstNew;

  private final Map<Long, String> names = new LinkedHashMap<>();
  private final Map<Long, Profile> profiles = new LinkedHashMap<>();
  private final List<LedgerEntry> facts = new ArrayList<>();

  /** The batches that the first of them stand in; the others are in one that is not written yet. */
  private final List<Long> factBatches = new ArrayList<>();

  private final PreparedStatement insertName;
  private final PreparedStatement insertProfile;
  private final PreparedStatement insertFact;
  private final PreparedStatement selectBatch;
  private long projectedSeq;

  /** The last batch of the transaction before. */
  private long storedSeq;

  /** Number that the next reservation will have. */
  private long nextAttempt;

  /** Entries that are in the tables, counted as the replay does. */
  private long storedEntries;

  Projection(Connection connection, Storage storage) throws SQLException {
    this.connection = connection;
    this.storage = storage;
    tables = new LedgerTables(connection);
    definitions = Definitions.stored(tables);
    usage = new UsageTable(connection, definitions);
    adjustments = new AdjustmentTable(connection);
    months = Months.stored(tables);
    storedMonths = Months.stored(tables);
    Map<Long, OpenReservation> open = new LinkedHashMap<>(tables.open());
    storedOpen.addAll(open.keySet());
    replay = new Replay(definitions, open, this);
    projectedSeq = tables.projectedSeq();
    storedSeq = projectedSeq;
    nextAttempt = tables.nextAttempt();
    firstNew = nextAttempt;
    insertName = connection.prepareStatement("insert into name(id, text) values(?, ?)");
    insertFact =
        connection.prepareStatement("insert into fact(kind, id, body, batch) values(?, ?, ?, ?)");
    selectBatch =
        connection.prepareStatement(
            "select seq, blob from batch where seq > ? order by seq limit 1");
    insertProfile =
        connection.prepareStatement(
            "insert into profile(id, person, team, cost_center, project, key_id, dialect, provider,"
                + " model, tier, price_version, currency, accounts)"
                + " values(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)");
  }

  long projectedSeq() {
    return projectedSeq;
  }

  /** Entries that were projected by this object. */
  long entries() {
    return replay.entries();
  }

  /** An encoder that goes on where the tables end; every batch must be projected. */
  BatchEncoder encoder() throws SQLException {
    return tables.encoder(definitions);
  }

  /** Entries that are not in the tables yet. */
  long waiting() {
    return replay.entries() - storedEntries;
  }

  /**
   * Takes the entries of a batch that is being written, in their order; {@link #store} must follow
   * its commit. Names and profiles are told by the encoder.
   */
  Replay replay() {
    return replay;
  }

  LedgerTables tables() {
    return tables;
  }

  UsageTable usage() {
    return usage;
  }

  /** The attempts that are open after the projected batches, by number. */
  Map<Long, OpenReservation> open() {
    return replay.open();
  }

  /**
   * Projects batches in one transaction, until there is none or these have at least so many
   * entries.
   *
   * @return how many batches
   */
  int project(long entries) throws SQLException {
    int[] count = new int[1];
    transaction(
        () -> {
          long enough = replay.entries() + entries;
          while (replay.entries() < enough && applyNext()) {
            // What it defines may be forgotten in memory, and its rows are many.
            flushDefinitions();
            usage.flushFull(storedSeq);
            count[0]++;
          }
          if (count[0] > 0) {
            flush();
          }
        });
    return count[0];
  }

  /** What was told since the last call stands in this batch. */
  void written(long seq) {
    while (factBatches.size() < facts.size()) {
      factBatches.add(seq);
    }
  }

  /** Writes all that was told, which is all up to this batch, in one transaction. */
  void store(long seq) throws SQLException {
    transaction(
        () -> {
          projectedSeq = seq;
          flush();
        });
  }

  /** The sums of the accounts of one profile. */
  private static final class ProfileSums {
    final long profileNumber;
    final AccountSums[] sums;

    ProfileSums(long profileNumber, AccountSums[] sums) {
      this.profileNumber = profileNumber;
      this.sums = sums;
    }
  }

  @FunctionalInterface
  private interface Work {
    void run() throws SQLException;
  }

  private void transaction(Work work) throws SQLException {
    // Not by a statement of its own: the driver would try to begin one before each other.
    connection.setAutoCommit(false);
    try {
      work.run();
      storage.beforeCommit(Storage.Commit.TABLES);
    } catch (SQLException | RuntimeException e) {
      connection.rollback();
      connection.setAutoCommit(true);
      throw e;
    }
    // This commits.
    connection.setAutoCommit(true);
    storage.afterCommit(Storage.Commit.TABLES);
  }

  /** Rows refer to definitions, and corrections to rows. */
  private void flush() throws SQLException {
    flushDefinitions();
    usage.flush(storedSeq);
    flushFacts();
    flushAccounts();
    flushOpen();
    LedgerDatabase.setMeta(connection, "projected_seq", projectedSeq);
    LedgerDatabase.setMeta(connection, "next_attempt", nextAttempt);
    storedSeq = projectedSeq;
    storedEntries = replay.entries();
  }

  private boolean applyNext() throws SQLException {
    selectBatch.setLong(1, projectedSeq);
    try (ResultSet row = selectBatch.executeQuery()) {
      if (!row.next()) {
        return false;
      }
      replay.apply(row.getBytes(2));
      projectedSeq = row.getLong(1);
      written(projectedSeq);
      return true;
    }
  }

  @Override
  public void name(long number, String text) {
    definitions.define(number, text);
    names.put(number, text);
  }

  @Override
  public void profile(long number, Profile profile) {
    definitions.define(number, profile);
    profiles.put(number, profile);
  }

  @Override
  public void named(long number, String text) {
    names.put(number, text);
  }

  @Override
  public void profiled(long number, Profile profile) {
    profiles.put(number, profile);
  }

  private void flushDefinitions() throws SQLException {
    for (Map.Entry<Long, String> name : names.entrySet()) {
      insertName.setLong(1, name.getKey());
      insertName.setString(2, name.getValue());
      insertName.executeUpdate();
    }
    names.clear();
    for (Map.Entry<Long, Profile> profile : profiles.entrySet()) {
      insert(profile.getKey(), profile.getValue());
    }
    profiles.clear();
  }

  private void insert(long number, Profile profile) throws SQLException {
    insertProfile.setLong(1, number);
    insertProfile.setString(2, profile.person());
    insertProfile.setString(3, profile.team());
    insertProfile.setString(4, profile.costCenter());
    insertProfile.setString(5, profile.project());
    insertProfile.setString(6, profile.keyId());
    insertProfile.setString(7, profile.dialect());
    insertProfile.setString(8, profile.provider());
    insertProfile.setString(9, profile.modelRequested());
    insertProfile.setString(10, profile.requestedTier());
    insertProfile.setString(11, profile.priceVersion());
    insertProfile.setString(12, profile.currency());
    insertProfile.setString(13, LedgerTables.accounts(profile));
    insertProfile.executeUpdate();
  }

  @Override
  public void moved(AccountKey account, Sum sum, long amount) {
    moves.computeIfAbsent(account, key -> new AccountSums()).add(sum, amount);
  }

  @Override
  public void moved(OpenReservation attempt, List<Posting> postings, Sum sum, int sign) {
    List<AccountKey> accounts = attempt.profile().accounts();
    if (!PostingCodec.sameAccounts(postings, accounts)) {
      for (Posting posting : postings) {
        moved(posting.account(), sum, sign * posting.amount());
      }
      return;
    }
    AccountSums[] sums = sums(attempt);
    for (int i = 0; i < sums.length; i++) {
      sums[i].add(sum, sign * postings.get(i).amount());
    }
  }

  @Override
  public void begun(OpenReservation attempt) {
    long at = attempt.reserved().at().toEpochMilli();
    for (AccountSums of : sums(attempt)) {
      of.add(Sum.FIRST_USED, at);
    }
  }

  /** Those of the accounts of its profile. */
  private AccountSums[] sums(OpenReservation attempt) {
    int place = (int) attempt.profileNumber() & (PROFILES - 1);
    ProfileSums known = byProfile[place];
    if (known == null || known.profileNumber != attempt.profileNumber()) {
      List<AccountKey> accounts = attempt.profile().accounts();
      AccountSums[] sums = new AccountSums[accounts.size()];
      for (int i = 0; i < sums.length; i++) {
        sums[i] = moves.computeIfAbsent(accounts.get(i), key -> new AccountSums());
      }
      known = new ProfileSums(attempt.profileNumber(), sums);
      byProfile[place] = known;
    }
    return known.sums;
  }

  @Override
  public void lot(AccountKey account, Lot more) {
    lots.merge(new LotKey(account, more.id()), more, Lot::plus);
  }

  @Override
  public void opened(OpenReservation reservation) {
    nextAttempt = Math.max(nextAttempt, reservation.number() + 1);
    if (reservation.number() < firstNew) {
      extended.add(reservation.number());
    }
  }

  @Override
  public void settled(OpenReservation reservation, LedgerEntry.Settled settled) {
    ended(reservation.number());
    usage.add(
        EndedAttempt.of(
            reservation, settled, months.moved(reservation.reserved().at(), settled.at())));
  }

  @Override
  public void released(OpenReservation reservation, LedgerEntry.Released released) {
    ended(reservation.number());
    usage.add(EndedAttempt.of(reservation, released));
  }

  private void ended(long number) {
    // Most end before they ever had a row.
    if (number < firstNew && storedOpen.remove(number)) {
      ended.add(number);
    }
  }

  @Override
  public void fact(LedgerEntry fact, @Nullable String id) {
    facts.add(fact);
    if (fact instanceof LedgerEntry.MonthClosed closing) {
      months.apply(closing);
    }
  }

  private void flushFacts() throws SQLException {
    for (int i = 0; i < facts.size(); i++) {
      if (facts.get(i) instanceof LedgerEntry.RefusalsCounted refusals) {
        count(refusals);
      } else {
        insert(facts.get(i), factBatches.get(i));
      }
    }
    facts.clear();
    factBatches.clear();
  }

  private void insert(LedgerEntry fact, long batch) throws SQLException {
    insertFact.setInt(1, FactCodec.tag(fact));
    insertFact.setString(2, fact.uniqueId());
    insertFact.setBytes(3, LedgerTables.body(fact));
    insertFact.setLong(4, batch);
    insertFact.executeUpdate();
    if (fact instanceof LedgerEntry.Corrected correction) {
      Adjustment apart = Adjustment.of(correction, usage.correct(correction), storedMonths);
      if (apart != null) {
        adjustments.insert(apart);
      }
    } else if (fact instanceof LedgerEntry.MonthClosed closing) {
      storedMonths.apply(closing);
    }
  }

  private void count(LedgerEntry.RefusalsCounted refusals) throws SQLException {
    try (PreparedStatement upsert =
        connection.prepareStatement(
            "insert into refusal(day, person, reason, count, last) values(?, ?, ?, ?, ?)"
                + " on conflict(day, person, reason) do update set"
                + " count = count + excluded.count, last = excluded.last")) {
      upsert.setString(1, refusals.day());
      upsert.setString(2, refusals.person());
      upsert.setString(3, refusals.reason());
      upsert.setLong(4, refusals.count());
      upsert.setLong(5, refusals.at().toEpochMilli());
      upsert.executeUpdate();
    }
  }

  private void flushAccounts() throws SQLException {
    tables.accounts().add(moves);
    tables.accounts().addLots(lots);
    moves.clear();
    Arrays.fill(byProfile, null);
    lots.clear();
  }

  private void flushOpen() throws SQLException {
    try (PreparedStatement put =
            connection.prepareStatement(
                "insert or replace into open_attempt(attempt, profile, body) values(?, ?, ?)");
        PreparedStatement delete =
            connection.prepareStatement("delete from open_attempt where attempt = ?")) {
      for (OpenReservation open : replay.open().values()) {
        if (open.number() >= firstNew || extended.contains(open.number())) {
          ByteWriter body = new ByteWriter(512);
          open.write(body);
          put.setLong(1, open.number());
          put.setLong(2, open.profileNumber());
          put.setBytes(3, body.toByteArray());
          put.executeUpdate();
          storedOpen.add(open.number());
        }
      }
      for (long number : ended) {
        delete.setLong(1, number);
        delete.executeUpdate();
      }
    }
    extended.clear();
    ended.clear();
    firstNew = nextAttempt;
  }

  @Override
  public void close() throws SQLException {
    insertName.close();
    insertProfile.close();
    insertFact.close();
    selectBatch.close();
    tables.close();
  }
}
