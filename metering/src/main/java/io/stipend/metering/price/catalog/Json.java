package io.stipend.metering.price.catalog;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A JSON file as maps, lists, texts, flags and {@link Decimal decimals} that are still text: no
 * decimal of it ever passes through binary floating point.
 */
final class Json {
  private static final Pattern DECIMAL =
      Pattern.compile("-?[0-9]{1,40}(\\.[0-9]{1,40})?([eE][+-]?[0-9]{1,3})?");

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
          // One bad number must not hide the other thousands.
          .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
          .build();

  private Json() {}

  /** A number as it was written. */
  record Decimal(String text) {}

  /** Reads a file; null stands for {@code null}. */
  static @Nullable Object read(Path file) throws IOException {
    try (JsonParser parser = FACTORY.createParser(file.toFile())) {
      JsonToken first = parser.nextToken();
      Object value = first == null ? null : value(parser, first);
      if (parser.nextToken() != null) {
        throw new IOException("more than one JSON value");
      }
      return value;
    }
  }

  private static @Nullable Object value(JsonParser parser, JsonToken token) throws IOException {
    return switch (token) {
      case START_OBJECT -> object(parser);
      case START_ARRAY -> array(parser);
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> new Decimal(parser.getText());
      case VALUE_TRUE -> true;
      case VALUE_FALSE -> false;
      case VALUE_NULL -> null;
      default -> parser.getText();
    };
  }

  private static Map<String, @Nullable Object> object(JsonParser parser) throws IOException {
    Map<String, @Nullable Object> map = new LinkedHashMap<>();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String key = parser.currentName();
      map.put(key, value(parser, parser.nextToken()));
    }
    return map;
  }

  private static List<@Nullable Object> array(JsonParser parser) throws IOException {
    List<@Nullable Object> list = new ArrayList<>();
    JsonToken token = parser.nextToken();
    while (token != JsonToken.END_ARRAY) {
      list.add(value(parser, token));
      token = parser.nextToken();
    }
    return list;
  }

  /** A value as an exact decimal, whether a number or a text of one; null if it is none. */
  static @Nullable BigDecimal decimal(@Nullable Object value) {
    String text =
        value instanceof Decimal number ? number.text() : value instanceof String s ? s : "";
    return DECIMAL.matcher(text).matches() ? new BigDecimal(text) : null;
  }

  /** The mapping; empty if it is none. */
  @SuppressWarnings("unchecked")
  static Map<String, @Nullable Object> map(@Nullable Object value) {
    return value instanceof Map<?, ?> map ? (Map<String, @Nullable Object>) map : Map.of();
  }

  /** The list; empty if it is none. */
  @SuppressWarnings("unchecked")
  static List<@Nullable Object> list(@Nullable Object value) {
    return value instanceof List<?> list ? (List<@Nullable Object>) list : List.of();
  }

  /** The text; empty if it is none. */
  static String text(@Nullable Object value) {
    return value instanceof String text ? text : "";
  }

  /** A value as a message shows it. */
  static String shown(@Nullable Object value) {
    String text = value instanceof Decimal number ? number.text() : String.valueOf(value);
    return text.length() > 40 ? text.substring(0, 40) + "…" : text;
  }
}
