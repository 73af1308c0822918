package io.stipend.metering.export;

import java.io.IOException;
import java.io.Writer;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Lines of RFC 4180 whose cells are all texts. */
public final class CsvLine {
  private CsvLine() {}

  /**
   * Writes a line; a null is an empty cell.
   *
   * @param texts what a spreadsheet could take for a formula gets a leading apostrophe
   */
  public static void write(Writer out, List<? extends @Nullable String> texts) throws IOException {
    String separator = "";
    for (String text : texts) {
      out.write(separator);
      out.write(text == null ? "" : CsvWriter.quoted(CsvWriter.neutralised(text)));
      separator = ",";
    }
    out.write("\r\n");
  }
}
