package io.stipend.gateway.exchange;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.concurrent.ScheduledFuture;
import io.stipend.gateway.dialect.Dialect;
import io.stipend.gateway.dialect.Dialect.Peeked;
import io.stipend.gateway.dialect.HeaderRules;
import io.stipend.gateway.server.Outbound;
import io.stipend.gateway.server.RequestHead;
import io.stipend.gateway.upstream.Attempt;
import io.stipend.gateway.upstream.UpstreamRequest;
import io.stipend.metering.Charge;
import io.stipend.metering.ledger.AttemptId;
import io.stipend.policy.Entitlement;
import io.stipend.policy.Permit;
import io.stipend.policy.Refusal;
import io.stipend.policy.budget.Reservation;
import java.time.Instant;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The attempts of one exchange, one after the other: steps 4 to 8 of each. Each is reserved anew at
 * the price of its own route, when the one before has ended, and each ends in a row of its own.
 * Another follows only while the client has seen nothing. Lives on the exchange's event loop.
 */
final class Tries implements Relay.Ending {
  /** How long the rest of an answer may take that another attempt may better. */
  private static final long WITHHELD_SECONDS = 5;

  /** The exchange that they belong to. */
  interface Owner {
    /** The headers of the answer of an attempt, for the client. */
    HttpHeaders answerHead(HttpHeaders upstream, Tries tries);

    /** Nothing was tried. */
    void refused(Refusal refusal);

    /** The client gets this instead of a provider's answer. */
    void failed(Faults.Fault fault, Outcome outcome);

    /**
     * All is over.
     *
     * @param status what the client got; 0 if nothing
     * @param charge of all attempts
     */
    void over(int status, Outcome outcome, Charge charge);
  }

  /**
   * What is asked.
   *
   * @param id of the exchange
   * @param at the instant that decides periods and prices
   * @param model that its client asked for, aliases resolved
   */
  record Request(
      Dialect dialect,
      RequestHead head,
      Outbound client,
      String id,
      Instant at,
      Entitlement who,
      String model) {}

  private final Services services;
  private final Exchanges open;
  private final Request request;
  private final Peeked peeked;
  private final Executor loop;
  private final Owner owner;
  private final NextTry next;
  private ByteBuf body;
  private Charge charge = Charge.ZERO;
  private @Nullable Outcome early;

  // Of the attempt under way.
  private int number = 1;
  private Permit permit;
  private Admission.@Nullable Admitted admitted;
  private @Nullable Relay relay;
  private boolean ending;

  // Of those before.
  private @Nullable Relay kept;
  private @Nullable Relay last;
  private @Nullable Outcome lastOutcome;
  private @Nullable Permit lastPermit;
  private @Nullable ScheduledFuture<?> pause;

  /**
   * @param loop runs steps on the event loop, guarded
   * @param body ownership passes to this
   */
  Tries(
      Services services,
      Exchanges open,
      Request request,
      Peeked peeked,
      Permit permit,
      ByteBuf body,
      Executor loop,
      Owner owner) {
    this.services = services;
    this.open = open;
    this.request = request;
    this.peeked = peeked;
    this.permit = permit;
    this.body = body;
    this.loop = loop;
    this.owner = owner;
    this.next = new NextTry(services.routing(), peeked.labels().sessionId(), services.clock());
  }

  /** The first attempt. */
  void begin() {
    first(next.first(permit));
  }

  private void first(NextTry.Answer way) {
    if (way instanceof NextTry.Refused refused) {
      refused(refused.refusal());
      return;
    }
    permit = ((NextTry.Go) way).permit();
    admit();
  }

  /** The permit of the attempt under way. */
  Permit permit() {
    return permit;
  }

  /** What the attempt under way has reserved; null if nothing. */
  Admission.@Nullable Admitted admitted() {
    return admitted;
  }

  /** Attempts so far. */
  int number() {
    return number;
  }

  /** The model that was asked for. */
  String requested() {
    return request.model();
  }

