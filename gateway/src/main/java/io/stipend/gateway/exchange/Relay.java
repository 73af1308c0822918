package io.stipend.gateway.exchange;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.concurrent.ScheduledFuture;
import io.stipend.gateway.dialect.AnswerReader;
import io.stipend.gateway.dialect.HeaderRules;
import io.stipend.gateway.server.Outbound;
import io.stipend.gateway.upstream.Attempt;
import io.stipend.gateway.upstream.AttemptListener;
import io.stipend.gateway.upstream.UpstreamFailure;
import io.stipend.metering.UsageReport;
import io.stipend.policy.budget.Reservation;
import io.stipend.policy.config.Secret;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Step 7 of an exchange: moves the answer from the upstream through its reader to the client.
 *
 * <p>In this order: bytes pass the reader, which keeps usage and progress; what may be shown is
 * written, or waits at the gate until what it rests on is durable; the hold grows with it, which
 * may close the gate, or the stream is cut; what was written is flushed at the end of the read
 * burst if the gate is still open. The upstream is read only while little waits at the gate and the
 * client takes bytes. A client that has gone is read on for, within a bound, because usage comes
 * last.
 */
final class Relay implements AttemptListener {
  private static final Logger LOG = LoggerFactory.getLogger(Relay.class);

  /** Where the exchange hears that its attempt has ended; called once. */
  interface Ending {
    /** A connection stands, and the request is about to be written. */
    void sending();

    /**
     * The provider's status and headers came. Whether the client is to see nothing of the answer as
     * long as another attempt may follow: then {@link Relay#pass} or {@link Relay#discard} tells.
     */
    boolean withholds(int status, HttpHeaders headers);

    /** The provider's status and headers came; returns the headers for the client. */
    HttpHeaders answerHead(int status, HttpHeaders headers);

    void ended(Outcome outcome);
  }

  private static final int FIRST_ERROR_STATUS = 400;
  private static final byte[] BLANK_LINE = {'\n', '\n'};

  private final Outbound client;
  private final RelayPlan plan;
  private final Ending ending;
  private final Gate gate;
  private final Backlog pending = new Backlog();
  private final @Nullable Reservation reservation;
  private final @Nullable GrowingHold hold;
  private @Nullable Attempt attempt;
  private @Nullable AnswerReader reader;
  private @Nullable HttpHeaders waitingHead;
  private @Nullable Secret secret;
  private @Nullable KeyMask mask;
  private @Nullable ScheduledFuture<?> goneTimer;
  private @Nullable String providerRequestId;
  private int status;
  private boolean eventStream;
  private boolean sent;
  private boolean started;
  private boolean paused;
  private boolean clientGone;
  private boolean over;
  private boolean endAfterPending;
  private boolean whole;
  private boolean withheld;
  private long bodyBytes;
  private long bytesSinceGone;
  private long sentNanos;

  Relay(
      Outbound client,
      RelayPlan plan,
      @Nullable Reservation reservation,
      Ending ending,
      InstantSource clock) {
    this.client = client;
    this.plan = plan;
    this.reservation = reservation;
    this.ending = ending;
    this.gate = new Gate(client.eventLoop(), this::opened, this::neverDurable);
    GrowingHold.Prices growing = plan.growing();
    this.hold =
        growing == null || reservation == null
            ? null
            : new GrowingHold(growing, reservation, gate, clock);
    if (reservation != null) {
      gate.await(reservation.durable());
    }
  }

  void started(Attempt attempt) {
    this.attempt = attempt;
  }

  @Nullable AnswerReader reader() {
    return reader;
  }

  int status() {
    return status;
  }

  /** The provider's own id of the exchange, as OpenAI and Anthropic name it; null if none came. */
  @Nullable String providerRequestId() {
    return providerRequestId;
  }

  long bodyBytes() {
    return bodyBytes;
  }

  boolean sent() {
    return sent;
  }

  /** Whether the answer comes as events: as its head says, else as was asked. */
  boolean streaming() {
    return reader == null ? plan.peeked().call().stream() : eventStream;
  }

  /** Whether the provider brought its answer to the end. */
  boolean whole() {
    return whole;
  }

