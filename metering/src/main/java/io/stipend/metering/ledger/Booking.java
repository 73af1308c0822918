package io.stipend.metering.ledger;

import io.stipend.metering.ChargeLine;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One line of the usage export. Where a line stands is settled when its entry is entered, by the
 * months that are closed then: lines of a closed month stay as they are until it is reopened.
 *
 * <p>It is an attempt that stands in the month of its start, or in the month that was open when it
 * ended if its own was closed by then; or a correction that was entered after the attempt's month
 * was closed. A correction entered before is netted into the attempt's own line.
 *
 * @param attempt what is known of the attempt; its own times and figures are those of today, with
 *     every correction netted in, and are not what the line counts
 * @param startedAt what decides the line's month
 * @param finishedAt the end; equals the start for what stands in a later month
 * @param usage what the line counts; signed
 * @param correction whether it is a correction
 * @param ownLines the lines of its cost where they are not those of the attempt as it stands today;
 *     null where they are
 * @param priceVersion the rate card that priced what the line counts; of a correction, the one that
 *     prices the attempt from then on
 */
public record Booking(
    UsageRow attempt,
    Instant startedAt,
    Instant finishedAt,
    SignedUsage usage,
    boolean correction,
    @Nullable List<ChargeLine> ownLines,
    String priceVersion) {
  /** The outcome of a correction. */
  public static final String CORRECTION = "correction";

  /**
   * What its cost is made of. Of an attempt, they are its cost when they are rounded up once. Of a
   * correction they are what it adds, with negative quantities where it takes away; these, and what
   * they leave of the attempt that they mend, are less than a nano-unit from the cost. Empty where
   * that is not known: an entry of an earlier build, or a cost that is an amount rather than a use
   * of meters.
   */
  public List<ChargeLine> lines() {
    return ownLines == null ? attempt.lines() : ownLines;
  }

  /** The attempt's outcome, or {@link #CORRECTION}. */
  public String outcome() {
    return correction ? CORRECTION : attempt.outcome();
  }
}
