package io.stipend.gateway.dialect;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Parses the small objects of an answer that hold usage. */
final class UsageJson {
  /** The most digits of a number in an answer. */
  private static final int MAX_NUMBER_LENGTH = 1_000;

  private static final ObjectMapper MAPPER =
      new ObjectMapper(
          JsonFactory.builder()
              .streamReadConstraints(
                  StreamReadConstraints.builder()
                      .maxNestingDepth(BodyScan.MAX_DEPTH)
                      .maxNumberLength(MAX_NUMBER_LENGTH)
                      .build())
              .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
              .build());

  private UsageJson() {}

  /** The object; null if the bytes are none. */
  static @Nullable JsonNode object(byte[] bytes, int from, int to) {
    if (to <= from) {
      // The event broke off where the object began.
      return null;
    }
    try {
      JsonNode node = MAPPER.readTree(bytes, from, to - from);
      return node != null && node.isObject() ? node : null;
    } catch (IOException | IllegalStateException e) {
      // What cannot be read reports nothing; the attempt is then counted from its text.
      return null;
    }
  }
}
