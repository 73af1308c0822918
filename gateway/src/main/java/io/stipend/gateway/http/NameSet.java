package io.stipend.gateway.http;

import io.netty.util.AsciiString;

/**
 * A fixed set of names of header fields, without case. A lookup is one hash, which a known name
 * keeps, and seldom more than one comparison. Safe for use by any thread.
 */
public final class NameSet {
  /** Slots for each name: so few collide. */
  private static final int ROOM = 4;

  private final AsciiString[] table;

  private NameSet(AsciiString[] table) {
    this.table = table;
  }

  /** The set of these names. */
  public static NameSet of(String... names) {
    AsciiString[] table =
        new AsciiString[Integer.highestOneBit(Math.max(1, names.length * ROOM - 1)) << 1];
    for (String name : names) {
      AsciiString cached = AsciiString.cached(name);
      int at = cached.hashCode() & (table.length - 1);
      while (table[at] != null) {
        at = (at + 1) & (table.length - 1);
      }
      table[at] = cached;
    }
    return new NameSet(table);
  }

  /** Whether a name is in the set. */
  public boolean contains(CharSequence name) {
    for (int at = AsciiString.hashCode(name) & (table.length - 1);
        table[at] != null;
        at = (at + 1) & (table.length - 1)) {
      AsciiString known = table[at];
      if (known == name
          || (known.length() == name.length() && known.contentEqualsIgnoreCase(name))) {
        return true;
      }
    }
    return false;
  }
}
