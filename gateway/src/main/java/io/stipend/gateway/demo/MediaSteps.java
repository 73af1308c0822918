package io.stipend.gateway.demo;

import org.jspecify.annotations.Nullable;

/**
 * Streamed speech, transcripts and images: an event for each token that is spoken or read, and for
 * each image that comes before the last; then the event with the usage.
 */
final class MediaSteps implements FakeEvents {
  private final FakeCall call;
  private long step;

  MediaSteps(FakeCall call) {
    this.call = call;
  }

  @Override
  public @Nullable Event next() {
    long at = step++;
    if (call.wire() == FakeCall.Wire.IMAGES) {
      return image(at);
    }
    boolean speech = call.wire() == FakeCall.Wire.SPEECH;
    if (at < call.visible()) {
      String token = FakeText.token(at, call.script().tokenBytes());
      return speech
          ? new Event(event("speech.audio.delta", ",\"audio\":\"" + token.strip() + "\""), 1, 0)
          : new Event(event("transcript.text.delta", ",\"delta\":\"" + token + "\""), 1, 0);
    }
    if (at > call.visible()) {
      return null;
    }
    String text = ",\"text\":\"" + FakeText.all(call.visible(), call.script().tokenBytes()) + "\"";
    return Event.of(
        speech
            ? event("speech.audio.done", MediaJson.usage(call))
            : event("transcript.text.done", text + MediaJson.usage(call)));
  }

  private @Nullable Event image(long at) {
    int partials = FakeMedia.in(call).partials();
    String data = ",\"b64_json\":\"" + MediaJson.image(call) + "\",\"size\":\"1024x1024\"";
    String type = FakeMedia.in(call).images() > 0 ? "image_edit" : "image_generation";
    if (at < partials) {
      return Event.of(event(type + ".partial_image", data + ",\"partial_image_index\":" + at));
    }
    return at == partials
        ? new Event(event(type + ".completed", data + MediaJson.usage(call)), call.visible(), 0)
        : null;
  }

  private static String event(String type, String fields) {
    return "event: " + type + "\ndata: {\"type\":\"" + type + "\"" + fields + "}\n\n";
  }
}
