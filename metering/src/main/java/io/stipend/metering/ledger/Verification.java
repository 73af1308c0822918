package io.stipend.metering.ledger;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a check of the whole ledger found.
 *
 * @param batches batches whose hash was recomputed
 * @param entries entries that were read from them
 * @param headHash hash of the last good batch, in hex
 * @param problems what is wrong, the first bad batch named by its number; empty if all is well
 * @param firstBad the batch where the reading ended; null if the chain and its entries are whole
 */
public record Verification(
    long batches,
    long entries,
    String headHash,
    List<String> problems,
    @Nullable BadBatch firstBad) {
  /** Whether nothing is wrong. */
  public boolean ok() {
    return problems.isEmpty();
  }

  /**
   * A batch that is not what was written. What it says of itself is not to be believed, so its time
   * is told by its neighbours.
   *
   * @param seq its number
   * @param after time of the first entry of the batch before; null for the first batch
   * @param before time of the first entry of the next batch that can be read; null if there is none
   * @param problem what was found and what was expected
   */
  public record BadBatch(
      long seq, @Nullable Instant after, @Nullable Instant before, String problem) {
    @Override
    public String toString() {
      String from = after == null ? "the beginning" : after.toString();
      String to = before == null ? "the end" : before.toString();
      return problem + "; written between " + from + " and " + to;
    }
  }
}
