package io.stipend.metering.report.page;

import java.util.ArrayList;
import java.util.List;

/**
 * A table.
 *
 * @param name its name in CSV and JSON, in snake case
 * @param title its title for people
 * @param note a sentence below the title; empty for none
 * @param columns its columns
 * @param rows its rows, a cell for each column
 * @param total the sum of the rows; empty if it has none. JSON has it apart and CSV not at all, so
 *     that nobody adds it to the rows
 */
public record Table(
    String name,
    String title,
    String note,
    List<Column> columns,
    List<List<Cell>> rows,
    List<Cell> total)
    implements Block {
  /** Copies, and checks every cell. */
  public Table {
    columns = List.copyOf(columns);
    rows = List.copyOf(rows);
    total = List.copyOf(total);
    for (List<Cell> row : rows) {
      check(name, columns, row);
    }
    if (!total.isEmpty()) {
      check(name, columns, total);
    }
  }

  private static void check(String table, List<Column> columns, List<Cell> row) {
    if (row.size() != columns.size()) {
      throw new IllegalArgumentException(
          table + ": " + row.size() + " cells (expected: " + columns.size() + ")");
    }
    for (int i = 0; i < row.size(); i++) {
      if (!row.get(i).isNone() && row.get(i).kind() != columns.get(i).kind()) {
        throw new IllegalArgumentException(
            table
                + "."
                + columns.get(i).name()
                + ": "
                + row.get(i).kind()
                + " (expected: "
                + columns.get(i).kind()
                + ")");
      }
    }
  }

  /** Begins a table of these columns. */
  public static Making of(String name, String title, Column... columns) {
    return new Making(name, title, List.of(columns));
  }

  /** The columns that people are shown. */
  List<Integer> shownColumns() {
    List<Integer> shown = new ArrayList<>();
    for (int i = 0; i < columns.size(); i++) {
      int column = i;
      boolean is =
          switch (columns.get(i).shown()) {
            case ALWAYS -> true;
            case WHERE_USED -> rows.stream().anyMatch(row -> !row.get(column).plain().isEmpty());
            case NEVER -> false;
          };
      if (is) {
        shown.add(i);
      }
    }
    return shown;
  }

  /** A table in the making. */
  public static final class Making {
    private final String name;
    private final String title;
    private final List<Column> columns;
    private final List<List<Cell>> rows = new ArrayList<>();
    private List<Cell> total = List.of();
    private String note = "";

    private Making(String name, String title, List<Column> columns) {
      this.name = name;
      this.title = title;
      this.columns = columns;
    }

    /** Adds a row. */
    public Making row(Cell... cells) {
      rows.add(List.of(cells));
      return this;
    }

    /** Adds the sum of the rows. */
    public Making total(Cell... cells) {
      total = List.of(cells);
      return this;
    }

    /** Says a sentence below the title. */
    public Making note(String sentence) {
      note = sentence;
      return this;
    }

    /** The table. */
    public Table made() {
      return new Table(name, title, note, columns, rows, total);
    }
  }
}
