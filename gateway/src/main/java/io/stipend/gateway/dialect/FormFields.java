package io.stipend.gateway.dialect;

import io.netty.buffer.ByteBuf;
import io.stipend.gateway.dialect.Multipart.Part;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The fields of a form that matter to policy: each stands once, as plain text, and no other has a
 * name that some reader could take for one of them.
 */
final class FormFields {
  static final String MODEL = "model";

  private static final int MAX_DIGITS = 9;

  /** The longest value that is read. */
  private static final int MAX_VALUE_BYTES = 4 * CallFields.MAX_MODEL_LENGTH;

  private static final String UTF_8 = "utf-8";

  /** Those in which ASCII reads the same. */
  private static final Set<String> CHARSETS = Set.of(UTF_8, "us-ascii", "iso-8859-1");

  private final ByteBuf body;
  private final List<Part> parts;
  private final Map<String, Part> byName = new HashMap<>();

  private FormFields(ByteBuf body, List<Part> parts) {
    this.body = body;
    this.parts = parts;
  }

  /**
   * Reads a form.
   *
   * @param body is neither consumed nor released
   * @param names of the fields that matter
   * @param files those of them that are files
   */
  static FormFields of(
      @Nullable String contentType, ByteBuf body, Set<String> names, Set<String> files)
      throws BadBody {
    FormFields fields = new FormFields(body, Multipart.parts(contentType, body));
    for (Part part : fields.parts) {
      if (names.contains(part.name())) {
        fields.add(part, files.contains(part.name()));
      } else {
        refuseNear(part.name(), names);
      }
    }
    return fields;
  }

  private void add(Part part, boolean file) throws BadBody {
    if (byName.put(part.name(), part) != null) {
      throw BadBody.field(part.name(), "stands twice", "each name once");
    }
    if (file) {
      return;
    }
    if (part.file()) {
      throw BadBody.field(part.name(), "a file", "a plain field");
    }
    String type = part.type();
    if (type != null && !HeaderParameters.mediaType(type).equals("text/plain")) {
      throw BadBody.field(part.name(), BodyScan.shown(type), "text/plain");
    }
    if (!CHARSETS.contains(charset(part))) {
      throw BadBody.field(part.name(), BodyScan.shown(charset(part)), "text in UTF-8");
    }
  }

  private static String charset(Part part) throws BadBody {
    String type = part.type();
    String charset = type == null ? null : HeaderParameters.of("Content-Type", type).get("charset");
    return charset == null ? UTF_8 : charset.toLowerCase(Locale.ROOT);
  }

  /** Some readers fold case, and some take {@code model[]} and {@code model[0]} for a list. */
  private static void refuseNear(String name, Set<String> names) throws BadBody {
    if (names.contains(stem(name))) {
      throw BadBody.field(BodyScan.shown(name), "is not a field", stem(name));
    }
  }

  private static String stem(String name) {
    int bracket = name.indexOf('[');
    return (bracket < 0 ? name : name.substring(0, bracket)).toLowerCase(Locale.ROOT);
  }

  /** All parts, in their order. */
  List<Part> parts() {
    return parts;
  }

  /** How many parts have one of these names, or are in a list of one. */
  long count(Set<String> names) {
    return parts.stream().filter(part -> names.contains(stem(part.name()))).count();
  }

  /** Bytes of all other parts: a file that nobody expects may be read as text. */
  long bytesBeside(Set<String> names) {
    long bytes = 0;
    for (Part part : parts) {
      bytes += names.contains(stem(part.name())) ? 0 : part.value().length();
    }
    return bytes;
  }

  /** The part of a field; null if there is none. */
  @Nullable Part part(String name) {
    return byName.get(name);
  }

  /** The text of a field; null if there is none. */
  @Nullable String text(String name) throws BadBody {
    Part part = byName.get(name);
    if (part == null) {
      return null;
    }
    int start = part.value().start();
    int bytes = part.value().length();
    if (bytes > MAX_VALUE_BYTES) {
      throw BadBody.field(name, bytes + " bytes", "at most " + MAX_VALUE_BYTES);
    }
    byte[] value = new byte[bytes];
    body.getBytes(body.readerIndex() + start, value);
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(value)).toString();
      if (text.length() == bytes || charset(part).equals(UTF_8)) {
        return text;
      }
    } catch (CharacterCodingException e) {
      throw notUtf8(name);
    }
    throw notUtf8(name);
  }

  private static BadBody notUtf8(String name) {
    return BadBody.field(name, "no valid UTF-8", "text in UTF-8");
  }

  /** The name of the model, which must be there. */
  String model() throws BadBody {
    String model = text(MODEL);
    return CallFields.checkedModel(CallFields.named(model));
  }

  /** Whether a field says {@code true}; false if there is none. */
  boolean bool(String name) throws BadBody {
    String text = text(name);
    if (text != null && !text.equals("true") && !text.equals("false")) {
      throw BadBody.field(name, BodyScan.shown(text), "true or false");
    }
    return "true".equals(text);
  }

  /** A whole number within bounds; {@code absent} if there is none. */
  int integer(String name, int min, int max, int absent) throws BadBody {
    String text = text(name);
    if (text == null) {
      return absent;
    }
    if (text.length() <= MAX_DIGITS && text.chars().allMatch(c -> c >= '0' && c <= '9')) {
      int value = text.isEmpty() ? min - 1 : Integer.parseInt(text);
      if (value >= min && value <= max) {
        return value;
      }
    }
    throw BadBody.field(name, BodyScan.shown(text), "an integer in " + min + ".." + max);
  }

  /**
   * The body with another model, all else byte for byte.
   *
   * @param body the body that was read; ownership passes to the result
   * @param part where the model stands
   */
  static ByteBuf withModel(ByteBuf body, Part part, @Nullable String model) {
    Splices splices = new Splices();
    if (model != null) {
      splices.replace(part.value(), model);
      Span length = part.length();
      if (length != null) {
        splices.replace(length, "" + model.getBytes(StandardCharsets.UTF_8).length);
      }
    }
    return splices.applyTo(body);
  }
}
