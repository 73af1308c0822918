package io.stipend.gateway.attacks;

import static io.stipend.gateway.attacks.Expected.admitted;
import static io.stipend.gateway.attacks.Expected.refused;
import static io.stipend.gateway.attacks.Expected.silence;
import static io.stipend.gateway.attacks.Route.CHAT;
import static io.stipend.gateway.attacks.Route.SMUGGLED;
import static io.stipend.gateway.attacks.Route.chunk;
import static io.stipend.gateway.attacks.Route.chunked;

import java.util.ArrayList;
import java.util.List;

/** S3: bodies in chunks. */
final class ChunkAttacks {
  private static final String CHUNKED = "Transfer-Encoding: chunked";

  private ChunkAttacks() {}

  static List<Attack> all() {
    List<Attack> all = new ArrayList<>();
    sizes(all);
    lines(all);
    trailers(all);
    unended(all);
    good(all);
    return all;
  }

  private static void bad(List<Attack> all, String name, String chunks) {
    Route route = Route.turn(all.size());
    all.add(new Attack(Section.S3, name, route.wire(CHUNKED, chunks), refused(400, route.speaks)));
  }

  private static void sizes(List<Attack> all) {
    for (String size :
        List.of(
            "0x1",
            "0X1",
            "1_0",
            "_1",
            "+1",
            "-1",
            "",
            " 1",
            "1 ",
            "1\t",
            "\t1",
            "1;",
            "1;a",
            "1;a=b",
            "1;a=\"b\"",
            "1;a=\"\r\n\"",
            "1 ;a=b",
            "00000000000000001",
            "000000001",
            "10000000000000001",
            "fffffffff",
            "ffffffffffffffff",
            "g",
            "1,",
            "1.0",
            "1h",
            "\"1\"",
            "1\u0000",
            "\u00001",
            "\u00b9",
            "1\u000b",
            "0x",
            "1'",
            "1\\",
            "-0",
            "+0",
            "00000000000",
            "0;",
            "0 ",
            "0;x=" + "y".repeat(64),
            "1\r",
            "\r\n1")) {
      bad(
          all,
          "size <" + SmugglingAttacks.printable(size) + ">",
          size + "\r\nx\r\n0\r\n\r\n" + SMUGGLED);
    }
  }

  private static void lines(List<Attack> all) {
    for (String chunks :
        List.of(
            "1\nx\r\n0\r\n\r\n",
            "1\r\nx\n0\r\n\r\n",
            "1\rx\r\n0\r\n\r\n",
            "1\r\nxyz0\r\n\r\n",
            "1\r\nx\rx0\r\n\r\n",
            "1\r\nxx\r\n0\r\n\r\n",
            "2\r\nx\r\n0\r\n\r\n",
            "1\r\nx0\r\n\r\n",
            "1\n\rx\n\r0\n\r\n\r",
            "1\r\r\nx\r\n0\r\n\r\n",
            "1\r\nx\r\n0\n\n",
            "1\r\nx\r\n0\r\n\n",
            "1\r\nx\r\n0\n\r\n",
            "1;a\nb\r\nx\r\n0\r\n\r\n",
            "1\n;\r\nx\r\n0\r\n\r\n",
            "0\r\n" + SMUGGLED)) {
      bad(
          all,
          "chunks <"
              + SmugglingAttacks.printable(chunks.substring(0, Math.min(24, chunks.length())))
              + ">",
          chunks + (chunks.endsWith(SMUGGLED) ? "" : SMUGGLED));
    }
  }

  private static void trailers(List<Attack> all) {
    for (String trailer :
        List.of(
            "Content-Length: 5\r\n",
            "content-length: 0\r\n",
            "Transfer-Encoding: chunked\r\n",
            "Host: b\r\n",
            "Trailer: x\r\n",
            "Content-Encoding: gzip\r\n",
            "no colon\r\n",
            "X : a\r\n",
            " folded: a\r\n",
            "X: a\r\n b\r\n",
            "X: a\n",
            "X: \u0000\r\n",
            "X: a\rb\r\n",
            ": a\r\n",
            "X\u00e9: a\r\n",
            "\u0000\r\n")) {
      bad(
          all,
          "trailer <" + SmugglingAttacks.printable(trailer) + ">",
          "1\r\nx\r\n0\r\n" + trailer + "\r\n" + SMUGGLED);
    }
    all.add(
        new Attack(
            Section.S3,
            "trailers without an end",
            CHAT.wire(CHUNKED, chunk("x") + "0\r\n" + "X: a\r\n".repeat(10_000)),
            refused(431, CHAT.speaks)));
    String body = CHAT.body();
    all.add(
        new Attack(
            Section.S3,
            "a credential in a trailer is dropped with it",
            CHAT.wire(CHUNKED, chunk(body) + "0\r\nX-Api-Key: another\r\nX-Late: here\r\n\r\n"),
            admitted(body, "another", "X-Late", "x-late")));
  }

  private static void unended(List<Attack> all) {
    for (String chunks :
        List.of("", "0", "0\r", "0\r\n", "0\r\n\r", "1\r\n", "5\r\nxx", "1\r\nx\r\n", "1\r\nx")) {
      all.add(
          new Attack(
                  Section.S3,
                  "the client ends after <" + SmugglingAttacks.printable(chunks) + ">",
                  CHAT.wire(CHUNKED, chunks),
                  silence())
              .thenEnds());
    }
    all.add(
        new Attack(
                Section.S3,
                "a good body without its last chunk, then the client's end",
                CHAT.wire(CHUNKED, chunk(CHAT.body())),
                silence())
            .thenEnds());
  }

  private static void good(List<Attack> all) {
    String body = Route.MESSAGES.body();
    StringBuilder single = new StringBuilder();
    for (char c : body.toCharArray()) {
      single.append(chunk("" + c));
    }
    all.add(
        new Attack(
            Section.S3,
            "a chunk for each byte reaches the provider as one body with a length",
            Route.MESSAGES.wire(CHUNKED, single + "0\r\n\r\n"),
            admitted(body, "transfer-encoding", "Transfer-Encoding")));
    all.add(
        new Attack(
            Section.S3,
            "sizes in capitals and with leading zeros, up to 8 digits",
            CHAT.wire(
                CHUNKED,
                "0000000A\r\n"
                    + CHAT.body().substring(0, 10)
                    + "\r\n"
                    + chunked(CHAT.body().substring(10))),
            admitted(CHAT.body())));
    all.add(
        new Attack(
            Section.S3,
            "a request within a chunk is data",
            CHAT.wire(CHUNKED, chunked(SMUGGLED)),
            Expected.denied(400, CHAT.speaks)));
  }
}
