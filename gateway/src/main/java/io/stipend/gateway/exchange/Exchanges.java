package io.stipend.gateway.exchange;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.stipend.gateway.dialect.Credential;
import io.stipend.gateway.dialect.Dialect;
import io.stipend.gateway.dialect.Dialect.Answer;
import io.stipend.gateway.dialect.Dialects;
import io.stipend.gateway.dialect.StoredPath;
import io.stipend.gateway.dialect.Unserved;
import io.stipend.gateway.http.Fields;
import io.stipend.gateway.server.Outbound;
import io.stipend.gateway.server.RequestHandler;
import io.stipend.gateway.server.RequestHead;
import io.stipend.metering.ledger.AttemptId;
import io.stipend.policy.Entitlement;
import io.stipend.policy.Introduction;
import io.stipend.policy.PolicyEngine.ModelListing;
import io.stipend.policy.Refusal;
import io.stipend.policy.RefusalReason;
import io.stipend.policy.budget.Budgets.AccountBalance;
import io.stipend.policy.budget.Sessions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The data listener's requests: finds the route, authenticates before any body is read, and begins
 * an {@link Exchange} or answers at once.
 */
public final class Exchanges implements RequestHandler {
  private static final Duration SOURCE_PAUSE = Duration.ofMinutes(1);
  private static final String ME = "/stipend/v1/me";

  /** Where Claude Code looks by HEAD whether its base URL answers; it sends no key there. */
  private static final Set<String> PROBES = Set.of("/", "/api/hello");

  private static final int PRESENT = 200;

  /** No key, or one that is good for nothing. */
  static final Refusal BAD_KEY =
      Refusal.of(
          RefusalReason.BAD_CREDENTIAL, "The gateway key is missing, unknown, expired or revoked.");

  private static final Inbound ANSWERED =
      new Inbound() {
        @Override
        public void body(ByteBuf body) {
          body.release();
        }

        @Override
        public void badBody(int status, Refusal refusal) {}

        @Override
        public void writable() {}

        @Override
        public void gone() {}
      };

  /** Answers {@code GET /stipend/v1/me}. */
  @FunctionalInterface
  public interface Me {
    /** These balances of the principal as JSON. */
    Answer answer(Entitlement who, List<AccountBalance> balances);
  }

  /** What nobody is known to have made here, or another person has. */
  static final Refusal UNKNOWN_RESPONSE =
      new Refusal(
          RefusalReason.UNKNOWN_RESPONSE,
          "You made no such response through this gateway since it started, or not in the last "
              + MadeResponses.KNOWN.toHours()
              + " hours.",
          "response_id",
          null,
          null);

  private final Services services;
  private final Me me;
  private final MadeResponses made = new MadeResponses();
  private final Sessions sessions = new Sessions();
  private final Map<String, Exchange> open = new ConcurrentHashMap<>();
  private volatile boolean draining;

  /** Works with these services. */
  public Exchanges(Services services, Me me) {
    this.services = services;
    this.me = me;
  }

  @Override
  public Inbound accept(RequestHead head, Outbound client) {
    Instant now = services.clock().instant();
    String id = ExchangeIds.next(now);
    Dialect dialect = head.method().equals(HttpMethod.POST) ? Dialects.at(head.path()) : null;
    StoredPath stored = dialect == null ? StoredPath.of(head) : null;
    boolean get = head.method().equals(HttpMethod.GET) || head.method().equals(HttpMethod.HEAD);
    boolean known = dialect != null || stored != null || (get && isTold(head.path()));
    if (draining) {
      return refuse(head, client, id, RefusalReason.DRAINING, "The gateway is shutting down.");
    }
    if (!known) {
      return refuseRoute(head, client, id);
    }
    Credential credential = Credential.of(head.headers());
    Arrived request = new Arrived(head, client, id, now, dialect, stored);
    String secret = credential.problem() == null ? credential.secret() : null;
    String key = services.policy().fingerprint(secret);
    Entitlement who = credential.problem() == null ? services.policy().entitlement(key, now) : null;
    if (who != null) {
      return begin(request, key, who);
    }
    CompletableFuture<Introduction> looked =
        secret == null ? null : services.policy().introduce(secret, now);
    if (looked == null) {
      refuseCredential(head, client, id, credential, now);
      return ANSWERED;
    }
    if (looked.isDone()) {
      return introduced(request, credential, key, looked);
    }
    Introducing waiting = new Introducing();
    looked.whenComplete(
        (done, failure) ->
            client
                .eventLoop()
                .execute(() -> waiting.done(() -> introduced(request, credential, key, looked))));
    return waiting;
  }

