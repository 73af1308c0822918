package io.stipend.gateway.cli;

import io.stipend.gateway.admin.AdminJson;
import io.stipend.gateway.admin.Table;
import java.io.PrintWriter;

/**
 * Where a command prints: data to {@code out}, all else to {@code err}.
 *
 * @param out standard output
 * @param err standard error
 */
record Terminal(PrintWriter out, PrintWriter err) {
  void line(String text) {
    out.println(text);
    out.flush();
  }

  void text(Table table) {
    out.print(table);
    out.flush();
  }

  void json(Object value) {
    line(AdminJson.text(value));
  }

  void note(String text) {
    err.println(text);
    err.flush();
  }
}
