package io.stipend.gateway.faults;

import static io.stipend.gateway.faults.Form.GEMINI_LIST;
import static io.stipend.gateway.faults.Form.MEDIA;
import static io.stipend.gateway.faults.Form.SPEECH;
import static io.stipend.gateway.faults.Form.STREAMED;
import static io.stipend.gateway.faults.Form.WHOLE;

import io.stipend.gateway.faults.Fault.Bill;
import io.stipend.gateway.faults.Fault.Script;
import java.util.ArrayList;
import java.util.List;

/** Connections that break, stall or never end, and bodies whose framing lies. */
final class WireFaults {
  private static final String BEFORE_ANY = "upstream_reset 502 error assumed covers closed";
  private static final String NO_HTTP = "upstream_protocol 502 error assumed covers closed";
  private static final String NO_ANSWER = "upstream_timeout 504 error assumed covers closed";

  private WireFaults() {}

  private static Fault broken(String name, Script script) {
    return new Fault("Breaks", name, Bill.UNDER_WAY, script);
  }

  /** It breaks once the client has its head. */
  private static Fault inBody(String section, String name, String outcome, Script script) {
    return new Fault(section, name, Bill.UNDER_WAY, script)
        .in(STREAMED, outcome + " 200 event assumed covers closed")
        .in(WHOLE, outcome + " 200 cut-off assumed covers closed")
        .in(MEDIA, outcome + " 200 cut-off assumed covers closed");
  }

  /** All parts came, and what ends them did not. */
  private static Fault afterLast(
      String section, String name, String outcome, Script head, Script ending) {
    String known = " 200 event reported bill closed";
    return new Fault(
            section,
            name,
            Bill.TRUE,
            talk -> {
              head.play(talk);
              for (String part : talk.parts()) {
                talk.part(part);
              }
              talk.awaitClient();
              ending.play(talk);
            })
        .in(STREAMED, outcome + known)
        .in(GEMINI_LIST, outcome + known.replace("event", "whole"))
        .in(WHOLE, outcome + " 200 cut-off assumed covers closed")
        .in(MEDIA, outcome + " 200 cut-off assumed covers closed")
        .in(StreamFaults.MEDIA_EVENTS, outcome + known.replace("event", "cut-off"));
  }

  /** So many parts came, and the client has its head. */
  private static void some(Talk talk, int parts) throws Exception {
    List<String> all = talk.parts();
    talk.open(all);
    for (String part : all.subList(0, Math.min(parts, all.size() - 1))) {
      talk.part(part);
    }
    talk.awaitClient();
  }

  static List<Fault> all() {
    List<Fault> all = new ArrayList<>();
    ends(all);
    stalls(all);
    chunks(all);
    lengths(all);
    return all;
  }

  private static void ends(List<Fault> all) {
    all.add(broken("closed before the head", Talk::close).all(BEFORE_ANY).headless());
    all.add(broken("reset before the head", Talk::reset).all(BEFORE_ANY).headless());
    all.add(
        broken(
                "closed within the head",
                talk -> {
                  talk.raw("HTTP/1.1 200 OK\r\nx-request-id: re");
                  talk.close();
                })
            .all(BEFORE_ANY)
            .headless());
    for (int parts : new int[] {0, 1, 3}) {
      String after = parts == 0 ? "the head" : parts == 1 ? "its first part" : "three parts";
      all.add(
          inBody(
              "Breaks",
              "closed after " + after,
              "upstream_reset",
              talk -> {
                some(talk, parts);
                talk.close();
              }));
    }
    all.add(
        inBody(
                "Breaks",
                "closed within a part",
                "upstream_reset",
                talk -> {
                  some(talk, 2);
                  talk.raw("8\r\nd");
                  talk.close();
                })
            .not(WHOLE)
            .not(MEDIA));
    all.add(
        inBody(
            "Breaks",
            "reset after three parts",
            "upstream_reset",
            talk -> {
              some(talk, 3);
              talk.reset();
            }));
    all.add(
        afterLast(
            "Breaks",
            "closed after the last part, before the end of the chunks",
            "upstream_reset",
            Talk::openChunked,
            Talk::close));
  }

