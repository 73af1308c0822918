package io.stipend.gateway.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.EventLoop;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.stipend.gateway.dialect.Dialect;
import io.stipend.gateway.server.RequestHandler.Inbound;
import io.stipend.gateway.server.RequestHead;
import io.stipend.gateway.upstream.Attempt;
import io.stipend.gateway.upstream.AttemptListener;
import io.stipend.gateway.upstream.UpstreamFailure;
import io.stipend.gateway.upstream.UpstreamRequest;
import io.stipend.gateway.upstream.Upstreams;
import io.stipend.metering.ledger.AttemptFacts;
import io.stipend.metering.ledger.AttemptId;
import io.stipend.policy.Decision;
import io.stipend.policy.Entitlement;
import io.stipend.policy.ModelCall;
import io.stipend.policy.Permit;
import io.stipend.policy.PolicyEngine;
import io.stipend.policy.budget.BudgetRule;
import io.stipend.policy.budget.Budgets;
import io.stipend.policy.budget.Estimate;
import io.stipend.policy.config.Durability;
import io.stipend.policy.config.ProviderConfig;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** An exchange whose parts fail: nothing stays held, nobody hangs, no buffer leaks. */
class ExchangeTest {
  private static final String CALL = "{\"model\":\"m\",\"messages\":[]}";

  /** Which part throws what it never should. */
  private enum Fault {
    DECIDE,
    RESERVE,
    SEND,
    SETTLE,
    NONE
  }

  private final List<String> log = new ArrayList<>();
  private final Funds funds = new Funds(log);
  private final EmbeddedChannel channel = new EmbeddedChannel();
  private AttemptListener leg;

  private Exchanges exchanges(Fault fault) {
    return exchanges(fault, budgets(fault));
  }

  private Exchanges exchanges(Fault fault, Budgets budgets) {
    Services parts = Parts.services(budgets, Runnable::run, Durability.GATE);
    return new Exchanges(
        new Services(
            parts.clock(),
            policy(fault),
            null,
            parts.budgets(),
            upstreams(fault),
            parts.routing(),
            parts.tokens(),
            parts.counting(),
            parts.config(),
            new RefusalCounts(null, parts.clock()),
            record -> log.add("record " + record.outcome() + " " + record.status())),
        (who, balances) ->
            new Dialect.Answer(200, new DefaultHttpHeaders(), Unpooled.EMPTY_BUFFER));
  }

  private Budgets budgets(Fault fault) {
    return new Budgets() {
      @Override
      public Result reserve(
          AttemptId id, AttemptFacts facts, List<BudgetRule> rules, Estimate estimate, Instant at) {
        throwAt(fault, Fault.RESERVE);
        return new Held(funds);
      }

      @Override
      public boolean borrow(
          io.stipend.metering.ledger.AccountKey account,
          BudgetRule rule,
          io.stipend.metering.ledger.LedgerEntry.LoanKind kind,
          long amount,
          java.time.Instant now) {
        return false;
      }

      @Override
      public CompletableFuture<List<AccountBalance>> balances(List<BudgetRule> rules, Instant at) {
        return CompletableFuture.completedFuture(List.of());
      }
    };
  }

  private PolicyEngine policy(Fault fault) {
    Permit permit = Parts.permit(FlatRating.VISIBLE);
    return new PolicyEngine() {
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
        throwAt(fault, Fault.DECIDE);
        return new Permit(
            permit.principal(),
            permit.provider(),
            "m",
            permit.rating(),
            List.of(),
            () -> log.add("lease closed"));
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
    };
  }

