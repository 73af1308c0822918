package io.stipend.metering.report.page;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** A report for a terminal: facts, tables, notes. */
final class TextReport {
  private static final String GAP = "  ";
  private static final int WIDTH = 100;

  private TextReport() {}

  static String of(Report report) {
    StringBuilder text = new StringBuilder(line(report.title())).append('\n');
    int label = report.facts().stream().mapToInt(f -> f.label().length()).max().orElse(0);
    for (Fact fact : report.facts()) {
      text.append(line(pad(fact.label(), label, false) + GAP + value(fact))).append('\n');
    }
    for (Table table : report.tables()) {
      text.append('\n').append(line(table.title())).append('\n');
      if (!table.note().isEmpty()) {
        wrapped(text, table.note());
      }
      table(text, table);
    }
    if (!report.notes().isEmpty()) {
      text.append('\n');
      report.notes().forEach(note -> wrapped(text, note));
    }
    return text.toString();
  }

  static String value(Fact fact) {
    return fact.inParts()
        ? fact.parts().entrySet().stream()
            .map((Map.Entry<String, Cell> e) -> e.getValue().spoken() + " " + e.getKey())
            .collect(Collectors.joining(", "))
        : fact.value().spoken();
  }

  private static void table(StringBuilder text, Table table) {
    List<List<String>> columns = new ArrayList<>();
    for (int index : table.shownColumns()) {
      String title = Figures.heading(table.columns().get(index).label());
      columns.add(column(table, index, List.of(title)));
    }
    int wide = columns.stream().mapToInt(cells -> cells.get(0).length() + GAP.length()).sum();
    if (wide - GAP.length() > WIDTH) {
      columns = new ArrayList<>();
      List<List<String>> titles = titles(table);
      int most = titles.stream().mapToInt(List::size).max().orElse(1);
      for (int i = 0; i < titles.size(); i++) {
        columns.add(column(table, table.shownColumns().get(i), raised(titles.get(i), most)));
      }
    }
    int lines = columns.stream().mapToInt(List::size).max().orElse(0);
    for (int row = 0; row < lines; row++) {
      StringBuilder line = new StringBuilder();
      for (List<String> column : columns) {
        line.append(line.isEmpty() ? "" : GAP).append(column.get(row));
      }
      text.append(line.toString().stripTrailing()).append('\n');
    }
    if (table.rows().isEmpty()) {
      text.append("(nothing)\n");
    }
  }

  /** The titles of a table that is wide: in lines as narrow as what stands below them. */
  private static List<List<String>> titles(Table table) {
    List<List<String>> titles = new ArrayList<>();
    for (int index : table.shownColumns()) {
      String title = Figures.heading(table.columns().get(index).label());
      int width = column(table, index, List.of()).stream().mapToInt(String::length).max().orElse(0);
      List<String> lines = new ArrayList<>();
      for (String word : title.split(" ")) {
        int last = lines.size() - 1;
        if (last >= 0 && lines.get(last).length() + 1 + word.length() <= width) {
          lines.set(last, lines.get(last) + " " + word);
        } else {
          lines.add(word);
          width = Math.max(width, word.length());
        }
      }
      titles.add(lines);
    }
    return titles;
  }

  /** So many lines, the last of them at the bottom. */
  private static List<String> raised(List<String> title, int lines) {
    List<String> raised = new ArrayList<>(Collections.nCopies(lines - title.size(), ""));
    raised.addAll(title);
    return raised;
  }

  /** The cells of a column below its title, all of one width; numbers stand point under point. */
  private static List<String> column(Table table, int index, List<String> title) {
    Column column = table.columns().get(index);
    List<String> cells = new ArrayList<>();
    table.rows().forEach(row -> cells.add(line(row.get(index).spoken())));
    if (!table.total().isEmpty()) {
      cells.add(line(table.total().get(index).spoken()));
    }
    boolean numbers = column.kind().isNumber();
    if (numbers) {
      int most = cells.stream().mapToInt(TextReport::fraction).max().orElse(0);
      cells.replaceAll(cell -> cell + " ".repeat(most - fraction(cell)));
    }
    cells.addAll(0, title);
    int width = cells.stream().mapToInt(String::length).max().orElse(0);
    cells.replaceAll(cell -> pad(cell, width, numbers));
    return cells;
  }

  private static String pad(String text, int width, boolean left) {
    String padding = " ".repeat(width - text.length());
    return left ? padding + text : text + padding;
  }

  /** Characters from the decimal point on. */
  private static int fraction(String number) {
    int point = number.indexOf('.');
    return point < 0 ? 0 : number.length() - point;
  }

  /** What came from outside stays on its line and moves no cursor. */
  private static String line(String text) {
    return text.codePoints()
        .map(c -> Character.isISOControl(c) ? ' ' : c)
        .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
        .toString();
  }

  private static void wrapped(StringBuilder text, String note) {
    int column = 0;
    for (String word : line(note).split(" ")) {
      if (column > 0 && column + 1 + word.length() > WIDTH) {
        text.append('\n');
        column = 0;
      }
      text.append(column == 0 ? "" : " ").append(word);
      column += word.length() + (column == 0 ? 0 : 1);
    }
    text.append('\n');
  }
}
