package io.stipend.gateway.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.embedded.EmbeddedChannel;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** An answer that its exchange has ended and the socket has not taken yet. */
class UnsentAnswerTest {
  private final ListenerState state = new ListenerState(ServerLimits.DEFAULTS, new EchoHandler());
  private final Stuck channel = new Stuck();

  UnsentAnswerTest() {
    channel
        .pipeline()
        .addLast(new ClientConnection(state, channel, InetAddress.getLoopbackAddress(), false))
        .fireChannelActive();
  }

  @Test
  void itsExchangeIsOpenUntilTheSocketTakesIt() {
    send("a");
    assertThat(state.openExchanges()).isZero();
    assertThat(taken()).endsWith("a");
    channel.stuck = true;
    send("b");
    send("c");
    assertThat(state.openExchanges()).isEqualTo(2);
    channel.stuck = false;
    channel.flush();
    assertThat(state.openExchanges()).isZero();
    assertThat(taken()).containsSubsequence("b", "HTTP/1.1 200 OK", "c");
    channel.finishAndReleaseAll();
  }

  @Test
  void drainingSendsItBeforeItCloses() {
    channel.stuck = true;
    send("whole");
    var drained = state.drain();
    channel.runPendingTasks();
    assertThat(channel.isOpen()).isTrue();
    assertThat(drained).isNotDone();
    send("too late");
    channel.stuck = false;
    channel.flush();
    channel.runPendingTasks();
    assertThat(taken()).endsWith("whole");
    assertThat(drained).isCompleted();
    assertThat(channel.isOpen()).isFalse();
    channel.finishAndReleaseAll();
  }

  @Test
  void aConnectionThatBreaksEndsIt() {
    channel.stuck = true;
    send("a");
    channel.close();
    channel.runPendingTasks();
    assertThat(state.openExchanges()).isZero();
    channel.finishAndReleaseAll();
  }

  private void send(String body) {
    channel.writeInbound(
        Unpooled.copiedBuffer(RawClient.request("/echo", body), StandardCharsets.US_ASCII));
  }

  /** What the socket has taken since the last time. */
  private String taken() {
    StringBuilder all = new StringBuilder();
    for (ByteBuf out = channel.readOutbound(); out != null; out = channel.readOutbound()) {
      all.append(out.toString(StandardCharsets.US_ASCII));
      out.release();
    }
    return all.toString();
  }

  /** A socket that takes nothing while it is stuck. */
  private static final class Stuck extends EmbeddedChannel {
    private boolean stuck;

    @Override
    protected void doWrite(ChannelOutboundBuffer in) throws Exception {
      if (!stuck) {
        super.doWrite(in);
      }
    }
  }
}
