package io.stipend.metering.ledger;

import org.jspecify.annotations.Nullable;

/**
 * Names and profiles by number for one of several threads that read: those that it met lately, each
 * in one place among a bounded number of places; others come from what all threads share.
 */
final class NamesOfThread {
  private static final int NAMES = 1 << 15;
  private static final int PROFILES = 1 << 13;

  private final Shared shared;
  private final long[] nameNumbers = new long[NAMES];
  private final @Nullable String[] names = new @Nullable String[NAMES];
  private final long[] profileNumbers = new long[PROFILES];
  private final @Nullable Profile[] profiles = new @Nullable Profile[PROFILES];

  NamesOfThread(Shared shared) {
    this.shared = shared;
  }

  /** What the tables hold, for any thread. */
  static final class Shared {
    private final Definitions definitions;

    /**
     * @param definitions are used by nobody else
     */
    Shared(Definitions definitions) {
      this.definitions = definitions;
    }

    synchronized String name(long number) {
      return definitions.name(number);
    }

    synchronized Profile profile(long number) {
      return definitions.profile(number);
    }
  }

  String name(long number) {
    int place = (int) number & (NAMES - 1);
    String known = nameNumbers[place] == number ? names[place] : null;
    if (known == null) {
      known = shared.name(number);
      nameNumbers[place] = number;
      names[place] = known;
    }
    return known;
  }

  Profile profile(long number) {
    int place = (int) number & (PROFILES - 1);
    Profile known = profileNumbers[place] == number ? profiles[place] : null;
    if (known == null) {
      known = shared.profile(number);
      profileNumbers[place] = number;
      profiles[place] = known;
    }
    return known;
  }
}
