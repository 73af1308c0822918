package io.stipend.gateway.admin;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** A table of plain text. Columns of numbers are aligned at the decimal point. */
public final class Table {
  private static final String GAP = "  ";

  private final List<String> header;
  private final List<List<String>> rows = new ArrayList<>();

  /** A table with these column titles. */
  public Table(String... header) {
    this.header = List.of(header);
  }

  /** Adds a row with one cell for each column. */
  public Table row(String... cells) {
    if (cells.length != header.size()) {
      throw new IllegalArgumentException(
          "cells: " + Arrays.toString(cells) + " (expected: " + header.size() + ")");
    }
    rows.add(List.of(cells));
    return this;
  }

  /** The lines, each ended by a line feed. */
  @Override
  public String toString() {
    List<List<String>> columns = new ArrayList<>();
    for (int i = 0; i < header.size(); i++) {
      columns.add(column(i));
    }
    StringBuilder text = new StringBuilder();
    for (int row = 0; row <= rows.size(); row++) {
      StringBuilder line = new StringBuilder();
      for (List<String> column : columns) {
        line.append(line.isEmpty() ? "" : GAP).append(column.get(row));
      }
      text.append(line.toString().stripTrailing()).append('\n');
    }
    return text.toString();
  }

  /** The cells of a column, title first, all of one width. */
  private List<String> column(int index) {
    List<String> cells = new ArrayList<>();
    for (List<String> row : rows) {
      cells.add(row.get(index));
    }
    boolean numbers =
        cells.stream().allMatch(cell -> cell.isEmpty() || isNumber(cell))
            && cells.stream().anyMatch(Table::isNumber);
    if (numbers) {
      int fraction = cells.stream().mapToInt(Table::fraction).max().orElse(0);
      cells.replaceAll(cell -> cell + " ".repeat(fraction - fraction(cell)));
    }
    cells.add(0, header.get(index));
    int width = cells.stream().mapToInt(String::length).max().orElse(0);
    cells.replaceAll(
        cell -> {
          String padding = " ".repeat(width - cell.length());
          return numbers ? padding + cell : cell + padding;
        });
    return cells;
  }

  private static boolean isNumber(String cell) {
    return cell.matches("-?[0-9]+(\\.[0-9]+)?");
  }

  /** Characters from the decimal point on. */
  private static int fraction(String number) {
    int point = number.indexOf('.');
    return point < 0 ? 0 : number.length() - point;
  }
}
