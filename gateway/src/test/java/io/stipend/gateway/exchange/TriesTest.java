package io.stipend.gateway.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.stipend.gateway.dialect.Dialect;
import io.stipend.gateway.server.RequestHandler.Inbound;
import io.stipend.gateway.upstream.Attempt;
import io.stipend.gateway.upstream.AttemptListener;
import io.stipend.gateway.upstream.UpstreamRequest;
import io.stipend.gateway.upstream.Upstreams;
import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.AttemptFacts;
import io.stipend.metering.ledger.AttemptId;
import io.stipend.metering.ledger.LedgerEntry.LoanKind;
import io.stipend.policy.Decision;
import io.stipend.policy.Entitlement;
import io.stipend.policy.ModelCall;
import io.stipend.policy.Permit;
import io.stipend.policy.PolicyEngine;
import io.stipend.policy.Route;
import io.stipend.policy.budget.BudgetRule;
import io.stipend.policy.budget.Budgets;
import io.stipend.policy.budget.Estimate;
import io.stipend.policy.config.Durability;
import io.stipend.policy.config.ProviderConfig;
import io.stipend.policy.limit.Lease;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

/** What befalls an exchange between two attempts, the first of which got an error that is kept. */
class TriesTest {
  /** An error that holds what looks like an answer, so that its text is counted. */
  private static final String ERROR = "{\"choices\":[{\"message\":{\"content\":\"Hello.\"}}]}";

  private final List<String> log = new ArrayList<>();
  private final Funds funds = new Funds(log);
  private final EmbeddedChannel channel = new EmbeddedChannel();
  private final List<AttemptListener> legs = new ArrayList<>();
  private final Queue<Runnable> counting = new ArrayDeque<>();
  private final ByteBuf kept = Parts.utf8(ERROR);

  /** What becomes of each reservation. */
  private final Queue<Supplier<Budgets.Result>> reserves = new ArrayDeque<>();

  private final Exchanges exchanges = exchanges();

  private Exchanges exchanges() {
    Services parts = Parts.services(new Reserves(), counting::add, Durability.GATE);
    return new Exchanges(
        new Services(
            parts.clock(),
            new TwoRoutes(),
            null,
            parts.budgets(),
            new Legs(),
            parts.routing(),
            parts.tokens(),
            parts.counting(),
            parts.config(),
            new RefusalCounts(null, parts.clock()),
            record ->
                log.add(
                    "record " + record.outcome() + " " + record.status() + " " + record.model())),
        (who, balances) ->
            new Dialect.Answer(200, new DefaultHttpHeaders(), Unpooled.EMPTY_BUFFER));
  }

  private Budgets.Result held() {
    return new Budgets.Held(funds);
  }

  /** The first attempt is sent, and gets the head of an error. */
  private Inbound first() {
    funds.durable.complete(null);
    return firstNotDurable();
  }

  private Inbound firstNotDurable() {
    reserves.add(this::held);
    Inbound exchange = exchanges.accept(Parts.head(Parts.CHAT), new Client());
    exchange.body(Parts.utf8("{\"model\":\"gpt-4o\",\"messages\":[]}"));
    channel.runPendingTasks();
    legs.get(0).sending();
    legs.get(0).head(503, new DefaultHttpHeaders());
    legs.get(0).data(kept);
    return exchange;
  }

  /** The error is over, its text is counted, and the next attempt begins. */
  private void follow() {
    legs.get(0).end();
    counted();
  }

  private void counted() {
    counting.forEach(Runnable::run);
    channel.runPendingTasks();
    channel.advanceTimeBy(1, TimeUnit.MILLISECONDS);
    channel.runPendingTasks();
  }

  private void over(String record) {
    assertThat(log).contains(record);
    assertThat(exchanges.open()).isZero();
    assertThat(kept.refCnt()).as("the answer that was kept").isZero();
    assertThat(legs).hasSize(1);
  }

  @Test
  void aFaultBeforeTheNextForgetsTheAnswerThatWasKept() {
    first();
    reserves.add(
        () -> {
          throw new IllegalStateException("planted");
        });
    follow();
    over("record gateway_fault 500 gpt-4o-mini");
    assertThat(log).contains("respond 500");
  }

  @Test
  void whoLeavesWhileTheErrorIsCountedLeavesNothingBehind() {
    Inbound exchange = first();
    legs.get(0).end();
    assertThat(counting).hasSize(1);
    exchange.gone();
    counted();
    over("record client_gone 0 gpt-4o-mini");
  }

  @Test
  void aGatewayThatStopsWhileTheNextIsRefusedTellsWhy() {
    first();
    CompletableFuture<Void> load = new CompletableFuture<>();
    reserves.add(() -> new Budgets.Cold(load));
    follow();
    exchanges.endAll();
    channel.runPendingTasks();
    load.completeExceptionally(new IllegalStateException("disk"));
    channel.runPendingTasks();
    over("record drained 503 gpt-4o-mini");
    assertThat(log).contains("respond 503 The gateway is shutting down.");
  }

