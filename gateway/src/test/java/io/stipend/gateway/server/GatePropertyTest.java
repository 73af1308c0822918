package io.stipend.gateway.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * The gate and Netty's decoder read the same bytes: for requests that are changed at random, what
 * the gate lets through is one request for the decoder too, with the same end and the same length,
 * however the bytes are cut into segments.
 */
class GatePropertyTest {
  private static final int ROUNDS = Boolean.getBoolean("stipend.tests.full") ? 2_000_000 : 20_000;
  private static final String[] SEEDS = {
    "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
    "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n003\r\nllo\r\n0\r\nX: y\r\n\r\n",
    "GET /a?b=c HTTP/1.0\r\nX-Y: z\r\n\r\n",
    "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nExpect: 100-continue\r\n\r\n",
  };
  private static final String[] SNIPPETS = {
    "\r",
    "\n",
    "\r\n",
    "\u0000",
    " ",
    "\t",
    ":",
    ";",
    ",",
    "0",
    "1",
    "x",
    "\u000b",
    "\u0085",
    "\u00a0",
    "Content-Length: 3\r\n",
    "Content-Length : 3\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Transfer-Encoding: identity\r\n",
    "\r\n\r\n",
    "0\r\n\r\n",
    "GET /b HTTP/1.1\r\nHost: a\r\n\r\n",
    "-",
    "+",
    "0x",
    "_",
    "HTTP/1.1",
    "chunked"
  };

  @Test
  void whatPassesIsOneRequestToTheDecoderToo() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    int passed = 0;
    for (int round = 0; round < ROUNDS; round++) {
      String bytes = mutated(random);
      String shown = "seed " + seed + " round " + round + ": " + printable(bytes);
      ReadRequests whole = ReadRequests.first(bytes, bytes.length());
      ReadRequests cut = ReadRequests.first(bytes, 1 + random.nextInt(4));
      assertThat(cut.faults.size()).as(shown).isEqualTo(whole.faults.size());
      assertThat(cut.bodies).as(shown).isEqualTo(whole.bodies);
      check(whole, shown);
      check(cut, shown);
      if (whole.complete) {
        passed++;
        NettyReading judge = NettyReading.of(upToTheEnd(bytes, whole));
        assertThat(judge.fault).as(shown).isFalse();
        assertThat(judge.requests).as(shown).hasSize(1);
        assertThat(judge.bodies).as(shown).hasSize(1);
        RequestReadingTest.assertSame(whole, judge, shown);
      }
    }
    assertThat(passed).as("requests that passed, seed %d", seed).isGreaterThan(ROUNDS / 50);
  }

  private static void check(ReadRequests read, String shown) {
    assertThat(read.heads.size()).as(shown).isLessThanOrEqualTo(1);
    assertThat(read.faults.size()).as(shown).isLessThanOrEqualTo(1);
    assertThat(read.bodies).as(shown).hasSize(read.complete ? 1 : 0);
    if (read.complete) {
      Framing framing = read.heads.get(0).framing();
      assertThat(read.faults).as(shown).isEmpty();
      assertThat(framing.chunked() ? -1 : read.bodies.get(0).length())
          .as(shown)
          .isEqualTo(framing.chunked() ? -1 : Math.max(0, framing.contentLength()));
    }
  }

  /** The bytes of the request that passed: what the gate still holds is left out. */
  private static String upToTheEnd(String bytes, ReadRequests read) {
    return bytes.substring(0, bytes.length() - read.heldBytes);
  }

  private static String mutated(Random random) {
    StringBuilder bytes = new StringBuilder(SEEDS[random.nextInt(SEEDS.length)]);
    for (int edits = random.nextInt(4); edits > 0; edits--) {
      int at = random.nextInt(bytes.length());
      switch (random.nextInt(4)) {
        case 0 -> bytes.deleteCharAt(at);
        case 1 -> bytes.setCharAt(at, (char) random.nextInt(256));
        case 2 -> bytes.insert(at, SNIPPETS[random.nextInt(SNIPPETS.length)]);
        default ->
            bytes.insert(at, bytes.substring(at, Math.min(bytes.length(), at + random.nextInt(9))));
      }
    }
    return bytes.append(SEEDS[random.nextInt(SEEDS.length)]).toString();
  }

  private static String printable(String bytes) {
    return bytes.replace("\r", "\\r").replace("\n", "\\n");
  }
}
