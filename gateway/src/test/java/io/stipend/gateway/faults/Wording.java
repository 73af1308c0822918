package io.stipend.gateway.faults;

import java.util.ArrayList;
import java.util.List;

/**
 * How an answer of one form is written: parts that follow each other, of a stream one event each.
 */
interface Wording {
  /** What stands before the text. */
  List<String> opening(String model, Usage usage);

  /** One piece of generated text. */
  String text(String model, String text);

  /** What stands behind the text: the end of the choice, and the usage. */
  List<String> closing(String model, Usage usage);

  /** The mark of the answer's end that brings nothing else; empty if it has none. */
  default String mark() {
    return "";
  }

  /** A part with the usage so far, after which more text comes; empty if there is no such thing. */
  default String running(String model, Usage usage) {
    return "";
  }

  /** The dialect's error as a part of a stream, or a body. */
  String error();

  /** A part that is none. */
  String broken();

  /** Three pieces of text and what belongs around them. */
  default List<String> parts(String model, Usage usage) {
    List<String> parts = new ArrayList<>(opening(model, usage));
    for (int i = 0; i < Form.PIECES; i++) {
      parts.add(text(model, Form.TEXT));
    }
    parts.addAll(closing(model, usage));
    if (!mark().isEmpty()) {
      parts.add(mark());
    }
    return parts;
  }

  private static String openAiError() {
    return "{\"error\":{\"message\":\"The engine is overloaded.\",\"type\":\"server_error\","
        + "\"param\":null,\"code\":null}}";
  }

  /** An event without a name. */
  private static String data(String json) {
    return "data: " + json + "\n\n";
  }

  private static String named(String type, String fields) {
    return "event: " + type + "\n" + data("{\"type\":\"" + type + "\"" + fields + "}");
  }

  /** Chunks of Chat and of legacy Completions. */
  record Chunks(boolean chat) implements Wording {
    private String chunk(String model, String choices, String more) {
      return data(
          "{\"id\":\"c1\",\"object\":\"%s\",\"created\":1,\"model\":\"%s\",\"choices\":[%s]%s}"
              .formatted(chat ? "chat.completion.chunk" : "text_completion", model, choices, more));
    }

    private String choice(String text, String finish) {
      String content =
          chat ? "\"delta\":{\"content\":\"" + text + "\"}" : "\"text\":\"" + text + "\"";
      return "{\"index\":0," + content + ",\"finish_reason\":" + finish + "}";
    }

    private static String usage(Usage usage) {
      return usage.field("usage", "prompt_tokens", "completion_tokens", "total_tokens");
    }

    @Override
    public List<String> opening(String model, Usage usage) {
      return chat ? List.of(chunk(model, choice("", "null"), "")) : List.of();
    }

    @Override
    public String text(String model, String text) {
      return chunk(model, choice(text, "null"), "");
    }

    @Override
    public List<String> closing(String model, Usage usage) {
      String finish = chunk(model, choice("", "\"stop\""), "");
      return usage.times() == 0 ? List.of(finish) : List.of(finish, chunk(model, "", usage(usage)));
    }

    @Override
    public String mark() {
      return "data: [DONE]\n\n";
    }

    @Override
    public String running(String model, Usage usage) {
      return chunk(model, choice("", "null"), usage(usage));
    }

    @Override
    public String error() {
      return data(openAiError());
    }

    @Override
    public String broken() {
      return "data: {\"id\":\"c1\",\"choices\":[{\"delta\":{\"content\"}}\n\n";
    }
  }

  /** Events of Responses. */
  record ResponseEvents() implements Wording {
    private static String response(String model, String status, String more) {
      return ",\"response\":{\"id\":\"resp_1\",\"created_at\":1,\"status\":\"%s\",\"model\":\"%s\",\"output\":[]%s}"
          .formatted(status, model, more);
    }

    private static String usage(Usage usage) {
      return usage.field("usage", "input_tokens", "output_tokens", "total_tokens");
    }

    @Override
    public List<String> opening(String model, Usage usage) {
      return List.of(
          named("response.created", response(model, "in_progress", ",\"usage\":null")),
          named(
              "response.output_item.added",
              ",\"output_index\":0,\"item\":{\"type\":\"message\",\"content\":[]}"));
    }

    @Override
    public String text(String model, String text) {
      return named("response.output_text.delta", ",\"output_index\":0,\"delta\":\"" + text + "\"");
    }

    @Override
    public List<String> closing(String model, Usage usage) {
      return List.of(named("response.completed", response(model, "completed", usage(usage))));
    }

    @Override
    public String running(String model, Usage usage) {
      return named("response.in_progress", response(model, "in_progress", usage(usage)));
    }

    @Override
    public String error() {
      return named("error", ",\"code\":\"server_error\",\"message\":\"The engine is overloaded.\"");
    }

    @Override
    public String broken() {
      return "event: response.output_text.delta\ndata: {\"type\":\"response.output_te\n\n";
    }
  }

  /** Events of Messages. */
  record MessageEvents() implements Wording {
    private static String usage(Usage usage) {
      return usage.field("usage", "input_tokens", "output_tokens", "");
    }

