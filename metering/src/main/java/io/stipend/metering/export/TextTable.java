package io.stipend.metering.export;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.StreamWriteFeature;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes rows of any kind as CSV or JSON Lines, by the rules that the usage export has. */
final class TextTable<R> {
  private static final JsonFactory JSON =
      JsonFactory.builder().disable(StreamWriteFeature.AUTO_CLOSE_TARGET).build();

  private final List<Column<R>> columns;
  private final UsageExport.Format format;
  private final Writer out;

  TextTable(List<Column<R>> columns, UsageExport.Format format, Writer out) {
    this.columns = columns;
    this.format = format;
    this.out = out;
  }

  void header() throws IOException {
    if (format == UsageExport.Format.CSV) {
      out.write(String.join(",", columns.stream().map(Column::name).toList()));
      out.write("\r\n");
    }
  }

  void row(R row) {
    try {
      if (format == UsageExport.Format.CSV) {
        csv(row);
      } else {
        json(row);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void csv(R row) throws IOException {
    String separator = "";
    for (Column<R> column : columns) {
      out.write(separator);
      String text = text(column.value().apply(row));
      if (text != null) {
        boolean theirs = column.type() == ColumnType.TEXT;
        out.write(CsvWriter.quoted(theirs ? CsvWriter.neutralised(text) : text));
      }
      separator = ",";
    }
    out.write("\r\n");
  }

  private void json(R row) throws IOException {
    try (JsonGenerator json = JSON.createGenerator(out)) {
      json.disable(JsonGenerator.Feature.FLUSH_PASSED_TO_STREAM);
      json.writeStartObject();
      for (Column<R> column : columns) {
        json.writeFieldName(column.name());
        Object value = column.value().apply(row);
        if (value instanceof Long number) {
          json.writeNumber(number);
        } else {
          json.writeString(text(value));
        }
      }
      json.writeEndObject();
    }
    out.write('\n');
  }

  private static @Nullable String text(@Nullable Object value) {
    if (value instanceof Instant instant) {
      return UsageColumns.TIME.format(instant);
    }
    if (value instanceof BigDecimal decimal) {
      return decimal.signum() == 0 ? "0" : decimal.stripTrailingZeros().toPlainString();
    }
    return value == null ? null : value.toString();
  }
}
