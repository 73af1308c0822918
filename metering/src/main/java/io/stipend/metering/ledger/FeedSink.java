package io.stipend.metering.ledger;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Of a replay keeps the settles and the corrections, in their order. */
final class FeedSink implements ReplaySink {
  private List<Told> told = new ArrayList<>();

  /**
   * A settle, with the reservation that it ends, or a correction.
   *
   * @param entry a {@link LedgerEntry.Settled} or a {@link LedgerEntry.Corrected}
   */
  record Told(@Nullable OpenReservation settled, LedgerEntry entry) {}

  /** What was kept since the last time. */
  List<Told> take() {
    List<Told> taken = told;
    told = new ArrayList<>();
    return taken;
  }

  @Override
  public void settled(OpenReservation reservation, LedgerEntry.Settled settled) {
    told.add(new Told(reservation, settled));
  }

  @Override
  public void fact(LedgerEntry fact, @Nullable String id) {
    if (fact instanceof LedgerEntry.Corrected) {
      told.add(new Told(null, fact));
    }
  }

  @Override
  public void named(long number, String text) {
    // The definitions that the replay keeps are all that is needed.
  }

  @Override
  public void profiled(long number, Profile profile) {
    // As with names.
  }

  @Override
  public void moved(AccountKey account, Sum sum, long amount) {
    // Lines of usage are no balances.
  }

  @Override
  public void lot(AccountKey account, Lot more) {
    // As above.
  }

  @Override
  public void opened(OpenReservation reservation) {
    // The replay keeps what is open.
  }

  @Override
  public void released(OpenReservation reservation, LedgerEntry.Released released) {
    // Never sent: no usage.
  }
}
