package io.stipend.metering.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.stipend.metering.Unit;
import io.stipend.metering.report.page.Format;
import io.stipend.metering.report.page.Pages;
import io.stipend.metering.report.page.Report;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** A report as its reader has it: through JSON, compared with the other formats. */
record Read(Report report, JsonNode json) {
  /** Reads it; fails if its page is no XML or asks for anything. */
  static Read of(Report report) {
    try {
      String html = Pages.written(report, Format.HTML);
      Pages.parsed(html);
      if (!Pages.references(html).isEmpty()) {
        throw new AssertionError("asks for " + Pages.references(html));
      }
      return new Read(report, new ObjectMapper().readTree(Pages.written(report, Format.JSON)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** All that anybody could read of it, in every format. */
  String everything() {
    StringBuilder all = new StringBuilder();
    for (Format format : Format.values()) {
      all.append(Pages.written(report, format)).append('\n');
    }
    return all.toString();
  }

  /** The cells of a column. */
  List<String> column(String table, String column) {
    List<String> cells = new ArrayList<>();
    json.path(table)
        .forEach(row -> cells.add(row.path(column).isNull() ? null : row.path(column).asText()));
    return cells;
  }

  /** The row whose first column of words is this. */
  JsonNode row(String table, String column, String name) {
    for (JsonNode row : json.path(table)) {
      if (row.path(column).asText().equals(name)) {
        return row;
      }
    }
    throw new AssertionError("no " + name + " in " + json.path(table));
  }

  /** Cells by the words of another column. */
  Map<String, String> by(String table, String name, String column) {
    Map<String, String> cells = new TreeMap<>();
    json.path(table).forEach(r -> cells.put(r.path(name).asText(), r.path(column).asText()));
    return cells;
  }

  /** The sum of a column of money, in nano-units. */
  long sum(String table, String column) {
    return column(table, column).stream().mapToLong(Unit.USD::parse).sum();
  }
}
