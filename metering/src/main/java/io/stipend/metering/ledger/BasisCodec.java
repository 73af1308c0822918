package io.stipend.metering.ledger;

import io.stipend.metering.ChargeBasis;
import io.stipend.metering.ChargeLine;
import io.stipend.metering.TokenPrices;
import java.util.ArrayList;
import java.util.List;

/**
 * Charge lines in bytes. Two bits of the caller's say which of both is there: prices of tokens, of
 * which there are few, as a name; and lines in full, which are written out because nothing bounds
 * how many there are.
 */
final class BasisCodec {
  /** Prices of tokens. */
  static final int PRICES = 1;

  /** Lines in full. */
  static final int LINES = 2;

  private static final int MAX_LINES = 10_000;

  private BasisCodec() {}

  /** Which of both is written. */
  static int bits(ChargeBasis basis) {
    return (basis.tokens() == null ? 0 : PRICES) + (basis.more().isEmpty() ? 0 : LINES);
  }

  static void write(ByteWriter out, NameWriter names, ChargeBasis basis) {
    if (basis.tokens() != null) {
      names.write(out, basis.tokens().text());
    }
    if (!basis.more().isEmpty()) {
      writeLines(out, basis.more());
    }
  }

  static ChargeBasis read(ByteReader in, NameReader names, int bits) {
    if (bits == 0) {
      return ChargeBasis.NONE;
    }
    try {
      TokenPrices tokens = (bits & PRICES) == 0 ? null : TokenPrices.parse(names.readRequired(in));
      if ((bits & LINES) != 0) {
        return new ChargeBasis(tokens, readLines(in));
      }
      return tokens == null ? ChargeBasis.NONE : tokens.alone();
    } catch (IllegalArgumentException e) {
      throw in.malformed("no charge lines: " + e.getMessage());
    }
  }

  /** Lines alone, after their count. */
  static void writeLines(ByteWriter out, List<ChargeLine> lines) {
    out.varint(lines.size());
    for (ChargeLine line : lines) {
      out.text(line.meter());
      out.zigzag(line.quantity());
      out.varint(line.picos());
      out.zigzag(line.listPicos() - line.picos());
    }
  }

  static List<ChargeLine> readLines(ByteReader in) {
    int count = in.count(MAX_LINES);
    List<ChargeLine> lines = new ArrayList<>(Math.min(count, 64));
    for (int i = 0; i < count; i++) {
      String meter = in.requiredText();
      long quantity = in.zigzag();
      long picos = in.varint();
      lines.add(new ChargeLine(meter, quantity, picos, picos + in.zigzag()));
    }
    return lines;
  }
}
