package io.stipend.gateway.demo;

import com.fasterxml.jackson.databind.JsonNode;
import io.netty.handler.codec.http.FullHttpRequest;
import io.stipend.gateway.demo.FakeCall.Wire;
import io.stipend.metering.MediaTokens;
import io.stipend.metering.Meter;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.Units;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * What a request for images, speech or a transcript is billed by beside tokens of text. Models of
 * the names {@code dall-e*}, {@code tts-1*} and {@code whisper*} are billed by the unit, all others
 * by tokens; the images and characters that were asked for are counted for both.
 *
 * @param units that it is billed for, from its beginning
 * @param images tokens of the input that are images
 * @param byUnit whether tokens are none
 * @param format of the answer, as the request names it; empty if it does not
 * @param partials images that come before one that is streamed
 */
record FakeMedia(Units units, long images, boolean byUnit, String format, int partials) {
  private static final List<String> BY_UNIT = List.of("dall-e", "tts-1", "whisper");
  private static final int BYTES_PER_TOKEN = 4;
  private static final int MAX_CHARACTERS = 4_096;
  private static final int MAX_IMAGES = 10;
  private static final int MAX_PARTIALS = 3;

  /** Tokens of an image that is given, of a second that is heard, and how many bytes that has. */
  private static final long IMAGE_TOKENS = 272;

  private static final long TOKENS_PER_SECOND = 10;
  private static final long BYTES_PER_SECOND = 16_000;

  private static final Map<String, String> USUAL_FORMATS =
      Map.of("/v1/audio/transcriptions", "json", "/v1/audio/translations", "json");

  /** Whether a route is one of these. */
  static boolean serves(String path) {
    return path.startsWith("/v1/audio/") || path.startsWith("/v1/images/");
  }

  /** Of a call that is one of these. */
  static FakeMedia in(FakeCall call) {
    return Objects.requireNonNull(call.media(), "media");
  }

  static FakeCall call(
      FullHttpRequest request, String path, String id, long created, FakeScript script) {
    FakeForm form = FakeForm.of(request);
    if (!form.has("model")) {
      throw new FakeProblem(400, "model is required");
    }
    return switch (path) {
      case "/v1/audio/speech" -> speech(form, id, created, script);
      case "/v1/audio/transcriptions", "/v1/audio/translations" ->
          transcript(form, path, id, created, script);
      case "/v1/images/generations", "/v1/images/edits", "/v1/images/variations" ->
          images(form, id, created, script);
      default -> throw new FakeProblem(404, "no such route: " + path);
    };
  }

  private static FakeCall speech(FakeForm form, String id, long created, FakeScript script) {
    String input = form.text("input");
    int characters = input.codePointCount(0, input.length());
    if (characters == 0 || characters > MAX_CHARACTERS) {
      throw new FakeProblem(400, "input: " + characters + " (expected: 1.." + MAX_CHARACTERS + ")");
    }
    String format = form.text("stream_format");
    boolean byUnit = byUnit(form);
    Units units = Units.of(Meter.CHARACTER, characters);
    long tokens = tokens(script, tokens(input) + tokens(form.text("instructions")));
    return call(
        Wire.SPEECH,
        form,
        id,
        format.equals("sse"),
        1,
        tokens,
        created,
        script,
        new FakeMedia(units, 0, byUnit, format, 0));
  }

  private static FakeCall transcript(
      FakeForm form, String path, String id, long created, FakeScript script) {
    long bytes = form.fileBytes();
    if (form.files() != 1 || bytes == 0) {
      throw new FakeProblem(400, "file is required");
    }
    boolean byUnit = byUnit(form);
    long seconds = (bytes + BYTES_PER_SECOND - 1) / BYTES_PER_SECOND;
    long tokens = tokens(script, seconds * TOKENS_PER_SECOND);
    Units units = byUnit ? Units.of(Meter.SECOND, byUnit(script, seconds)) : Units.NONE;
    String asked = form.text("response_format");
    String format = asked.isEmpty() ? String.valueOf(USUAL_FORMATS.get(path)) : asked;
    boolean stream = form.text("stream").equals("true") && !byUnit;
    FakeMedia media = new FakeMedia(units, 0, byUnit, format, 0);
    return call(Wire.TRANSCRIPT, form, id, stream, 1, tokens, created, script, media);
  }

  private static FakeCall images(FakeForm form, String id, long created, FakeScript script) {
    if (form.text("prompt").isEmpty() && !form.has("image")) {
      throw new FakeProblem(400, "prompt is required");
    }
    int n = form.number("n", 1, MAX_IMAGES);
    long given = (form.files() + form.size("images")) * IMAGE_TOKENS;
    boolean byUnit = byUnit(form);
    FakeMedia media =
        new FakeMedia(
            Units.of(Meter.IMAGE, n),
            given,
            byUnit,
            form.text("response_format"),
            form.number("partial_images", 0, MAX_PARTIALS));
    boolean stream = form.text("stream").equals("true");
    long tokens = tokens(script, given + tokens(form.text("prompt")));
    return call(Wire.IMAGES, form, id, stream, n, tokens, created, script, media);
  }

  private static boolean byUnit(FakeForm form) {
    return BY_UNIT.stream().anyMatch(form.text("model")::startsWith);
  }

  private static long byUnit(FakeScript script, long seconds) {
    return script.inputTokens() < 0 ? seconds : script.inputTokens();
  }

  private static long tokens(FakeScript script, long counted) {
    return script.inputTokens() < 0 ? counted : script.inputTokens();
  }

  private static long tokens(String text) {
    return (text.length() + BYTES_PER_TOKEN - 1L) / BYTES_PER_TOKEN;
  }

  private static FakeCall call(
      Wire wire,
      FakeForm form,
      String id,
      boolean stream,
      int answers,
      long input,
      long created,
      FakeScript script,
      FakeMedia media) {
    String served = script.modelServed();
    return new FakeCall(
        wire,
        id,
        served == null ? form.text("model") : served,
        stream,
        true,
        false,
        answers,
        media.byUnit ? TokenUsage.ZERO : FakeCall.input(input, script),
        0,
        media.byUnit ? 0 : script.outputTokens(),
        false,
        "default",
        created,
        script,
        0,
        null,
        media);
  }

  /** Which of these tokens are sound or images. */
  MediaTokens of(Wire wire, TokenUsage usage) {
    return switch (wire) {
      case SPEECH -> MediaTokens.of(0, 0, usage.output(), 0);
      case TRANSCRIPT -> MediaTokens.of(usage.input(), 0, 0, 0);
      default -> MediaTokens.of(0, Math.min(images, usage.input()), 0, usage.output());
    };
  }

  /** The size of a list in JSON. */
  static int size(JsonNode list) {
    return list.isArray() ? list.size() : 0;
  }
}
