package io.stipend.gateway.exchange;

import io.netty.buffer.ByteBuf;
import io.stipend.metering.Charge;
import io.stipend.metering.Unit;
import io.stipend.metering.tokens.TokenCounter;
import io.stipend.policy.ModelCall;
import io.stipend.policy.Permit;
import io.stipend.policy.Refusal;
import io.stipend.policy.RefusalReason;
import io.stipend.policy.budget.BudgetRule;
import io.stipend.policy.budget.Budgets;
import io.stipend.policy.budget.Estimate;
import io.stipend.policy.budget.Reservation;
import io.stipend.policy.budget.Sessions;
import io.stipend.policy.config.Durability;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Steps 4 and 5 of an exchange: estimates the call, reserves it on every account, and where money
 * is short follows the steps of the {@link Shortage}. Lives on the exchange's event loop.
 */
final class Admission {
  /**
   * The longest body whose tokens are counted exactly: milliseconds, at worst tenths of a second.
   */
  private static final int MAX_COUNTED_BYTES = 64 * 1_024;

  /** Reservations tried for one attempt: each step satisfies at least one more budget. */
  private static final int MAX_TRIES = 16;

  /** How often an admission waits for the ends of other attempts to become durable. */
  private static final int MAX_WAITS = 3;

  /** How often an admission waits for accounts to be loaded; each load brings all that it needs. */
  private static final int MAX_LOADS = 4;

  /** The answer: a reservation with what it stands on, or a refusal. */
  sealed interface Result {}

  /**
   * A reservation.
   *
   * @param permit for the model that runs
   * @param expectation what it stands on
   * @param clamped whether the body must say its output cap
   * @param downgradedFrom the model that was asked for, if another runs; null if that one does
   */
  record Admitted(
      Reservation reservation,
      Permit permit,
      Expectation expectation,
      boolean clamped,
      @Nullable String downgradedFrom)
      implements Result {
    /** The output cap that is set in the body; -1 if none is. */
    long clampedCap() {
      return clamped ? expectation.capPerChoice() : -1;
    }
  }

  record Refused(Refusal refusal) implements Result {}

  private final Services services;
  private final Sessions sessions;
  private final Asked asked;
  private final ModelCall call;
  private final Shortage shortage;
  private final Consumer<Result> then;
  private Bid bid;
  private int waits;
  private int loads;

  Admission(Services services, Sessions sessions, Asked asked, Consumer<Result> then) {
    this.services = services;
    this.sessions = sessions;
    this.asked = asked;
    this.call = asked.peeked().call();
    this.shortage = new Shortage(services, sessions, asked);
    this.then = then;
    this.bid = asked.bid(services.tokens());
  }

  /**
   * Reserves; answers at once, or later on the loop: accounts may have to be loaded, the body be
   * counted, the disk be awaited.
   */
  void admit(Executor loop, ByteBuf body) {
    if (!bid.fits(call)) {
      then.accept(new Refused(tooDear()));
      return;
    }
    reserve(loop, body);
  }

