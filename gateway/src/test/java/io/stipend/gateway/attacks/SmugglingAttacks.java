package io.stipend.gateway.attacks;

import static io.stipend.gateway.attacks.Expected.admitted;
import static io.stipend.gateway.attacks.Expected.refused;
import static io.stipend.gateway.attacks.Route.CHAT;
import static io.stipend.gateway.attacks.Route.SMUGGLED;
import static io.stipend.gateway.attacks.Route.chunked;

import java.util.ArrayList;
import java.util.List;

/** S1 and S2: heads whose length two servers could read in two ways. */
final class SmugglingAttacks {
  private static final String EMPTY_CHUNKS = "0\r\n\r\n";

  private SmugglingAttacks() {}

  static List<Attack> all() {
    List<Attack> all = new ArrayList<>();
    both(all);
    encodings(all);
    encodingFields(all);
    lengths(all);
    lengthFields(all);
    return all;
  }

  private static void s1(List<Attack> all, String name, String fields, String rest) {
    Route route = Route.turn(all.size());
    all.add(new Attack(Section.S1, name, route.wire(fields, rest), refused(400, route.speaks)));
  }

  private static void both(List<Attack> all) {
    String body = CHAT.body();
    s1(
        all,
        "CL.TE, the chunks end before the length does",
        "Content-Length: "
            + (EMPTY_CHUNKS.length() + SMUGGLED.length())
            + "\r\nTransfer-Encoding: chunked",
        EMPTY_CHUNKS + SMUGGLED);
    s1(
        all,
        "CL.TE, the length ends within the chunks",
        "Content-Length: 4\r\nTransfer-Encoding: chunked",
        chunked(SMUGGLED));
    s1(
        all,
        "TE.CL, a request in the one chunk",
        "Transfer-Encoding: chunked\r\nContent-Length: 4",
        chunked(SMUGGLED));
    s1(
        all,
        "TE.CL, both say the same",
        "Transfer-Encoding: chunked\r\nContent-Length: " + chunked(body).length(),
        chunked(body));
    s1(all, "CL 0 with TE", "Content-Length: 0\r\nTransfer-Encoding: chunked", SMUGGLED);
    s1(all, "CL with TE identity", "Content-Length: 5\r\nTransfer-Encoding: identity", "hello");
    s1(all, "CL with an empty TE", "Content-Length: 5\r\nTransfer-Encoding:", "hello");
    s1(
        all,
        "CL.TE in other cases",
        "CONTENT-LENGTH: 6\r\ntransfer-ENCODING: chunked",
        EMPTY_CHUNKS + "G");
    s1(
        all,
        "CL.TE with a field between them",
        "Content-Length: 6\r\nX-Between: a\r\nTransfer-Encoding: chunked",
        EMPTY_CHUNKS + "G");
    s1(
        all,
        "CL twice with TE",
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\nContent-Length: 5",
        EMPTY_CHUNKS);
  }

  private static void encodings(List<Attack> all) {
    for (String te :
        List.of(
            "xchunked",
            "chunkedx",
            "chunked, identity",
            "identity, chunked",
            "identity",
            "gzip",
            "gzip, chunked",
            "chunked, gzip",
            "chunked,chunked",
            "chunked, chunked",
            "\"chunked\"",
            "'chunked'",
            "Chunked",
            "CHUNKED",
            "chunKed",
            "chunked;q=1",
            "chunked ;",
            "chunked ,",
            ",chunked",
            ", chunked",
            "\u000bchunked",
            "chunked\u000b",
            "\u000cchunked",
            "chunked\u0000",
            "\u0000chunked",
            "chunked\u007f",
            "",
            "\u00a0chunked",
            "chunked\u00a0",
            "\u0085chunked",
            "chun ked",
            "chu\tnked",
            "cow",
            "chunked\rx",
            "chunk",
            "0",
            "x=chunked",
            "chunked\\",
            "trailers, chunked",
            "deflate",
            "\u00c4\u008ahunked")) {
      s1(all, "TE <" + printable(te) + ">", "Transfer-Encoding: " + te, EMPTY_CHUNKS + SMUGGLED);
    }
  }

