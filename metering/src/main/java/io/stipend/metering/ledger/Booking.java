package io.stipend.metering.ledger;

import java.time.Instant;

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
 */
public record Booking(
    UsageRow attempt,
    Instant startedAt,
    Instant finishedAt,
    SignedUsage usage,
    boolean correction) {
  /** The outcome of a correction. */
  public static final String CORRECTION = "correction";

  /** The attempt's outcome, or {@link #CORRECTION}. */
  public String outcome() {
    return correction ? CORRECTION : attempt.outcome();
  }
}
