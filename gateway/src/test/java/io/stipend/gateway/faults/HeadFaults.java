package io.stipend.gateway.faults;

import static io.stipend.gateway.faults.Form.CHAT;
import static io.stipend.gateway.faults.Form.CHAT_EVENTS;
import static io.stipend.gateway.faults.Form.MESSAGES;
import static io.stipend.gateway.faults.Form.SPEECH;
import static io.stipend.gateway.faults.Form.STREAMED;

import io.stipend.gateway.faults.Fault.Bill;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;

/** Heads that lie, that come too early, too often, without an end, or lead elsewhere. */
final class HeadFaults {
  private static final String REFUSED = "upstream_protocol 502 error assumed covers closed";
  private static final String GOOD = "completed 200 whole reported bill ";
  private static final String GOOD_SOUND = "completed 200 whole counted bill ";
  private static final int LARGE = 8 << 20;

  private HeadFaults() {}

  /** A good answer, with this in front of it. */
  private static Fault interim(String name, String before) {
    return new Fault(
        "Heads",
        name,
        Bill.TRUE,
        talk -> {
          talk.raw(before);
          talk.answer(Usage.TRUE);
        });
  }

  private static Fault passes(Fault fault, String connection) {
    return fault.all(GOOD + connection).in(SPEECH, GOOD_SOUND + connection);
  }

  /** A good answer in chunks under a head with this in it. */
  private static Fault refused(String name, String statusLine, String... fields) {
    return new Fault(
            "Heads",
            name,
            Bill.TRUE,
            talk -> {
              talk.raw(talk.headText(statusLine, talk.form.answerType(), fields));
              talk.stall();
            })
        .all(REFUSED)
        .headless();
  }

  static List<Fault> all(int trapPort) {
    List<Fault> all = new ArrayList<>();
    interims(all);
    for (String status :
        List.of(
            "300 Multiple Choices",
            "301 Moved",
            "302 Found",
            "303 See Other",
            "307 Temporary",
            "308 Permanent")) {
      all.add(
          refused(
              "status " + status.substring(0, 3) + ", to another port",
              "HTTP/1.1 " + status,
              "location: http://127.0.0.1:" + trapPort + "/v1/x",
              "content-length: 0"));
    }
    all.add(refused("status 304 with a body", "HTTP/1.1 304 Not Modified", "content-length: 5"));
    all.add(refused("status 205 with a body", "HTTP/1.1 205 Reset Content", "content-length: 5"));
    all.add(refused("status 999", "HTTP/1.1 999 What", "content-length: 0"));
    all.add(
        refused(
            "a length and chunks",
            "HTTP/1.1 200 OK",
            "content-length: 5",
            "transfer-encoding: chunked"));
    all.add(refused("two lengths", "HTTP/1.1 200 OK", "content-length: 5", "content-length: 6"));
    all.add(refused("a negative length", "HTTP/1.1 200 OK", "content-length: -5"));
    all.add(refused("a length of 2^63", "HTTP/1.1 200 OK", "content-length: 9223372036854775808"));
    all.add(
        refused(
            "a transfer coding beside chunks",
            "HTTP/1.1 200 OK",
            "transfer-encoding: gzip, chunked"));
    all.add(refused("chunks in HTTP/1.0", "HTTP/1.0 200 OK", "transfer-encoding: chunked"));
    all.add(refused("HTTP/2.0", "HTTP/2.0 200 OK", "content-length: 0"));
    all.add(refused("no HTTP at all", "SSH-2.0-OpenSSH_9.6"));
    all.add(
        refused(
            "gzip, though identity was asked for",
            "HTTP/1.1 200 OK",
            "content-encoding: gzip",
            "content-length: 5"));
    all.add(
        new Fault(
                "Heads",
                "fields without an end",
                Bill.TRUE,
                talk -> {
                  talk.raw("HTTP/1.1 200 OK\r\n");
                  talk.endless("x-more: 1234567890123456789012345678901234567890\r\n");
                })
            .all(REFUSED)
            .headless());
    all.add(
        new Fault(
                "Heads",
                "a field without an end",
                Bill.TRUE,
                talk -> {
                  talk.raw("HTTP/1.1 200 OK\r\nx-more: ");
                  talk.endless("a".repeat(1_024));
                })
            .all(REFUSED)
            .headless());
    versions(all);
    early(all);
    return all;
  }

