package io.stipend.gateway.faults;

/**
 * What an answer says of its usage, as it stands in its JSON: figures may be no numbers at all.
 *
 * @param in the input; null if that field is left out
 * @param out the output; null if that field is left out
 * @param literal what stands in place of the object; null if the object does
 * @param times how often the field stands there
 */
record Usage(String in, String out, String literal, int times) {
  /** Tokens of every prompt, as every provider counts them. */
  static final long INPUT = 9;

  /** Tokens of three times {@link Form#TEXT}. */
  static final long OUTPUT = 42;

  /** What is true. */
  static final Usage TRUE = of(String.valueOf(INPUT), String.valueOf(OUTPUT));

  /** Nothing of it is said. */
  static final Usage ABSENT = new Usage(null, null, null, 0);

  static Usage of(String in, String out) {
    return new Usage(in, out, null, 1);
  }

  static Usage literal(String json) {
    return new Usage(null, null, json, 1);
  }

  /** The same field twice in one object. */
  Usage twice() {
    return new Usage(in, out, literal, 2);
  }

  /** The same input with another output. */
  Usage withOutput(String other) {
    return new Usage(in, other, literal, times);
  }

  /**
   * The field in an object, with a comma before it; empty if it is not there.
   *
   * @param names of the field, the input, the output and the sum; empty where there is none
   */
  String field(String... names) {
    StringBuilder object = new StringBuilder();
    add(object, names[1], in);
    add(object, names[2], out);
    if (in != null && out != null && (in + out).matches("[0-9]{1,9}")) {
      long sum = Long.parseLong(in) + (names[2].isEmpty() ? 0 : Long.parseLong(out));
      add(object, names[3], String.valueOf(sum));
    }
    String value = literal == null ? "{" + object + "}" : literal;
    return (",\"" + names[0] + "\":" + value).repeat(times);
  }

  private static void add(StringBuilder object, String name, String value) {
    if (!name.isEmpty() && value != null) {
      object.append(object.length() == 0 ? "\"" : ",\"").append(name).append("\":").append(value);
    }
  }
}
