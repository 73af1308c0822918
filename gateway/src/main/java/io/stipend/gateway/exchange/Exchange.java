package io.stipend.gateway.exchange;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaders;
import io.stipend.gateway.dialect.Dialect;
import io.stipend.gateway.dialect.Dialect.Answer;
import io.stipend.gateway.dialect.Dialect.Peek;
import io.stipend.gateway.dialect.Dialect.Peeked;
import io.stipend.gateway.dialect.Dialect.Unreadable;
import io.stipend.gateway.server.Outbound;
import io.stipend.gateway.server.RequestHandler.Inbound;
import io.stipend.gateway.server.RequestHead;
import io.stipend.metering.Charge;
import io.stipend.policy.Decision;
import io.stipend.policy.Entitlement;
import io.stipend.policy.Permit;
import io.stipend.policy.Refusal;
import io.stipend.policy.RefusalReason;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One request of a metered dialect and its response, on its client's event loop. {@link #run} is
 * the one list of its steps.
 */
final class Exchange implements Inbound, Tries.Owner {
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
  private @Nullable String goesOnFrom;
  private @Nullable Permit permit;
  private @Nullable Tries tries;
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
      fault();
    }
  }

  private void fault() {
    if (tries != null) {
      tries.ended(Outcome.GATEWAY_FAULT);
      return;
    }
    Faults.Fault fault = Faults.of(Outcome.GATEWAY_FAULT);
    if (fault != null && !closed) {
      close(fault.status(), Outcome.GATEWAY_FAULT.label(), Charge.ZERO);
      failed(fault, Outcome.GATEWAY_FAULT);
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
    Tries begun =
        new Tries(
            services,
            open,
            new Tries.Request(dialect, head, client, id, startedAt, who, granted.model()),
            call,
            open.made().keptTo(granted, goesOnFrom),
            body,
            this::later,
            this);
    body = Unpooled.EMPTY_BUFFER;
    tries = begun;
    begun.begin(); //                                             4 to 8, for each attempt; 9: over
  }

  private @Nullable Peeked peek() {
    Peek peek = dialect.peek(head, body);
    if (peek instanceof Unreadable unreadable) {
      refuse(unreadable.refusal());
      return null;
    }
    Peeked read = (Peeked) peek;
    String from = dialect.goesOnFrom(read);
    if (open.made().isOfAnother(from, who.principal().id())) {
      refuse(Exchanges.UNKNOWN_RESPONSE);
      return null;
    }
    goesOnFrom = from;
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
    Permit granted = (Permit) decision;
    permit = granted;
    return granted;
  }

  @Override
  public HttpHeaders answerHead(HttpHeaders upstream, Tries attempts) {
    Permit runs = attempts.permit();
    HttpHeaders headers = StipendHeaders.forClient(upstream, dialect, runs);
    StipendHeaders.put(headers, id, dialect, services.budgets(), who.budgets(), startedAt);
    StipendHeaders.putChanges(headers, attempts.admitted());
    StipendHeaders.putTries(headers, attempts);
    return headers;
  }

  @Override
  public void refused(Refusal refusal) {
    refuse(refusal);
  }

  @Override
  public void failed(Faults.Fault fault, Outcome outcome) {
    respond(dialect.fault(fault.status(), outcome.label(), fault.message(), id));
  }

  /** Step 9: exactly once for every exchange that was permitted. */
  @Override
  public void over(int status, Outcome outcome, Charge charge) {
    close(status, outcome.label(), charge);
  }

  @Override
  public void badBody(int status, Refusal refusal) {
    refuse(refusal, status);
  }

  @Override
  public void writable() {
    if (tries != null) {
      tries.writable();
    }
  }

  @Override
  public void gone() {
    if (tries != null) {
      tries.clientGone();
    } else {
      close(0, Outcome.CLIENT_GONE.label(), Charge.ZERO);
    }
  }

  /** The gateway's time to drain is over; called from any thread. */
  void drain() {
    later(this::drained);
  }

  private void drained() {
    if (tries != null) {
      tries.drain();
    } else if (!closed) {
      refuse(Refusal.of(RefusalReason.DRAINING, "The gateway is shutting down."));
    }
  }

  private void refuse(Refusal refusal) {
    refuse(refusal, 0);
  }

  /** The HTTP status is the dialect's where it is 0. */
  private void refuse(Refusal refusal, int status) {
    services.refusals().count(who.principal().id(), refusal.reason(), startedAt);
    int pinned = services.config().get().refusalStatus(head.path(), dialect.id());
    Answer told = dialect.refuse(refusal, head, id, pinned);
    Answer answer = status == 0 ? told : new Answer(status, told.headers(), told.body());
    respond(answer);
    close(answer.status(), refusal.reason().label(), Charge.ZERO);
  }

  private void respond(Answer answer) {
    StipendHeaders.put(answer.headers(), id, dialect, services.budgets(), who.budgets(), startedAt);
    client.respond(answer.status(), answer.headers(), answer.body());
  }

  private void close(int status, String outcome, Charge charge) {
    if (closed) {
      return;
    }
    closed = true;
    body.release();
    body = Unpooled.EMPTY_BUFFER;
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
            model(),
            status,
            outcome,
            charge.tokens(),
            charge.nanos(),
            Duration.ofMillis(services.clock().millis() - startedAt.toEpochMilli()));
    services.records().accept(record);
  }

  private @Nullable String model() {
    return tries != null ? tries.permit().model() : permit == null ? null : permit.model();
  }
}
