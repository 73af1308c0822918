package io.stipend.metering.ledger;

import java.sql.SQLException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the entries of a batch amount to, in their order. */
interface ReplaySink {
  /** A number for a string was defined. */
  void named(long number, String text) throws SQLException;

  /** A number for a profile was defined. */
  void profiled(long number, Profile profile) throws SQLException;

  /** A sum of an account changed. */
  void moved(AccountKey account, Sum sum, long amount) throws SQLException;

  /**
   * A sum of several accounts changed, by what an attempt holds or is debited.
   *
   * @param sign 1 or -1: whether it grew or shrank by these amounts
   */
  default void moved(OpenReservation attempt, List<Posting> postings, Sum sum, int sign)
      throws SQLException {
    for (Posting posting : postings) {
      moved(posting.account(), sum, sign * posting.amount());
    }
  }

  /** The accounts that an attempt holds were used, perhaps for the first time. */
  default void begun(OpenReservation attempt) throws SQLException {
    long at = attempt.reserved().at().toEpochMilli();
    for (Posting posting : attempt.held()) {
      moved(posting.account(), Sum.FIRST_USED, at);
    }
  }

  /** An account has a lot, or more of it, or more of it expired; see {@link Lot#plus}. */
  void lot(AccountKey account, Lot more) throws SQLException;

  /** A reservation was opened, or holds more now. */
  void opened(OpenReservation reservation) throws SQLException;

  /** A reservation was ended by a settle. */
  void settled(OpenReservation reservation, LedgerEntry.Settled settled) throws SQLException;

  /** A reservation was ended by a release. */
  void released(OpenReservation reservation, LedgerEntry.Released released) throws SQLException;

  /**
   * A fact that belongs to no open attempt.
   *
   * @param id what tells it from others of its kind; null if there may be many
   */
  void fact(LedgerEntry fact, @Nullable String id) throws SQLException;
}
