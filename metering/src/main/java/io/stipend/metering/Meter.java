package io.stipend.metering;

import java.util.Locale;

/** What a provider counts and bills beside tokens. */
public enum Meter {
  /** Searches of the web that the provider ran. */
  WEB_SEARCH,
  /** Pages that the provider fetched. */
  WEB_FETCH,
  /** Runs of code in the provider's sandbox. */
  CODE_EXECUTION,
  /** Searches of files that the provider stores. */
  FILE_SEARCH,
  /** Images that were made. */
  IMAGE,
  /** Seconds of audio or video, a started one counted whole. */
  SECOND,
  /** Characters of text that was spoken. */
  CHARACTER;

  private final String label = name().toLowerCase(Locale.ROOT);

  /** Its name in files and exports, such as {@code web_search}. */
  public String label() {
    return label;
  }
}
