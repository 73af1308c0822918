package io.stipend.metering.price;

import io.stipend.metering.ChargeBasis;
import io.stipend.metering.ChargeLine;
import io.stipend.metering.ChargeLines;
import io.stipend.metering.MediaTokens;
import io.stipend.metering.Meter;
import io.stipend.metering.TokenPrices;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.UsageReport;
import io.stipend.metering.price.UnitPrices.UnitPrice;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Gathers the parts of one report. Nearly every report has one part, of text and nothing else. Of
 * several each keeps lines of its own: its size decided its prices, and whoever prices it anew must
 * not take all of them for one.
 */
final class BasisOfReport {
  /** Pico-units in one nano-unit. */
  private static final long PICOS = 1_000;

  /** Of the last part; null before the first. */
  private @Nullable TokenPrices common;

  /** Whether {@link #common} prices all tokens of all parts. */
  private boolean uniform = true;

  private final List<UsageReport.Part> parts = new ArrayList<>(1);
  private final List<Prices> charged = new ArrayList<>(1);
  private final List<Prices> listed = new ArrayList<>(1);
  private List<ChargeLine> units = List.of();
  private boolean absurd;

  /** Adds a part whose tokens are charged. */
  void tokens(UsageReport.Part part, Prices atPrices, Prices atList, TokenPrices text) {
    uniform &= part.media().isNone() && common == null;
    common = text;
    parts.add(part);
    charged.add(atPrices);
    listed.add(atList);
  }

  /** Adds a part whose tokens cost nothing, as something else of it is billed. */
  void freeTokens() {
    uniform = false;
  }

  /** Adds what a part used of one meter. */
  void unit(Meter meter, UnitPrice price, UnitPrice list, long count, @Nullable String variant) {
    // A list that counts otherwise has no price of one of these.
    long listNanos = list.once() == price.once() ? list.of(variant) : price.of(variant);
    if (Math.max(price.of(variant), listNanos) > Long.MAX_VALUE / PICOS / count) {
      // Held at a bound that no price times a count is.
      absurd = true;
      return;
    }
    units =
        ChargeLines.plus(
            units,
            List.of(
                new ChargeLine(
                    meter.label(),
                    price.billed(count),
                    price.of(variant) * PICOS,
                    listNanos * PICOS)));
  }

  ChargeBasis of() {
    if (absurd) {
      return ChargeBasis.NONE;
    }
    if (common == null) {
      return ChargeBasis.of(units);
    }
    if (uniform) {
      return units.isEmpty() ? common.alone() : new ChargeBasis(common, units);
    }
    List<ChargeLine> lines = new ArrayList<>();
    for (int i = 0; i < parts.size(); i++) {
      lines.addAll(lines(parts.get(i), charged.get(i), listed.get(i)));
    }
    lines.addAll(units);
    return ChargeBasis.of(lines);
  }

  private static List<ChargeLine> lines(UsageReport.Part part, Prices prices, Prices list) {
    TokenUsage usage = part.usage();
    MediaTokens media = part.media();
    long[] text = {
      usage.input() - media.audioInput() - media.imageInput(),
      usage.cacheRead() - media.audioCacheRead() - media.imageCacheRead(),
      usage.cacheWrite() - usage.cacheWrite1h(),
      usage.cacheWrite1h(),
      usage.output() - media.audioOutput() - media.imageOutput()
    };
    long[] other = {
      media.audioInput(),
      media.imageInput(),
      media.audioCacheRead(),
      media.imageCacheRead(),
      media.audioOutput(),
      media.imageOutput()
    };
    List<ChargeLine> lines = new ArrayList<>();
    add(lines, ChargeLine.TOKENS, text, prices.ofText(), list.ofText());
    add(lines, ChargeLine.MEDIA_TOKENS, other, prices.media().all(), list.media().all());
    return lines;
  }

  private static void add(
      List<ChargeLine> lines,
      List<String> meters,
      long[] quantities,
      List<Long> prices,
      List<Long> list) {
    for (int i = 0; i < quantities.length; i++) {
      if (quantities[i] != 0) {
        lines.add(new ChargeLine(meters.get(i), quantities[i], prices.get(i), list.get(i)));
      }
    }
  }
}
