package io.stipend.gateway.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.stipend.gateway.coding.Coded;
import io.stipend.gateway.coding.ContentCoding;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Nothing much is read for whoever is not known yet, or anybody could fill the memory. */
class AwaitedBodyTest {
  private static final int LARGE = 4 * 1_024 * 1_024;

  private final EmbeddedChannel channel = new EmbeddedChannel();
  private final Requests requests = new Requests();
  private final RequestGate gate = new RequestGate(ServerLimits.DEFAULTS, channel, requests);
  private final CompletableFuture<Void> known = new CompletableFuture<>();

  @AfterEach
  void drop() {
    gate.discard();
  }

  private void read(String latin1) {
    gate.read(Unpooled.copiedBuffer(latin1, StandardCharsets.ISO_8859_1));
  }

  private static String post(String fields) {
    return "POST /awaits HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n\r\n";
  }

  private void isKnown() {
    known.complete(null);
    channel.runPendingTasks();
  }

  @Test
  void aLargeBodyStaysAtTheClientUntilItIsAwaitedNoMore() {
    read(post("Content-Length: " + LARGE));
    assertThat(channel.config().isAutoRead()).as("a client that leaves is noticed").isTrue();
    read("x".repeat(RequestGate.MAX_HELD_BYTES + 1));
    assertThat(channel.config().isAutoRead()).isFalse();
    assertThat(gate.heldBytes()).isEqualTo(RequestGate.MAX_HELD_BYTES + 1);

    isKnown();
    assertThat(channel.config().isAutoRead()).isTrue();
    read("x".repeat(LARGE - RequestGate.MAX_HELD_BYTES - 1));
    assertThat(requests.lengths).containsExactly(LARGE);
  }

  @Test
  void aBombIsNotDecodedBefore() throws Exception {
    byte[] coded = Coded.in(ContentCoding.GZIP, new byte[LARGE]);
    assertThat(coded.length).isLessThan(RequestGate.MAX_HELD_BYTES);
    read(post("Content-Encoding: gzip\r\nContent-Length: " + coded.length));
    gate.read(Unpooled.wrappedBuffer(coded));
    channel.runPendingTasks();
    assertThat(gate.heldBytes()).isEqualTo(coded.length);

    isKnown();
    assertThat(requests.lengths).containsExactly(LARGE);
  }

  @Test
  void chunksAndWhatFollowsThemAreReadAfterwardsAsAtOnce() {
    read(post("Transfer-Encoding: chunked") + "2\r\nab\r\n");
    read("1\r\nc\r\n0\r\n\r\nGET /a HTTP/1.1\r\nHost: a\r\n\r\n");
    assertThat(requests.lengths).isEmpty();
    isKnown();
    assertThat(requests.lengths).containsExactly(3);
    gate.next();
    assertThat(requests.lengths).containsExactly(3, 0);
  }

  @Test
  void aBodyThatCameWithItsHeadWaitsToo() {
    read(post("Content-Length: 3") + "abc");
    assertThat(requests.lengths).isEmpty();
    isKnown();
    assertThat(requests.lengths).containsExactly(3);
    assertThat(channel.config().isAutoRead()).isTrue();
  }

  @Test
  void whatIsDroppedMeanwhileIsNotTakenUpAgain() {
    read(post("Content-Length: 3") + "abc");
    gate.discard();
    isKnown();
    assertThat(requests.lengths).isEmpty();
    assertThat(channel.config().isAutoRead()).isTrue();
  }

  /** Keeps the lengths of bodies; those of {@code /awaits} come when that is known. */
  private final class Requests implements RequestGate.Receiver {
    private final List<Integer> lengths = new ArrayList<>();

    @Override
    public void headBegun() {}

    @Override
    public void begin(ReadHead read) {
      if (read.marks().contentEncoding() != null) {
        gate.decode(ContentCoding.GZIP);
      }
      if (read.path().equals("/awaits")) {
        gate.await(known);
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
      lengths.add(body.readableBytes());
      body.release();
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