    @Override
    public List<String> opening(String model, Usage usage) {
      Usage start = usage.out() == null ? usage : usage.withOutput("1");
      return List.of(
          named(
              "message_start",
              ",\"message\":{\"id\":\"m1\",\"role\":\"assistant\",\"model\":\"%s\",\"content\":[]%s}"
                  .formatted(model, usage(start))),
          named(
              "content_block_start",
              ",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":\"\"}"));
    }

    @Override
    public String text(String model, String text) {
      return named(
          "content_block_delta",
          ",\"index\":0,\"delta\":{\"type\":\"text_delta\",\"text\":\"" + text + "\"}");
    }

    @Override
    public List<String> closing(String model, Usage usage) {
      return List.of(
          named("content_block_stop", ",\"index\":0"),
          named("message_delta", ",\"delta\":{\"stop_reason\":\"end_turn\"}" + usage(usage)));
    }

    @Override
    public String mark() {
      return named("message_stop", "");
    }

    @Override
    public String running(String model, Usage usage) {
      return named("message_delta", ",\"delta\":{}" + usage(usage));
    }

    @Override
    public String error() {
      return named(
          "error",
          ",\"error\":{\"type\":\"overloaded_error\",\"message\":\"The engine is overloaded.\"}");
    }

    @Override
    public String broken() {
      return "event: content_block_delta\ndata: {\"type\":\"content_block_del\n\n";
    }
  }

  /**
   * Chunks of Gemini, which are objects of a list, or events.
   *
   * @param list whether they stand in a list
   */
  record GeminiChunks(boolean list) implements Wording {
    private String chunk(String model, String text, String finish, String more) {
      String json =
          "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"%s\"}],\"role\":\"model\"},%s\"index\":0}]%s,\"modelVersion\":\"%s\",\"responseId\":\"r1\"}"
              .formatted(text, finish, more, model);
      return list ? ",\n" + json : data(json);
    }

    private static String usage(Usage usage) {
      return usage.field(
          "usageMetadata", "promptTokenCount", "candidatesTokenCount", "totalTokenCount");
    }

    @Override
    public List<String> opening(String model, Usage usage) {
      String first = chunk(model, "", "", "");
      return List.of(list ? first.replaceFirst(",", "[") : first);
    }

    @Override
    public String text(String model, String text) {
      return chunk(model, text, "", "");
    }

    @Override
    public List<String> closing(String model, Usage usage) {
      return List.of(chunk(model, "", "\"finishReason\":\"STOP\",", usage(usage)));
    }

    @Override
    public String mark() {
      return list ? "\n]" : "";
    }

    @Override
    public String running(String model, Usage usage) {
      return chunk(model, "", "", usage(usage));
    }

    @Override
    public String error() {
      String json =
          "{\"error\":{\"code\":503,\"message\":\"The engine is overloaded.\",\"status\":\"UNAVAILABLE\"}}";
      return list ? ",\n" + json : data(json);
    }

    @Override
    public String broken() {
      return list ? ",\n{\"candidates\":[{\"content\"}]}" : "data: {\"candidates\":[{\"con\n\n";
    }
  }

  /**
   * Events of images, speech or transcripts, of which the last brings the usage.
   *
   * @param part the type of those before it
   * @param last its type
   */
  record MediaEvents(String part, String last) implements Wording {
    @Override
    public List<String> opening(String model, Usage usage) {
      return List.of();
    }

    @Override
    public String text(String model, String text) {
      return named(part, ",\"delta\":\"" + text + "\",\"b64_json\":\"iVBOiVBO\"");
    }

    @Override
    public List<String> closing(String model, Usage usage) {
      return List.of(
          named(last, usage.field("usage", "input_tokens", "output_tokens", "total_tokens")));
    }

    @Override
    public String error() {
      return named("error", openAiError().replaceFirst("[{]", ",").replaceFirst("}$", ""));
    }

    @Override
    public String broken() {
      return "event: " + part + "\ndata: {\"type\":\"" + part.substring(3) + "\n\n";
    }
  }

  /**
   * One JSON object.
   *
   * @param before what stands before the text, with {@code %s} for the model
   * @param after what stands behind it
   * @param names of its usage, see {@link Usage#field}
   */
  record Whole(String before, String after, List<String> names) implements Wording {
    @Override
    public List<String> opening(String model, Usage usage) {
      return List.of(before.formatted(model));
    }

    @Override
    public String text(String model, String text) {
      return text;
    }

    @Override
    public List<String> closing(String model, Usage usage) {
      return List.of(after + usage.field(names.toArray(new String[0])), "}");
    }

    @Override
    public String error() {
      return openAiError();
    }

    @Override
    public String broken() {
      return "\"]}}}";
    }
  }

  /** Sound: bytes that say nothing. */
  record Sound() implements Wording {
    @Override
    public List<String> opening(String model, Usage usage) {
      return List.of("ID3");
    }

    @Override
    public String text(String model, String text) {
      return "\u0001\u00ff\u0000" + text;
    }

    @Override
    public List<String> closing(String model, Usage usage) {
      return List.of("end");
    }

    @Override
    public String error() {
      return openAiError();
    }

    @Override
    public String broken() {
      return "{";
    }
  }
}