  private void admit() {
    if (early != null) {
      ended(early);
    } else if (peeked.call().metered()) {
      String product = HeaderRules.clientName(request.head().headers());
      AttemptId id = new AttemptId(request.id(), number);
      Asked asked =
          new Asked(id, request.model(), request.who(), permit, peeked, product, request.at());
      new Admission(services, open.sessions(), asked, this::admitted).admit(loop, body);
    } else {
      StipendHeaders.whenKnown(
          services.budgets(), request.who().budgets(), request.at(), loop, this::attempt);
    }
  }

  private void admitted(Admission.Result result) {
    if (result instanceof Admission.Refused refused) {
      NextTry.Answer way = lastOutcome == null ? next.elsewhere(permit, request.model()) : null;
      if (way == null) {
        next.unused();
        refused(refused.refusal());
      } else {
        first(way);
      }
      return;
    }
    admitted = (Admission.Admitted) result;
    permit = admitted.permit();
    attempt();
  }

  /** The client learns of a refusal only if nothing was tried: else how that ended tells more. */
  private void refused(Refusal refusal) {
    Outcome before = lastOutcome;
    if (before == null) {
      release();
      owner.refused(refusal);
    } else if (early != null) {
      ended(early);
    } else {
      permit = lastPermit == null ? permit : lastPermit;
      Ending end = end(before, last);
      close(end.status(), before);
      tell(end, before);
    }
  }

  private void attempt() {
    if (early != null) {
      ended(early);
      return;
    }
    permit = next.begins(permit);
    long cap = admitted == null ? -1 : admitted.clampedCap();
    UpstreamRequest sent =
        Outgoing.of(
            request.dialect(), request.head(), peeked, permit, cap, body.retainedDuplicate());
    RelayPlan plan =
        RelayPlan.of(
            request.dialect(),
            peeked,
            Growth.of(admitted, permit, peeked, services.tokens().learned().written()),
            permit.provider().sentSecret(),
            services.config().get(),
            open.made().watch(request.dialect(), peeked, permit));
    Reservation reservation = admitted == null ? null : admitted.reservation();
    Relay newRelay = new Relay(request.client(), plan, reservation, this, services.clock());
    relay = newRelay;
    Attempt attempt =
        services.upstreams().open(request.client().eventLoop(), permit.provider(), sent, newRelay);
    newRelay.started(attempt);
    attempt.begin();
  }

  /**
   * A body may be large and its answer minutes away: it is kept only where it may be sent again.
   */
  @Override
  public void sending() {
    if (!next.mayFollowAnswer(permit, number)) {
      release();
    }
  }

  @Override
  public boolean withholds(int status, HttpHeaders headers) {
    next.answers(status);
    boolean again = next.mayFollow(permit, number, status, headers);
    if (again) {
      Relay leg = Objects.requireNonNull(relay);
      request
          .client()
          .eventLoop()
          .schedule(() -> loop.execute(leg::giveUp), WITHHELD_SECONDS, TimeUnit.SECONDS);
    } else {
      release();
    }
    return again;
  }

  @Override
  public HttpHeaders answerHead(int status, HttpHeaders upstream) {
    keep(null);
    return owner.answerHead(upstream, this);
  }

  /** Of several answers that another attempt might better, the last one is kept. */
  private void keep(@Nullable Relay answer) {
    if (kept != null && kept != answer) {
      kept.discard();
    }
    kept = answer;
  }

  /** Step 8: exactly once for every attempt. */
  @Override
  public void ended(Outcome outcome) {
    if (ending) {
      return;
    }
    ending = true;
    Relay leg = relay;
    next.ended(outcome, leg == null ? 0 : leg.status());
    NextTry.Go again = early == null && follows(outcome, leg) ? next.after(permit, number) : null;
    if (again != null) {
      finish(outcome, leg, () -> follow(again, outcome, leg));
      return;
    }
    Ending end = end(outcome, leg);
    // The money first: whatever fails after it costs an answer, not a record.
    finish(outcome, leg, () -> close(end.status(), outcome));
    tell(end, outcome);
  }

