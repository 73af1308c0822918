package io.stipend.metering.reconcile;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A file of comma-separated values with a header line, by RFC 4180. Empty lines count for nothing.
 */
final class CsvTable {
  private final String file;
  private final Map<String, Integer> columns;
  private final List<Row> rows;

  private CsvTable(String file, Map<String, Integer> columns, List<Row> rows) {
    this.file = file;
    this.columns = columns;
    this.rows = rows;
  }

  private record Row(int line, List<String> cells) {}

  static CsvTable read(String file, String text) {
    List<Row> rows = rows(file, text.startsWith("\uFEFF") ? text.substring(1) : text);
    if (rows.isEmpty()) {
      throw new ProviderFileException(file, "empty (expected: a header line)");
    }
    Map<String, Integer> columns = new HashMap<>();
    List<String> header = rows.get(0).cells();
    for (int i = 0; i < header.size(); i++) {
      String name = header.get(i).strip();
      if (columns.putIfAbsent(name, i) != null) {
        throw new ProviderFileException(
            file + ": line " + rows.get(0).line(), Fields.shown(name) + ": two columns");
      }
    }
    for (Row row : rows) {
      if (row.cells().size() != header.size()) {
        throw new ProviderFileException(
            file + ": line " + row.line(),
            row.cells().size() + " cells (expected: " + header.size() + ", as in the header)");
      }
    }
    return new CsvTable(file, columns, rows.subList(1, rows.size()));
  }

  private static List<Row> rows(String file, String text) {
    List<Row> rows = new ArrayList<>();
    List<String> cells = new ArrayList<>();
    StringBuilder cell = new StringBuilder();
    boolean quoted = false;
    int line = 1;
    int start = 1;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      line += c == '\n' ? 1 : 0;
      if (quoted) {
        if (c != '"') {
          cell.append(c);
        } else if (i + 1 < text.length() && text.charAt(i + 1) == '"') {
          cell.append(c);
          i++;
        } else {
          quoted = false;
        }
      } else if (c == '"' && cell.isEmpty()) {
        quoted = true;
      } else if (c == ',') {
        cells.add(take(cell));
      } else if (c == '\n') {
        end(rows, cells, cell, start);
        start = line;
      } else if (c != '\r') {
        cell.append(c);
      }
    }
    if (quoted) {
      throw new ProviderFileException(file + ": line " + start, "a quote that nothing ends");
    }
    end(rows, cells, cell, start);
    return rows;
  }

  private static void end(List<Row> rows, List<String> cells, StringBuilder cell, int line) {
    cells.add(take(cell));
    if (cells.size() > 1 || !cells.get(0).isEmpty()) {
      rows.add(new Row(line, List.copyOf(cells)));
    }
    cells.clear();
  }

  private static String take(StringBuilder cell) {
    String text = cell.toString();
    cell.setLength(0);
    return text;
  }

  Set<String> columns() {
    return columns.keySet();
  }

  /** Its records, in order. */
  List<Fields> records() {
    return rows.stream().<Fields>map(Line::new).toList();
  }

  private final class Line extends Fields {
    private final Row row;

    Line(Row row) {
      this.row = row;
    }

    @Override
    String place(String name) {
      return file + ": line " + row.line() + (name.isEmpty() ? "" : ": " + name);
    }

    @Override
    @Nullable String text(String name) {
      Integer column = columns.get(name);
      String text = column == null ? "" : row.cells().get(column).strip();
      return text.isEmpty() ? null : text;
    }
  }
}
