package io.stipend.gateway.cli;

import io.stipend.gateway.admin.Table;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** A table that leaves out columns in which nobody has anything. */
final class SparseTable {
  private final Set<String> optional;
  private final List<String> header;
  private final List<List<String>> rows = new ArrayList<>();

  SparseTable(Set<String> optional, String... header) {
    this.optional = Set.copyOf(optional);
    this.header = List.of(header);
  }

  void row(String... cells) {
    rows.add(List.of(cells));
  }

  Table table() {
    List<Integer> shown = new ArrayList<>();
    for (int i = 0; i < header.size(); i++) {
      int column = i;
      boolean something =
          rows.stream().map(row -> row.get(column)).anyMatch(c -> !c.isEmpty() && !c.equals("0"));
      if (something || !optional.contains(header.get(i))) {
        shown.add(i);
      }
    }
    Table table = new Table(pick(header, shown));
    rows.forEach(row -> table.row(pick(row, shown)));
    return table;
  }

  private static String[] pick(List<String> cells, List<Integer> shown) {
    return shown.stream().map(cells::get).toArray(String[]::new);
  }
}
