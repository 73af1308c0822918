package io.stipend.gateway.demo;

import org.jspecify.annotations.Nullable;

/** The events of one streamed reply, made one at a time so that a long one needs no memory. */
interface FakeEvents {
  /** The next event; null at the end. */
  @Nullable Event next();

  /**
   * One step of a reply.
   *
   * @param text the event as it stands on the wire; empty for tokens that are not shown
   * @param tokens output tokens that this step generated
   * @param reasoning the part of them that is hidden
   * @param searches searches that this step made
   */
  record Event(String text, long tokens, long reasoning, long searches) {
    Event(String text, long tokens, long reasoning) {
      this(text, tokens, reasoning, 0);
    }

    /** The same, as it was searched for. */
    Event searched(long times) {
      return new Event(text, tokens, reasoning, times);
    }

    static Event of(String text) {
      return new Event(text, 0, 0);
    }

    boolean shown() {
      return !text.isEmpty();
    }
  }

  /** The events of a call. */
  static FakeEvents of(FakeCall call) {
    return switch (call.wire()) {
      case CHAT -> new ChatEvents(call);
      case MESSAGES -> new MessagesEvents(call);
      case CONVERSE -> new ConverseEvents(call);
      case INVOKE -> new InvokeEvents(call);
      case RESPONSES -> new ResponsesEvents(call);
      case COMPLETIONS -> new CompletionsEvents(call);
      case GEMINI, GEMINI_LIST -> new GeminiEvents(call);
      case SPEECH, TRANSCRIPT, IMAGES -> new MediaSteps(call);
      case COMPACT, EMBEDDINGS, GEMINI_EMBEDDING, GEMINI_EMBEDDINGS ->
          throw new IllegalStateException("it does not stream");
    };
  }
}
