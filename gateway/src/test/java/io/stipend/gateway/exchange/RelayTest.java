package io.stipend.gateway.exchange;

import static io.stipend.gateway.exchange.Parts.text;
import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.stipend.gateway.dialect.Dialect;
import io.stipend.gateway.dialect.Dialect.Peeked;
import io.stipend.gateway.dialect.Dialects;
import io.stipend.gateway.server.Outbound;
import io.stipend.gateway.upstream.UpstreamFailure;
import io.stipend.policy.config.GatewayConfig.ClientGone;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Step 7, driven callback by callback: what happens, in which order, is in {@link #log}. */
class RelayTest {
  private static final long HELD = Steps.HELD;
  private static final int UNWRITABLE = 299;
  private static final Peeked CALL =
      Parts.peeked(Parts.CHAT, "{\"model\":\"m\",\"messages\":[],\"stream\":true}");
  private static final String USAGE =
      "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3,\"total_tokens\":10}}\n\n";
  private static final String DONE = "data: [DONE]\n\n";

  private final List<String> log = new ArrayList<>();
  private final EmbeddedChannel channel = new EmbeddedChannel();
  private final Funds funds = new Funds(log);
  private final Client client = new Client();
  private final HeldAttempt upstream = new HeldAttempt(log);
  private final Relay relay = relay(4_096);

  private Relay relay(long cap) {
    RelayPlan plan =
        new RelayPlan(
            Dialects.at(Parts.CHAT),
            CALL,
            new Dialect.ReaderLimits(1 << 20, 64),
            new Steps(cap),
            new ClientGone(Duration.ofSeconds(30), 10_000),
            null,
            reader -> {});
    return new Relay(client, plan, funds, new LoggedEnding(log), () -> Parts.NOW);
  }

  /** The client's side; what was flushed is what it has. */
  private final class Client implements Outbound {
    private final StringBuilder written = new StringBuilder();
    private String has = "";
    private boolean writable = true;

    @Override
    public EventLoop eventLoop() {
      return channel.eventLoop();
    }

    @Override
    public void respond(int status, HttpHeaders headers, ByteBuf body) {
      throw new AssertionError("a relay starts answers, it does not respond");
    }

    @Override
    public void start(int status, HttpHeaders headers) {
      if (status == UNWRITABLE) {
        throw new IllegalArgumentException("a head that cannot be written");
      }
      log.add("start " + status);
    }

    @Override
    public void write(ByteBuf part) {
      written.append(part.toString(StandardCharsets.UTF_8));
      part.release();
    }

    @Override
    public void flush() {
      has = written.toString();
    }

    @Override
    public void end() {
      flush();
      log.add("end");
    }

    @Override
    public void abort() {
      log.add("abort");
    }

    @Override
    public boolean writable() {
      return writable;
    }
  }

  private void begin() {
    relay.started(upstream);
    relay.sending();
    relay.head(200, stream());
    relay.readComplete();
  }

  private static HttpHeaders stream() {
    return new DefaultHttpHeaders().set("content-type", "Text/Event-Stream; charset=utf-8");
  }

  private void durable() {
    funds.durable.complete(null);
    channel.runPendingTasks();
  }

  private void comes(String data) {
    relay.data(Parts.utf8(data));
    relay.readComplete();
  }

  @Test
  void theAttemptIsMarkedAsSentBeforeItsFirstByte() {
    relay.started(upstream);
    assertThat(relay.sent()).isFalse();
    relay.sending();
    assertThat(relay.sent()).isTrue();
    assertThat(log).containsExactly("sent");
  }

  @Test
  void nothingReachesTheClientBeforeTheReservationIsDurable() {
    begin();
    comes(text(5));
    assertThat(log).containsExactly("sent");
    assertThat(client.has).isEmpty();
    int hurried = funds.hurried;
    assertThat(hurried).as("the answer waits for the disk").isPositive();
    durable();
    comes("");
    assertThat(funds.hurried).as("nothing waits").isEqualTo(hurried);
    assertThat(log).containsExactly("sent", "start 200");
    assertThat(client.has).isEqualTo(text(5));
  }

  @Test
  void anAnswerWhoseHeadCannotBeWrittenEndsAsAFaultBeforeAndBehindTheGate() {
    relay.started(upstream);
    relay.sending();
    relay.head(UNWRITABLE, stream());
    comes(text(5));
    durable();
    assertThat(log).containsExactly("sent", "cancel", "gateway_fault");
    assertThat(relay.answering()).isFalse();
  }

  @Test
  void anAnswerThatIsOverWhenItsHeadCannotBeWrittenIsCutOff() {
    relay.started(upstream);
    relay.sending();
    relay.head(UNWRITABLE, stream());
    comes(text(5) + USAGE + DONE);
    relay.end();
    durable();
    assertThat(log).containsExactly("sent", "completed", "abort");
  }

  @Test
  void aStreamThatOutgrowsItsDurableHoldHurriesTheDiskThoughItsEventIsWritten() {
    begin();
    durable();
    comes(text(1));
    int hurried = funds.hurried;
    comes(text((int) HELD));
    assertThat(relay.heldOutput()).isGreaterThan(HELD);
    assertThat(client.has).as("not beyond what is durable").isEqualTo(text(1));
    assertThat(funds.hurried).isGreaterThan(hurried);
  }

  @Test
  void theUpstreamIsReadOnWhileLittleWaitsAtTheGateAndNotWhenMuchDoes() {
    String comment = ": " + "x".repeat(40_000) + "\n\n";
    begin();
    comes(comment);
    assertThat(upstream.paused).isFalse();
    comes(comment);
    assertThat(upstream.paused).isTrue();
    durable();
    assertThat(client.has).isEqualTo(comment + comment);
    assertThat(upstream.paused).isFalse();
  }

  @Test
  void theAttemptIsSettledBeforeTheClientHasTheEndOfItsAnswer() {
    begin();
    durable();
    comes(text(5) + USAGE + DONE);
    relay.end();
    assertThat(log).containsExactly("sent", "start 200", "completed", "end");
    assertThat(client.has).isEqualTo(text(5) + DONE);
  }

  @Test
  void anAnswerThatEndsBeforeTheGateOpensIsKeptForTheClient() {
    begin();
    comes(text(5) + USAGE + DONE);
    relay.end();
    assertThat(log).containsExactly("sent", "completed");
    durable();
    assertThat(log).containsExactly("sent", "completed", "start 200", "end");
    assertThat(client.has).isEqualTo(text(5) + DONE);
  }

  @Test
  void anAnswerThatEndedIsGivenUpWhenItsReservationNeverBecomesDurable() {
    begin();
    comes(text(5) + USAGE + DONE);
    relay.end();
    funds.durable.completeExceptionally(new IllegalStateException("disk"));
    channel.runPendingTasks();
    assertThat(log).containsExactly("sent", "completed", "abort");
    assertThat(client.has).isEmpty();
  }

  @Test
  void aDiskThatFailsUnderWayEndsTheAttempt() {
    begin();
    funds.durable.completeExceptionally(new IllegalStateException("disk"));
    channel.runPendingTasks();
    assertThat(log).containsExactly("sent", "cancel", "ledger_failed");
    comes(text(5));
    assertThat(client.has).isEmpty();
  }

  @Test
  void theHoldGrowsAtHalfOfItsLastStepAndTextWithinItFlowsOn() {
    begin();
    durable();
    comes(text(512));
    assertThat(funds.extensions).isEmpty();
    comes(text(1));
    assertThat(funds.extensions).hasSize(1);
    assertThat(client.has).isEqualTo(text(512) + text(1));
    assertThat(upstream.paused).isFalse();
  }

  @Test
  void textBeyondTheHoldWaitsForAnExtensionThatWasAskedForEarlier() {
    begin();
    durable();
    comes(text(600));
    assertThat(funds.extensions).hasSize(1);
    comes(text(500));
    assertThat(client.has).as("1,100 of 1,024 tokens held durably").isEqualTo(text(600));
    funds.extensions.get(0).complete(null);
    channel.runPendingTasks();
    assertThat(client.has).isEqualTo(text(600) + text(500));
  }

  @Test
  void aBurstBeyondSeveralStepsWaitsForTheLastOfThem() {
    begin();
    durable();
    comes(text(3_000));
    assertThat(funds.extensions).hasSize(3);
    assertThat(client.has).isEmpty();
    funds.extensions.get(0).complete(null);
    funds.extensions.get(1).complete(null);
    channel.runPendingTasks();
    assertThat(client.has).isEmpty();
    funds.extensions.get(2).complete(null);
    channel.runPendingTasks();
    assertThat(client.has).isEqualTo(text(3_000));
  }

  @Test
  void theHoldNeverGrowsBeyondTheCap() {
    begin();
    durable();
    comes(text(5_000));
    assertThat(funds.extensions).hasSize(3);
    comes(text(5_000));
    assertThat(funds.extensions).hasSize(3);
  }

  @Test
  void aStreamThatTheBudgetDoesNotCoverIsCancelledSettledAndEndedNaturallyInThisOrder() {
    begin();
    durable();
    funds.extensionsLeft = 0;
    comes(text(600));
    assertThat(log).as("there is still what was held").endsWith("start 200", "short");
    comes(text(500));
    assertThat(log).containsExactly("sent", "start 200", "short", "short", "cancel", "cut", "end");
    assertThat(client.has)
        .startsWith(text(600) + text(500))
        .contains("\"finish_reason\":\"length\"")
        .endsWith(DONE);
  }

  @Test
  void whatAStreamHeldWhenItBrokeOffAndThatItDidIsKnownForItsSettlement() {
    relay.started(upstream);
    relay.sending();
    assertThat(relay.streaming()).as("as was asked, until a head says otherwise").isTrue();
    relay.head(200, stream());
    durable();
    assertThat(relay.heldOutput()).isEqualTo(HELD);
    comes(text(600));
    assertThat(relay.heldOutput()).isEqualTo(2 * HELD);
    funds.extensionsLeft = 0;
    comes(text(1_500));
    assertThat(log).endsWith("cancel", "cut");
    assertThat(relay.heldOutput()).as("a step that did not fit is not held").isEqualTo(2 * HELD);
    assertThat(relay.whole()).isFalse();
  }

  @Test
  void anAnswerIsWholeOnlyIfItsProviderEndedItByItsTerminalEvent() {
    begin();
    durable();
    relay.end();
    assertThat(relay.whole()).isFalse();
    Relay ended = relay(4_096);
    ended.head(200, stream());
    ended.data(Parts.utf8(text(1) + DONE));
    ended.end();
    assertThat(ended.whole()).isTrue();
  }

  @Test
  void anAnswerInOnePieceIsNoStreamThoughOneWasAskedFor() {
    relay.started(upstream);
    relay.head(200, new DefaultHttpHeaders().set("content-type", "application/json"));
    assertThat(relay.streaming()).isFalse();
  }

  @Test
  void aClientThatDoesNotReadStopsTheUpstream() {
    begin();
    durable();
    client.writable = false;
    comes(text(1));
    assertThat(upstream.paused).isTrue();
    client.writable = true;
    relay.writable();
    assertThat(upstream.paused).isFalse();
  }

  @Test
  void anAnswerIsReadOnForItsUsageWhenTheClientHasGoneThoughItTookNothingMore() {
    begin();
    durable();
    client.writable = false;
    comes(text(1));
    relay.clientGone();
    assertThat(upstream.paused).isFalse();
    comes(text(1) + USAGE + DONE);
    relay.end();
    assertThat(log).containsExactly("sent", "start 200", "client_gone");
    assertThat(relay.reader().usage().total().output()).isEqualTo(3);
  }

  @Test
  void aClientThatGoesWhileTheGateIsClosedDoesNotStopTheReading() {
    begin();
    comes(text(1));
    relay.clientGone();
    assertThat(upstream.paused).isFalse();
    durable();
    comes(text(1));
    relay.end();
    assertThat(log).containsExactly("sent", "client_gone");
    assertThat(client.has).isEmpty();
  }

  @Test
  void readingOnAfterTheClientHasGoneIsBoundedInBytes() {
    begin();
    durable();
    relay.clientGone();
    comes(text(1_000));
    comes(text(1_000));
    comes(text(1_000));
    assertThat(log).doesNotContain("client_gone");
    comes(text(1_000));
    assertThat(log).endsWith("cancel", "client_gone");
  }

  @Test
  void readingOnAfterTheClientHasGoneIsBoundedInTime() {
    begin();
    durable();
    relay.clientGone();
    channel.advanceTimeBy(29, TimeUnit.SECONDS);
    channel.runScheduledPendingTasks();
    assertThat(log).doesNotContain("client_gone");
    channel.advanceTimeBy(2, TimeUnit.SECONDS);
    channel.runScheduledPendingTasks();
    assertThat(log).endsWith("cancel", "client_gone");
  }

  @Test
  void readingOnAfterTheClientHasGoneIsBoundedByTheBudget() {
    begin();
    durable();
    relay.clientGone();
    funds.extensionsLeft = 0;
    comes(text(1_100));
    assertThat(log).endsWith("short", "cancel", "client_gone");
  }

  @Test
  void aClientThatGoesBeforeAnythingWasSentEndsTheAttemptAtOnce() {
    relay.started(upstream);
    relay.clientGone();
    assertThat(log).containsExactly("cancel", "client_gone");
    assertThat(relay.sent()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void aStreamThatBreaksIsEndedByTheDialectsErrorAndNeverMerelyEnds(int how) {
    begin();
    durable();
    comes(text(1));
    if (how == 0) {
      relay.failed(UpstreamFailure.RESET);
      assertThat(log).endsWith("upstream_reset", "end");
    } else {
      relay.end();
      assertThat(log).endsWith("upstream_truncated", "end");
    }
    assertThat(client.has).contains("\"error\"");
  }

  @Test
  void aStreamThatBreaksBehindAClosedGateEndsWhenTheGateOpens() {
    begin();
    durable();
    comes(text(3_000));
    relay.failed(UpstreamFailure.RESET);
    assertThat(log).endsWith("upstream_reset");
    assertThat(client.has).isEmpty();
    funds.extensions.get(2).complete(null);
    channel.runPendingTasks();
    assertThat(log).endsWith("upstream_reset", "end");
    assertThat(client.has).startsWith(text(3_000)).contains("\"error\"");
  }

  @Test
  void aStreamWhoseExtensionNeverBecomesDurableIsReset() {
    begin();
    durable();
    comes(text(3_000));
    funds.extensions.get(2).completeExceptionally(new IllegalStateException("disk"));
    channel.runPendingTasks();
    assertThat(log).endsWith("cancel", "ledger_failed", "abort");
    assertThat(client.has).isEmpty();
  }

  @Test
  void whateverComesAfterTheEndChangesNothing() {
    begin();
    durable();
    comes(text(1) + USAGE + DONE);
    relay.end();
    relay.failed(UpstreamFailure.RESET);
    relay.stop(Outcome.DRAINED);
    relay.clientGone();
    relay.end();
    channel.advanceTimeBy(60, TimeUnit.SECONDS);
    channel.runScheduledPendingTasks();
    assertThat(log).containsExactly("sent", "start 200", "completed", "end");
  }
}
