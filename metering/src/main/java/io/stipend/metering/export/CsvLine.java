package io.stipend.metering.export;

import java.io.IOException;
import java.io.Writer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Lines of RFC 4180. */
public final class CsvLine {
  private CsvLine() {}

  /**
   * Writes a line whose cells are all texts; a null is an empty cell.
   *
   * @param texts as {@link #safe} makes them
   */
  public static void write(Writer out, List<? extends @Nullable String> texts) throws IOException {
    cells(out, texts.stream().map(text -> text == null ? "" : safe(text)).toList());
  }

  /** Writes a line of cells as they are, in quotes where they need them. */
  public static void cells(Writer out, List<String> cells) throws IOException {
    String separator = "";
    for (String cell : cells) {
      out.write(separator);
      out.write(CsvWriter.quoted(cell));
      separator = ",";
    }
    out.write("\r\n");
  }

  /** The text; what a spreadsheet could take for a formula gets a leading apostrophe. */
  public static String safe(String text) {
    return CsvWriter.neutralised(text);
  }
}
