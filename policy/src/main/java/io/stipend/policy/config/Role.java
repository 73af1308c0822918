package io.stipend.policy.config;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

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

  private static final String HOLDER = "admin:";

  /**
   * What a key of this role has in the place of a person. It has a colon, so it is no id that a
   * quota file could hold: such a key is good for the admin listener alone and calls no model.
   */
  public String holder() {
    return HOLDER + label();
  }

  /** The role of a key; null if it belongs to a person or service. */
  public static @Nullable Role ofHolder(String person) {
    for (Role role : values()) {
      if (person.startsWith(HOLDER) && role.holder().equals(person)) {
        return role;
      }
    }
    return null;
  }

  /** The word of the quota file and of commands, such as {@code finance}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
