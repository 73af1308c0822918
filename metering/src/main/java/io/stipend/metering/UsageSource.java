package io.stipend.metering;

import java.util.Locale;

/** How a usage figure came to be known, best first. */
public enum UsageSource {
  /** The provider said so. */
  REPORTED,
  /** Counted from the text that passed, because the answer ended before the provider said. */
  COUNTED,
  /** Neither reported nor countable: the expected charge stands until it is corrected. */
  ASSUMED;

  private final String label = name().toLowerCase(Locale.ROOT);

  /** The word that exports use: {@code reported}, {@code counted} or {@code assumed}. */
  public String label() {
    return label;
  }
}
