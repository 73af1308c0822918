package io.stipend.gateway.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** What one JSON object tells of images, speech or a transcript: its type, model and usage. */
final class MediaFields extends TopFields {
  private static final int USAGE = 0;
  private static final int DURATION = 1;
  private static final int MODEL = 2;

  /** The longest type of an event, its quotes included. */
  private static final int MAX_TYPE_LENGTH = 64;

  private static final byte[] SECONDS = "{\"seconds\":".getBytes(StandardCharsets.US_ASCII);

  /** Keys whose strings are generated: images, sound, text. */
  private static final byte[][] GENERATED =
      EventScan.keys("b64_json", "url", "audio", "delta", "text");

  private @Nullable JsonNode usage;
  private @Nullable JsonNode duration;
  private @Nullable String model;
  private String type = "";
  private boolean generated;

  MediaFields() {
    super("usage", "duration", "model", "type");
  }

  /** Begins another object; what the ones before it told stays known, but for the type. */
  void next() {
    restart();
    type = "";
  }

  /** Its usage; where it has none, its duration in the form of one; null if it has neither. */
  @Nullable JsonNode usage() {
    return usage == null ? duration : usage;
  }

  @Nullable String model() {
    return model;
  }

  /** Empty if it has none. */
  String type() {
    return type;
  }

  /** Whether anything came that was generated. */
  boolean generated() {
    return generated;
  }

  @Override
  void string(int at, long bytes) {
    for (byte[] name : GENERATED) {
      generated |= keyIs(name);
    }
  }

  @Override
  void value(int field, byte[] raw, int length) {
    if (field == USAGE) {
      JsonNode read = UsageJson.object(raw, 0, length);
      usage = read == null ? usage : read;
    } else if (field == DURATION) {
      JsonNode read = seconds(raw, length);
      duration = read == null ? duration : read;
    } else if (field == MODEL) {
      model = word(raw, length, CallFields.MAX_MODEL_LENGTH, model);
    } else {
      type = String.valueOf(word(raw, length, MAX_TYPE_LENGTH, ""));
    }
  }

  private static @Nullable JsonNode seconds(byte[] number, int length) {
    byte[] json = Arrays.copyOf(SECONDS, SECONDS.length + length + 1);
    System.arraycopy(number, 0, json, SECONDS.length, length);
    json[json.length - 1] = '}';
    return UsageJson.object(json, 0, json.length);
  }
}
