package io.stipend.policy.config;

import java.util.Locale;

/**
 * What somebody may do on the admin listener; which route is open to which role stands in the
 * gateway's table of admin routes.
 */
public enum Role {
  /** Reads and changes all. */
  PLATFORM,
  /** Reads all, changes nothing. */
  FINANCE,
  /** Reads what shows that the record and the rules are in order, and changes nothing. */
  AUDITOR,
  /** Reads what is its own, and changes nothing. */
  PERSON;

  /** The word of the quota file and of commands, such as {@code finance}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
