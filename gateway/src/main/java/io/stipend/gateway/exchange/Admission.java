package io.stipend.gateway.exchange;

import io.netty.buffer.ByteBuf;
import io.stipend.gateway.dialect.Dialect.Peeked;
import io.stipend.metering.Charge;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.Unit;
import io.stipend.metering.ledger.AttemptFacts;
import io.stipend.metering.ledger.AttemptId;
import io.stipend.metering.tokens.TokenCounter;
import io.stipend.policy.ModelCall;
import io.stipend.policy.Permit;
import io.stipend.policy.Principal;
import io.stipend.policy.Refusal;
import io.stipend.policy.RefusalReason;
import io.stipend.policy.budget.BudgetRule;
import io.stipend.policy.budget.Budgets;
import io.stipend.policy.budget.Estimate;
import io.stipend.policy.budget.Reservation;
import io.stipend.policy.budget.WhenShort;
import io.stipend.policy.config.Durability;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Steps 4 and 5 of an exchange: estimates the call, reserves it on every account, and where money
 * is short follows the allowance's {@code when_short}. Lives on the exchange's event loop.
 */
final class Admission {
  /**
   * The longest body whose tokens are counted exactly: milliseconds, at worst tenths of a second.
   */
  private static final int MAX_COUNTED_BYTES = 64 * 1_024;

  /** Reservations tried for one attempt: each clamp satisfies at least one more budget. */
  private static final int MAX_TRIES = 8;

  /** How often an admission waits for the ends of other attempts to become durable. */
  private static final int MAX_WAITS = 3;

  /** How often an admission waits for accounts to be loaded; each load brings all that it needs. */
  private static final int MAX_LOADS = 4;

  /** The answer: a reservation with what it stands on, or a refusal. */
  sealed interface Result {}

  record Admitted(Reservation reservation, Expectation expectation, boolean clamped)
      implements Result {
    /** The output cap that is set in the body; -1 if none is. */
    long clampedCap() {
      return clamped ? expectation.capPerChoice() : -1;
    }
  }

  record Refused(Refusal refusal) implements Result {}

  private final Services services;
  private final AttemptId id;
  private final Permit permit;
  private final Peeked peeked;
  private final @Nullable String client;
  private final Instant now;
  private final Consumer<Result> then;
  private long input;
  private long cap;
  private boolean clamped;
  private boolean counted;
  private int waits;
  private int loads;

  Admission(
      Services services,
      AttemptId id,
      Permit permit,
      Peeked peeked,
      @Nullable String client,
      Instant now,
      Consumer<Result> then) {
    this.services = services;
    this.id = id;
    this.permit = permit;
    this.peeked = peeked;
    this.client = client;
    this.now = now;
    this.then = then;
    ModelCall call = peeked.call();
    long text = services.tokens().learned().input().estimate(permit.model(), call.textBytes());
    // A body may name more media than any model takes: beyond a bound it costs what it cannot pay.
    this.input = Math.min(TokenUsage.MAX_COUNT, text + call.mediaTokens());
    this.cap = call.outputCap();
  }

  /**
   * Reserves; answers at once, or later on the loop: accounts may have to be loaded, the body be
   * counted, the disk be awaited.
   */
  void admit(Executor loop, ByteBuf body) {
    for (int tries = 0; tries < MAX_TRIES; tries++) {
      Expectation expectation = expectation();
      Budgets.Result result =
          services
              .budgets()
              .reserve(id, facts(expectation), permit.budgets(), expectation.estimate(), now);
      if (result instanceof Budgets.Held held) {
        admitted(loop, new Admitted(held.reservation(), expectation, clamped));
        return;
      }
      if (result instanceof Budgets.Unavailable unavailable) {
        then.accept(new Refused(Refusal.of(RefusalReason.LEDGER_UNAVAILABLE, unavailable.why())));
        return;
      }
      if (result instanceof Budgets.Cold cold) {
        awaitAccounts(loop, body, cold);
        return;
      }
      Budgets.Shortfall shortfall = (Budgets.Shortfall) result;
      if (awaitReturns(loop, body, shortfall) || countFirst(loop, body)) {
        return;
      }
      if (!clamp(shortfall, expectation)) {
        then.accept(new Refused(shortRefusal(shortfall, expectation)));
        return;
      }
    }
    then.accept(
        new Refused(
            Refusal.of(RefusalReason.BUDGET_EXHAUSTED, "The budgets are in use by other calls.")));
  }

  /** Where money is unknown, nothing is sent. */
  private void awaitAccounts(Executor loop, ByteBuf body, Budgets.Cold cold) {
    if (loads == MAX_LOADS) {
      balancesUnknown();
      return;
    }
    loads++;
    cold.warm()
        .whenComplete(
            (done, error) ->
                loop.execute(
                    () -> {
                      if (error == null) {
                        admit(loop, body);
                      } else {
                        balancesUnknown();
                      }
                    }));
  }

  private void balancesUnknown() {
    then.accept(
        new Refused(
            Refusal.of(RefusalReason.LEDGER_UNAVAILABLE, "The ledger cannot read the balances.")));
  }

