package io.stipend.metering.reconcile;

import java.util.List;
import java.util.Locale;

/** What a provider's reports count apart. Tokens are disjoint: each stands in one meter. */
public enum BillMeter {
  /** Uncached input tokens. */
  INPUT(0),
  /** Input tokens read from the provider's cache. */
  CACHE_READ(1),
  /** Input tokens written to the cache for five minutes, or for as long as is not told. */
  CACHE_WRITE_5M(2),
  /** Input tokens written to the cache for one hour. */
  CACHE_WRITE_1H(3),
  /** Output tokens, reasoning included. */
  OUTPUT(4),
  /** Searches of the web. */
  WEB_SEARCH(5),
  /** What is billed otherwise: images, seconds, runs of code, taxes, credits. */
  OTHER(6),
  /** The cost of everything, where a report does not say of what. */
  ALL(7);

  /** The meters of tokens. */
  static final List<BillMeter> TOKENS =
      List.of(INPUT, CACHE_READ, CACHE_WRITE_5M, CACHE_WRITE_1H, OUTPUT);

  /** The meters of input tokens. */
  static final List<BillMeter> INPUTS = List.of(INPUT, CACHE_READ, CACHE_WRITE_5M, CACHE_WRITE_1H);

  private final int index;

  BillMeter(int index) {
    this.index = index;
  }

  /** Its place among all, from 0. */
  int index() {
    return index;
  }

  /** Its name in files. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
