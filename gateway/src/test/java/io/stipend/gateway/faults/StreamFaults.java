package io.stipend.gateway.faults;

import static io.stipend.gateway.faults.Form.GEMINI_LIST;
import static io.stipend.gateway.faults.Form.MEDIA;
import static io.stipend.gateway.faults.Form.SPEECH;
import static io.stipend.gateway.faults.Form.STREAMED;
import static io.stipend.gateway.faults.Form.WHOLE;
import static io.stipend.gateway.faults.UsageFaults.COUNTED;
import static io.stipend.gateway.faults.UsageFaults.REPORTED;

import io.stipend.gateway.faults.Fault.Bill;
import io.stipend.gateway.faults.Fault.Script;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** Answers whose parts are wrong, in the wrong place, or of another model. */
final class StreamFaults {
  static final Set<Form> MEDIA_EVENTS =
      EnumSet.of(Form.IMAGES_EVENTS, Form.SPEECH_EVENTS, Form.TRANSCRIPT_EVENTS);
  private static final Set<Form> WHOLE_MEDIA =
      EnumSet.of(Form.IMAGES, Form.SPEECH, Form.TRANSCRIPT);
  private static final String TRUNCATED = "upstream_truncated 200 event counted covers kept";

  /** A list of Gemini that is none, or is broken, takes no error of the gateway. */
  private static final String UNENDED = "upstream_truncated 200 whole counted covers kept";

  private StreamFaults() {}

  private static Fault events(String name, Bill bill, Script script) {
    return new Fault("Events", name, bill, script);
  }

  private static Fault model(String name, String served, Form... forms) {
    return new Fault("Model", name, Bill.TRUE, talk -> talk.answer(Usage.TRUE))
        .served(served)
        .in(EnumSet.of(forms[0], forms), REPORTED);
  }

  /** All parts, with more before the one of this number; counted from the end if negative. */
  private static Script with(int before, Part more) {
    return talk -> {
      List<String> parts = new ArrayList<>(talk.parts());
      parts.add(before < 0 ? parts.size() + before : before, more.of(talk));
      talk.answer(parts);
    };
  }

  private interface Part {
    String of(Talk talk);
  }

  /** The first parts of a good answer, and its end by the framing. */
  private static Script first(int parts, Part last) {
    return talk -> {
      talk.openChunked();
      for (String part : talk.parts().subList(0, parts)) {
        talk.part(part);
      }
      talk.part(last.of(talk));
      talk.end();
    };
  }

  private static Script without(int last) {
    return talk -> {
      List<String> parts = talk.parts();
      talk.answer(parts.subList(0, parts.size() - last));
    };
  }

  static List<Fault> all() {
    List<Fault> all = new ArrayList<>();
    order(all);
    content(all);
    bodies(all);
    all.add(
        model(
            "a cheaper one",
            "gpt-4.1-nano",
            Form.CHAT,
            Form.CHAT_EVENTS,
            Form.RESPONSES,
            Form.RESPONSES_EVENTS));
    all.add(
        model(
            "a dearer one",
            "gpt-4o",
            Form.CHAT,
            Form.CHAT_EVENTS,
            Form.RESPONSES,
            Form.RESPONSES_EVENTS));
    all.add(
        model("a dearer one of Anthropic", "claude-opus-4-5", Form.MESSAGES, Form.MESSAGES_EVENTS));
    all.add(
        model(
            "a dearer one of Gemini",
            "gemini-2.5-pro",
            Form.GEMINI,
            Form.GEMINI_EVENTS,
            GEMINI_LIST));
    all.add(model("a dearer one of Embeddings", "text-embedding-3-large", Form.EMBEDDINGS));
    Fault unknown =
        model("one that nobody knows", "frobnicate-9", Form.CHAT)
            .in(WHOLE, REPORTED)
            .in(STREAMED, REPORTED);
    all.add(unknown);
    return all;
  }

  private static void order(List<Fault> all) {
    Usage running = Usage.of("9", "14");
    all.add(
        events(
                "usage so far in the middle",
                Bill.TRUE,
                with(-3, t -> t.wording().running(t.model(), running)))
            .in(STREAMED, REPORTED));
    all.add(
        events(
                "usage in the middle, none at the end",
                Bill.TRUE,
                talk -> {
                  List<String> parts = new ArrayList<>(talk.parts(Usage.ABSENT));
                  parts.add(2, talk.wording().running(talk.model(), running));
                  talk.answer(parts);
                })
            .in(STREAMED, COUNTED));
    all.add(
        events("two ends, the second of which says more", Bill.MORE, twoEnds("60"))
            .in(STREAMED, REPORTED));
    all.add(
        events("two ends, the second of which says less", Bill.TRUE, twoEnds("1"))
            .in(STREAMED, REPORTED));
    all.add(
        events("without the mark of its end", Bill.TRUE, without(1))
            .in(STREAMED, REPORTED)
            .not(Form.RESPONSES_EVENTS, Form.GEMINI_EVENTS));
    all.add(
        events("without its last two parts", Bill.UNDER_WAY, without(2)).in(STREAMED, TRUNCATED));
    all.add(
        events(
                "nothing at all, of no length",
                Bill.NOTHING,
                talk -> talk.head("200 OK", talk.form.answerType(), "content-length: 0"))
            .in(STREAMED, TRUNCATED)
            .in(WHOLE, COUNTED)
            .in(MEDIA, COUNTED));
    all.add(
        events(
                "more text behind the end",
                Bill.TRUE,
                talk -> {
                  List<String> parts = new ArrayList<>(talk.parts(running));
                  int end = parts.size() - (talk.form == GEMINI_LIST ? 1 : 0);
                  parts.add(end, talk.wording().text(talk.model(), Form.TEXT));
                  talk.answer(parts);
                })
            .in(STREAMED, COUNTED)
            .in(Form.GEMINI_EVENTS, TRUNCATED)
            .in(GEMINI_LIST, UNENDED));
  }

