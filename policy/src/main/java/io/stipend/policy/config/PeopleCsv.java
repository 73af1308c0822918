package io.stipend.policy.config;

import io.stipend.metering.Suggestion;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads the list of people: comma-separated values with a line of column names (RFC 4180). */
final class PeopleCsv {
  private static final List<String> COLUMNS =
      List.of("id", "name", "team", "allowance", "timezone", "since", "until", "fte");
  private static final List<String> UNBUILT = List.of("since", "until", "fte");

  private final String file;
  private final Set<String> teams;
  private final Set<String> allowances;
  private final Problems problems;

  PeopleCsv(String file, Set<String> teams, Set<String> allowances, Problems problems) {
    this.file = file;
    this.teams = teams;
    this.allowances = allowances;
    this.problems = problems;
  }

  /** One person of the list. */
  record Row(
      Place place,
      String id,
      String name,
      @Nullable String team,
      @Nullable String allowance,
      @Nullable ZoneId timezone) {}

  /** A field and where it begins. */
  private record Field(Place place, String text) {}

  /** Everybody in the list whose line has no problem; all problems are reported. */
  List<Row> read(String text) {
    List<Row> rows = new ArrayList<>();
    List<List<Field>> lines = lines(text);
    if (lines.isEmpty()) {
      problems.add(Place.start(file), "is empty (expected: " + String.join(",", COLUMNS) + ")");
      return rows;
    }
    List<Field> header = lines.get(0);
    if (!checkHeader(header)) {
      return rows;
    }
    for (List<Field> line : lines.subList(1, lines.size())) {
      Place place = line.get(0).place;
      if (line.size() != header.size()) {
        problems.add(place, line.size() + " fields (expected: " + header.size() + ")");
        continue;
      }
      Map<String, Field> fields = new HashMap<>();
      for (int i = 0; i < header.size(); i++) {
        if (!line.get(i).text.isEmpty()) {
          fields.put(header.get(i).text, line.get(i));
        }
      }
      Row row = row(place, fields);
      if (row != null) {
        rows.add(row);
      }
    }
    return rows;
  }

  private boolean checkHeader(List<Field> header) {
    Map<String, Field> seen = new LinkedHashMap<>();
    boolean good = true;
    for (Field field : header) {
      if (!COLUMNS.contains(field.text)) {
        problems.add(
            field.place,
            "unknown column "
                + Problems.shown(field.text)
                + " (expected: "
                + String.join(", ", COLUMNS)
                + ")"
                + Suggestion.hint(field.text, COLUMNS));
        good = false;
      } else if (seen.put(field.text, field) != null) {
        problems.add(field.place, "column " + Problems.shown(field.text) + " stands twice");
        good = false;
      }
    }
    if (good && !seen.containsKey("id")) {
      problems.add(header.get(0).place, "column id is missing");
      good = false;
    }
    return good;
  }

  private @Nullable Row row(Place place, Map<String, Field> fields) {
    int before = problems.count();
    for (String name : UNBUILT) {
      Field field = fields.get(name);
      if (field != null) {
        problems.add(field.place, name + " is not built yet (expected: leave it empty)");
      }
    }
    Field id = fields.get("id");
    if (id == null || !Scalars.isId(id.text)) {
      problems.add(
          place,
          (id == null ? "id is missing" : "id: " + Problems.shown(id.text))
              + " (expected: "
              + Scalars.ID_EXPECTED
              + ")");
      return null;
    }
    Field zone = fields.get("timezone");
    ZoneId timezone = zone == null ? null : Scalars.zone(zone.text);
    if (zone != null && timezone == null) {
      problems.add(zone.place, "timezone: " + Scalars.zoneProblem(zone.text));
    }
    Field name = fields.get("name");
    String team = reference(fields, "team", "a team", teams);
    String allowance = reference(fields, "allowance", "an allowance", allowances);
    return problems.count() > before
        ? null
        : new Row(place, id.text, name == null ? "" : name.text, team, allowance, timezone);
  }

  private @Nullable String reference(
      Map<String, Field> fields, String column, String kind, Set<String> known) {
    Field field = fields.get(column);
    if (field == null) {
      return null;
    }
    if (!known.contains(field.text)) {
      problems.add(field.place, column + ": " + Scalars.unknown(field.text, kind, known));
      return null;
    }
    return field.text;
  }

  /** All lines that are not blank, as fields. */
  private List<List<Field>> lines(String text) {
    List<List<Field>> lines = new ArrayList<>();
    int number = 0;
    for (String line : text.split("\r?\n", -1)) {
      number++;
      if (!line.isBlank()) {
        lines.add(fields(line, number));
      }
    }
    return lines;
  }

  private List<Field> fields(String line, int number) {
    List<Field> fields = new ArrayList<>();
    int i = 0;
    while (i <= line.length()) {
      Place place = new Place(file, number, i + 1);
      StringBuilder text = new StringBuilder();
      boolean quoted = i < line.length() && line.charAt(i) == '"';
      if (quoted) {
        i++;
        while (i < line.length() && !(line.charAt(i) == '"' && !isDoubled(line, i))) {
          i += line.charAt(i) == '"' ? 1 : 0;
          text.append(line.charAt(i++));
        }
        if (i == line.length()) {
          problems.add(place, "a quoted field does not end in its line");
        }
        i++;
      }
      while (i < line.length() && line.charAt(i) != ',') {
        text.append(line.charAt(i++));
      }
      fields.add(new Field(place, text.toString().strip()));
      i++;
    }
    return fields;
  }

  private static boolean isDoubled(String line, int quote) {
    return quote + 1 < line.length() && line.charAt(quote + 1) == '"';
  }
}
