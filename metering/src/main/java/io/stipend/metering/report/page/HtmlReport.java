package io.stipend.metering.report.page;

import java.util.List;

/**
 * A report as a page of HTML that is well-formed XML and asks for nothing from anywhere: its policy
 * forbids it to.
 */
final class HtmlReport {
  /** Widths of a chart on a desktop and on a phone: text has the same size on both. */
  private static final int WIDE = 1_000;

  private static final int NARROW = 326;

  private final Report report;
  private final int decimals;
  private final StringBuilder html = new StringBuilder(16_384);

  private HtmlReport(Report report) {
    this.report = report;
    long largest = 0;
    for (Table table : report.tables()) {
      for (List<Cell> row : table.rows()) {
        for (Cell cell : row) {
          if (cell.kind() == Kind.MONEY) {
            largest = Math.max(largest, Math.abs(cell.number()));
          }
        }
      }
    }
    decimals = Figures.decimals(largest);
  }

  static String of(Report report) {
    return new HtmlReport(report).page();
  }

  private String page() {
    html.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\"/>\n");
    html.append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n");
    html.append(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src &#39;none&#39;;");
    html.append(" style-src &#39;unsafe-inline&#39;\"/>\n");
    html.append("<meta name=\"referrer\" content=\"no-referrer\"/>\n");
    html.append("<meta name=\"color-scheme\" content=\"light dark\"/>\n");
    element("title", report.title());
    html.append("<style>\n").append(Style.SHEET).append("</style>\n</head>\n<body>\n<main>\n");
    element("h1", report.title());
    facts();
    for (Block block : report.blocks()) {
      if (block instanceof Table table) {
        table(table);
      } else if (block instanceof Chart chart) {
        chart(chart);
      }
    }
    notes();
    html.append("</main>\n</body>\n</html>\n");
    return html.toString();
  }

  private void facts() {
    html.append("<dl class=\"facts\">\n");
    for (Fact fact : report.facts()) {
      html.append("<div>");
      inline("dt", "", fact.label());
      inline("dd", "", fact.inParts() ? TextReport.value(fact) : fact.value().shown(decimals));
      html.append("</div>\n");
    }
    html.append("</dl>\n");
  }

  private void table(Table table) {
    html.append("<section>\n");
    element("h2", table.title());
    if (!table.note().isEmpty()) {
      element("p", table.note());
    }
    html.append("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"");
    html.append(Markup.escaped(table.title())).append("\">\n<table>\n<thead><tr>");
    List<Integer> shown = table.shownColumns();
    for (int index : shown) {
      Column column = table.columns().get(index);
      html.append("<th scope=\"col\"").append(style(column)).append('>');
      html.append(Markup.escaped(column.label())).append("</th>");
    }
    html.append("</tr></thead>\n<tbody>\n");
    table.rows().forEach(row -> row(table, shown, row));
    if (table.rows().isEmpty()) {
      html.append("<tr><td colspan=\"").append(shown.size()).append("\">nothing</td></tr>\n");
    }
    html.append("</tbody>\n");
    if (!table.total().isEmpty()) {
      html.append("<tfoot>\n");
      row(table, shown, table.total());
      html.append("</tfoot>\n");
    }
    html.append("</table>\n</div>\n</section>\n");
  }

  private void row(Table table, List<Integer> shown, List<Cell> row) {
    html.append("<tr>");
    for (int i = 0; i < shown.size(); i++) {
      Column column = table.columns().get(shown.get(i));
      Cell cell = row.get(shown.get(i));
      boolean head = i == 0 && !column.kind().isNumber();
      html.append(head ? "<th scope=\"row\"" : "<td").append(style(column));
      if (cell.kind() == Kind.MONEY) {
        html.append(" title=\"").append(Markup.escaped(cell.plain())).append('"');
      }
      html.append('>').append(Markup.escaped(cell.shown(decimals)));
      html.append(head ? "</th>" : "</td>");
    }
    html.append("</tr>\n");
  }

  private static String style(Column column) {
    return column.kind().isNumber()
        ? " class=\"n\""
        : column.kind() == Kind.TIME ? " class=\"t\"" : "";
  }

  private void chart(Chart chart) {
    html.append("<figure>\n");
    inline("figcaption", "", chart.title());
    html.append('\n');
    html.append(chart.draw(WIDE).element("wide", chart.title(), chart.spoken())).append('\n');
    html.append(chart.draw(NARROW).element("narrow", chart.title(), chart.spoken())).append('\n');
    List<Chart.Key> legend = chart.legend();
    if (!legend.isEmpty()) {
      html.append("<ul class=\"legend\">");
      for (Chart.Key key : legend) {
        html.append(
            "<li><svg aria-hidden=\"true\" width=\"18\" height=\"12\" viewBox=\"0 0 18 12\">");
        html.append(
            key.style().startsWith("l")
                ? "<line class=\"" + key.style() + "\" x1=\"0\" y1=\"6\" x2=\"18\" y2=\"6\"/>"
                : "<rect class=\"" + key.style() + "\" width=\"18\" height=\"12\"/>");
        html.append("</svg> ").append(Markup.escaped(key.name())).append("</li>");
      }
      html.append("</ul>\n");
    }
    html.append("</figure>\n");
  }

  private void notes() {
    html.append("<section class=\"notes\">\n");
    element("h2", "How to read it");
    report.notes().forEach(note -> element("p", note));
    if (report.tables().stream().anyMatch(HtmlReport::hasMoney)) {
      element(
          "p",
          "Amounts in tables are rounded to "
              + decimals
              + " decimals for the eye, each by itself; the exact one is the tip of its cell, and"
              + " stands in CSV and JSON.");
    }
    html.append("</section>\n");
  }

  private static boolean hasMoney(Table table) {
    return table.columns().stream().anyMatch(column -> column.kind() == Kind.MONEY);
  }

  private void element(String name, String text) {
    inline(name, "", text);
    html.append('\n');
  }

  private void inline(String name, String attributes, String text) {
    html.append('<').append(name).append(attributes).append('>');
    html.append(Markup.escaped(text)).append("</").append(name).append('>');
  }
}
