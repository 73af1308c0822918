package io.stipend.gateway.admin;

import java.nio.charset.StandardCharsets;

/**
 * An answer of the admin listener that is written already.
 *
 * @param type its media type
 * @param text what it says
 */
record Page(String type, String text) {
  static final String JSON = "application/json";
  static final String HTML = "text/html; charset=utf-8";

  /** Nothing is run and nothing is fetched, whatever a page says. */
  static final String POLICY =
      "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

  byte[] bytes() {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
