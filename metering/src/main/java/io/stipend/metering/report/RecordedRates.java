package io.stipend.metering.report;

import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.LedgerException;
import io.stipend.metering.ledger.RateCardKept;
import io.stipend.metering.ledger.RateRecord;
import io.stipend.metering.ledger.RatesChanged;
import io.stipend.metering.price.CardText;
import io.stipend.metering.price.PriceBook;
import io.stipend.metering.price.PriceDiff;
import io.stipend.metering.price.PriceSide;
import io.stipend.metering.price.RateCardException;
import io.stipend.metering.price.RateCards;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** The prices of a ledger: which were in force when, and what is entered where they change. */
public final class RecordedRates {
  private static final String BY = "stipend";

  private RecordedRates() {}

  /**
   * What is to be entered where these cards are in force now: their texts, each of which is kept
   * once, and last that they are.
   *
   * @param last what was in force before; null if nothing was recorded
   * @param before the same as cards; null if there are none, or they cannot be read any more
   * @return nothing if the same were in force before
   */
  public static List<LedgerEntry> change(
      @Nullable RatesChanged last,
      @Nullable RateCards before,
      RateCards cards,
      UnaryOperator<String> vendorOf,
      Instant now) {
    List<CardText> texts = cards.texts();
    String hash = CardText.hash(texts);
    if (last != null && last.after().equals(hash)) {
      return List.of();
    }
    List<LedgerEntry> entries = new ArrayList<>();
    List<RatesChanged.Card> inForce = new ArrayList<>();
    for (CardText text : texts) {
      entries.add(RateCardKept.of(now, text.hash(), text.text()));
      inForce.add(new RatesChanged.Card(text.name(), text.version(), text.hash()));
    }
    String what = what(last, before, cards, vendorOf, now);
    entries.add(new RatesChanged(now, inForce, last == null ? "" : last.after(), hash, what, BY));
    return entries;
  }

  private static String what(
      @Nullable RatesChanged last,
      @Nullable RateCards before,
      RateCards cards,
      UnaryOperator<String> vendorOf,
      Instant now) {
    PriceSide side = new PriceBook(cards).at(now, vendorOf);
    if (last == null) {
      return "the first that are recorded: " + side.named().size() + " names of models";
    }
    if (before == null) {
      return "what was in force before cannot be read any more";
    }
    PriceSide old = new PriceBook(before).at(now, vendorOf);
    Set<PriceSide.Named> models = new TreeSet<>(side.named());
    models.addAll(old.named());
    return PriceDiff.of(old, side, models, true).summary();
  }

  /**
   * The cards of an entry.
   *
   * @throws LedgerException if the ledger does not hold a text of them, or it is no card
   */
  public static RateCards cards(RateRecord record, RatesChanged entry, String currency) {
    List<CardText> texts = new ArrayList<>();
    for (RatesChanged.Card card : entry.cards()) {
      String text = record.text(card.hash());
      if (text == null) {
        throw new LedgerException(
            "rate card " + card.name() + ": its text is not in the ledger", null);
      }
      texts.add(new CardText(card.name(), card.version(), text));
    }
    try {
      return RateCards.of(texts, currency);
    } catch (RateCardException e) {
      throw new LedgerException("rate cards of " + entry.at() + ": " + e.getMessage(), e);
    }
  }
}