  private Upstreams upstreams(Fault fault) {
    return new Upstreams() {
      @Override
      public Attempt open(
          EventLoop loop, ProviderConfig to, UpstreamRequest request, AttemptListener listener) {
        request.body().release();
        throwAt(fault, Fault.SEND);
        return new Attempt() {
          @Override
          public void begin() {
            leg = listener;
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
    };
  }

  private void throwAt(Fault fault, Fault here) {
    if (fault == here) {
      throw new IllegalStateException("planted at " + here);
    }
  }

  private final class Client extends LoggedClient {
    Client() {
      super(channel.eventLoop(), log);
    }

    @Override
    public void respond(int status, HttpHeaders headers, ByteBuf body) {
      log.add("respond " + status);
      assertThat(headers.contains("stipend-exchange-id")).isTrue();
      if (status >= 400) {
        assertThat(body.toString(StandardCharsets.UTF_8)).contains("\"error\"");
      }
      body.release();
    }
  }

  private Inbound accept(Exchanges exchanges) {
    return exchanges.accept(Parts.head(Parts.CHAT), new Client());
  }

  @ParameterizedTest
  @EnumSource(names = {"DECIDE", "RESERVE", "SEND"})
  void aFaultOfTheGatewayIsAnsweredAndLeavesNothingBehind(Fault fault) {
    Exchanges exchanges = exchanges(fault);
    ByteBuf body = Parts.utf8(CALL);
    accept(exchanges).body(body);
    assertThat(exchanges.open()).isZero();
    assertThat(body.refCnt()).isZero();
    List<String> expected = new ArrayList<>(List.of("record gateway_fault 500", "respond 500"));
    if (fault != Fault.DECIDE) {
      expected.add(0, "lease closed");
    }
    if (fault == Fault.SEND) {
      expected.add(0, "released gateway_fault");
    }
    assertThat(log).containsExactlyElementsOf(expected);
  }

  @Test
  void anEndThatCannotBeRecordedStillFreesWhatTheLimitsHeld() {
    Exchanges exchanges = exchanges(Fault.NONE);
    accept(exchanges).body(Parts.utf8(CALL));
    leg.sending();
    funds.failing = true;
    leg.failed(UpstreamFailure.TIMEOUT);
    assertThat(exchanges.open()).isZero();
    assertThat(log)
        .containsExactly("sent", "lease closed", "record upstream_timeout 504", "respond 504");
  }

  @Test
  void theMoneyIsSettledBeforeTheClientHearsOfAFault() {
    Exchanges exchanges = exchanges(Fault.NONE);
    accept(exchanges).body(Parts.utf8(CALL));
    leg.sending();
    leg.failed(UpstreamFailure.RESET);
    assertThat(log)
        .containsExactly(
            "sent", "settled", "lease closed", "record upstream_reset 502", "respond 502");
  }

  @Test
  void aClientThatLeavesBeforeItsBodyCameLeavesNothingBehind() {
    Exchanges exchanges = exchanges(Fault.NONE);
    Inbound exchange = accept(exchanges);
    exchange.gone();
    assertThat(exchanges.open()).isZero();
    assertThat(log).containsExactly("record client_gone 0");
  }

  @Test
  void aCallWhoseAccountsCannotBeLoadedIsRefusedAndNothingIsSent() {
    Cold budgets = new Cold(1);
    Exchanges exchanges = exchanges(Fault.NONE, budgets);
    ByteBuf body = Parts.utf8(CALL);
    accept(exchanges).body(body);
    assertThat(log).isEmpty();
    budgets.loads.get(0).completeExceptionally(new IllegalStateException("disk"));
    channel.runPendingTasks();
    assertThat(leg).isNull();
    assertThat(exchanges.open()).isZero();
    assertThat(body.refCnt()).isZero();
    assertThat(log).containsExactly("respond 503", "lease closed", "record ledger_unavailable 503");
  }

  @Test
  void aClientThatLeavesWhileItsAccountsAreLoadedIsChargedNothing() {
    Cold budgets = new Cold(1);
    Exchanges exchanges = exchanges(Fault.NONE, budgets);
    ByteBuf body = Parts.utf8(CALL);
    Inbound exchange = accept(exchanges);
    exchange.body(body);
    exchange.gone();
    assertThat(exchanges.open()).isEqualTo(1);
    budgets.loads.get(0).complete(null);
    channel.runPendingTasks();
    assertThat(leg).isNull();
    assertThat(budgets.log).containsExactly("held", "released client_gone");
    assertThat(exchanges.open()).isZero();
    assertThat(body.refCnt()).isZero();
    assertThat(log).contains("record client_gone 0");
  }

  @Test
  void whoAsksForABalanceThatIsNotInMemoryIsAnsweredWhenItIsLoaded() {
    Cold budgets = new Cold(1);
    budgets.loads.add(new CompletableFuture<>());
    askForBalance(exchanges(Fault.NONE, budgets));
    assertThat(log).isEmpty();
    budgets.loads.get(0).complete(null);
    assertThat(log).as("answered on the loop only").isEmpty();
    channel.runPendingTasks();
    assertThat(log).containsExactly("respond 200");
  }

  @Test
  void whoAsksForABalanceThatCannotBeLoadedIsToldSo() {
    Cold budgets = new Cold(1);
    budgets.loads.add(new CompletableFuture<>());
    askForBalance(exchanges(Fault.NONE, budgets));
    budgets.loads.get(0).completeExceptionally(new IllegalStateException("disk"));
    channel.runPendingTasks();
    assertThat(log).containsExactly("respond 503");
  }

  private void askForBalance(Exchanges exchanges) {
    exchanges.accept(
        new RequestHead(
            HttpMethod.GET,
            "/stipend/v1/me",
            "",
            new DefaultHttpHeaders(),
            InetAddress.getLoopbackAddress(),
            true),
        new Client());
  }
}