  private void reserve(Executor loop, ByteBuf body) {
    for (int tries = 1; ; tries++) {
      Expectation expectation = bid.expectation(services.tokens(), call);
      Budgets.Result result =
          services
              .budgets()
              .reserve(
                  asked.id(),
                  asked.facts(bid, expectation),
                  bid.permit().budgets(),
                  expectation.estimate(),
                  asked.at());
      if (result instanceof Budgets.Held held) {
        admitted(loop, admitted(held.reservation(), expectation));
        return;
      }
      if (result instanceof Budgets.Unavailable unavailable) {
        refuse(RefusalReason.LEDGER_UNAVAILABLE, unavailable.why());
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
      if (tries == MAX_TRIES) {
        // Other calls took what the steps brought, again and again. No loan is taken any more.
        then.accept(new Refused(shortRefusal(shortfall, expectation)));
        return;
      }
      Shortage.Answer answer = shortage.answer(shortfall, bid, expectation);
      if (answer instanceof Shortage.Refused refused) {
        then.accept(new Refused(shortRefusal(refused.shortfall(), expectation)));
        return;
      }
      bid = ((Shortage.Again) answer).bid();
    }
  }

  private Refusal tooDear() {
    return Refusal.ofField(
        "background",
        "background: this call may cost more than "
            + Unit.USD.format(bid.permit().most())
            + " USD, the most that one in the background may (expected: less input, or false;"
            + " stream the answer instead)");
  }

  private void refuse(RefusalReason reason, String message) {
    then.accept(new Refused(Refusal.of(reason, message)));
  }

  private Admitted admitted(Reservation reservation, Expectation expectation) {
    return new Admitted(
        reservation,
        bid.permit(),
        expectation,
        bid.capped(),
        shortage.downgraded(bid) ? asked.permit().model() : null);
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
                        reserve(loop, body);
                      } else {
                        balancesUnknown();
                      }
                    }));
  }

  private void balancesUnknown() {
    refuse(RefusalReason.LEDGER_UNAVAILABLE, "The ledger cannot read the balances.");
  }

  /** With {@code durability: strict} nothing is sent before its reservation is durable. */
  private void admitted(Executor loop, Admitted admitted) {
    Permit permit = admitted.permit();
    sessions.admitted(
        permit.principal().id(), permit.budgets(), asked.peeked().labels().sessionId(), asked.at());
    if (services.config().get().durability() != Durability.STRICT) {
      then.accept(admitted);
      return;
    }
    admitted
        .reservation()
        .durable()
        .whenComplete((done, error) -> loop.execute(() -> durable(admitted, error == null)));
    admitted.reservation().hurry();
  }

  private void durable(Admitted admitted, boolean well) {
    if (well) {
      then.accept(admitted);
    } else {
      admitted.reservation().release(Outcome.LEDGER_FAILED.label(), asked.at());
      refuse(RefusalReason.LEDGER_UNAVAILABLE, "The ledger cannot record this call.");
    }
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
    returning.whenComplete((done, error) -> loop.execute(() -> reserve(loop, body)));
    return true;
  }

  /** Counts the body exactly, once, where that can change the decision. */
  private boolean countFirst(Executor loop, ByteBuf body) {
    TokenCounter counter = services.tokens().counters().forModel(bid.permit().model());
    if (bid.counted() || counter == null || body.readableBytes() > MAX_COUNTED_BYTES) {
      return false;
    }
    // The whole body is counted, JSON syntax with it: above what its messages can come to.
    String text = body.toString(StandardCharsets.UTF_8);
    try {
      services
          .counting()
          .execute(
              () -> {
                long exact = Long.MAX_VALUE;
                try {
                  exact = counter.count(text) + call.mediaTokens();
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
    bid = bid.counted(exact);
    reserve(loop, body);
  }

  private Refusal shortRefusal(Budgets.Shortfall shortfall, Expectation expectation) {
    BudgetRule rule = shortfall.rule();
    services.budgets().refused(shortfall.account(), rule);
    Unit unit = rule.unit();
    Estimate estimate = expectation.estimate();
    Charge needed = shortfall.shortOfExposure() ? estimate.exposed() : estimate.hold();
    StringBuilder message = new StringBuilder(160);
    message
        .append("Budget ")
        .append(rule.budget())
        .append(" (")
        .append(unit.format(rule.amount(asked.at())))
        .append(' ')
        .append(unit.name())
        .append(' ')
        .append(rule.every().words())
        .append(") does not cover this call: ")
        .append(unit.format(Math.max(0, shortfall.available())))
        .append(" left, up to ")
        .append(unit.format(needed.in(unit)))
        .append(" needed.");
    Instant resetsAt = shortfall.resetsAt();
    if (resetsAt != null) {
      message.append(" It resets at ").append(resetsAt).append('.');
    }
    String contact = services.config().get().contact();
    if (!contact.isEmpty()) {
      message.append(' ').append(contact).append('.');
    }
    Duration wait = resetsAt == null ? null : Duration.between(asked.at(), resetsAt);
    return new Refusal(RefusalReason.BUDGET_EXHAUSTED, message.toString(), null, resetsAt, wait);
  }
}