  /** A whole stream, and its closing parts again with another output. */
  private static Script twoEnds(String output) {
    return talk -> {
      List<String> parts = new ArrayList<>(talk.parts());
      int end = parts.size() - (talk.form == GEMINI_LIST ? 1 : 0);
      parts.addAll(end, talk.wording().closing(talk.model(), Usage.TRUE.withOutput(output)));
      talk.answer(parts);
    };
  }

  /** The answer to the same call that was asked for the other way. */
  private static void other(Talk talk) throws IOException {
    String name = talk.form.name();
    Form other = Form.valueOf(talk.form.events() ? name.replace("_EVENTS", "") : name + "_EVENTS");
    List<String> parts = other.wording.parts(talk.model(), Usage.TRUE);
    talk.head("200 OK", other.answerType(), "content-length: " + Talk.length(parts));
    for (String part : parts) {
      talk.part(part);
    }
  }

  private static void content(List<Fault> all) {
    all.add(
        events("a part that is no JSON", Bill.TRUE, with(2, t -> t.wording().broken()))
            .in(STREAMED, REPORTED)
            .in(MEDIA_EVENTS, REPORTED));
    all.add(
        events("its usage is no JSON", Bill.TRUE, t -> t.answer(Usage.literal("{\"a\":")))
            .in(STREAMED, COUNTED)
            .in(WHOLE, COUNTED)
            .in(MEDIA, COUNTED)
            .not(SPEECH));
    all.add(
        events("an error event before all else", Bill.NOTHING, first(0, t -> t.wording().error()))
            .in(STREAMED, TRUNCATED)
            .in(Form.RESPONSES_EVENTS, COUNTED)
            .in(MEDIA_EVENTS, COUNTED)
            .not(GEMINI_LIST));
    all.add(
        events("an error event in the middle", Bill.UNDER_WAY, first(3, t -> t.wording().error()))
            .in(STREAMED, TRUNCATED)
            .in(Form.RESPONSES_EVENTS, COUNTED)
            .in(MEDIA_EVENTS, COUNTED));
  }

  private static void bodies(List<Fault> all) {
    all.add(
        events(
                "a JSON error with status 200",
                Bill.NOTHING,
                talk -> {
                  String error = new Wording.Sound().error();
                  talk.head("200 OK", "application/json", "content-length: " + error.length());
                  talk.part(error);
                })
            .all(COUNTED)
            .in(Form.GEMINI_EVENTS, GEMINI_LIST, UNENDED));
    all.add(
        events(
                "a page of HTML with status 200",
                Bill.NOTHING,
                talk -> {
                  String page = "<html><body>It works!</body></html>";
                  talk.head("200 OK", "text/html", "content-length: " + page.length());
                  talk.part(page);
                })
            .all(COUNTED)
            .in(Form.GEMINI_EVENTS, GEMINI_LIST, UNENDED));
    all.add(
        events("a body where events were asked for, or the reverse", Bill.TRUE, StreamFaults::other)
            .in(STREAMED, REPORTED)
            .in(WHOLE, REPORTED)
            .not(GEMINI_LIST, Form.EMBEDDINGS)
            // Of events that nobody asked for the usage is kept back.
            .not(Form.CHAT, Form.COMPLETIONS));
    all.add(
        events(
                "everything in segments of one byte",
                Bill.TRUE,
                talk -> {
                  StringBuilder all1 = new StringBuilder();
                  for (String part : talk.parts()) {
                    all1.append(Talk.chunk(part));
                    talk.counts(part);
                  }
                  talk.byByte(
                      talk.headText(
                          "HTTP/1.1 200 OK", talk.form.answerType(), "transfer-encoding: chunked"));
                  talk.byByte(all1 + "0\r\n\r\n");
                })
            .all(REPORTED)
            .in(SPEECH, "completed 200 whole counted bill kept"));
    all.add(
        events(
                "a line without an end",
                Bill.UNDER_WAY,
                talk -> {
                  talk.openChunked();
                  talk.part(talk.parts().get(0));
                  talk.awaitClient();
                  talk.part(talk.form == GEMINI_LIST ? ",{\"candidates\":\"" : "data: {\"");
                  talk.endless(Talk.chunk("a".repeat(8_192)));
                })
            .in(STREAMED, "upstream_protocol 200 event assumed covers closed"));
  }
}
