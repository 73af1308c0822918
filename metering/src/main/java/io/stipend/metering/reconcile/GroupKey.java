package io.stipend.metering.reconcile;

import java.time.LocalDate;
import java.util.Comparator;

/**
 * What is compared with what. Texts are empty where a report does not break its figures down so.
 *
 * @param day the UTC day
 * @param account the provider's name in the quota file; empty for what belongs to none
 * @param key the name of its key
 * @param model as returned
 * @param tier the service tier; {@code default} for the default one
 */
record GroupKey(LocalDate day, String account, String key, String model, String tier)
    implements Comparable<GroupKey> {
  private static final Comparator<GroupKey> ORDER =
      Comparator.comparing(GroupKey::day)
          .thenComparing(GroupKey::account)
          .thenComparing(GroupKey::key)
          .thenComparing(GroupKey::model)
          .thenComparing(GroupKey::tier);

  @Override
  public int compareTo(GroupKey other) {
    return ORDER.compare(this, other);
  }

  GroupKey on(LocalDate other) {
    return new GroupKey(other, account, key, model, tier);
  }

  /** What belongs to a day and account as a whole. */
  GroupKey whole() {
    return new GroupKey(day, account, key, "", "");
  }

  boolean isTierSiblingOf(GroupKey other) {
    return whole().equals(other.whole()) && model.equals(other.model) && !tier.equals(other.tier);
  }

  boolean isModelSiblingOf(GroupKey other) {
    return whole().equals(other.whole()) && tier.equals(other.tier) && !model.equals(other.model);
  }
}
