package io.stipend.metering.reconcile;

import java.util.Locale;

/** Whose reports are read. */
public enum Vendor {
  /** OpenAI's usage and costs APIs, and the files that its console exports. */
  OPENAI,
  /** Anthropic's usage and cost reports, and the files that its console exports. */
  ANTHROPIC;

  /** Its name on the command line, which is that of its dialect in the quota file. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
