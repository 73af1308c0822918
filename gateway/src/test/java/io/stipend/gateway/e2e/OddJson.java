package io.stipend.gateway.e2e;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;

/** Seeded JSON as no program writes it, and every parser reads it. */
final class OddJson {
  private static final String[] NUMBERS = {
    "0",
    "-0",
    "0.1000000000000000055511151231257827",
    "1e400",
    "-1E-400",
    "1.0",
    "123456789012345678901234567890",
    "9007199254740993",
    "2.50e+2"
  };
  private static final String[] TEXTS = {
    "Grüße",
    "👋🏽",
    "\\ud83d\\udc4b",
    "\\u0041\\/\\b\\f\\n\\r\\t\\\"\\\\",
    "\u2028\u2029",
    "é",
    "e\u0301",
    "漢字",
    "a  b",
    "data: [DONE]\\n\\n",
    "\\u0000",
    "\u007f",
    "{\\\"model\\\":\\\"x\\\"}",
    "]}",
    ""
  };
  private static final int DEEPEST = 100;

  private final Random random;

  OddJson(Random random) {
    this.random = random;
  }

  /** An object of these fields and up to five of no meaning, in any order. */
  String object(List<String> fields) {
    List<String> all = new ArrayList<>(fields);
    int more = random.nextInt(6);
    for (int i = 0; i < more; i++) {
      all.add(field("x" + i + text(), value(3)));
    }
    Collections.shuffle(all, random);
    return space()
        + "{"
        + space()
        + String.join(space() + "," + space(), all)
        + space()
        + "}"
        + space();
  }

  String field(String name, String value) {
    return "\"" + name + "\"" + space() + ":" + space() + value;
  }

  String list(String... values) {
    return "[" + space() + String.join(space() + "," + space(), values) + space() + "]";
  }

  /** Text between quotes. */
  String string() {
    return quoted(text() + text());
  }

  static String quoted(String text) {
    return "\"" + text + "\"";
  }

  /** A plain name, of which one letter may be escaped. */
  String name(String plain) {
    if (random.nextInt(3) > 0) {
      return quoted(plain);
    }
    int at = random.nextInt(plain.length());
    String escaped = String.format("\\u%04x", (int) plain.charAt(at));
    return quoted(plain.substring(0, at) + escaped + plain.substring(at + 1));
  }

  private String value(int depth) {
    switch (random.nextInt(depth > 0 ? 7 : 4)) {
      case 0:
        return NUMBERS[random.nextInt(NUMBERS.length)];
      case 1:
        return quoted(text());
      case 2:
        return random.nextBoolean() ? "null" : "false";
      case 3:
        return "{" + space() + "}";
      case 4:
        return "[" + value(depth - 1) + space() + "," + value(depth - 1) + "]";
      case 5:
        int deep = random.nextInt(DEEPEST);
        return "[".repeat(deep) + value(depth - 1) + "]".repeat(deep);
      default:
        return "{" + field("a" + text(), value(depth - 1)) + "," + space() + field("b", "1") + "}";
    }
  }

  private String text() {
    return TEXTS[random.nextInt(TEXTS.length)];
  }

  private String space() {
    StringBuilder space = new StringBuilder();
    for (int i = random.nextInt(4) == 0 ? random.nextInt(5) : 0; i > 0; i--) {
      space.append(" \t\r\n".charAt(random.nextInt(4)));
    }
    return space.toString();
  }
}
