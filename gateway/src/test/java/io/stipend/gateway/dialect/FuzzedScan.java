package io.stipend.gateway.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import io.stipend.gateway.dialect.EventScan.Found;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What holds for the scan over any bytes: it ends, its values lie within them, and where they are
 * JSON it finds what Jackson finds.
 */
final class FuzzedScan {
  private static final int DEPTH = 64;
  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(DEPTH)
                  .maxNumberLength(Integer.MAX_VALUE)
                  .build())
          .build();

  private FuzzedScan() {}

  static void check(byte[] input) {
    List<String> found = scanned(input);
    // A reader of JSON might take other bytes for another encoding, which events are not in.
    String text = new String(input, StandardCharsets.UTF_8);
    if (Arrays.equals(text.getBytes(StandardCharsets.UTF_8), input)) {
      List<String> expected = parsed(text);
      if (expected != null) {
        assertThat(found).isEqualTo(expected);
      }
    }
  }

  private static List<String> scanned(byte[] input) {
    EventScan scan = new EventScan(DEPTH);
    scan.over(input, 0, input.length);
    List<String> found = new ArrayList<>();
    for (Found at = scan.next(); at != Found.END; at = scan.next()) {
      assertThat(found.size()).as("finds in %d bytes", input.length).isLessThan(input.length);
      if (at == Found.STRING || at == Found.LITERAL) {
        assertThat(scan.start()).isBetween(0, scan.end());
        assertThat(scan.end()).isLessThanOrEqualTo(input.length);
        scan.number();
        scan.keyIs(EventScan.key("type"));
      }
      String value =
          switch (at) {
            case STRING -> "\"" + scan.text(Integer.MAX_VALUE - input.length);
            case LITERAL ->
                new String(input, scan.start(), scan.end() - scan.start(), StandardCharsets.UTF_8);
            case OPEN -> scan.isObject() ? "{" : "[";
            default -> "close";
          };
      found.add(scan.depth() + " " + value);
    }
    return found;
  }

  /** With a question mark for each half of a pair of surrogates, of which UTF-8 has none. */
  private static String whole(String text) {
    return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
  }

  /** The same by Jackson; null if it is no JSON, or no single value. */
  private static List<String> parsed(String text) {
    List<String> found = new ArrayList<>();
    int depth = 0;
    try (JsonParser parser = JSON.createParser(text)) {
      for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
        switch (token) {
          case START_OBJECT, START_ARRAY -> found.add(++depth + " " + parser.getText());
          case END_OBJECT, END_ARRAY -> found.add(--depth + " close");
          case FIELD_NAME -> {}
          case VALUE_STRING -> found.add(depth + " \"" + whole(parser.getText()));
          default -> found.add(depth + " " + parser.getText());
        }
        if (depth == 0 && parser.nextToken() != null) {
          return null;
        }
      }
      return found;
    } catch (IOException e) {
      return null;
    }
  }
}
