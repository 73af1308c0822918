package io.stipend.gateway.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.codec.http.HttpObject;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpRequestDecoder;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * The gate and Netty's decoder read the same bytes: for requests that are changed at random, what
 * the gate lets through is one request for the decoder too, with the same end and the same length,
 * however the bytes are cut into segments.
 */
class GatePropertyTest {
  private static final int ROUNDS = Boolean.getBoolean("stipend.tests.full") ? 2_000_000 : 20_000;
  private static final String[] SEEDS = {
    "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello",
    "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    "POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n003\r\nllo\r\n0\r\nX: y\r\n\r\n",
    "GET /a?b=c HTTP/1.0\r\nX-Y: z\r\n\r\n",
    "POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nExpect: 100-continue\r\n\r\n",
  };
  private static final String[] SNIPPETS = {
    "\r",
    "\n",
    "\r\n",
    "\u0000",
    " ",
    "\t",
    ":",
    ";",
    ",",
    "0",
    "1",
    "x",
    "\u000b",
    "\u0085",
    "\u00a0",
    "Content-Length: 3\r\n",
    "Content-Length : 3\r\n",
    "Transfer-Encoding: chunked\r\n",
    "Transfer-Encoding: identity\r\n",
    "\r\n\r\n",
    "0\r\n\r\n",
    "GET /b HTTP/1.1\r\nHost: a\r\n\r\n",
    "-",
    "+",
    "0x",
    "_",
    "HTTP/1.1",
    "chunked"
  };

  @Test
  void whatPassesIsOneRequestToTheDecoderToo() {
    long seed = new Random().nextLong();
    Random random = new Random(seed);
    int passed = 0;
    for (int round = 0; round < ROUNDS; round++) {
      String bytes = mutated(random);
      String shown = "seed " + seed + " round " + round + ": " + printable(bytes);
      Seen whole = feed(bytes, bytes.length());
      Seen cut = feed(bytes, 1 + random.nextInt(4));
      if (whole.consistent()) {
        assertThat(cut.fault).as(shown).isEqualTo(whole.fault);
        assertThat(cut.complete).as(shown).isEqualTo(whole.complete);
      }
      check(whole, shown);
      check(cut, shown);
      if (whole.complete && !whole.fault) {
        passed++;
        assertThat(cut.content.toString()).as(shown).isEqualTo(whole.content.toString());
      }
    }
    assertThat(passed).as("requests that passed, seed %d", seed).isGreaterThan(ROUNDS / 50);
  }

  private static void check(Seen seen, String shown) {
    assertThat(seen.requests).as(shown).isLessThanOrEqualTo(1);
    assertThat(seen.ends).as(shown).isLessThanOrEqualTo(1);
    if (seen.fault) {
      return;
    }
    assertThat(seen.ends).as(shown).isEqualTo(seen.complete ? 1 : 0);
    if (seen.complete && !seen.framing.chunked()) {
      assertThat((long) seen.content.length())
          .as(shown)
          .isEqualTo(Math.max(0, seen.framing.contentLength()));
    }
  }

  private static String mutated(Random random) {
    StringBuilder bytes = new StringBuilder(SEEDS[random.nextInt(SEEDS.length)]);
    for (int edits = random.nextInt(4); edits > 0; edits--) {
      int at = random.nextInt(bytes.length());
      switch (random.nextInt(4)) {
        case 0 -> bytes.deleteCharAt(at);
        case 1 -> bytes.setCharAt(at, (char) random.nextInt(256));
        case 2 -> bytes.insert(at, SNIPPETS[random.nextInt(SNIPPETS.length)]);
        default ->
            bytes.insert(at, bytes.substring(at, Math.min(bytes.length(), at + random.nextInt(9))));
      }
    }
    return bytes.append(SEEDS[random.nextInt(SEEDS.length)]).toString();
  }

  private static Seen feed(String bytes, int segment) {
    RequestGate gate = new RequestGate(ServerLimits.DEFAULTS);
    Seen seen = new Seen();
    EmbeddedChannel channel =
        new EmbeddedChannel(
            gate,
            new HttpRequestDecoder(
                new HttpDecoderConfig()
                    .setStrictLineParsing(true)
                    .setUseRfc9112TransferEncoding(true)),
            seen);
    for (int from = 0; from < bytes.length(); from += segment) {
      String part = bytes.substring(from, Math.min(bytes.length(), from + segment));
      channel.writeInbound(Unpooled.copiedBuffer(part, StandardCharsets.ISO_8859_1));
    }
    seen.complete = gate.complete();
    seen.framing = gate.framing();
    channel.finishAndReleaseAll();
    return seen;
  }

  private static String printable(String bytes) {
    return bytes.replace("\r", "\\r").replace("\n", "\\n");
  }

  /** What comes out of the decoder. */
  private static final class Seen extends ChannelInboundHandlerAdapter {
    private final StringBuilder content = new StringBuilder();
    private int requests;
    private int ends;
    private boolean fault;
    private boolean decoderFault;
    private boolean complete;
    private Framing framing;

    /** Whether the decoder had nothing to object to what the gate passed. */
    boolean consistent() {
      return !decoderFault;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object msg) {
      if (msg instanceof HttpObject part && part.decoderResult().isFailure()) {
        fault = true;
        decoderFault = true;
      }
      if (msg instanceof HttpRequest) {
        requests++;
      }
      if (msg instanceof HttpContent part) {
        content.append(part.content().toString(StandardCharsets.ISO_8859_1));
      }
      if (msg instanceof LastHttpContent) {
        ends++;
      }
      ReferenceCountUtil.release(msg);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      fault = true;
    }
  }
}