  private static void interims(List<Fault> all) {
    all.add(
        passes(
            interim(
                "103 before the head, three times",
                "HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n".repeat(3)),
            "kept"));
    for (String status : List.of("100 Continue", "102 Processing", "199 What")) {
      all.add(
          passes(
              interim(
                  status.substring(0, 3) + " before the head, unasked",
                  "HTTP/1.1 " + status + "\r\n\r\n"),
              "closed"));
    }
    all.add(
        interim("a flood of 103", "HTTP/1.1 103 Early Hints\r\n\r\n".repeat(9))
            .all(REFUSED)
            .headless());
    all.add(
        interim("a flood of 100", "HTTP/1.1 100 Continue\r\n\r\n".repeat(9))
            .all(REFUSED)
            .headless());
    all.add(
        interim("101, unasked", "HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\n\r\n")
            .all(REFUSED)
            .headless());
  }

  private static void versions(List<Fault> all) {
    all.add(
        passes(
            new Fault(
                "Heads",
                "HTTP/1.0, whose end is the connection's",
                Bill.TRUE,
                talk -> {
                  String body = String.join("", talk.parts());
                  talk.counts(body);
                  talk.raw(talk.headText("HTTP/1.0 200 OK", talk.form.answerType()) + body);
                  talk.close();
                }),
            "closed"));
    all.add(
        passes(
            new Fault(
                "Heads",
                "HTTP/1.0 with a length",
                Bill.TRUE,
                talk -> {
                  String body = String.join("", talk.parts());
                  talk.counts(body);
                  talk.raw(
                      talk.headText(
                              "HTTP/1.0 200 OK",
                              talk.form.answerType(),
                              "content-length: " + body.length())
                          + body);
                }),
            "closed"));
    all.add(
        new Fault(
                "Heads",
                "HTTP/1.0 that ends too early",
                Bill.UNDER_WAY,
                talk -> {
                  String body = String.join("", talk.parts().subList(0, 2));
                  talk.counts(body);
                  talk.raw(talk.headText("HTTP/1.0 200 OK", talk.form.answerType()) + body);
                  talk.close();
                })
            .in(STREAMED, "upstream_truncated 200 event counted covers closed")
            .in(Form.WHOLE, "completed 200 whole counted covers closed")
            .in(Form.MEDIA, "completed 200 whole counted covers closed"));
    all.add(
        new Fault(
                "Heads",
                "status 204",
                Bill.NOTHING,
                talk ->
                    talk.raw(
                        "HTTP/1.1 204 No Content\r\nx-request-id: " + talk.run.id + "\r\n\r\n"))
            .all("completed 204 whole counted covers kept")
            .in(
                Form.GEMINI_EVENTS,
                Form.GEMINI_LIST,
                "upstream_truncated 204 whole counted covers kept"));
    all.add(
        new Fault(
                "Heads",
                "status 204 with a body",
                Bill.NOTHING,
                talk -> talk.head("204 No Content", talk.form.answerType(), "content-length: 5"))
            .all("completed 204 whole counted covers closed")
            .in(STREAMED, "upstream_truncated 204 whole counted covers closed"));
  }

  /** The request does not fit on its way; the answer comes all the same. */
  private static void early(List<Fault> all) {
    all.add(
        new Fault(
                "Heads",
                "200 before the request's end",
                Bill.TRUE,
                talk -> {
                  talk.answer(Usage.TRUE);
                  talk.awaitEnd();
                })
            .largeRequest(LARGE)
            .in(EnumSet.of(CHAT, CHAT_EVENTS, MESSAGES), GOOD + "closed"));
    all.add(
        new Fault(
                "Heads",
                "413 before the request's end",
                Bill.NOTHING,
                talk -> {
                  String error = talk.wording().error();
                  talk.head(
                      "413 Too Large", "application/json", "content-length: " + error.length());
                  talk.part(error);
                  talk.awaitEnd();
                })
            .largeRequest(LARGE)
            .in(
                EnumSet.of(CHAT, CHAT_EVENTS, MESSAGES),
                "upstream_error 413 whole reported bill closed"));
    for (int status : new int[] {400, 429, 500, 529}) {
      all.add(
          new Fault(
                  "Heads",
                  "status " + status,
                  Bill.NOTHING,
                  talk -> {
                    String error = talk.wording().error();
                    talk.head(
                        status + " X", "application/json", "content-length: " + error.length());
                    talk.part(error);
                  })
              .all("upstream_error " + status + " whole reported bill kept"));
    }
  }
}
