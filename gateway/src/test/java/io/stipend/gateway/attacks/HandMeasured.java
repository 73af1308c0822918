package io.stipend.gateway.attacks;

/** What was measured by hand, for the page. */
final class HandMeasured {
  static final String MARKDOWN = "";

  private HandMeasured() {}
}