  @Test
  void whatTheNextIsRefusedForIsNotTold() {
    first();
    reserves.add(() -> new Budgets.Unavailable("no disk"));
    follow();
    over("record upstream_error 503 gpt-4o");
    assertThat(log).contains("start 503", "end");
  }

  private void ledgerFails() {
    funds.durable.completeExceptionally(new IllegalStateException("disk"));
    channel.runPendingTasks();
  }

  @Test
  void whatIsKeptIsShownWhenItsReservationIsDurableAndNotBefore() {
    firstNotDurable();
    reserves.add(() -> new Budgets.Unavailable("no disk"));
    follow();
    assertThat(exchanges.open()).isZero();
    assertThat(log).doesNotContain("start 503");
    funds.durable.complete(null);
    channel.runPendingTasks();
    over("record upstream_error 503 gpt-4o");
    assertThat(log).endsWith("start 503", "end");
  }

  @Test
  void whatIsKeptIsNeverShownIfItsReservationIsLostLater() {
    firstNotDurable();
    reserves.add(() -> new Budgets.Unavailable("no disk"));
    follow();
    ledgerFails();
    over("record upstream_error 503 gpt-4o");
    assertThat(log).endsWith("abort").doesNotContain("start 503");
  }

  @Test
  void whereItsReservationIsLostBeforeTheNextIsRefusedTheClientIsTold() {
    firstNotDurable();
    legs.get(0).end();
    ledgerFails();
    reserves.add(() -> new Budgets.Unavailable("no disk"));
    counted();
    over("record upstream_error 503 gpt-4o");
    assertThat(log).contains("respond 503").doesNotContain("start 503", "abort");
  }

  @Test
  void whereItsReservationIsLostBeforeItsEndNothingFollows() {
    firstNotDurable();
    ledgerFails();
    counted();
    over("record ledger_failed 503 gpt-4o");
    assertThat(log).contains("respond 503").doesNotContain("start 503");
  }

  private final class Reserves implements Budgets {
    @Override
    public Result reserve(
        AttemptId id, AttemptFacts facts, List<BudgetRule> rules, Estimate estimate, Instant now) {
      return reserves.remove().get();
    }

    @Override
    public boolean borrow(
        AccountKey account, BudgetRule rule, LoanKind kind, long amount, Instant now) {
      return false;
    }

    @Override
    public CompletableFuture<List<AccountBalance>> balances(List<BudgetRule> rules, Instant now) {
      return CompletableFuture.completedFuture(List.of());
    }
  }

  private static final class TwoRoutes implements PolicyEngine {
    private final Permit permit = Parts.permit(FlatRating.VISIBLE);

    private static ProviderConfig provider(String name) {
      return new ProviderConfig(name, URI.create("http://127.0.0.1:1"), null, "openai", List.of());
    }

    private static Route route(String name, String model, int rank) {
      return new Route(provider(name), model, FlatRating.VISIBLE, rank, 1);
    }

    @Override
    public String fingerprint(String credential) {
      return "f";
    }

    @Override
    public Entitlement entitlement(String fingerprint, Instant now) {
      return new Entitlement(permit.principal(), List.of(), List.of());
    }

    @Override
    public Decision decide(Entitlement entitlement, ModelCall call, Instant now) {
      Route first = route("a", "gpt-4o", 0);
      List<Route> routes = List.of(first, route("b", "gpt-4o-mini", 1));
      return new Permit(
          permit.principal(),
          first.provider(),
          first.model(),
          first.rating(),
          List.of(),
          Lease.NONE,
          Long.MAX_VALUE,
          routes);
    }

    @Override
    public Permit instead(
        Entitlement entitlement, ModelCall call, Permit had, String model, Instant now) {
      return null;
    }

    @Override
    public List<ModelListing> models(Entitlement entitlement, Instant now) {
      return List.of();
    }
  }

  private final class Legs implements Upstreams {
    @Override
    public Attempt open(
        EventLoop loop, ProviderConfig to, UpstreamRequest request, AttemptListener listener) {
      request.body().release();
      return new Attempt() {
        @Override
        public void begin() {
          legs.add(listener);
        }

        @Override
        public void pause() {}

        @Override
        public void resume() {}

        @Override
        public void cancel() {}
      };
    }

    @Override
    public void close() {}
  }

  private final class Client extends LoggedClient {
    Client() {
      super(channel.eventLoop(), log);
    }

    @Override
    public void respond(int status, HttpHeaders headers, ByteBuf body) {
      String text = body.toString(StandardCharsets.UTF_8);
      String known = "The gateway is shutting down.";
      log.add("respond " + status + (text.contains(known) ? " " + known : ""));
      body.release();
    }
  }
}