  /**
   * What the client gets at the end of all attempts.
   *
   * @param status of its answer; 0 if it gets none
   * @param fault in place of a provider's answer; null if it has one, or gets the kept one
   * @param answer that was kept for it; null if none was
   */
  private record Ending(int status, Faults.@Nullable Fault fault, @Nullable Relay answer) {}

  /** Where the last upstream could not be reached, the answer of the one before tells more. */
  private Ending end(Outcome outcome, @Nullable Relay leg) {
    if (leg != null && leg.answering()) {
      return new Ending(leg.status(), null, null);
    }
    Relay before = outcome == Outcome.UPSTREAM_UNREACHABLE ? kept : null;
    Relay answer = leg != null && leg.keepsAnswer() ? leg : before;
    if (answer != null) {
      return new Ending(answer.status(), null, answer);
    }
    Faults.Fault fault = Faults.of(outcome);
    if (fault == null && leg != null && leg.withheld()) {
      // What its answer rests on never became durable, so that it was forgotten.
      fault = Faults.ledgerFailed();
    }
    int status = fault != null ? fault.status() : leg == null ? 0 : leg.status();
    return new Ending(status, fault, null);
  }

  /** Whether the client has seen nothing of an attempt that another one may better. */
  private static boolean follows(Outcome outcome, @Nullable Relay leg) {
    return switch (outcome) {
      case UPSTREAM_UNREACHABLE -> true;
      case UPSTREAM_ERROR, UPSTREAM_RESET, UPSTREAM_TIMEOUT, UPSTREAM_PROTOCOL ->
          leg != null && leg.withheld();
      default -> false;
    };
  }

  private void tell(Ending end, Outcome outcome) {
    if (end.fault() != null) {
      owner.failed(end.fault(), outcome);
    }
    keep(end.answer());
    if (end.answer() != null) {
      end.answer().pass();
    }
  }

  private void finish(Outcome outcome, @Nullable Relay leg, Runnable then) {
    if (admitted == null) {
      then.run();
      return;
    }
    new Finish(services, request.client().eventLoop(), admitted, permit, peeked, leg)
        .finish(
            outcome,
            settled -> {
              charge = charge.plus(settled == null ? Charge.ZERO : settled.charge());
              then.run();
            });
  }

  private void follow(NextTry.Go go, Outcome outcome, @Nullable Relay leg) {
    number++;
    ending = false;
    admitted = null;
    relay = null;
    last = leg;
    lastOutcome = outcome;
    if (leg != null && leg.keepsAnswer()) {
      keep(leg);
    }
    lastPermit = permit;
    permit = go.permit();
    pause =
        request
            .client()
            .eventLoop()
            .schedule(
                () -> loop.execute(this::admit),
                early == null ? go.pauseNanos() : 0,
                TimeUnit.NANOSECONDS);
  }

  private void close(int status, Outcome outcome) {
    if (pause != null) {
      pause.cancel(false);
    }
    release();
    owner.over(status, outcome, charge);
  }

  private void release() {
    body.release();
    body = Unpooled.EMPTY_BUFFER;
  }

  void writable() {
    if (relay != null) {
      relay.writable();
    }
  }

  void clientGone() {
    stop(Outcome.CLIENT_GONE);
    if (relay != null) {
      relay.clientGone();
    }
  }

  void drain() {
    stop(Outcome.DRAINED);
    if (relay != null) {
      relay.stop(Outcome.DRAINED);
    }
  }

  /** What is between two attempts ends where the next would begin, and waits no longer for it. */
  private void stop(Outcome outcome) {
    early = early == null ? outcome : early;
    if (!ending) {
      keep(null);
    }
    if (pause != null && pause.cancel(false)) {
      loop.execute(this::admit);
    }
  }
}