  /**
   * A request whose credential is looked at.
   *
   * @param dialect its dialect; null if it is of none, or its model decides
   */
  private record Arrived(
      RequestHead head,
      Outbound client,
      String id,
      Instant now,
      @Nullable Dialect dialect,
      @Nullable StoredPath stored) {}

  /** What a credential is, that had to be looked at. */
  private Inbound introduced(
      Arrived request, Credential credential, String key, CompletableFuture<Introduction> looked) {
    RequestHead head = request.head;
    if (draining) {
      return refuse(
          head,
          request.client,
          request.id,
          RefusalReason.DRAINING,
          "The gateway is shutting down.");
    }
    if (looked.isCompletedExceptionally()) {
      return refuse(
          head,
          request.client,
          request.id,
          RefusalReason.LEDGER_UNAVAILABLE,
          "The ledger cannot record who this is.");
    }
    if (looked.join() instanceof Introduction.Unentitled unentitled) {
      return refuse(head, request.client, request.id, unentitled.refusal(), 0);
    }
    Entitlement who = services.policy().entitlement(key, request.now);
    if (who == null || looked.join() instanceof Introduction.Stranger) {
      refuseCredential(head, request.client, request.id, credential, request.now);
      return ANSWERED;
    }
    return begin(request, key, who);
  }

  private Inbound begin(Arrived request, String key, Entitlement who) {
    RequestHead head = request.head;
    Dialect dialect = request.dialect;
    StoredPath stored = request.stored;
    if (stored != null) {
      String model = made.modelOf(stored.id(), who.principal().id());
      if (model == null) {
        return refuse(head, request.client, request.id, who, UNKNOWN_RESPONSE);
      }
      dialect = stored.dialect(model);
    }
    if (dialect == null) {
      tell(head, request.client, request.id, who, request.now);
      return ANSWERED;
    }
    Exchange exchange =
        new Exchange(
            services, this, dialect, head, request.client, request.id, request.now, key, who);
    open.put(request.id, exchange);
    return exchange;
  }

  /** What GET and HEAD are for: the gateway itself answers what is asked there. */
  private static boolean isTold(String path) {
    return path.equals(ME)
        || Dialects.listsModels(path)
        || (Dialects.modelAsked(path) != null
            && Dialects.at(path) == null
            && !Unserved.isMethod(path));
  }

  /** A probe is answered like any client's that only asks whether somebody is there. */
  private Inbound refuseRoute(RequestHead head, Outbound client, String id) {
    String path = head.path();
    if (head.method().equals(HttpMethod.HEAD) && PROBES.contains(path)) {
      client.respond(PRESENT, new Fields(), Unpooled.EMPTY_BUFFER);
      return ANSWERED;
    }
    String allowed =
        Dialects.at(path) != null ? "POST" : isTold(path) ? "GET, HEAD" : StoredPath.allowed(path);
    if (allowed == null) {
      String why = Unserved.why(head.method().name(), path);
      return refuse(head, client, id, RefusalReason.UNKNOWN_ROUTE, why);
    }
    String expected = head.method() + " is not served on " + path + " (expected: " + allowed + ").";
    Answer answer = refusal(head, id, "", Refusal.of(RefusalReason.METHOD_NOT_ALLOWED, expected));
    answer.headers().set(HttpHeaderNames.ALLOW, allowed);
    client.respond(answer.status(), answer.headers(), answer.body());
    return ANSWERED;
  }

  /** Answers what is only asked; later, on the loop, where accounts must be loaded first. */
  private void tell(RequestHead head, Outbound client, String id, Entitlement who, Instant now) {
    CompletableFuture<List<AccountBalance>> balances =
        services.budgets().balances(who.budgets(), now);
    if (balances.isDone() && !balances.isCompletedExceptionally()) {
      tell(head, client, id, who, now, balances.join());
      return;
    }
    balances.whenComplete(
        (known, error) ->
            client
                .eventLoop()
                .execute(() -> tell(head, client, id, who, now, error == null ? known : null)));
  }

  private void tell(
      RequestHead head,
      Outbound client,
      String id,
      Entitlement who,
      Instant now,
      @Nullable List<AccountBalance> balances) {
    boolean asksMe = head.path().equals(ME);
    if (asksMe && balances == null) {
      refuse(
          head,
          client,
          id,
          RefusalReason.LEDGER_UNAVAILABLE,
          "The ledger cannot read the balances.");
      return;
    }
    List<AccountBalance> known = balances == null ? List.of() : balances;
    Answer answer = asksMe ? me.answer(who, known) : models(head, id, who, now);
    StipendHeaders.put(answer.headers(), id, known);
    client.respond(answer.status(), answer.headers(), answer.body());
  }

