package io.stipend.metering.ledger;

import java.util.List;

/**
 * What a scan summed up.
 *
 * @param sums of each thread that took part; the caller adds them up
 * @param state the state that was read
 * @param <S> what lines were summed up into
 */
public record Scanned<S>(List<S> sums, LedgerReader.BookedState state) {
  /** Copies the list. */
  public Scanned {
    sums = List.copyOf(sums);
  }
}
