package io.stipend.metering.report.page;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.StreamWriteFeature;
import java.io.IOException;
import java.io.Writer;
import java.util.List;
import java.util.Map;

/**
 * A report as one JSON object: {@code report} is its name, then each fact and each table is a field
 * of its name, a table an array of objects; the sum of table {@code x} is {@code x_total}. Numbers
 * are numbers, money and shares decimal strings, what is not known is null.
 */
final class JsonReport {
  private static final JsonFactory JSON =
      JsonFactory.builder().disable(StreamWriteFeature.AUTO_CLOSE_TARGET).build();

  private JsonReport() {}

  static void write(Report report, Writer out) throws IOException {
    try (JsonGenerator json = JSON.createGenerator(out)) {
      json.disable(JsonGenerator.Feature.FLUSH_PASSED_TO_STREAM);
      json.writeStartObject();
      json.writeStringField("report", report.name());
      json.writeStringField("title", report.title());
      for (Fact fact : report.facts()) {
        json.writeFieldName(fact.name());
        if (fact.inParts()) {
          json.writeStartObject();
          for (Map.Entry<String, Cell> part : fact.parts().entrySet()) {
            json.writeFieldName(part.getKey());
            value(json, part.getValue());
          }
          json.writeEndObject();
        } else {
          value(json, fact.value());
        }
      }
      for (Table table : report.tables()) {
        json.writeArrayFieldStart(table.name());
        for (List<Cell> row : table.rows()) {
          row(json, table.columns(), row);
        }
        json.writeEndArray();
        if (!table.total().isEmpty()) {
          json.writeFieldName(table.name() + "_total");
          row(json, table.columns(), table.total());
        }
      }
      json.writeArrayFieldStart("notes");
      for (String note : report.notes()) {
        json.writeString(note);
      }
      json.writeEndArray();
      json.writeEndObject();
    }
    out.write('\n');
  }

  private static void row(JsonGenerator json, List<Column> columns, List<Cell> row)
      throws IOException {
    json.writeStartObject();
    for (int i = 0; i < row.size(); i++) {
      json.writeFieldName(columns.get(i).name());
      value(json, row.get(i));
    }
    json.writeEndObject();
  }

  private static void value(JsonGenerator json, Cell cell) throws IOException {
    if (cell.isNone()) {
      json.writeNull();
    } else if (cell.kind() == Kind.COUNT) {
      json.writeNumber(cell.number());
    } else {
      json.writeString(cell.plain());
    }
  }
}