  /** With {@code durability: strict} nothing is sent before its reservation is durable. */
  private void admitted(Executor loop, Admitted admitted) {
    if (services.config().get().durability() != Durability.STRICT) {
      then.accept(admitted);
      return;
    }
    admitted
        .reservation()
        .durable()
        .whenComplete((done, error) -> loop.execute(() -> durable(admitted, error == null)));
  }

  private void durable(Admitted admitted, boolean well) {
    if (well) {
      then.accept(admitted);
    } else {
      admitted.reservation().release(Outcome.LEDGER_FAILED.label(), now);
      then.accept(
          new Refused(
              Refusal.of(RefusalReason.LEDGER_UNAVAILABLE, "The ledger cannot record this call.")));
    }
  }

  private Expectation expectation() {
    long usual = services.tokens().learned().answers().of(permit.principal().id(), permit.model());
    return Expectation.of(peeked.call(), permit.rating(), input, cap, usual);
  }

  /**
   * An agent sends its next call as soon as it has the last answer: what that call did not use is
   * then about to return, and refusing for its want would be wrong.
   */
  private boolean awaitReturns(Executor loop, ByteBuf body, Budgets.Shortfall shortfall) {
    CompletableFuture<Void> returning = shortfall.returning();
    if (returning == null || waits == MAX_WAITS) {
      return false;
    }
    waits++;
    returning.whenComplete((done, error) -> loop.execute(() -> admit(loop, body)));
    return true;
  }

  /** Counts the body exactly, once, where that can change the decision. */
  private boolean countFirst(Executor loop, ByteBuf body) {
    TokenCounter counter = services.tokens().counters().forModel(permit.model());
    if (counted || counter == null || body.readableBytes() > MAX_COUNTED_BYTES) {
      return false;
    }
    counted = true;
    // The whole body is counted, JSON syntax with it: above what its messages can come to.
    String text = body.toString(StandardCharsets.UTF_8);
    try {
      services
          .counting()
          .execute(
              () -> {
                long exact = Long.MAX_VALUE;
                try {
                  exact = counter.count(text) + peeked.call().mediaTokens();
                } finally {
                  long known = exact;
                  loop.execute(() -> counted(loop, body, known));
                }
              });
      return true;
    } catch (RejectedExecutionException e) {
      return false;
    }
  }

  private void counted(Executor loop, ByteBuf body, long exact) {
    input = Math.min(input, exact);
    admit(loop, body);
  }

  /** Lowers the cap to what the budget affords, if its rule lets it and the floor allows. */
  private boolean clamp(Budgets.Shortfall shortfall, Expectation expectation) {
    BudgetRule rule = shortfall.rule();
    int clampAt = rule.whenShort().indexOf(WhenShort.CLAMP);
    int refuseAt = rule.whenShort().indexOf(WhenShort.REFUSE);
    if (clampAt < 0 || (refuseAt >= 0 && refuseAt < clampAt)) {
      return false;
    }
    ModelCall call = peeked.call();
    long affordable =
        rule.unit().isMoney()
            ? permit
                .rating()
                .affordableOutput(input, Math.max(0, shortfall.available()), call.serviceTier())
            : shortfall.available() - input;
    long perChoice = affordable < 0 ? -1 : affordable / call.choices();
    long floor = Math.max(rule.clampFloor(), call.thinkingBudget() + 1);
    if (perChoice < floor || perChoice >= expectation.capPerChoice()) {
      return false;
    }
    cap = perChoice;
    clamped = true;
    return true;
  }

  private Refusal shortRefusal(Budgets.Shortfall shortfall, Expectation expectation) {
    BudgetRule rule = shortfall.rule();
    services.budgets().refused(rule, now);
    Unit unit = rule.unit();
    Estimate estimate = expectation.estimate();
    Charge needed = shortfall.shortOfExposure() ? estimate.exposed() : estimate.hold();
    StringBuilder message = new StringBuilder(160);
    message
        .append("Budget ")
        .append(rule.budget())
        .append(" (")
        .append(unit.format(rule.amount(now)))
        .append(' ')
        .append(unit.name())
        .append(") does not cover this call: ")
        .append(unit.format(Math.max(0, shortfall.available())))
        .append(" left, up to ")
        .append(unit.format(needed.in(unit)))
        .append(" needed.");
    if (shortfall.resetsAt() != null) {
      message.append(" It resets at ").append(shortfall.resetsAt()).append('.');
    }
    String contact = services.config().get().contact();
    if (!contact.isEmpty()) {
      message.append(' ').append(contact).append('.');
    }
    return new Refusal(
        RefusalReason.BUDGET_EXHAUSTED, message.toString(), null, shortfall.resetsAt(), null);
  }

  private AttemptFacts facts(Expectation expectation) {
    Principal who = permit.principal();
    return new AttemptFacts(
        who.id(),
        who.team(),
        who.costCenter(),
        who.project(),
        who.keyId(),
        peeked.sessionId(),
        client,
        peeked.call().dialect(),
        permit.provider().name(),
        permit.model(),
        peeked.call().serviceTier(),
        permit.rating().priceVersion(),
        Unit.USD.name(),
        expectation.input(),
        expectation.cap(),
        expectation.expectedOutput(),
        expectation.expected().nanos());
  }
}
