package io.stipend.metering.export;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.StreamWriteFeature;
import io.stipend.metering.ledger.Booking;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;

/** One JSON object per line: numbers as numbers, but a cost as a decimal string, null as null. */
final class JsonLinesWriter implements UsageExport.RowWriter {
  private static final JsonFactory JSON =
      JsonFactory.builder().disable(StreamWriteFeature.AUTO_CLOSE_TARGET).build();

  private final Writer out;

  JsonLinesWriter(Writer out) {
    this.out = out;
  }

  @Override
  public void header() {
    // Each line names its fields.
  }

  @Override
  public void row(Booking row) {
    try {
      try (JsonGenerator json = JSON.createGenerator(out)) {
        json.disable(JsonGenerator.Feature.FLUSH_PASSED_TO_STREAM);
        json.writeStartObject();
        for (UsageColumns.Column column : UsageColumns.ALL) {
          String value = column.value().of(row);
          json.writeFieldName(column.name());
          if (value == null) {
            json.writeNull();
          } else if (column.type() == ColumnType.INTEGER) {
            json.writeNumber(value);
          } else {
            json.writeString(value);
          }
        }
        json.writeEndObject();
      }
      out.write('\n');
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
