package io.stipend.metering.export;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** A CSV file as whoever loads it reads it; tests plant faults in it. */
final class FocusFile {
  final List<String> header;
  final List<Row> rows = new ArrayList<>();

  private FocusFile(List<String> header) {
    this.header = new ArrayList<>(header);
  }

  /** A row: cells by column; none where the field is empty, "" where it is quoted and empty. */
  static final class Row {
    final int line;
    final Map<String, String> cells = new HashMap<>();

    Row(int line) {
      this.line = line;
    }

    @Nullable String get(String column) {
      return cells.get(column);
    }

    boolean is(String column, String value) {
      return value.equals(get(column));
    }

    boolean isNull(String column) {
      return get(column) == null;
    }

    /** The number in a cell; zero if there is none. */
    BigDecimal number(String column) {
      String text = get(column);
      return text == null ? BigDecimal.ZERO : new BigDecimal(text);
    }

    Row copy() {
      Row copy = new Row(line);
      copy.cells.putAll(cells);
      return copy;
    }

    void set(String column, @Nullable String value) {
      if (value == null) {
        cells.remove(column);
      } else {
        cells.put(column, value);
      }
    }
  }

  FocusFile copy() {
    FocusFile copy = new FocusFile(header);
    rows.forEach(row -> copy.rows.add(row.copy()));
    return copy;
  }

  /** The first row of a kind. */
  Row first(Predicate<Row> kind) {
    return rows.stream().filter(kind).findFirst().orElseThrow();
  }

  /** Reads RFC 4180: CRLF ends a row, quotes hold what separates. */
  static FocusFile parse(String text) {
    List<List<String>> lines = cells(text);
    FocusFile file = new FocusFile(lines.get(0));
    for (int i = 1; i < lines.size(); i++) {
      Row row = new Row(i + 1);
      List<String> cells = lines.get(i);
      if (cells.size() != file.header.size()) {
        throw new IllegalArgumentException("line " + (i + 1) + ": " + cells.size() + " cells");
      }
      for (int c = 0; c < cells.size(); c++) {
        row.set(file.header.get(c), cells.get(c));
      }
      file.rows.add(row);
    }
    return file;
  }

  private static List<List<String>> cells(String text) {
    List<List<String>> lines = new ArrayList<>();
    List<String> line = new ArrayList<>();
    StringBuilder cell = new StringBuilder();
    boolean quoted = false;
    boolean inQuotes = false;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (inQuotes) {
        if (c != '"') {
          cell.append(c);
        } else if (i + 1 < text.length() && text.charAt(i + 1) == '"') {
          cell.append(text.charAt(++i));
        } else {
          inQuotes = false;
        }
      } else if (c == '"') {
        quoted = true;
        inQuotes = true;
      } else if (c == ',' || c == '\r') {
        line.add(cell.isEmpty() && !quoted ? null : cell.toString());
        cell.setLength(0);
        quoted = false;
        if (c == '\r') {
          lines.add(line);
          line = new ArrayList<>();
          i++;
        }
      } else {
        cell.append(c);
      }
    }
    return lines;
  }
}
