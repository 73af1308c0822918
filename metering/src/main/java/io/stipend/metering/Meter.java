package io.stipend.metering;

import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;

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

  private static final Set<Meter> CONTENT = EnumSet.of(IMAGE, SECOND, CHARACTER);

  private final String label = name().toLowerCase(Locale.ROOT);

  /**
   * Whether it counts uses of a tool, which come on top of all tokens; false for what counts the
   * content itself, which some models measure in tokens instead.
   */
  public boolean isTool() {
    return !CONTENT.contains(this);
  }

  /** Its name in files and exports, such as {@code web_search}. */
  public String label() {
    return label;
  }
}
