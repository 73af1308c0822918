package io.stipend.metering.export;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/** The project's own table of what the specification says of the columns of Cost and Usage. */
final class FocusFacts {
  private FocusFacts() {}

  /**
   * What the specification says of a column.
   *
   * @param type {@code String}, {@code Decimal}, {@code Date/Time} or {@code JSON}
   * @param nulls whether a row may leave it empty
   * @param level {@code Mandatory}, {@code Recommended} or {@code Conditional}
   * @param allowed the only values it may have, each with the category that it belongs to, or with
   *     ""; empty if any may be
   */
  record Fact(String name, String type, boolean nulls, String level, Map<String, String> allowed) {}

  /** All columns of a version, by name. */
  static Map<String, Fact> of(FocusVersion version) {
    Map<String, Fact> facts = new LinkedHashMap<>();
    for (String line : lines("/focus/columns-" + version.label() + ".csv")) {
      String[] cells = line.split(";", -1);
      Map<String, String> allowed = new LinkedHashMap<>();
      Stream.of(cells[4].split("[|]"))
          .filter(value -> !value.isEmpty())
          .map(value -> value.split("<", 2))
          .forEach(value -> allowed.put(value[0], value.length == 2 ? value[1] : ""));
      facts.put(cells[0], new Fact(cells[0], cells[1], cells[2].equals("yes"), cells[3], allowed));
    }
    return facts;
  }

  private static List<String> lines(String resource) {
    try (BufferedReader in =
        new BufferedReader(
            new InputStreamReader(
                Objects.requireNonNull(FocusFacts.class.getResourceAsStream(resource), resource),
                StandardCharsets.UTF_8))) {
      return in.lines().filter(line -> !line.startsWith("#")).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
