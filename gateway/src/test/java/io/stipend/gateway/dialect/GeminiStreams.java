package io.stipend.gateway.dialect;

import io.stipend.metering.TokenUsage;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Gemini answers made by hand, each as the chunks of a stream, with what a reader has to make of
 * it.
 *
 * @param name what is special
 * @param choices candidates that were asked for
 * @param chunks the JSON of each chunk
 * @param usage the last report; null if there is none
 * @param text what was generated
 * @param events chunks that carried text
 * @param complete whether it came to its end
 * @param flagged whether the report contradicts itself or was overtaken
 */
record GeminiStreams(
    String name,
    int choices,
    List<String> chunks,
    TokenUsage usage,
    String text,
    long events,
    boolean complete,
    boolean flagged) {
  @Override
  public String toString() {
    return name;
  }

  /** As events, with this end of a line. */
  String events(String lineEnd) {
    return chunks.stream()
        .map(chunk -> "data: " + chunk + lineEnd + lineEnd)
        .collect(Collectors.joining());
  }

  /** As one list, pretty enough to have lines between and in its elements. */
  String list() {
    return chunks.stream()
        .map(chunk -> chunk.replace("\"candidates\": ", "\n  \"candidates\":\n "))
        .collect(Collectors.joining("\n,\r\n", "[", "\n]\n"));
  }

  /** A chunk with one candidate. */
  static String chunk(String parts, String finish, String usage) {
    return ("{'candidates': [{'content':{'parts':["
            + parts
            + "],'role':'model'}"
            + (finish.isEmpty() ? "" : ",'finishReason':'" + finish + "'")
            + ",'index':0}]"
            + (usage.isEmpty() ? "" : ",'usageMetadata':{" + usage + "}")
            + ",'modelVersion':'gemini-2.5-flash','responseId':'r-1'}")
        .replace('\'', '"');
  }

  static String text(String text) {
    return "{'text':'" + text + "'}";
  }

  /** So many tokens in, shown and thought. */
  static String usage(long prompt, long candidates, long thoughts) {
    return "'promptTokenCount':%d,'candidatesTokenCount':%d,'thoughtsTokenCount':%d,'totalTokenCount':%d"
        .formatted(prompt, candidates, thoughts, prompt + candidates + thoughts);
  }

  private static GeminiStreams whole(
      String name, TokenUsage usage, String text, long events, String... chunks) {
    return new GeminiStreams(name, 1, List.of(chunks), usage, text, events, true, false);
  }

  static List<GeminiStreams> all() {
    List<GeminiStreams> all = new ArrayList<>();
    addUsages(all);
    addTexts(all);
    addCandidates(all);
    addContradictions(all);
    return all;
  }

  private static void addUsages(List<GeminiStreams> all) {
    all.add(
        whole(
            "running usage: the last counts",
            new TokenUsage(8, 0, 0, 0, 9, 0),
            "Grüße, 世界 🌍 and more",
            2,
            chunk(text("Grüße, 世界 🌍"), "", usage(8, 4, 0)),
            chunk(text(" and more"), "STOP", usage(8, 9, 0))));
    all.add(
        whole(
            "usage on the last chunk alone",
            new TokenUsage(8, 0, 0, 0, 3, 0),
            "abc",
            2,
            chunk(text("ab"), "", ""),
            chunk(text("c"), "STOP", usage(8, 3, 0))));
    all.add(
        whole(
            "cached prompt, thoughts and what tools put in",
            new TokenUsage(45, 60, 0, 0, 30, 20),
            "x",
            1,
            chunk(
                text("x"),
                "STOP",
                "'promptTokenCount':100,'cachedContentTokenCount':60,'candidatesTokenCount':10,"
                    + "'thoughtsTokenCount':20,'toolUsePromptTokenCount':5,'totalTokenCount':135,"
                    + "'promptTokensDetails':[{'modality':'TEXT','tokenCount':100}]")));
    all.add(
        whole(
            "zero candidates are absent",
            new TokenUsage(8, 0, 0, 0, 12, 12),
            "",
            0,
            chunk(
                "",
                "MAX_TOKENS",
                "'promptTokenCount':8,'thoughtsTokenCount':12,'totalTokenCount':20")));
    all.add(
        whole(
            "a blocked prompt has no candidate",
            new TokenUsage(8, 0, 0, 0, 0, 0),
            "",
            0,
            "{\"promptFeedback\":{\"blockReason\":\"SAFETY\",\"safetyRatings\":[{\"blocked\":true}]},"
                + "\"usageMetadata\":{\"promptTokenCount\":8,\"totalTokenCount\":8}}"));
  }

  private static void addTexts(List<GeminiStreams> all) {
    all.add(
        whole(
            "function calls are text",
            new TokenUsage(8, 0, 0, 0, 7, 0),
            "get{\"a\":{\"text\":\"}]\"},\"n\":[1,2]}",
            1,
            chunk(
                "{'functionCall':{'name':'get','args':{'a':{'text':'}]'},'n':[1,2]}},'thoughtSignature':'QUJD'}",
                "STOP",
                usage(8, 7, 0))));
    all.add(
        whole(
            "thoughts that are shown, code and what it prints are text",
            new TokenUsage(8, 0, 0, 0, 9, 4),
            "Hm. print(1)1\n",
            2,
            chunk("{'text':'Hm. ','thought':true}", "", ""),
            chunk(
                "{'executableCode':{'language':'PYTHON','code':'print(1)'}},"
                    + "{'codeExecutionResult':{'outcome':'OUTCOME_OK','output':'1\\n'}}",
                "STOP",
                usage(8, 5, 4))));
    all.add(
        whole(
            "words of the protocol inside text are text",
            new TokenUsage(8, 0, 0, 0, 5, 0),
            "\n\ndata: {\"usageMetadata\":{\"promptTokenCount\":1}} \"finishReason\":\"STOP\"]}",
            1,
            chunk(
                "{'text':'\\n\\ndata: {\\'usageMetadata\\':{\\'promptTokenCount\\':1}} \\'finishReason\\':\\'STOP\\']}'}",
                "STOP",
                usage(8, 5, 0))));
    all.add(
        whole(
            "what stands beside the content is no text and no usage",
            new TokenUsage(8, 0, 0, 0, 1, 0),
            "a",
            1,
            chunk(text("a"), "STOP", usage(8, 1, 0))
                .replace(
                    "\"index\":0",
                    "\"index\":0,\"groundingMetadata\":{\"segment\":{\"text\":\"b\"},\"usageMetadata\":{}},"
                        + "\"logprobsResult\":{\"chosenCandidates\":[{\"token\":\"c\"}]},"
                        + "\"citationMetadata\":{\"citations\":[{\"content\":{\"text\":\"d\"}}]}")));
    all.add(
        whole(
            "usage after the last text, without a candidate",
            new TokenUsage(8, 0, 0, 0, 2, 0),
            "ab",
            1,
            chunk(text("ab"), "STOP", ""),
            "{\"usageMetadata\":{\"promptTokenCount\":8,\"candidatesTokenCount\":2,\"totalTokenCount\":10}}"));
  }

  private static void addCandidates(List<GeminiStreams> all) {
    String two =
        "{\"candidates\": [{\"content\":{\"parts\":[{\"text\":\"%s\"}]},\"index\":%d%s}],"
            + "\"usageMetadata\":{\"promptTokenCount\":8,\"candidatesTokenCount\":%d,\"totalTokenCount\":%d}}";
    String stop = ",\"finishReason\":\"STOP\"";
    all.add(
        new GeminiStreams(
            "every candidate finishes",
            2,
            List.of(
                two.formatted("a", 0, "", 1, 9),
                two.formatted("b", 1, stop, 2, 10),
                two.formatted("c", 0, stop, 3, 11)),
            new TokenUsage(8, 0, 0, 0, 3, 0),
            "abc",
            3,
            true,
            false));
    all.add(
        new GeminiStreams(
            "one of two candidates has not finished",
            2,
            List.of(two.formatted("a", 0, "", 1, 9), two.formatted("b", 1, stop, 2, 10)),
            new TokenUsage(8, 0, 0, 0, 2, 0),
            "ab",
            2,
            false,
            false));
  }

  private static void addContradictions(List<GeminiStreams> all) {
    all.add(
        new GeminiStreams(
            "text after the last usage overtakes it",
            1,
            List.of(chunk(text("a"), "", usage(8, 1, 0)), chunk(text("bcd"), "STOP", "")),
            new TokenUsage(8, 0, 0, 0, 1, 0),
            "abcd",
            2,
            true,
            true));
    all.add(
        new GeminiStreams(
            "no usage at all",
            1,
            List.of(chunk(text("a"), "", ""), chunk(text("b"), "STOP", "")),
            null,
            "ab",
            2,
            true,
            true));
    all.add(
        new GeminiStreams(
            "text beside zero output",
            1,
            List.of(chunk(text("a"), "STOP", usage(8, 0, 0))),
            new TokenUsage(8, 0, 0, 0, 0, 0),
            "a",
            1,
            true,
            true));
    all.add(
        new GeminiStreams(
            "a finish that more text follows is none",
            1,
            List.of(chunk(text("a"), "STOP", usage(8, 1, 0)), chunk(text("b"), "", usage(8, 2, 0))),
            new TokenUsage(8, 0, 0, 0, 2, 0),
            "ab",
            2,
            false,
            false));
    all.add(
        new GeminiStreams(
            "an error in the stream",
            1,
            List.of(
                chunk(text("a"), "", usage(8, 1, 0)),
                "{\"error\":{\"code\":503,\"message\":\"overloaded\",\"status\":\"UNAVAILABLE\"}}"),
            new TokenUsage(8, 0, 0, 0, 1, 0),
            "a",
            1,
            false,
            false));
  }
}
