package io.stipend.metering.report.page;

import java.util.AbstractList;
import java.util.ArrayList;
import java.util.List;
import java.util.RandomAccess;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.IntFunction;

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
    total = List.copyOf(total);
    if (!(rows instanceof Computed)) {
      rows = List.copyOf(rows);
      for (List<Cell> row : rows) {
        check(name, columns, row);
      }
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
    Set<Integer> shown = new TreeSet<>();
    Set<Integer> asked = new TreeSet<>();
    for (int i = 0; i < columns.size(); i++) {
      switch (columns.get(i).shown()) {
        case ALWAYS -> shown.add(i);
        case WHERE_USED -> asked.add(i);
        case NEVER -> {}
      }
    }
    for (int row = 0; row < rows.size() && !asked.isEmpty(); row++) {
      List<Cell> cells = rows.get(row);
      asked.removeIf(column -> !cells.get(column).plain().isEmpty() && shown.add(column));
    }
    return List.copyOf(shown);
  }

  /** Rows that are made when they are asked for, each time anew. */
  private static final class Computed extends AbstractList<List<Cell>> implements RandomAccess {
    private final String name;
    private final List<Column> columns;
    private final int size;
    private final IntFunction<List<Cell>> row;

    Computed(String name, List<Column> columns, int size, IntFunction<List<Cell>> row) {
      this.name = name;
      this.columns = columns;
      this.size = size;
      this.row = row;
    }

    @Override
    public List<Cell> get(int index) {
      List<Cell> made = row.apply(index);
      check(name, columns, made);
      return made;
    }

    @Override
    public int size() {
      return size;
    }
  }

  /** A table in the making. */
  public static final class Making {
    private final String name;
    private final String title;
    private final List<Column> columns;
    private List<List<Cell>> rows = new ArrayList<>();
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

    /** So many rows, made one by one while they are written: none of them is held. */
    public Making rows(int size, IntFunction<List<Cell>> row) {
      rows = new Computed(name, columns, size, row);
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
