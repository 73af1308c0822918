package io.stipend.metering.ledger;

import java.nio.file.Path;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The record of a data folder entry by entry, as it grows: what was durable when it was last asked.
 * It reads the batches themselves, not the tables.
 */
public final class Journal implements AutoCloseable {
  private final Connection connection;
  private final LedgerTables tables;
  private final PreparedStatement select;
  private final Replay replay;
  private final List<LedgerEntry> read = new ArrayList<>();
  private long seq;

  private Journal(Connection connection) throws SQLException {
    this.connection = connection;
    tables = new LedgerTables(connection);
    select = connection.prepareStatement("select seq, blob from batch where seq > ? order by seq");
    replay = new Replay(Definitions.kept(tables), new HashMap<>(), new Entries());
  }

  /** Reads from the first batch on. */
  public static Journal open(Path folder) {
    try {
      return new Journal(LedgerDatabase.connectForReading(LedgerFiles.database(folder)));
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  /** What became durable since the last time, in order. */
  public List<LedgerEntry> more() {
    read.clear();
    try {
      select.setLong(1, seq);
      try (ResultSet row = select.executeQuery()) {
        while (row.next()) {
          replay.apply(row.getBytes(2));
          seq = row.getLong(1);
        }
      }
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
    return List.copyOf(read);
  }

  @Override
  public void close() {
    try {
      select.close();
      tables.close();
      connection.close();
    } catch (SQLException e) {
      throw new IllegalStateException(e);
    }
  }

  private final class Entries implements ReplaySink {
    private final Map<Long, OpenReservation> known = new HashMap<>();

    @Override
    public void named(long number, String text) {}

    @Override
    public void profiled(long number, Profile profile) {}

    @Override
    public void moved(AccountKey account, Sum sum, long amount) {}

    @Override
    public void lot(AccountKey account, Lot more) {}

    @Override
    public void opened(OpenReservation now) {
      OpenReservation before = known.put(now.number(), now);
      if (before == null) {
        read.add(now.reserved());
        return;
      }
      List<Posting> more = new ArrayList<>();
      for (Posting posting : now.held()) {
        long had =
            before.held().stream()
                .filter(p -> p.account().equals(posting.account()))
                .mapToLong(Posting::amount)
                .sum();
        more.add(new Posting(posting.account(), posting.amount() - had));
      }
      read.add(
          new LedgerEntry.Extended(
              now.reserved().at(), now.reserved().id(), more, now.outputTokens(), now.nanos()));
    }

    @Override
    public void settled(OpenReservation reservation, LedgerEntry.Settled settled) {
      known.remove(reservation.number());
      read.add(settled);
    }

    @Override
    public void released(OpenReservation reservation, LedgerEntry.Released released) {
      known.remove(reservation.number());
      read.add(released);
    }

    @Override
    public void fact(LedgerEntry fact, @Nullable String id) {
      read.add(fact);
    }
  }
}
