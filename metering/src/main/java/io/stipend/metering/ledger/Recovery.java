package io.stipend.metering.ledger;

import io.stipend.metering.TokenUsage;
import io.stipend.metering.UsageSource;
import java.sql.SQLException;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Ends every attempt that a dead process left, by entries of one batch: done twice, it does nothing
 * the second time.
 *
 * <table>
 *   <caption>What is entered</caption>
 *   <tr><th>ledger</th><th>slot, sent</th><th>slot, not sent</th><th>no slot</th></tr>
 *   <tr><td>open</td><td>settled, assumed</td><td>released</td><td>settled, assumed</td></tr>
 *   <tr><td>ended</td><td>nothing</td><td>nothing</td><td>nothing</td></tr>
 *   <tr><td>unknown</td><td>reserved; settled, assumed</td><td>nothing</td><td>nothing</td></tr>
 * </table>
 *
 * <p>After a power cut the table may hold older marks than the process wrote: a slot that is not
 * marked as sent then counts as sent where the ledger has the attempt open.
 *
 * <p>Assumed is the greater of what was expected at the reservation and the progress that an
 * extension told of, and of output never more than the cap.
 */
final class Recovery {
  /** The outcome of every attempt that is ended here. */
  static final String OUTCOME = "crashed";

  /** The flag of those that are booked without knowing. */
  static final String FLAG = "assumed";

  private final Projection projection;
  private final BatchEncoder encoder;
  private final Instant now;
  private int assumed;
  private int released;

  /** All batches must be projected. */
  Recovery(Projection projection, BatchEncoder encoder, Instant now) {
    this.projection = projection;
    this.encoder = encoder;
    this.now = now;
  }

  int assumed() {
    return assumed;
  }

  int released() {
    return released;
  }

  /**
   * Encodes what is to be entered.
   *
   * @param marksAreLast whether a slot that is not marked as sent was not sent
   */
  void run(List<Slot.Content> slots, boolean marksAreLast) throws SQLException {
    Map<AttemptId, OpenReservation> open = new HashMap<>();
    for (OpenReservation reservation : projection.open().values()) {
      open.put(reservation.reserved().id(), reservation);
    }
    Map<AttemptId, Slot.Content> bySlot = new HashMap<>();
    for (Slot.Content slot : slots) {
      bySlot.merge(slot.reserved().id(), slot, (a, b) -> a.sent() ? a : b);
    }
    for (OpenReservation reservation : projection.open().values()) {
      Slot.Content slot = bySlot.get(reservation.reserved().id());
      if (slot != null && !slot.sent() && marksAreLast) {
        release(reservation);
      } else {
        assume(
            reservation, slot == null ? 0 : slot.outputTokens(), slot == null ? 0 : slot.nanos());
      }
    }
    Set<AttemptId> ended = projection.usage().ended(bySlot.keySet());
    for (Slot.Content slot : bySlot.values()) {
      AttemptId id = slot.reserved().id();
      if (slot.sent() && !open.containsKey(id) && !ended.contains(id)) {
        Profile profile = Profile.of(slot.reserved());
        long number = encoder.reserved(slot.reserved(), profile);
        OpenReservation reservation =
            new OpenReservation(number, 0, profile, slot.reserved(), slot.reserved().holds(), 0, 0);
        assume(reservation, slot.outputTokens(), slot.nanos());
      }
    }
  }

  private void assume(OpenReservation reservation, long slotOutput, long slotNanos) {
    AttemptFacts facts = reservation.reserved().facts();
    long seen = Math.max(reservation.outputTokens(), slotOutput);
    long output = Math.min(facts.outputCap(), Math.max(facts.expectedOutput(), seen));
    long nanos = Math.max(facts.expectedNanos(), Math.max(reservation.nanos(), slotNanos));
    TokenUsage usage = TokenUsage.of(bounded(facts.inputEstimate()), bounded(output));
    encoder.settled(
        reservation.number(),
        reservation.profile(),
        new LedgerEntry.Settled(
            end(reservation),
            reservation.reserved().id(),
            usage,
            UsageSource.ASSUMED,
            OUTCOME,
            0,
            facts.modelRun(),
            facts.requestedTier(),
            nanos,
            null,
            PostingCodec.spread(reservation.profile().accounts(), nanos, usage.total()),
            FLAG));
    assumed++;
  }

  private void release(OpenReservation reservation) {
    encoder.released(
        reservation.number(),
        new LedgerEntry.Released(end(reservation), reservation.reserved().id(), OUTCOME));
    released++;
  }

  private Instant end(OpenReservation reservation) {
    Instant start = reservation.reserved().at();
    return now.isBefore(start) ? start : now;
  }

  private static long bounded(long tokens) {
    return Math.max(0, Math.min(tokens, TokenUsage.MAX_COUNT));
  }
}