  private Answer models(RequestHead head, String id, Entitlement who, Instant now) {
    List<ModelListing> models = services.policy().models(who, now);
    String asked = Dialects.modelAsked(head.path());
    if (asked == null) {
      return Dialects.models(models, head, id);
    }
    Answer one = Dialects.model(models, asked, head, id);
    if (one != null) {
      return one;
    }
    services.refusals().count(who.principal().id(), RefusalReason.UNKNOWN_MODEL, now);
    String message = "The model `" + asked + "` is not among those that are listed for you.";
    Refusal refusal = new Refusal(RefusalReason.UNKNOWN_MODEL, message, "model", null, null);
    return Dialects.speaking(head).refuse(refusal, head, id, 0);
  }

  /** Only bad credentials are limited by source: a good one behind the same address is let in. */
  private void refuseCredential(
      RequestHead head, Outbound client, String id, Credential credential, Instant now) {
    if (services.sources().limited(head.source(), now)) {
      refuse(
          head,
          client,
          id,
          new Refusal(
              RefusalReason.SOURCE_LIMITED,
              "Too many bad credentials came from this address; wait a minute.",
              null,
              null,
              SOURCE_PAUSE),
          0);
      return;
    }
    services.sources().bad(head.source(), now);
    String problem = credential.problem();
    Refusal refusal =
        problem == null
            ? BAD_KEY
            : Refusal.of(
                RefusalReason.BAD_CREDENTIAL, "The credential cannot be used: " + problem + ".");
    refuse(head, client, id, refusal, 0);
  }

  @Override
  public void malformed(RequestHead head, int status, Refusal refusal, Outbound client) {
    Instant now = services.clock().instant();
    refuse(head, client, ExchangeIds.next(now), refusal, status);
  }

  private Inbound refuse(
      RequestHead head, Outbound client, String id, RefusalReason reason, String message) {
    return refuse(head, client, id, Refusal.of(reason, message), 0);
  }

  private Inbound refuse(
      RequestHead head, Outbound client, String id, Entitlement who, Refusal refusal) {
    return refuse(head, client, id, who.principal().id(), refusal, 0);
  }

  private Inbound refuse(
      RequestHead head, Outbound client, String id, Refusal refusal, int status) {
    return refuse(head, client, id, "", refusal, status);
  }

  private Inbound refuse(
      RequestHead head, Outbound client, String id, String who, Refusal refusal, int status) {
    Answer answer = refusal(head, id, who, refusal);
    // What is wrong with the HTTP itself has a status of its own, whatever the dialect.
    client.respond(status == 0 ? answer.status() : status, answer.headers(), answer.body());
    return ANSWERED;
  }

  private Answer refusal(RequestHead head, String id, String who, Refusal refusal) {
    services.refusals().count(who, refusal.reason(), services.clock().instant());
    Answer answer = Dialects.speaking(head).refuse(refusal, head, id, 0);
    answer.headers().set(StipendHeaders.EXCHANGE_ID, id);
    return answer;
  }

  /** The answers that their providers keep. */
  MadeResponses made() {
    return made;
  }

  /** The agent sessions that are running. */
  Sessions sessions() {
    return sessions;
  }

  void closed(String exchange) {
    open.remove(exchange);
    if (draining && open.isEmpty()) {
      synchronized (open) {
        open.notifyAll();
      }
    }
  }

  /** Exchanges under way. */
  public int open() {
    return open.size();
  }

  /** Whether an attempt's exchange is still under way. */
  public boolean living(AttemptId attempt) {
    return open.containsKey(attempt.exchange());
  }

  /** Whether new exchanges are refused. */
  public boolean draining() {
    return draining;
  }

  /** Waits until every exchange has ended, at most this long. */
  public void awaitEnd(Duration most) {
    long deadline = System.nanoTime() + most.toNanos();
    synchronized (open) {
      try {
        while (!open.isEmpty() && deadline - System.nanoTime() > 0) {
          TimeUnit.NANOSECONDS.timedWait(open, deadline - System.nanoTime());
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  /** Refuses whatever comes from now on. */
  public void refuseNew() {
    draining = true;
  }

  /** Ends every exchange that is still open, each on its own loop. */
  public void endAll() {
    for (Exchange exchange : open.values()) {
      exchange.drain();
    }
  }
}
