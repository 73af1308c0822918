package io.stipend.gateway.admin;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.exc.ValueInstantiationException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The JSON of the admin listener and of {@code --json}: snake case, strict in what it reads. */
public final class AdminJson {
  /** The largest document that is read: no order is near it. */
  static final int MAX_BYTES = 64 * 1_024;

  private static final int MAX_DEPTH = 16;
  private static final int MAX_STRING = 16 * 1_024;

  private static final JsonMapper MAPPER = mapper();

  private AdminJson() {}

  private static JsonMapper mapper() {
    StreamReadConstraints limits =
        StreamReadConstraints.builder()
            .maxNestingDepth(MAX_DEPTH)
            .maxStringLength(MAX_STRING)
            .build();
    return JsonMapper.builder(JsonFactory.builder().streamReadConstraints(limits).build())
        .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
        .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
        .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
        .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
        .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
        .build();
  }

  /** One line of JSON. */
  public static String text(Object value) {
    try {
      return MAPPER.writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("json: " + value.getClass(), e);
    }
  }

  /** Objects that are JSON already, as an array. */
  static JsonNode array(List<String> objects) {
    try {
      return MAPPER.readTree("[" + String.join(",", objects) + "]");
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("json of rows", e);
    }
  }

  /** UTF-8 JSON. */
  public static byte[] write(Object value) {
    try {
      return MAPPER.writeValueAsBytes(value);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("json: " + value.getClass(), e);
    }
  }

  /**
   * Reads a record, or an array of records.
   *
   * @throws AdminException of kind INVALID, with the field at fault
   */
  static <T> T read(byte[] json, Class<T> type) {
    try {
      T value = MAPPER.readValue(json, type);
      if (value == null) {
        throw invalid("null (expected: a JSON object)", null);
      }
      return value;
    } catch (UnrecognizedPropertyException e) {
      throw invalid(
          "unknown field: " + e.getPropertyName() + " (expected: " + e.getKnownPropertyIds() + ")",
          e);
    } catch (ValueInstantiationException e) {
      Throwable cause = e.getCause();
      throw invalid(cause == null ? e.getOriginalMessage() : String.valueOf(cause.getMessage()), e);
    } catch (JsonProcessingException e) {
      throw invalid(e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw invalid("unreadable", e);
    }
  }

  private static AdminException invalid(String message, @Nullable Throwable cause) {
    return new AdminException(AdminException.Kind.INVALID, message, cause);
  }
}
