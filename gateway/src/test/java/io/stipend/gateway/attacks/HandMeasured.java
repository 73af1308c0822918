package io.stipend.gateway.attacks;

/** What was measured by hand, for the page; it says when and on what. */
final class HandMeasured {
  static final String MARKDOWN =
      """

      ## By hand
      `stipend.jar` on 29 November 2026, two cores that others used at the same time (load 15 to 25), provider double and
      attackers beside it, but for the streams. *Client* is the latency of twenty calls of an honest client meanwhile, half of them
      below the first figure; before the attacks 37 ms and 138 ms.

      | attack | held open | resident memory before → during → after | CPU | client |
      | --- | --- | --- | --- | --- |
      | slowhttptest `-H`, slow heads, 4,000 at 1,000/s | until 408 after 15 s | 192 → 236 → 245 MB | 4.0 s in 27 s | 112 ms, at most 1,698 ms |
      | `-B`, slow bodies with a good key, 4,000 | all | 278 → 322 → 322 MB | 1.8 s in 27 s | 73 ms, at most 325 ms |
      | `-R`, ranges, 1,000 | none, 401 at once | 253 → 262 → 263 MB | 0.7 s in 14 s | 37 ms, at most 151 ms |
      | `-X`, slow readers with a good key, 1,000 | all | 322 → 335 → 337 MB | 0.6 s in 26 s | 66 ms, at most 427 ms |
      | 9,900 streams, a token in 6 s, 1,000 new ones a second, nothing else on the machine | all, all ended well | 179 → 432 → 438 MB | 9% of a core | 3 ms, at most 9 ms |

      The streams were 9,900 because a process had 20,000 files there and a stream takes two; `connections`,
      `connections_per_address` and `connections_per_loop` were raised for them. On the busy machine the same took 14% of a
      core and the client 92 ms, and some streams were 502 while the double did not keep up with connections. Memory
      after stays with the JVM's heap and Netty's pools and is used again.
      """;

  private HandMeasured() {}
}
