package io.stipend.gateway.exchange;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaders;
import io.stipend.gateway.dialect.Dialect;
import io.stipend.gateway.dialect.Dialect.Answer;
import io.stipend.gateway.dialect.Dialect.Peek;
import io.stipend.gateway.dialect.Dialect.Peeked;
import io.stipend.gateway.dialect.Dialect.Unreadable;
import io.stipend.gateway.dialect.HeaderRules;
import io.stipend.gateway.server.Outbound;
import io.stipend.gateway.server.RequestHandler.Inbound;
import io.stipend.gateway.server.RequestHead;
import io.stipend.gateway.upstream.Attempt;
import io.stipend.gateway.upstream.UpstreamRequest;
import io.stipend.metering.Charge;
import io.stipend.metering.ledger.AttemptId;
import io.stipend.policy.Decision;
import io.stipend.policy.Entitlement;
import io.stipend.policy.Permit;
import io.stipend.policy.Refusal;
import io.stipend.policy.RefusalReason;
import io.stipend.policy.budget.Reservation;
import io.stipend.policy.budget.Reservation.Settlement;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One request of a metered dialect and its response, on its client's event loop. {@link #run} is
 * the one list of its steps.
 */
final class Exchange implements Inbound, Relay.Ending {
  private static final Logger LOG = LoggerFactory.getLogger(Exchange.class);

  private final Services services;
  private final Exchanges open;
  private final Dialect dialect;
  private final RequestHead head;
  private final Outbound client;
  private final String id;
  private final Instant startedAt;
  private final String key;
  private Entitlement who;

  private ByteBuf body = Unpooled.EMPTY_BUFFER;
  private @Nullable Peeked peeked;
  private @Nullable Permit permit;
  private Admission.@Nullable Admitted admitted;
  private @Nullable Relay relay;
  private @Nullable Outcome early;
  private boolean ending;
  private boolean closed;

  /** Step 1 has been done by {@link Exchanges}: {@code key} is the credential's fingerprint. */
  Exchange(
      Services services,
      Exchanges open,
      Dialect dialect,
      RequestHead head,
      Outbound client,
      String id,
      Instant startedAt,
      String key,
      Entitlement who) {
    this.services = services;
    this.open = open;
    this.dialect = dialect;
    this.head = head;
    this.client = client;
    this.id = id;
    this.startedAt = startedAt;
    this.key = key;
    this.who = who;
  }

  @Override
  public void body(ByteBuf whole) {
    body = whole;
    guarded(this::run);
  }

  private void later(Runnable step) {
    client.eventLoop().execute(() -> guarded(step));
  }

  /** A fault of our own is an ending like any other: nothing stays held. */
  private void guarded(Runnable step) {
    try {
      step.run();
    } catch (RuntimeException e) {
      LOG.error("{}: a fault of the gateway", id, e);
      ended(Outcome.GATEWAY_FAULT);
    }
  }

  /** The steps of an exchange, in order. Each that refuses ends it. */
  private void run() {
    Peeked call = peek(); //                                      2
    if (call == null) {
      return;
    }
    Permit granted = decide(call); //                             3
    if (granted == null) {
      return;
    }
    if (call.call().metered()) {
      admit(call, granted); //                                    4, 5: then attempt
    } else {
      Runnable next = () -> attempt(call, granted, -1);
      StipendHeaders.whenKnown(services.budgets(), who.budgets(), startedAt, this::later, next);
    }
    //                                                            6, 7: Relay; 8, 9: ended
  }

  private @Nullable Peeked peek() {
    Peek peek = dialect.peek(head, body);
    if (peek instanceof Unreadable unreadable) {
      refuse(unreadable.refusal());
      return null;
    }
    Peeked read = (Peeked) peek;
    if (open.made().isOfAnother(dialect.goesOnFrom(read), who.principal().id())) {
      refuse(Exchanges.UNKNOWN_RESPONSE);
      return null;
    }
    peeked = read;
    return read;
  }

  /** The body may have taken minutes: what the key gives is looked up anew. */
  private @Nullable Permit decide(Peeked call) {
    Entitlement current = services.policy().entitlement(key, services.clock().instant());
    who = current == null ? who.ended() : current;
    Decision decision =
        current == null
            ? Exchanges.BAD_KEY
            : services.policy().decide(current, call.call(), startedAt);
    if (decision instanceof Refusal refusal) {
      refuse(refusal);
      return null;
    }
    permit = (Permit) decision;
    return permit;
  }

  private void admit(Peeked call, Permit granted) {
    String product = HeaderRules.clientName(head.headers());
    Asked asked = new Asked(new AttemptId(id, 1), who, granted, call, product, startedAt);
    new Admission(services, open.sessions(), asked, result -> admitted(call, result))
        .admit(this::later, body);
  }

