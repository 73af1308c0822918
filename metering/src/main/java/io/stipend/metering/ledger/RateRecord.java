package io.stipend.metering.ledger;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The prices that were in force, as a ledger has them. */
public final class RateRecord {
  private final List<RatesChanged> changes;
  private final Map<String, RateCardKept> kept = new LinkedHashMap<>();

  private RateRecord(List<RatesChanged> changes) {
    this.changes = changes;
  }

  /** Reads all of it. */
  public static RateRecord of(LedgerReader reader) {
    RateRecord record = new RateRecord(reader.facts(RatesChanged.class, FactCodec.RATES_CHANGED));
    reader
        .facts(RateCardKept.class, FactCodec.RATE_CARD_KEPT)
        .forEach(card -> record.kept.put(card.hash(), card));
    return record;
  }

  /** Every change of the prices in force, in the order of entry. */
  public List<RatesChanged> changes() {
    return changes;
  }

  /** The last change until an instant; null if none was recorded by then. */
  public @Nullable RatesChanged at(Instant instant) {
    RatesChanged last = null;
    for (RatesChanged change : changes) {
      last = change.at().isAfter(instant) ? last : change;
    }
    return last;
  }

  /** The texts that are kept, the last one first: of cards, and of rates of exchange. */
  public List<String> texts() {
    List<String> texts = new ArrayList<>();
    kept.values().forEach(card -> texts.add(0, card.text()));
    return texts;
  }

  /**
   * The text of a card; null if the ledger does not hold it.
   *
   * @param hash of the text
   */
  public @Nullable String text(String hash) {
    RateCardKept card = kept.get(hash);
    return card == null ? null : card.text();
  }
}
