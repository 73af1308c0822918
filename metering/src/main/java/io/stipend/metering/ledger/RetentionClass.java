package io.stipend.metering.ledger;

import java.util.Locale;

/** What of the record may go after some time. Amounts, tokens, models and prices never do. */
public enum RetentionClass {
  /** Session, agents, client and the provider's id of attempts that started before. */
  LABELS,
  /** Whose the refusals were that were counted before; their counts by day and reason stay. */
  REFUSALS,
  /** Why somebody granted, moved, lent, froze or corrected something before. */
  REASONS,
  /** Names of keys that were revoked or ended before. */
  KEY_NAMES;

  /** As the quota file names it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
