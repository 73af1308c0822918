package io.stipend.metering.ledger;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** The entries of prices in bytes, as {@link FactCodec} has them. */
final class RateCodec {
  private static final int MAX_CARDS = 10_000;

  private RateCodec() {}

  static void write(ByteWriter out, NameWriter names, RatesChanged entry) {
    out.varint(entry.cards().size());
    for (RatesChanged.Card card : entry.cards()) {
      out.text(card.name());
      out.text(card.version());
      out.text(card.hash());
    }
    out.text(entry.before());
    out.text(entry.after());
    out.text(entry.what());
    names.write(out, entry.by());
  }

  static RatesChanged readChanged(Instant at, ByteReader in, NameReader names) {
    int count = in.count(MAX_CARDS);
    List<RatesChanged.Card> cards = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      cards.add(new RatesChanged.Card(in.requiredText(), in.requiredText(), in.requiredText()));
    }
    return new RatesChanged(
        at, cards, in.requiredText(), in.requiredText(), in.requiredText(), names.readRequired(in));
  }

  static void write(ByteWriter out, NameWriter names, RateCardKept entry) {
    out.text(entry.hash());
    out.text(entry.packed());
  }

  static RateCardKept readKept(Instant at, ByteReader in, NameReader names) {
    return new RateCardKept(at, in.requiredText(), in.requiredText());
  }
}
