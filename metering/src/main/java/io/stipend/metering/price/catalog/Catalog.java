package io.stipend.metering.price.catalog;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** What a catalogue holds, before anybody has judged it. */
final class Catalog {
  final List<Offer> offers = new ArrayList<>();

  /** Keys that this reader does not know, and how often each stands. */
  final Map<String, Integer> unknownKeys = new TreeMap<>();

  void add(Offer offer) {
    offers.add(offer);
  }

  void unknown(String key) {
    unknownKeys.merge(key, 1, Integer::sum);
  }
}
