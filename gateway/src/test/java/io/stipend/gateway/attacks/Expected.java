package io.stipend.gateway.attacks;

import java.util.Arrays;
import java.util.List;

/**
 * What must become of an attack.
 *
 * @param status of the only answer; 0 if the connection ends without one
 * @param keeps whether the connection serves the next request after it
 * @param speaks the dialect of a refusal
 * @param body what the provider gets as the body of the one request that it sees; null if it sees
 *     none
 * @param unseen what must stand nowhere in the bytes that the provider gets, in any case
 * @param behind the status of a second answer, for the bytes behind a good request, after which the
 *     connection ends; 0 if there is none
 */
record Expected(
    int status, boolean keeps, Speaks speaks, String body, List<String> unseen, int behind) {
  /** Whose words a refusal is in. */
  enum Speaks {
    OPENAI,
    ANTHROPIC,
    GEMINI
  }

  /** It is refused and the connection ends. */
  static Expected refused(int status, Speaks speaks) {
    return new Expected(status, false, speaks, null, List.of(), 0);
  }

  /** It is refused, and the connection serves the next request. */
  static Expected denied(int status, Speaks speaks) {
    return new Expected(status, true, speaks, null, List.of(), 0);
  }

  /** The connection ends without an answer. */
  static Expected silence() {
    return new Expected(0, false, Speaks.OPENAI, null, List.of(), 0);
  }

  /** The gateway answers by itself and the provider sees nothing. */
  static Expected told() {
    return new Expected(200, true, Speaks.OPENAI, null, List.of(), 0);
  }

  /** The provider sees it once, with this body, and the connection serves the next request. */
  static Expected admitted(String body, String... unseen) {
    return new Expected(200, true, Speaks.OPENAI, body, Arrays.asList(unseen), 0);
  }

  /** The same, but that the connection ends. */
  Expected thenCloses() {
    return new Expected(status, false, speaks, body, unseen, 0);
  }

  /** The same, but that what follows gets an answer of its own that ends the connection. */
  Expected thenRefused() {
    return new Expected(status, true, speaks, body, unseen, 400);
  }

  /** Requests that the provider sees. */
  int requests() {
    return body == null ? 0 : 1;
  }
}
