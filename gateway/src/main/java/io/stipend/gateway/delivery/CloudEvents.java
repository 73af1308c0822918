package io.stipend.gateway.delivery;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import io.stipend.metering.export.UsageExport;
import io.stipend.metering.ledger.UsageFeed;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.List;

/**
 * Events of usage as CloudEvents 1.0 in JSON: {@code id} never changes, and with {@code source} it
 * tells an event from all others; {@code data} is the row of the usage export.
 */
final class CloudEvents {
  /** Media type of one event; of the JSON event format, section 3. */
  static final String ONE = "application/cloudevents+json";

  /** Media type of several, an array; of its section 4. */
  static final String BATCH = "application/cloudevents-batch+json";

  private static final String SETTLED = "io.stipend.usage.settled";
  private static final String CORRECTED = "io.stipend.usage.corrected";
  private static final String SOURCE = "urn:stipend:ledger:";
  private static final int SOURCE_LENGTH = 32;
  private static final JsonFactory JSON = new JsonFactory();

  private CloudEvents() {}

  /** The source of all events of a ledger. */
  static String source(String ledgerId) {
    return SOURCE + ledgerId.substring(0, Math.min(SOURCE_LENGTH, ledgerId.length()));
  }

  static String one(UsageFeed.Event event, String source) {
    return written(json -> write(json, event, source));
  }

  static String batch(List<UsageFeed.Event> events, String source) {
    return written(
        json -> {
          json.writeStartArray();
          for (UsageFeed.Event event : events) {
            write(json, event, source);
          }
          json.writeEndArray();
        });
  }

  private static void write(JsonGenerator json, UsageFeed.Event event, String source)
      throws IOException {
    json.writeStartObject();
    json.writeStringField("specversion", "1.0");
    json.writeStringField("id", event.id());
    json.writeStringField("source", source);
    json.writeStringField("type", event.corrected() ? CORRECTED : SETTLED);
    json.writeStringField("subject", event.subject());
    json.writeStringField("time", event.at().toString());
    json.writeStringField("datacontenttype", "application/json");
    json.writeFieldName("data");
    json.writeRawValue(UsageExport.json(event.line()));
    json.writeEndObject();
  }

  @FunctionalInterface
  private interface Content {
    void writeTo(JsonGenerator json) throws IOException;
  }

  private static String written(Content content) {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = JSON.createGenerator(text)) {
      content.writeTo(json);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString();
  }
}
