package io.stipend.gateway.demo;

import io.stipend.metering.MediaTokens;
import io.stipend.metering.Meter;
import io.stipend.metering.TokenUsage;
import java.nio.charset.StandardCharsets;

/** Answers of images, speech and transcripts. */
final class MediaJson {
  /** Bytes of the sound of a token or a character, and of the image of a token, if not scripted. */
  private static final int USUAL_BYTES = 48;

  /** What a reader that takes sound for text would fall for. */
  private static final String TRAP =
      "\n\ndata: {\"type\":\"speech.audio.done\",\"usage\":{\"input_tokens\":1,"
          + "\"output_tokens\":1,\"total_tokens\":2}}\n\n{\"usage\":{\"input_tokens\":1}}";

  private MediaJson() {}

  /** The sound of a whole answer. */
  static byte[] sound(FakeCall call) {
    long tokens = FakeMedia.in(call).byUnit() ? units(call, Meter.CHARACTER) : call.output();
    byte[] sound = new byte[Math.toIntExact(bytes(call) * Math.max(1, tokens))];
    for (int i = 0; i < sound.length; i++) {
      sound[i] = (byte) (i * 31 + 7);
    }
    byte[] trap = TRAP.getBytes(StandardCharsets.UTF_8);
    System.arraycopy(trap, 0, sound, 0, Math.min(trap.length, sound.length));
    return sound;
  }

  private static long bytes(FakeCall call) {
    int scripted = call.script().tokenBytes();
    return scripted == 0 ? USUAL_BYTES : scripted;
  }

  private static long units(FakeCall call, Meter meter) {
    return FakeMedia.in(call).units().of(meter);
  }

  /** The data of one image, in base64. */
  static String image(FakeCall call) {
    long tokens = FakeMedia.in(call).byUnit() ? 1 : call.visible();
    return "iVBO".repeat(Math.toIntExact(bytes(call) * Math.max(1, tokens) / 4));
  }

  static String images(FakeCall call) {
    StringBuilder json = new StringBuilder("{\"created\":").append(call.created());
    json.append(",\"data\":[");
    String image = image(call);
    for (int i = 0; i < call.choices(); i++) {
      json.append(i == 0 ? "" : ",").append("{\"b64_json\":\"").append(image).append("\"}");
    }
    return json.append(']').append(usage(call)).append('}').toString();
  }

  static String transcript(FakeCall call) {
    String text = FakeText.all(FakeMedia.in(call).byUnit() ? 8 : call.visible(), 0);
    return switch (FakeMedia.in(call).format()) {
      case "json" -> "{\"text\":\"" + text + "\"" + usage(call) + "}";
      case "verbose_json" ->
          "{\"task\":\"transcribe\",\"language\":\"english\",\"duration\":"
              + (units(call, Meter.SECOND) - 0.5)
              + ",\"text\":\""
              + text
              + "\",\"segments\":[{\"id\":0,\"start\":0.0,\"end\":99.5,\"text\":\""
              + text
              + "\"}]}";
      default -> text + "\n";
    };
  }

  /** The usage of a whole answer, with a comma before it; empty if it has none. */
  static String usage(FakeCall call) {
    if (!call.script().usage()) {
      return "";
    }
    long seconds = units(call, Meter.SECOND);
    if (FakeMedia.in(call).byUnit()) {
      return seconds == 0 ? "" : ",\"usage\":{\"type\":\"duration\",\"seconds\":" + seconds + "}";
    }
    TokenUsage usage = call.usage();
    MediaTokens media = FakeMedia.in(call).of(call.wire(), usage);
    String details =
        switch (call.wire()) {
          case IMAGES ->
              ",\"input_tokens_details\":{\"text_tokens\":"
                  + (usage.input() - media.imageInput())
                  + ",\"image_tokens\":"
                  + media.imageInput()
                  + "}";
          case TRANSCRIPT ->
              ",\"type\":\"tokens\",\"input_token_details\":{\"text_tokens\":0,\"audio_tokens\":"
                  + media.audioInput()
                  + "}";
          default -> "";
        };
    return ",\"usage\":{\"input_tokens\":"
        + usage.inputTotal()
        + ",\"output_tokens\":"
        + usage.output()
        + ",\"total_tokens\":"
        + usage.total()
        + details
        + "}";
  }
}
