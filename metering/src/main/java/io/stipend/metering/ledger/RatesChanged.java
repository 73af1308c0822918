package io.stipend.metering.ledger;

import java.time.Instant;
import java.util.List;

/**
 * Other prices are in force from now on.
 *
 * @param cards all that they follow from, in order
 * @param before hash over the texts of the cards before; empty at first
 * @param after the same of the cards now
 * @param what what changed, in short
 * @param by who
 */
public record RatesChanged(
    Instant at, List<Card> cards, String before, String after, String what, String by)
    implements LedgerEntry.OfPrices {
  /**
   * One file of rate cards, or the rates of exchange.
   *
   * @param name the path as it was given, or {@code builtin/…}
   * @param version of the cards in it; empty for rates of exchange
   * @param hash of its text, which a {@link RateCardKept} of this id holds
   */
  public record Card(String name, String version, String hash) {}

  /** Copies the list. */
  public RatesChanged {
    cards = List.copyOf(cards);
  }
}