  private static void stalls(List<Fault> all) {
    all.add(
        new Fault("Stalls", "before the head", Bill.UNDER_WAY, Talk::stall)
            .all(NO_ANSWER)
            .headless()
            .slow());
    all.add(
        new Fault(
                "Stalls",
                "within the head",
                Bill.UNDER_WAY,
                talk -> {
                  talk.raw("HTTP/1.1 200 OK\r\nx-re");
                  talk.stall();
                })
            .all(NO_ANSWER)
            .headless()
            .slow());
    all.add(
        inBody(
                "Stalls",
                "in the body",
                "upstream_timeout",
                talk -> {
                  some(talk, 2);
                  talk.stall();
                })
            .slow());
    all.add(
        afterLast(
                "Stalls",
                "after the last part, before the end of the chunks",
                "upstream_timeout",
                Talk::openChunked,
                Talk::stall)
            .slow());
    all.add(
        inBody(
                "Stalls",
                "a body without an end",
                "upstream_timeout",
                talk -> {
                  talk.openChunked();
                  List<String> parts = talk.parts();
                  talk.part(parts.get(0));
                  String more = talk.wording().text(talk.model(), Form.TEXT);
                  talk.endlessSlowly(more);
                })
            .slow());
  }

  private static void chunks(List<Fault> all) {
    String[][] bad = {
      {"a chunk's size that is no number", "zz\r\n"},
      {"a negative size of a chunk", "-5\r\nhello\r\n"},
      {"a chunk's size of 17 digits", "00000000000000005\r\nhello\r\n"},
      {"a chunk of 2^63 bytes", "8000000000000000\r\n"},
      {"a chunk longer than its size", "2\r\n\n\nmore\r\n"},
      {"a line feed alone after a chunk's size", "2\n\n\n\r\n"},
      {"a trailer that tells of a length", "0\r\ncontent-length: 5\r\n\r\n"}
    };
    for (String[] one : bad) {
      all.add(
          inBody(
              "Framing",
              one[0],
              "upstream_protocol",
              talk -> {
                talk.openChunked();
                talk.part(talk.parts().get(0));
                talk.awaitClient();
                if (one[1].startsWith("2\r\n")) {
                  talk.counts("\n\n");
                }
                talk.raw(one[1]);
                talk.stall();
              }));
    }
  }

  private static void lengths(List<Fault> all) {
    all.add(
        afterLast(
            "Framing",
            "a length that is more than what comes",
            "upstream_reset",
            talk ->
                talk.head(
                    "200 OK",
                    talk.form.answerType(),
                    "content-length: " + (Talk.length(talk.parts()) + 1)),
            Talk::close));
    all.add(
        new Fault(
                "Framing",
                "a length that is less than what comes",
                Bill.TRUE,
                talk -> {
                  List<String> parts = talk.parts();
                  String body = String.join("", parts);
                  // All of it but a part of the usage.
                  int length = body.length() - parts.get(parts.size() - 1).length() - 8;
                  talk.head("200 OK", talk.form.answerType(), "content-length: " + length);
                  talk.counts(body.substring(0, length));
                  talk.raw(body);
                })
            .all("completed 200 whole counted covers closed")
            .in(STREAMED, "upstream_truncated 200 event counted covers closed")
            .in(GEMINI_LIST, "upstream_truncated 200 whole counted covers closed"));
    all.add(surplus("bytes behind the end, at once", false));
    all.add(surplus("bytes behind the end, while it rests", true).alone());
  }

  private static Fault surplus(String name, boolean later) {
    return new Fault(
            "Framing",
            name,
            Bill.TRUE,
            talk -> {
              List<String> parts = talk.parts();
              String body = String.join("", parts);
              String second = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
              talk.counts(body);
              String first =
                  talk.headText(
                          "HTTP/1.1 200 OK",
                          talk.form.answerType(),
                          "content-length: " + body.length())
                      + body;
              if (later) {
                talk.raw(first);
                talk.awaitClient();
                talk.raw(second);
              } else {
                talk.raw(first + second);
              }
            })
        .all("completed 200 whole reported bill closed")
        .in(SPEECH, "completed 200 whole counted bill closed");
  }
}
