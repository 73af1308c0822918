package io.stipend.metering.ledger;

import java.util.List;

/**
 * What a check of the whole ledger found.
 *
 * @param batches batches whose hash was recomputed
 * @param entries entries that were read from them
 * @param headHash hash of the last good batch, in hex
 * @param problems what is wrong, the first bad batch named by its number; empty if all is well
 */
public record Verification(long batches, long entries, String headHash, List<String> problems) {
  /** Whether nothing is wrong. */
  public boolean ok() {
    return problems.isEmpty();
  }
}