  /** How long the provider has had the request, at most; 0 if it was not sent. */
  long millis() {
    return sent ? TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - sentNanos) + 1 : 0;
  }

  /** Output tokens that a stream holds; 0 if the hold never grows. */
  long heldOutput() {
    return hold == null ? 0 : hold.output();
  }

  /** Whether the client has seen the head of an answer. */
  boolean answering() {
    return started;
  }

  /** Whether the provider said what another attempt may better. */
  boolean withheld() {
    return withheld;
  }

  /** Whether a whole answer is kept for which {@link #pass} or {@link #discard} must be called. */
  boolean keepsAnswer() {
    return withheld && whole && waitingHead != null;
  }

  /** No other attempt follows: the client gets this answer after all. */
  void pass() {
    withheld = false;
    if (gate.open()) {
      opened();
    }
  }

  /** The rest of an answer that nobody sees yet has taken too long. */
  void giveUp() {
    if (withheld) {
      stop(Outcome.UPSTREAM_TIMEOUT);
    }
  }

  /** Another attempt follows: nobody gets this answer. */
  void discard() {
    releasePending();
  }

  @Override
  public void sends(Secret fetched) {
    secret = fetched;
  }

  @Override
  public void sending() {
    if (reservation != null) {
      reservation.sent();
    }
    sentNanos = System.nanoTime();
    sent = true;
    ending.sending();
  }

  @Override
  public void head(int newStatus, HttpHeaders headers) {
    status = newStatus;
    providerRequestId = HeaderRules.requestId(headers);
    String type = headers.get(HttpHeaderNames.CONTENT_TYPE, "");
    boolean good = newStatus < FIRST_ERROR_STATUS;
    boolean sse = good && plan.dialect().isStream(type);
    AnswerReader answer = plan.dialect().reader(plan.peeked(), sse, plan.limits());
    reader = answer;
    eventStream = good && answer.streams();
    withheld = ending.withholds(newStatus, headers) && !clientGone;
    HttpHeaders forClient = ending.answerHead(newStatus, headers);
    String length = headers.get(HttpHeaderNames.CONTENT_LENGTH);
    if (!eventStream && length != null) {
      // Only events are ever left out or added; any other body passes whole.
      forClient.set(HttpHeaderNames.CONTENT_LENGTH, length);
    }
    mask = good ? null : KeyMask.of(secret == null ? plan.providerKey() : secret, forClient);
    waitingHead = forClient;
    if (shows()) {
      passPending(forClient);
    } else {
      hurry();
    }
    regulate();
  }

  /** Whether the client gets what comes as it comes. */
  private boolean shows() {
    return gate.open() && !withheld;
  }

  @Override
  public void data(ByteBuf part) {
    AnswerReader answer = reader;
    if (over || answer == null) {
      part.release();
      return;
    }
    int bytes = part.readableBytes();
    bodyBytes += bytes;
    try {
      answer.read(part, this::masked);
    } catch (AnswerReader.BadAnswerException e) {
      stop(Outcome.UPSTREAM_PROTOCOL);
      return;
    }
    plan.watch().accept(answer);
    if (clientGone) {
      bytesSinceGone += bytes;
    }
    boolean covered = !eventStream || hold == null || hold.covers(progress(answer));
    if (!gate.open()) {
      hurry();
    }
    if (withheld && pending.isMuch()) {
      pass();
    }
    if (!covered) {
      cut(answer);
    } else if (clientGone && bytesSinceGone > plan.clientGone().bytes()) {
      stop(Outcome.CLIENT_GONE);
    } else {
      regulate();
    }
  }

  @Override
  public void readComplete() {
    if (!over && !clientGone && started && gate.open()) {
      client.flush();
    }
  }

  @Override
  public void end() {
    AnswerReader answer = reader;
    if (over || answer == null) {
      return;
    }
    answer.end(this::masked);
    if (mask != null) {
      toClient(mask.rest());
    }
    boolean truncated = eventStream && reservation != null && !answer.mayEnd();
    whole = !truncated;
    if (truncated) {
      // Whatever came of an event that never ended must not run into the one that tells of it.
      if (!answer.framed()) {
        toClient(Unpooled.wrappedBuffer(BLANK_LINE));
      }
      toClient(answer.errorEnding("The provider ended the stream early."));
    }
    Outcome outcome =
        clientGone
            ? Outcome.CLIENT_GONE
            : status >= FIRST_ERROR_STATUS
                ? Outcome.UPSTREAM_ERROR
                : truncated ? Outcome.UPSTREAM_TRUNCATED : Outcome.COMPLETED;
    over(outcome);
    endClient();
  }

  @Override
  public void failed(UpstreamFailure failure) {
    stop(
        switch (failure) {
          case CONNECT -> sent ? Outcome.UPSTREAM_RESET : Outcome.UPSTREAM_UNREACHABLE;
          case RESET -> Outcome.UPSTREAM_RESET;
          case TIMEOUT -> Outcome.UPSTREAM_TIMEOUT;
          case PROTOCOL -> Outcome.UPSTREAM_PROTOCOL;
        });
  }

  /** The client takes bytes again. */
  void writable() {
    regulate();
  }

  /** The client has gone: reads on for the usage within the bound, if anything was sent. */
  void clientGone() {
    if (over || clientGone) {
      return;
    }
    clientGone = true;
    releasePending();
    if (!sent) {
      stop(Outcome.CLIENT_GONE);
      return;
    }
    goneTimer =
        client
            .eventLoop()
            .schedule(
                () -> stop(Outcome.CLIENT_GONE),
                plan.clientGone().time().toNanos(),
                TimeUnit.NANOSECONDS);
    regulate();
  }

  /** Ends the attempt now and tells the client as well as its answer still allows. */
  void stop(Outcome outcome) {
    if (over) {
      return;
    }
    hangUp();
    Outcome known = clientGone && outcome != Outcome.LEDGER_FAILED ? Outcome.CLIENT_GONE : outcome;
    over(known);
    if (started && eventStream && reader != null && outcome != Outcome.LEDGER_FAILED) {
      // Behind a closed gate it waits with what is paid for already.
      toClient(reader.errorEnding("The answer was interrupted: " + known.label() + "."));
      endClient();
      return;
    }
    releasePending();
    if (started && !clientGone) {
      client.abort();
    }
  }

  /** The budget does not cover the next step: it is marked already; ends the stream naturally. */
  private void cut(AnswerReader answer) {
    hangUp();
    UsageReport early = answer.inputOnly();
    long estimate = plan.growing() == null ? 0 : plan.growing().input();
    long input = early == null ? estimate : early.total().inputTotal();
    toClient(answer.cutEnding(input, progress(answer)));
    over(clientGone ? Outcome.CLIENT_GONE : Outcome.CUT);
    endClient();
  }

  /** Output tokens that came so far, from above. */
  private long progress(AnswerReader answer) {
    GrowingHold.Prices growing = plan.growing();
    return growing == null ? 0 : growing.progress(answer);
  }

  private void masked(ByteBuf part) {
    toClient(mask == null ? part : mask.apply(part));
  }

  private void toClient(ByteBuf part) {
    if (clientGone) {
      part.release();
    } else if (started && shows()) {
      client.write(part);
    } else {
      if (pending.isEmpty()) {
        hurry();
      }
      pending.add(part);
    }
  }

  /** The client waits for the disk now. */
  private void hurry() {
    if (reservation != null) {
      reservation.hurry();
    }
  }

  /** No burst is under way, so what waited is flushed here. */
  private void opened() {
    HttpHeaders forClient = waitingHead;
    if (!clientGone && !withheld && forClient != null) {
      passPending(forClient);
      if (endAfterPending) {
        endAfterPending = false;
        client.end();
      } else {
        client.flush();
      }
    }
    regulate();
  }

  /** What the answer rests on will never be recorded: the client gets no more of it. */
  private void neverDurable() {
    if (over && endAfterPending) {
      releasePending();
      if (!withheld) {
        client.abort();
      }
    } else {
      stop(Outcome.LEDGER_FAILED);
    }
  }

  /** The burst's end, or the answer's, flushes it: head and body then leave together. */
  private void passPending(HttpHeaders forClient) {
    if (!started && !begin(forClient)) {
      return;
    }
    pending.drainTo(client::write);
  }

  /** False if the head cannot be written: then nobody gets this answer, and its client is told. */
  private boolean begin(HttpHeaders forClient) {
    try {
      client.start(status, forClient);
      started = true;
    } catch (IllegalArgumentException e) {
      LOG.error("the head of an answer cannot be written: {}", e.getMessage());
      if (over) {
        releasePending();
        client.abort();
      } else {
        stop(Outcome.GATEWAY_FAULT);
      }
    }
    return started;
  }

  private void endClient() {
    if (clientGone) {
      return;
    }
    if (started && shows()) {
      client.end();
    } else {
      endAfterPending = true;
    }
  }

  private void regulate() {
    Attempt upstream = attempt;
    if (over || upstream == null) {
      return;
    }
    boolean wait = !clientGone && (pending.isMuch() || !client.writable());
    if (wait && !paused) {
      paused = true;
      upstream.pause();
    } else if (!wait && paused) {
      paused = false;
      upstream.resume();
    }
  }

  private void hangUp() {
    if (attempt != null) {
      attempt.cancel();
    }
  }

  /** Settles before the client has the answer's end: it may send its next request at once. */
  private void over(Outcome outcome) {
    over = true;
    if (goneTimer != null) {
      goneTimer.cancel(false);
    }
    ending.ended(outcome);
  }

  /** Forgets what waits at the gate; an answer that was not begun now never is. */
  private void releasePending() {
    endAfterPending = false;
    waitingHead = null;
    pending.release();
  }
}