  private static void encodingFields(List<Attack> all) {
    for (String fields :
        List.of(
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: cow",
            "Transfer-Encoding: cow\r\nTransfer-Encoding: chunked",
            "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
            "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked",
            "tRANSFER-eNCODING: chunked\r\nTRANSFER-ENCODING: chunked",
            "Transfer-Encoding : chunked",
            "Transfer-Encoding\t: chunked",
            "Transfer-Encoding\u000b: chunked",
            "Transfer-Encoding\u0000: chunked",
            " Transfer-Encoding: chunked",
            "\tTransfer-Encoding: chunked",
            "Transfer-Encoding:\r\n chunked",
            "Transfer-Encoding:\r\n\tchunked",
            "Transfer-Encoding: chun\r\n ked",
            "Transfer-Encoding: chunked\r\n , identity",
            "X: a\r\n Transfer-Encoding: chunked",
            "X: a\rTransfer-Encoding: chunked",
            "X: a\nTransfer-Encoding: chunked",
            "X: a\u0000Transfer-Encoding: chunked",
            "Transfer-Encoding\nX: chunked",
            "Transfer_Encoding: chunked",
            "Transfer-Encoding: chunked\n",
            "Transfer\u00adEncoding: chunked")) {
      s1(all, "<" + printable(fields) + ">", fields, EMPTY_CHUNKS + SMUGGLED);
    }
    for (String te : List.of("\tchunked", " \tchunked", "  chunked", "chunked ", "chunked\t")) {
      s1(
          all,
          "TE with white space that some take for a part of it <" + printable(te) + ">",
          "Transfer-Encoding:" + te,
          EMPTY_CHUNKS + SMUGGLED);
    }
    String body = CHAT.body();
    all.add(
        new Attack(
            Section.S1,
            "TE without the space before it",
            CHAT.wire("Transfer-Encoding:chunked", chunked(body)),
            admitted(body)));
    all.add(
        new Attack(
            Section.S1,
            "TE alone: the provider gets a length and no chunks",
            CHAT.wire("Transfer-Encoding: chunked", chunked(body)),
            admitted(body, "chunked", "Transfer-Encoding", "transfer-encoding")));
    all.add(
        new Attack(
            Section.S1,
            "the header TE asks for trailers and for chunked",
            CHAT.good("TE: trailers, chunked"),
            admitted(body, "trailers, chunked")));
  }

  private static void s2(List<Attack> all, String name, String fields) {
    Route route = Route.turn(all.size());
    all.add(
        new Attack(
            Section.S2, name, route.wire(fields, "x" + SMUGGLED), refused(400, route.speaks)));
  }

  private static void lengths(List<Attack> all) {
    for (String length :
        List.of(
            "+1",
            "-1",
            "-0",
            "+0",
            "0x1",
            "0X1",
            "1_0",
            "1,1",
            "1, 1",
            "1;1",
            "\"1\"",
            "'1'",
            "1 1",
            "1\t1",
            "",
            " ",
            "9223372036854775807",
            "9223372036854775808",
            "18446744073709551617",
            "4294967297000000",
            "1000000000000000",
            "01",
            "00",
            "0001",
            "1e1",
            "1.0",
            "1.",
            ".1",
            "\u00b9",
            "1\u000b",
            "\u000b1",
            "1;",
            "1,",
            ",1",
            "NaN",
            "Infinity",
            "\u00b2",
            "1\u0000",
            "\u00001",
            "1\u007f",
            "1L",
            "0b1",
            "0o1",
            "1%31",
            "one",
            "1\\",
            "1 ;x",
            "\u00a01",
            "(1)")) {
      s2(all, "CL <" + printable(length) + ">", "Content-Length: " + length);
    }
  }

  private static void lengthFields(List<Attack> all) {
    for (String fields :
        List.of(
            "Content-Length: 1\r\nContent-Length: 1",
            "Content-Length: 1\r\nContent-Length: 9",
            "Content-Length: 9\r\nContent-Length: 1",
            "Content-Length: 0\r\nContent-Length: 1",
            "cONTENT-lENGTH: 1\r\nCONTENT-LENGTH: 1",
            "Content-Length: 1\r\nX: a\r\nContent-Length: 1",
            "Content-Length : 1",
            "Content-Length\t: 1",
            "Content-Length\u0000: 1",
            "Content-Length:\r\n 1",
            "Content-Length: 1\r\n 1",
            "X: a\r\n Content-Length: 1",
            "X: a\rContent-Length: 1",
            "X: a\nContent-Length: 1",
            " Content-Length: 1",
            "Content-Length",
            "Content-Length: 1\r\nContent_Length: 5",
            "Content Length: 1")) {
      s2(all, "<" + printable(fields) + ">", fields);
    }
    String body = CHAT.body();
    for (String white : List.of("\t", " \t", "\t ", "  ")) {
      s2(all, "CL after <" + printable(white) + ">", "Content-Length:" + white + "1");
      s2(all, "CL before <" + printable(white) + ">", "Content-Length: 1" + white);
    }
    all.add(
        new Attack(
            Section.S2,
            "a length without the space before it",
            CHAT.wire("Content-Length:" + body.length(), body),
            admitted(body)));
    all.add(
        new Attack(
                Section.S2,
                "a body that ends one byte early, then the client's end",
                CHAT.wire("Content-Length: " + (body.length() + 1), body),
                Expected.silence())
            .thenEnds());
  }

  static String printable(String text) {
    StringBuilder shown = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '\r' -> shown.append("\\r");
        case '\n' -> shown.append("\\n");
        case '\t' -> shown.append("\\t");
        default -> shown.append(c >= ' ' && c < 0x7f ? "" + c : String.format("\\x%02x", (int) c));
      }
    }
    return shown.toString();
  }
}
