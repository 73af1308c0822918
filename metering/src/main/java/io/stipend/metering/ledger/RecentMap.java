package io.stipend.metering.ledger;

import java.util.LinkedHashMap;
import java.util.Map;

/** A map that forgets what was used longest ago. */
final class RecentMap<K, V> extends LinkedHashMap<K, V> {
  private final int limit;

  RecentMap(int limit) {
    super(16, 0.75f, true);
    this.limit = limit;
  }

  @Override
  protected boolean removeEldestEntry(Map.Entry<K, V> eldest) {
    return size() > limit;
  }
}
