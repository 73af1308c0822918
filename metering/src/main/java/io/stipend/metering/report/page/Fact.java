package io.stipend.metering.report.page;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Something that is said once of the whole report.
 *
 * @param name its name in CSV and JSON, in snake case
 * @param label its title for people
 * @param value what is said; {@link Cell#NONE} if it is said in parts
 * @param parts what is said by name, such as a total by currency; empty for a single value
 * @param inParts whether it is said in parts, be there any or none
 */
public record Fact(
    String name, String label, Cell value, Map<String, Cell> parts, boolean inParts) {
  /** Copies the parts and keeps their order. */
  public Fact {
    parts = Collections.unmodifiableMap(new LinkedHashMap<>(parts));
  }

  /** A single value. */
  public static Fact of(String name, String label, Cell value) {
    return new Fact(name, label, value, Map.of(), false);
  }

  /** A value in parts. */
  public static Fact by(String name, String label, Map<String, Cell> parts) {
    return new Fact(name, label, Cell.NONE, parts, true);
  }
}
