package io.stipend.gateway.e2e;

import java.util.Random;

/** Seeded text of the kinds that people send to models; it needs no escape in JSON. */
final class Texts {
  private static final String[] WORDS =
      ("the of and to in is that for it was on with as be by at this have from or an they which one"
              + " you had not are but all when there can more has been would who will if their about"
              + " deployment latency invoice reservation throughput quarterly allowance compensation"
              + " infrastructure observability")
          .split(" ");
  private static final String[] CODE = {
    "return ",
    "if (",
    ") { ",
    "x += 1; ",
    "} else { ",
    "private static final int ",
    "await fetch(",
    "for i in range(",
    "self.items[",
    "]: ",
    "-> ",
    "null",
    "== ",
    "&& ",
    "getName()",
    "0x7f",
    "// "
  };

  private Texts() {}

  /** A text of about this many bytes: mostly prose and code, some numbers, Chinese, base64. */
  static String mixed(Random random, int bytes) {
    StringBuilder text = new StringBuilder(bytes + 64);
    int size = 0;
    while (size < bytes) {
      int kind = random.nextInt(100);
      int before = text.length();
      for (int i = 0; i < 40; i++) {
        if (kind < 55) {
          text.append(WORDS[random.nextInt(WORDS.length)]).append(i % 12 == 11 ? ". " : " ");
        } else if (kind < 85) {
          text.append(CODE[random.nextInt(CODE.length)]);
        } else if (kind < 93) {
          text.append(random.nextInt(100_000)).append(',');
        } else if (kind < 97) {
          text.append((char) (0x4e00 + random.nextInt(0x2000)));
        } else {
          text.append(
              "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
                  .charAt(random.nextInt(64)));
        }
      }
      size += (kind >= 93 && kind < 97 ? 3 : 1) * (text.length() - before);
    }
    return text.toString();
  }
}