  private void admitted(Peeked call, Admission.Result result) {
    if (result instanceof Admission.Refused refused) {
      refuse(refused.refusal());
      return;
    }
    admitted = (Admission.Admitted) result;
    permit = admitted.permit();
    attempt(call, admitted.permit(), admitted.clampedCap());
  }

  private void attempt(Peeked call, Permit granted, long cap) {
    if (early != null) {
      ended(early);
      return;
    }
    UpstreamRequest request = Outgoing.of(dialect, head, call, granted, cap, body);
    body = Unpooled.EMPTY_BUFFER;
    RelayPlan plan =
        RelayPlan.of(
            dialect,
            call,
            Growth.of(admitted, granted, call, services.tokens().learned().written()),
            granted.provider().sentSecret(),
            services.config().get(),
            open.made().watch(dialect, call, granted));
    Reservation reservation = admitted == null ? null : admitted.reservation();
    Relay newRelay = new Relay(client, plan, reservation, this, services.clock());
    relay = newRelay;
    Attempt attempt =
        services.upstreams().open(client.eventLoop(), granted.provider(), request, newRelay);
    newRelay.started(attempt);
    attempt.begin();
  }

  @Override
  public HttpHeaders answerHead(int status, HttpHeaders upstream) {
    HttpHeaders headers = StipendHeaders.forClient(upstream, dialect, permit);
    StipendHeaders.put(headers, id, dialect, services.budgets(), who.budgets(), startedAt);
    StipendHeaders.putChanges(headers, admitted);
    return headers;
  }

  /** Steps 8 and 9: exactly once for every exchange that was permitted. */
  @Override
  public void ended(Outcome outcome) {
    if (ending) {
      return;
    }
    ending = true;
    Relay leg = relay;
    Faults.Fault fault = leg == null || !leg.answering() ? Faults.of(outcome) : null;
    int status = fault != null ? fault.status() : leg == null ? 0 : leg.status();
    // The money first: whatever fails after it costs an answer, not a record.
    if (admitted == null || permit == null || peeked == null) {
      close(status, outcome.label(), null);
    } else {
      new Finish(services, client.eventLoop(), admitted, permit, peeked, leg)
          .finish(outcome, settled -> close(status, outcome.label(), settled));
    }
    if (fault != null) {
      respond(dialect.fault(status, outcome.label(), fault.message(), id));
    }
  }

  @Override
  public void badBody(Refusal refusal) {
    refuse(refusal);
  }

  @Override
  public void writable() {
    if (relay != null) {
      relay.writable();
    }
  }

  @Override
  public void gone() {
    early = Outcome.CLIENT_GONE;
    if (relay != null) {
      relay.clientGone();
    } else if (permit == null) {
      close(0, Outcome.CLIENT_GONE.label(), null);
    }
  }

  /** The gateway's time to drain is over; called from any thread. */
  void drain() {
    later(this::drained);
  }

  private void drained() {
    if (relay != null) {
      relay.stop(Outcome.DRAINED);
    } else if (permit == null && !closed) {
      refuse(Refusal.of(RefusalReason.DRAINING, "The gateway is shutting down."));
    } else if (early == null) {
      early = Outcome.DRAINED;
    }
  }

  private void refuse(Refusal refusal) {
    services.refusals().count(who.principal().id(), refusal.reason(), startedAt);
    int pinned = services.config().get().refusalStatus(head.path(), dialect.id());
    Answer answer = dialect.refuse(refusal, head, id, pinned);
    respond(answer);
    close(answer.status(), refusal.reason().label(), null);
  }

  private void respond(Answer answer) {
    StipendHeaders.put(answer.headers(), id, dialect, services.budgets(), who.budgets(), startedAt);
    client.respond(answer.status(), answer.headers(), answer.body());
  }

  private void close(int status, String outcome, @Nullable Settlement settled) {
    if (closed) {
      return;
    }
    closed = true;
    body.release();
    body = Unpooled.EMPTY_BUFFER;
    Charge charge = settled == null ? Charge.ZERO : settled.charge();
    if (permit != null) {
      permit.lease().used(charge.tokens());
      permit.lease().close();
    }
    open.closed(id);
    ExchangeRecord record =
        new ExchangeRecord(
            id,
            head.path(),
            who.principal().id(),
            permit == null ? null : permit.model(),
            status,
            outcome,
            charge.tokens(),
            charge.nanos(),
            Duration.ofMillis(services.clock().millis() - startedAt.toEpochMilli()));
    services.records().accept(record);
  }
}
