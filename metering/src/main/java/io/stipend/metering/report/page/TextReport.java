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
    List<Integer> shown = table.shownColumns();
    List<List<String>> cells = cells(table, shown);
    List<List<String>> titles = new ArrayList<>();
    int wide = 0;
    for (int i = 0; i < shown.size(); i++) {
      String title = title(table, shown.get(i));
      titles.add(List.of(title));
      wide += Math.max(title.length(), width(cells.get(i))) + GAP.length();
    }
    if (wide - GAP.length() > WIDTH) {
      for (int i = 0; i < shown.size(); i++) {
        titles.set(i, inLines(title(table, shown.get(i)), width(cells.get(i))));
      }
      int most = titles.stream().mapToInt(List::size).max().orElse(1);
      titles.replaceAll(title -> raised(title, most));
    }
    int[] widths = new int[shown.size()];
    for (int i = 0; i < widths.length; i++) {
      widths[i] = Math.max(width(titles.get(i)), width(cells.get(i)));
    }
    lines(text, table, shown, titles, widths);
    lines(text, table, shown, cells, widths);
    if (table.rows().isEmpty()) {
      text.append("(nothing)\n");
    }
  }

  private static String title(Table table, int column) {
    return Figures.heading(table.columns().get(column).label());
  }

  private static int width(List<String> cells) {
    return cells.stream().mapToInt(String::length).max().orElse(0);
  }

  private static void lines(
      StringBuilder text,
      Table table,
      List<Integer> shown,
      List<List<String>> columns,
      int[] widths) {
    int lines = columns.isEmpty() ? 0 : columns.get(0).size();
    for (int row = 0; row < lines; row++) {
      StringBuilder line = new StringBuilder();
      for (int i = 0; i < widths.length; i++) {
        boolean number = table.columns().get(shown.get(i)).kind().isNumber();
        line.append(line.isEmpty() ? "" : GAP);
        line.append(pad(columns.get(i).get(row), widths[i], number));
      }
      text.append(line.toString().stripTrailing()).append('\n');
    }
  }

  /** A title in lines as narrow as what stands below it. */
  private static List<String> inLines(String title, int narrow) {
    int width = narrow;
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
    return lines;
  }

  /** So many lines, the last of them at the bottom. */
  private static List<String> raised(List<String> title, int lines) {
    List<String> raised = new ArrayList<>(Collections.nCopies(lines - title.size(), ""));
    raised.addAll(title);
    return raised;
  }

  /** The cells of each column, every row made once; numbers stand point under point. */
  private static List<List<String>> cells(Table table, List<Integer> shown) {
    List<List<String>> cells = new ArrayList<>();
    shown.forEach(column -> cells.add(new ArrayList<>()));
    for (List<Cell> row : table.rows()) {
      add(cells, shown, row);
    }
    if (!table.total().isEmpty()) {
      add(cells, shown, table.total());
    }
    for (int i = 0; i < shown.size(); i++) {
      if (table.columns().get(shown.get(i)).kind().isNumber()) {
        int most = cells.get(i).stream().mapToInt(TextReport::fraction).max().orElse(0);
        cells.get(i).replaceAll(cell -> cell + " ".repeat(most - fraction(cell)));
      }
    }
    return cells;
  }

  private static void add(List<List<String>> cells, List<Integer> shown, List<Cell> row) {
    for (int i = 0; i < shown.size(); i++) {
      cells.get(i).add(line(row.get(shown.get(i)).spoken()));
    }
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
