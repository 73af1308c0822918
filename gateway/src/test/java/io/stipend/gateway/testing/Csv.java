package io.stipend.gateway.testing;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Reads RFC 4180 with a header line, as finance's tools would. */
public final class Csv {
  private final String text;
  private int at;

  private Csv(String text) {
    this.text = text;
  }

  /** The rows, each by the names of its columns. */
  public static List<Map<String, String>> read(String text) {
    Csv csv = new Csv(text);
    List<String> names = csv.line();
    List<Map<String, String>> rows = new ArrayList<>();
    while (csv.at < text.length()) {
      List<String> values = csv.line();
      if (values.size() != names.size()) {
        throw new AssertionError(values + " (expected: a value for each of " + names + ")");
      }
      Map<String, String> row = new LinkedHashMap<>();
      for (int i = 0; i < names.size(); i++) {
        row.put(names.get(i), values.get(i));
      }
      rows.add(row);
    }
    return rows;
  }

  private List<String> line() {
    List<String> values = new ArrayList<>();
    values.add(value());
    while (at < text.length() && text.charAt(at) == ',') {
      at++;
      values.add(value());
    }
    if (!text.startsWith("\r\n", at)) {
      throw new AssertionError("at " + at + " (expected: CRLF)");
    }
    at += 2;
    return values;
  }

  private String value() {
    StringBuilder value = new StringBuilder();
    if (at < text.length() && text.charAt(at) == '"') {
      for (at++; text.charAt(at) != '"' || text.startsWith("\"\"", at); at++) {
        at += text.charAt(at) == '"' ? 1 : 0;
        value.append(text.charAt(at));
      }
      at++;
    } else {
      for (; text.charAt(at) != ',' && text.charAt(at) != '\r'; at++) {
        value.append(text.charAt(at));
      }
    }
    return value.toString();
  }
}
