package io.stipend.metering.export;

import static io.stipend.metering.ChargeLine.CACHE_READ;
import static io.stipend.metering.ChargeLine.CACHE_WRITE_1H;
import static io.stipend.metering.ChargeLine.CACHE_WRITE_5M;
import static io.stipend.metering.ChargeLine.INPUT;
import static io.stipend.metering.ChargeLine.OUTPUT;

import io.stipend.metering.ChargeLine;
import io.stipend.metering.Meter;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A meter of charge lines as FOCUS shows it.
 *
 * @param id the meter of {@link ChargeLine}, part of the SKU's id
 * @param label its {@code SkuMeter}
 * @param unit what is counted, in the plural: the {@code ConsumedUnit}
 * @param decimals the power of ten of these that a price is of: 6 for a price of a million
 * @param kind which tokens these are; null if none
 * @param rank its place among all meters
 */
record FocusMeter(
    String id, String label, String unit, int decimals, @Nullable Kind kind, int rank) {
  private static final int MILLION = 6;
  private static final String TOKENS = "Tokens";

  private static final Map<String, FocusMeter> BY_ID = table();

  /** Disjoint kinds of tokens, by the words of FOCUS 1.5's draft for direction and cache. */
  enum Kind {
    INPUT("Input", "Uncached"),
    CACHE_READ("Input", "Read"),
    CACHE_WRITE("Input", "Write"),
    OUTPUT("Output", "Uncached");

    private final String direction;
    private final String cacheAction;

    Kind(String direction, String cacheAction) {
      this.direction = direction;
      this.cacheAction = cacheAction;
    }

    String direction() {
      return direction;
    }

    String cacheAction() {
      return cacheAction;
    }
  }

  /** The meter of a charge line. */
  static FocusMeter of(String id) {
    FocusMeter meter = BY_ID.get(id);
    if (meter == null) {
      throw new IllegalArgumentException(
          "meter: " + id + " (expected: one of " + BY_ID.keySet() + ")");
    }
    return meter;
  }

  /** What a price is of: {@code 1000000 Tokens}, or {@code Images} where it is of one. */
  String pricingUnit() {
    return decimals == 0 ? unit : "1" + "0".repeat(decimals) + " " + unit;
  }

  private static Map<String, FocusMeter> table() {
    Map<String, FocusMeter> table = new HashMap<>();
    for (FocusMeter meter :
        List.of(
            tokens(INPUT, "Input Tokens", Kind.INPUT),
            tokens(CACHE_READ, "Cache Read Input Tokens", Kind.CACHE_READ),
            tokens(CACHE_WRITE_5M, "Cache Write Input Tokens", Kind.CACHE_WRITE),
            tokens(CACHE_WRITE_1H, "Cache Write 1h Input Tokens", Kind.CACHE_WRITE),
            tokens(OUTPUT, "Output Tokens", Kind.OUTPUT),
            tokens("input_audio", "Audio Input Tokens", Kind.INPUT),
            tokens("input_image", "Image Input Tokens", Kind.INPUT),
            tokens("cache_read_audio", "Audio Cache Read Input Tokens", Kind.CACHE_READ),
            tokens("cache_read_image", "Image Cache Read Input Tokens", Kind.CACHE_READ),
            tokens("output_audio", "Audio Output Tokens", Kind.OUTPUT),
            tokens("output_image", "Image Output Tokens", Kind.OUTPUT),
            each(Meter.WEB_SEARCH, "Web Searches", "Searches", 0),
            each(Meter.WEB_FETCH, "Web Fetches", "Fetches", 0),
            each(Meter.CODE_EXECUTION, "Code Executions", "Executions", 0),
            each(Meter.FILE_SEARCH, "File Searches", "Searches", 0),
            each(Meter.IMAGE, "Images", "Images", 0),
            each(Meter.SECOND, "Seconds", "Seconds", 0),
            each(Meter.CHARACTER, "Characters", "Characters", MILLION))) {
      table.put(meter.id, meter.ranked(table.size()));
    }
    return Map.copyOf(table);
  }

  private static FocusMeter tokens(String id, String label, Kind kind) {
    return new FocusMeter(id, label, TOKENS, MILLION, kind, 0);
  }

  private static FocusMeter each(Meter meter, String label, String unit, int decimals) {
    return new FocusMeter(meter.label(), label, unit, decimals, null, 0);
  }

  private FocusMeter ranked(int place) {
    return new FocusMeter(id, label, unit, decimals, kind, place);
  }
}
