package io.stipend.gateway.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.stipend.gateway.coding.Coded;
import io.stipend.gateway.coding.ContentCoding;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Reading waits while a body is decoded, or a client could fill the memory meanwhile. */
class DecodingPauseTest {
  private final EmbeddedChannel channel = new EmbeddedChannel();
  private final Requests requests = new Requests();
  private final RequestGate gate = new RequestGate(ServerLimits.DEFAULTS, channel, requests);

  @Test
  void readingWaitsForABodyThatWaitedItselfForTheRequestBeforeIt() throws Exception {
    byte[] plain = new byte[2 * 1_024 * 1_024];
    Random random = new Random(1);
    for (int i = 0; i < plain.length; i++) {
      plain[i] = (byte) ('a' + random.nextInt(4));
    }
    byte[] coded = Coded.in(ContentCoding.GZIP, plain);
    assertThat(coded.length).isGreaterThan(RequestGate.MAX_HELD_BYTES);
    String head =
        "POST /b HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: "
            + coded.length
            + "\r\n\r\n";
    gate.read(Unpooled.wrappedBuffer(latin1("GET /a HTTP/1.1\r\nHost: a\r\n\r\n" + head), coded));
    assertThat(channel.config().isAutoRead()).as("too much waits").isFalse();

    gate.next();
    assertThat(channel.config().isAutoRead()).as("the second body is decoded").isFalse();
    assertThat(requests.bodies.size()).as("requests that came whole").isEqualTo(1);

    channel.runPendingTasks();
    assertThat(Arrays.equals(requests.bodies.get(1), plain)).as("the second body").isTrue();
    assertThat(channel.config().isAutoRead()).as("all is read").isTrue();
    gate.discard();
  }

  private static byte[] latin1(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  /** Keeps the bodies; decodes those of {@code /b}. */
  private final class Requests implements RequestGate.Receiver {
    private final List<byte[]> bodies = new ArrayList<>();

    @Override
    public void headBegun() {}

    @Override
    public void begin(ReadHead read) {
      if (read.path().equals("/b")) {
        gate.decode(ContentCoding.GZIP);
      }
    }

    @Override
    public boolean bodyWanted() {
      return true;
    }

    @Override
    public void bodyTooLarge(String problem) {
      throw new IllegalStateException(problem);
    }

    @Override
    public void requestOver(ByteBuf body) {
      byte[] bytes = new byte[body.readableBytes()];
      body.readBytes(bytes).release();
      bodies.add(bytes);
    }

    @Override
    public void malformed(MalformedRequest fault, String path) {
      throw new IllegalStateException(fault.getMessage());
    }

    @Override
    public void failed(RuntimeException e) {
      throw e;
    }
  }
}
