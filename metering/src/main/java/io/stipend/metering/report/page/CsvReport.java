package io.stipend.metering.report.page;

import io.stipend.metering.export.CsvLine;
import java.io.IOException;
import java.io.Writer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** All tables of a report as one rectangle, which any reader of CSV takes. */
final class CsvReport {
  private static final String ABOUT = "about";

  private CsvReport() {}

  static void write(Report report, Writer out) throws IOException {
    List<Table> tables = new ArrayList<>();
    tables.add(about(report));
    tables.addAll(report.tables());
    Set<String> names = new LinkedHashSet<>();
    tables.forEach(table -> table.columns().forEach(column -> names.add(column.name())));
    List<String> header = new ArrayList<>(List.of("table"));
    header.addAll(names);
    CsvLine.cells(out, header);
    for (Table table : tables) {
      for (List<Cell> row : table.rows()) {
        Map<String, String> cells = new HashMap<>();
        for (int i = 0; i < row.size(); i++) {
          cells.put(table.columns().get(i).name(), cell(row.get(i)));
        }
        List<String> line = new ArrayList<>(List.of(table.name()));
        names.forEach(name -> line.add(cells.getOrDefault(name, "")));
        CsvLine.cells(out, line);
      }
    }
  }

  private static Table about(Report report) {
    Table.Making rows =
        Table.of(ABOUT, report.title(), Column.text("fact", ""), Column.text("value", ""));
    for (Fact fact : report.facts()) {
      if (fact.inParts()) {
        fact.parts().forEach((part, cell) -> about(rows, fact.name() + "." + part, cell));
      } else {
        about(rows, fact.name(), fact.value());
      }
    }
    report.notes().forEach(note -> about(rows, "note", Cell.text(note)));
    return rows.made();
  }

  private static void about(Table.Making rows, String name, Cell cell) {
    rows.row(Cell.text(name), Cell.text(cell.plain()));
  }

  /** Words that a spreadsheet could take for a formula get an apostrophe; numbers never do. */
  private static String cell(Cell cell) {
    String text = cell.plain();
    return cell.kind() == Kind.TEXT && !text.matches("-?[0-9]+(\\.[0-9]+)?")
        ? CsvLine.safe(text)
        : text;
  }
}
