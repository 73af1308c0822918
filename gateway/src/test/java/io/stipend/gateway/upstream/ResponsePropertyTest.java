package io.stipend.gateway.upstream;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Locale;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * The parser and Netty's decoder read the same bytes, cut at random: what is well-formed means the
 * same to both; and of what was changed at random ours takes nothing that Netty's and the rules on
 * top of it refused, or took for something else.
 */
class ResponsePropertyTest {
  private static final int ROUNDS = Boolean.getBoolean("stipend.tests.full") ? 1_000_000 : 20_000;

  private static final int[] STATUSES = {200, 201, 204, 400, 401, 404, 429, 500, 503, 529};
  private static final String[] NAMES = {
    "date",
    "Server",
    "x-request-id",
    "Request-Id",
    "openai-processing-ms",
    "anthropic-ratelimit-tokens-reset",
    "CF-RAY",
    "x",
    "X-Very-Own",
    "content-type",
    "Keep-Alive",
    "!#$%&'*+-.^_`|~09azAZ",
    "content-lengthy",
    "transfer-encodinh"
  };
  private static final String[] VALUES = {
    "",
    "a",
    "a b\tc",
    "\u00e9\u00ff\u0080",
    "text/event-stream; charset=utf-8",
    "0123456789 :;,=\"\\"
  };
  private static final String[] BLANKS = {"", " ", "\t", "  \t "};
  private static final String[] REASONS = {"", " ", " OK", " Too Many  Requests", " \u00e9t\u00e9"};
  private static final String[] EXTENSIONS = {"", "", ";a", ";a=b;c=d"};

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
    "\u007f",
    "\"",
    "=",
    "-",
    "+",
    "0x",
    "_",
    "100",
    "204",
    "Content-Length: 3\r\n",
    "Content-Length : 3\r\n",
    "content-length: 3, 3\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Transfer-Encoding: identity\r\n",
    "transfer-encoding: gzip, chunked\r\n",
    "content-encoding: gzip\r\n",
    " folded\r\n",
    "\r\n\r\n",
    "0\r\n\r\n",
    "HTTP/1.1 103 Hints\r\n\r\n",
    "HTTP/1.1 200 OK\r\n\r\n",
    "HTTP/1.0",
    "chunked"
  };

  private static String pick(Random random, String... from) {
    return from[random.nextInt(from.length)];
  }

  private static String wellFormed(Random random, boolean toHead) {
    StringBuilder bytes = new StringBuilder();
    for (int hints = random.nextInt(4) - 2; hints > 0; hints--) {
      bytes.append("HTTP/1.1 103 Hints\r\nlink: </a>\r\n\r\n");
    }
    int status = STATUSES[random.nextInt(STATUSES.length)];
    int framing = toHead || status == 204 ? random.nextInt(2) * 2 : random.nextInt(3);
    String version = framing != 1 && random.nextInt(5) == 0 ? "HTTP/1.0 " : "HTTP/1.1 ";
    bytes.append(version).append(status).append(pick(random, REASONS)).append("\r\n");
    StringBuilder body = new StringBuilder();
    int before = random.nextInt(6);
    fields(random, bytes, before);
    if (framing == 0) {
      int length = status == 204 ? 0 : random.nextInt(300);
      bytes.append("Content-Length:").append(pick(random, BLANKS)).append(length).append("\r\n");
      text(random, body, toHead ? 0 : length);
    } else if (framing == 1) {
      bytes.append("transfer-encoding: chunked\r\n");
      chunks(random, body);
    } else if (!toHead && status != 204) {
      text(random, body, random.nextInt(300));
    }
    fields(random, bytes, random.nextInt(12));
    return bytes.append("\r\n").append(body).toString();
  }

  private static void fields(Random random, StringBuilder bytes, int count) {
    for (int i = 0; i < count; i++) {
      bytes
          .append(pick(random, NAMES))
          .append(':')
          .append(pick(random, BLANKS))
          .append(pick(random, VALUES))
          .append(pick(random, BLANKS))
          .append("\r\n");
    }
  }

  private static void chunks(Random random, StringBuilder body) {
    for (int chunks = random.nextInt(5); chunks > 0; chunks--) {
      int size = 1 + random.nextInt(100);
      String hex = "0".repeat(random.nextInt(3)) + Integer.toHexString(size);
      body.append(random.nextBoolean() ? hex : hex.toUpperCase(Locale.ROOT));
      body.append(pick(random, EXTENSIONS)).append("\r\n");
      text(random, body, size);
      body.append("\r\n");
    }
    body.append("0".repeat(1 + random.nextInt(3))).append(pick(random, EXTENSIONS)).append("\r\n");
    fields(random, body, Math.max(0, random.nextInt(5) - 2));
    body.append("\r\n");
  }

  private static void text(Random random, StringBuilder to, int length) {
    for (int i = 0; i < length; i++) {
      to.append(random.nextInt(8) == 0 ? "\r\n0: ".charAt(i % 5) : (char) random.nextInt(256));
    }
  }

  private static String mutated(Random random, String from) {
    StringBuilder bytes = new StringBuilder(from);
    for (int edits = 1 + random.nextInt(3); edits > 0 && bytes.length() > 0; edits--) {
      // Most of what matters stands near the front.
      int at = random.nextInt(random.nextBoolean() ? Math.min(80, bytes.length()) : bytes.length());
      switch (random.nextInt(6)) {
        case 0 -> bytes.deleteCharAt(at);
        case 1 -> bytes.setCharAt(at, (char) random.nextInt(256));
        case 2 -> bytes.insert(at, pick(random, SNIPPETS));
        case 3 -> insertAtLine(bytes, at, pick(random, SNIPPETS));
        case 4 -> bytes.setLength(at);
        default ->
            bytes.insert(at, bytes.substring(at, Math.min(bytes.length(), at + random.nextInt(9))));
      }
    }
    return bytes.toString();
  }

  private static void insertAtLine(StringBuilder bytes, int at, String snippet) {
    int line = bytes.indexOf("\r\n", at);
    bytes.insert(line < 0 ? at : line + 2, snippet);
  }

  private static int[] parts(Random random) {
    int[] parts = new int[1 + random.nextInt(5)];
    int most = random.nextInt(3) == 0 ? 3 : 400;
    for (int i = 0; i < parts.length; i++) {
      parts[i] = 1 + random.nextInt(most);
    }
    return parts;
  }

  private static String shown(long seed, int round, String bytes) {
    return "seed "
        + seed
        + " round "
        + round
        + ": "
        + bytes.replace("\r", "\\r").replace("\n", "\\n");
  }

  @Test
  void whatIsWellFormedMeansTheSameToBothHoweverItIsCut() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    for (int round = 0; round < ROUNDS; round++) {
      boolean toHead = random.nextInt(8) == 0;
      String bytes = wellFormed(random, toHead);
      String shown = shown(seed, round, bytes);
      var netty = NettyReading.of(bytes, toHead, bytes.length());
      assertThat(netty.end()).as(shown).isEqualTo("END");
      assertThat(AnswerReading.of(bytes, toHead, bytes.length())).as(shown).isEqualTo(netty);
      assertThat(AnswerReading.of(bytes, toHead, parts(random))).as(shown).isEqualTo(netty);
    }
  }

  @Test
  void whatNettyAndTheRulesRefuseIsRefused() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    int taken = 0;
    int refused = 0;
    for (int round = 0; round < 3 * ROUNDS; round++) {
      boolean toHead = random.nextInt(8) == 0;
      String bytes = mutated(random, wellFormed(random, toHead));
      String shown = shown(seed, round, bytes);
      var ours = AnswerReading.of(bytes, toHead, parts(random));
      var whole = AnswerReading.of(bytes, toHead, Math.max(1, bytes.length()));
      assertThat(ours.end()).as(shown).isEqualTo(whole.end());
      var netty = NettyReading.of(bytes, toHead, Math.max(1, bytes.length()));
      if (netty.refused()) {
        refused++;
        assertThat(ours.refused()).as(shown).isTrue();
      } else if (!ours.refused() && ours.status() != 205) {
        taken++;
        assertThat(ours).as(shown).isEqualTo(netty);
      }
    }
    assertThat(taken).as("taken, seed %d", seed).isGreaterThan(ROUNDS / 2);
    assertThat(refused).as("refused, seed %d", seed).isGreaterThan(ROUNDS / 2);
  }
}
