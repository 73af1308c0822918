package io.stipend.gateway.dialect;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One pass over the JSON of a request: finds fields and where their values stand, without decoding
 * the strings that nobody asks for. Strict where two readers of one body could differ: a name twice
 * in an object that matters, or a name that equals a field of interest but for case, is refused.
 */
final class BodyScan {
  /** The deepest nesting of JSON that is read. */
  static final int MAX_DEPTH = 512;

  /** The most digits of a number. */
  private static final int MAX_NUMBER_LENGTH = 1_000;

  /** The longest name of a field. */
  private static final int MAX_NAME_LENGTH = 50_000;

  /** The most fields of an object whose names are checked. */
  private static final int MAX_FIELDS = 1_024;

  /** How much of an offending value or name a message shows. */
  private static final int SHOWN_LENGTH = 40;

  /** Bytes that one character takes at most: an escape of six. */
  private static final int BYTES_PER_CHAR = 6;

  private static final JsonFactory JSON =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder()
                  .maxNestingDepth(MAX_DEPTH)
                  .maxNumberLength(MAX_NUMBER_LENGTH)
                  .maxNameLength(MAX_NAME_LENGTH)
                  .maxStringLength(Integer.MAX_VALUE)
                  .build())
          .disable(JsonFactory.Feature.CHARSET_DETECTION)
          .disable(JsonFactory.Feature.INTERN_FIELD_NAMES)
          .build();

  /** Takes the fields of one object. */
  interface Fields {
    /** The scan stands at the first token of the field's value, and at its last on return. */
    void field(String name) throws IOException, BadBody;
  }

  private final byte[] bytes;
  private final int offset;
  private final int length;
  private final JsonParser parser;

  private BodyScan(byte[] bytes, int offset, int length) throws IOException {
    this.bytes = bytes;
    this.offset = offset;
    this.length = length;
    this.parser = JSON.createParser(bytes, offset, length);
  }

  /** Reads with the scan of one body; turns every fault of the JSON into a {@link BadBody}. */
  interface Reading<T> {
    T read(BodyScan scan) throws IOException, BadBody;
  }

  /** Opens a scan over the body, which is neither consumed nor released. */
  static <T> T over(ByteBuf body, Reading<T> reading) throws BadBody {
    int length = body.readableBytes();
    byte[] bytes;
    int offset;
    if (body.hasArray()) {
      bytes = body.array();
      offset = body.arrayOffset() + body.readerIndex();
    } else {
      bytes = ByteBufUtil.getBytes(body);
      offset = 0;
    }
    if (!Utf8.valid(bytes, offset, offset + length)) {
      throw BadBody.of("body: not valid UTF-8 (expected: one JSON object in UTF-8)");
    }
    try {
      BodyScan scan = new BodyScan(bytes, offset, length);
      try (JsonParser parser = scan.parser) {
        return reading.read(scan);
      } catch (StreamConstraintsException e) {
        throw BadBody.of(
            "body: nested deeper, or a number or name longer, than is read (expected: at most "
                + MAX_DEPTH
                + " levels, numbers of "
                + MAX_NUMBER_LENGTH
                + " digits)");
      } catch (IOException | IllegalStateException e) {
        throw BadBody.of("body: invalid at byte " + scan.here() + " (expected: one JSON object)");
      }
    } catch (IOException e) {
      throw BadBody.of("body: unreadable (expected: one JSON object)");
    }
  }

  /**
   * Reads the root object and sees that nothing follows it.
   *
   * @return the offset after its opening brace
   */
  int root(Set<String> names, Fields fields) throws IOException, BadBody {
    int first = 0;
    while (first < length && isSpace(bytes[offset + first])) {
      first++;
    }
    if (first == length || bytes[offset + first] != '{') {
      throw BadBody.of(
          "body: " + (first == length ? "empty" : "no object") + " (expected: one JSON object)");
    }
    parser.nextToken();
    object("", names, fields);
    if (parser.nextToken() != null) {
      throw BadBody.of("body: more follows its end (expected: one JSON object)");
    }
    return first + 1;
  }

  /**
   * Reads the object at which the scan stands.
   *
   * @param path how messages name it, with a trailing dot; empty for the root
   * @param names the fields that matter in it
   */
  void object(String path, Set<String> names, Fields fields) throws IOException, BadBody {
    Set<String> seen = new HashSet<>();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      String name = parser.currentName();
      if (!seen.add(name)) {
        throw BadBody.field(path + shown(name), "stands twice", "each name once");
      }
      if (seen.size() > MAX_FIELDS) {
        throw BadBody.of(
            "body: an object has too many fields (expected: at most " + MAX_FIELDS + ")");
      }
      if (!names.contains(name)) {
        refuseNear(path, name, names);
      }
      parser.nextToken();
      fields.field(name);
    }
  }

  private static void refuseNear(String path, String name, Set<String> names) throws BadBody {
    for (String known : names) {
      // Some JSON readers fold case, as Unicode does it: a name must not mean two things.
      if (known.length() == name.length() && known.equalsIgnoreCase(name)) {
        throw BadBody.field(path + shown(name), "is not a field", path + known);
      }
    }
  }

  JsonParser parser() {
    return parser;
  }

  JsonToken token() {
    return parser.currentToken();
  }

  boolean isNull() {
    return token() == JsonToken.VALUE_NULL;
  }

  /** Passes over the value at which the scan stands. */
  void skip() throws IOException {
    parser.skipChildren();
  }

  /** Bytes in the body. */
  int length() {
    return length;
  }

  /** Offset in the body of the first byte of the current token. */
  int start() {
    return (int) parser.currentTokenLocation().getByteOffset();
  }

  /** Offset in the body after what was read so far. */
  int here() {
    return (int) parser.currentLocation().getByteOffset();
  }

  /** Where the current scalar stands. */
  Span span() throws IOException {
    int start = start();
    parser.finishToken();
    return new Span(start, here());
  }

  /** The UTF-8 of the string that stands there, its quotes and escapes undone. */
  byte[] unquoted(Span span) {
    return JsonText.unescaped(bytes, offset + span.start() + 1, offset + span.end() - 1);
  }

  /** A string of at most so many characters, or null for a JSON null. */
  @Nullable String string(String param, int maxLength) throws IOException, BadBody {
    if (isNull()) {
      return null;
    }
    String text = token() == JsonToken.VALUE_STRING ? shortText(maxLength) : null;
    if (text == null) {
      throw BadBody.field(param, shownValue(), "a string of at most " + maxLength + " characters");
    }
    return text;
  }

  /** The current string; null if it is none or longer than that. Never decodes a long one. */
  @Nullable String shortText(int maxLength) throws IOException {
    if (token() != JsonToken.VALUE_STRING) {
      return null;
    }
    int from = offset + start() + 1;
    int limit =
        (int) Math.min(offset + (long) length, from + (long) maxLength * BYTES_PER_CHAR + 1);
    for (int i = from; i < limit; i++) {
      if (bytes[i] == '\\') {
        i++;
      } else if (bytes[i] == '"') {
        String text = parser.getText();
        return text.length() <= maxLength ? text : null;
      }
    }
    return null;
  }

  /** A boolean; false for a JSON null. */
  boolean bool(String param) throws BadBody {
    JsonToken token = token();
    if (token != JsonToken.VALUE_TRUE && token != JsonToken.VALUE_FALSE && !isNull()) {
      throw BadBody.field(param, shownValue(), "true or false");
    }
    return token == JsonToken.VALUE_TRUE;
  }

  /** An integer literal within bounds, or {@code absent} for a JSON null. */
  long integer(String param, long min, long max, long absent) throws IOException, BadBody {
    if (isNull()) {
      return absent;
    }
    if (token() == JsonToken.VALUE_NUMBER_INT) {
      JsonParser.NumberType type = parser.getNumberType();
      if (type == JsonParser.NumberType.INT || type == JsonParser.NumberType.LONG) {
        long value = parser.getLongValue();
        if (value >= min && value <= max) {
          return value;
        }
      }
    }
    throw BadBody.field(param, shownValue(), "an integer in " + min + ".." + max);
  }

  /** Whether the raw bytes of the current string begin so. */
  boolean startsWith(String ascii) {
    int from = offset + start() + 1;
    byte[] prefix = ascii.getBytes(StandardCharsets.US_ASCII);
    int to = from + prefix.length;
    return to <= offset + length && Arrays.equals(bytes, from, to, prefix, 0, prefix.length);
  }

  /** What stands at the current token, cut short. */
  String shownValue() {
    int from = offset + start();
    int to = from;
    int limit = Math.min(offset + length, from + SHOWN_LENGTH);
    boolean string = bytes[from] == '"';
    while (to < limit && (string || !endsScalar(bytes[to]))) {
      to++;
      if (string && to > from + 1 && bytes[to - 1] == '"' && bytes[to - 2] != '\\') {
        break;
      }
    }
    return switch (token()) {
      case START_OBJECT -> "an object";
      case START_ARRAY -> "a list";
      default -> shown(new String(bytes, from, to - from, StandardCharsets.UTF_8));
    };
  }

  private static boolean endsScalar(byte b) {
    return isSpace(b) || b == ',' || b == '}' || b == ']';
  }

  private static boolean isSpace(byte b) {
    return b == ' ' || b == '\n' || b == '\r' || b == '\t';
  }

  /** The text on one line, cut short. */
  static String shown(String text) {
    return Words.line(text, SHOWN_LENGTH);
  }
}
