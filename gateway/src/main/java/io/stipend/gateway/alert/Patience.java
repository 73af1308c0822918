package io.stipend.gateway.alert;

import java.time.Duration;
import java.util.List;

/**
 * How long a delivery is tried.
 *
 * @param timeout of one try, from its begin to the end of the answer
 * @param waits before each further try; one try more than these is made
 * @param mostPending deliveries to one webhook that wait or are under way; what is more is dropped
 */
record Patience(Duration timeout, List<Duration> waits, int mostPending) {
  /** Five tries in about ten minutes. */
  static final Patience DEFAULT =
      new Patience(
          Duration.ofSeconds(5),
          List.of(
              Duration.ofSeconds(5),
              Duration.ofSeconds(30),
              Duration.ofMinutes(2),
              Duration.ofMinutes(6)),
          1_000);
}
