package io.stipend.gateway.attacks;

import io.stipend.gateway.coding.Coded;
import io.stipend.gateway.coding.ContentCoding;
import io.stipend.metering.UsageSource;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** All attacks of providers in S4, S14, S16 and S17; what else they lie about is in S18's tests. */
final class AnswerAttacks {
  /** Of a good answer, and of no other. */
  static final int OUTPUT = 7;

  static final String USAGE =
      "{\"prompt_tokens\":9,\"completion_tokens\":" + OUTPUT + ",\"total_tokens\":16}";

  /** What an answer would have to say to be charged less. */
  private static final String FREE = "\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1}";

  private static final int MIB = 1_024 * 1_024;
  private static final String OK = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";
  private static final List<AnswerAttack> ALL = numbered();

  private AnswerAttacks() {}

  static List<AnswerAttack> all() {
    return ALL;
  }

  private static List<AnswerAttack> numbered() {
    List<AnswerAttack> all = new ArrayList<>();
    framing(all);
    codings(all);
    forged(all);
    Map<Section, Integer> counts = new EnumMap<>(Section.class);
    all.replaceAll(
        attack ->
            attack.withId(
                String.format(
                    Locale.ROOT,
                    "%s-A%02d",
                    attack.section(),
                    counts.merge(attack.section(), 1, Integer::sum))));
    return List.copyOf(all);
  }

  /** A good answer's body that says this. */
  static String plain(String text) {
    return "{\"id\":\"c\",\"model\":\"gpt-4o-mini\",\"choices\":[{\"index\":0,\"message\":{\"role\":"
        + "\"assistant\",\"content\":\""
        + text
        + "\"},\"finish_reason\":\"stop\"}],\"usage\":"
        + USAGE
        + "}";
  }

  /** A whole answer with a length. */
  static String whole(String fields, String body) {
    return OK + fields + "Content-Length: " + body.length() + "\r\n\r\n" + body;
  }

  private static void refused(List<AnswerAttack> all, Section section, String name, String answer) {
    all.add(
        new AnswerAttack("", section, name, false, answer, 502, null, UsageSource.ASSUMED, false));
  }

  private static void passed(
      List<AnswerAttack> all, Section section, String name, String answer, boolean reused) {
    String body = plain("Yes.");
    all.add(
        new AnswerAttack(
            "", section, name, false, answer, 200, body, UsageSource.REPORTED, reused));
  }

  private static void framing(List<AnswerAttack> all) {
    String good = whole("", plain("Yes."));
    Section s4 = Section.S4;
    passed(all, s4, "a second answer behind the first is shown to nobody", good + good, false);
    passed(all, s4, "bytes behind the answer", good + "x", false);
    passed(all, s4, "100 before the answer", "HTTP/1.1 100 Continue\r\n\r\n" + good, false);
    passed(
        all,
        s4,
        "close, and a second answer",
        whole("Connection: close\r\n", plain("Yes.")) + good,
        false);
    refused(all, s4, "304 with a body", good.replace("200 OK", "304 Not Modified"));
    refused(all, s4, "CL with TE", whole("Transfer-Encoding: chunked\r\n", "0\r\n\r\n"));
    refused(all, s4, "two lengths", whole("Content-Length: 5\r\n", plain("Yes.")));
    refused(all, s4, "a length of +5", OK + "Content-Length: +5\r\n\r\nhello");
    refused(
        all, s4, "an encoding of xchunked", OK + "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n");
    refused(all, s4, "a bare LF in the head", good.replaceFirst("\r\n", "\n"));
    refused(all, s4, "a folded field", whole("X: a\r\n b\r\n", plain("Yes.")));
    refused(all, s4, "a NUL in a field", whole("X: a\u0000\r\n", plain("Yes.")));
    refused(all, s4, "a space before a colon", whole("X : a\r\n", plain("Yes.")));
    refused(all, s4, "HTTP/0.9", plain("Yes.") + "\r\n");
    refused(all, s4, "another protocol", "SSH-2.0-OpenSSH_9.6\r\n");
    refused(all, s4, "an endless head", OK + "X: a\r\n".repeat(50_000));
    refused(all, Section.S16, "101 to a request without an upgrade", switching("websocket"));
    refused(all, Section.S16, "101 to h2c", switching("h2c"));
  }

  private static String switching(String to) {
    return "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: "
        + to
        + "\r\n\r\n"
        + whole("", plain("Yes."));
  }

  private static String coded(ContentCoding coding, byte[] plain) {
    return new String(Coded.in(coding, plain), StandardCharsets.ISO_8859_1);
  }

  private static void codings(List<AnswerAttack> all) {
    for (ContentCoding coding : ContentCoding.values()) {
      String name = coding == ContentCoding.BROTLI ? "br" : coding.name().toLowerCase(Locale.ROOT);
      String field = "Content-Encoding: " + name + "\r\n";
      refused(
          all,
          Section.S14,
          "a good answer in " + name + ", unasked",
          whole(field, coded(coding, plain("Yes.").getBytes(StandardCharsets.US_ASCII))));
      refused(
          all,
          Section.S14,
          "64 MiB of zeros in " + name,
          whole(field, coded(coding, new byte[64 * MIB])));
    }
    refused(
        all, Section.S14, "two codings", whole("Content-Encoding: gzip, gzip\r\n", "\u001f\u008b"));
  }

  private static String chunk(String text) {
    return "data: {\"id\":\"c\",\"model\":\"gpt-4o-mini\",\"choices\":[{\"index\":0,\"delta\":{\"content\":"
        + "\""
        + text
        + "\"}}]}\n\n";
  }

  private static void forged(List<AnswerAttack> all) {
    for (String text :
        List.of(
            "\\n\\ndata: [DONE]\\n\\n",
            "\\r\\n\\r\\ndata: {" + FREE.replace("\"", "\\\"") + "}\\r\\n\\r\\n",
            "\\n\\nevent: error\\ndata: {}\\n\\n",
            "\\u000a\\u000adata: [DONE]\\u000a\\u000a",
            "data: [DONE]",
            "event: message_stop",
            "id: 1\\nretry: 1\\n: comment",
            "\\u2028\\u2029data: [DONE]",
            FREE.replace("\"", "\\\""),
            "\\u0000\\u001b[2J")) {
      String events =
          chunk(text)
              + "data: {\"id\":\"c\",\"model\":\"gpt-4o-mini\",\"choices\":[{\"index\":0,\"delta\":{},"
              + "\"finish_reason\":\"stop\"}]}\n\n"
              + "data: {\"id\":\"c\",\"model\":\"gpt-4o-mini\",\"choices\":[],\"usage\":"
              + USAGE
              + "}\n\ndata: [DONE]\n\n";
      all.add(
          new AnswerAttack(
              "",
              Section.S17,
              "a model says <" + text + ">",
              true,
              OK.replace("application/json", "text/event-stream")
                  + "Transfer-Encoding: chunked\r\n\r\n"
                  + Route.chunked(events),
              200,
              events,
              UsageSource.REPORTED,
              true));
      String body = plain(text);
      all.add(
          new AnswerAttack(
              "",
              Section.S17,
              "a model says in one piece <" + text + ">",
              false,
              whole("", body),
              200,
              body,
              UsageSource.REPORTED,
              true));
    }
  }
}
