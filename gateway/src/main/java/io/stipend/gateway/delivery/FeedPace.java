package io.stipend.gateway.delivery;

import java.time.Duration;

/**
 * How often a feed looks, and how long it waits.
 *
 * @param look between two looks for something new
 * @param timeout of one request, from its begin to the end of the answer
 * @param first wait after a failure; it doubles with each
 * @param most the longest wait
 */
record FeedPace(Duration look, Duration timeout, Duration first, Duration most) {
  static final FeedPace DEFAULT =
      new FeedPace(
          Duration.ofSeconds(1),
          Duration.ofSeconds(30),
          Duration.ofSeconds(1),
          Duration.ofMinutes(5));

  private static final int MOST_DOUBLED = 20;

  /**
   * How long to wait.
   *
   * @param failed failures before this one
   */
  Duration wait(int failed) {
    Duration wait = first.multipliedBy(1L << Math.min(failed, MOST_DOUBLED));
    return wait.compareTo(most) > 0 ? most : wait;
  }
}
