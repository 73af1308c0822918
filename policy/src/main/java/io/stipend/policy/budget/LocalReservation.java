package io.stipend.policy.budget;

import io.stipend.metering.Charge;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.AttemptFacts;
import io.stipend.metering.ledger.AttemptId;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.LedgerEntry.LoanKind;
import io.stipend.metering.ledger.OpenAttempt;
import io.stipend.metering.ledger.Posting;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A reservation on the accounts of {@link LocalBudgets}. States: open → sent → settled, or open →
 * released. The state and the shares are guarded by the lock of the budgets, because the sweep ends
 * reservations from another thread than their exchange's.
 */
final class LocalReservation implements Reservation {
  private enum State {
    OPEN,
    SENT,
    ENDED
  }

  private final Object lock;
  private final Loans loans;
  private final AttemptId id;
  private final AttemptFacts facts;
  private final Instant at;
  private final List<Share> shares;
  private final OpenAttempt open;
  private final Map<AttemptId, Returning> returning;
  private final Runnable gone;
  private State state = State.OPEN;
  private Charge held;
  private Charge seen = Charge.ZERO;
  private long outputSeen;

  /**
   * @param shares what it holds on each account, begun
   * @param returning holds, under the lock, the ends that are queued and not yet durable
   * @param gone is run when its end is durable
   */
  LocalReservation(
      Book book,
      Loans loans,
      LedgerEntry.Reserved reserved,
      Charge held,
      List<Share> shares,
      OpenAttempt open,
      Map<AttemptId, Returning> returning,
      Runnable gone) {
    this.lock = book.lock;
    this.loans = loans;
    this.id = reserved.id();
    this.facts = reserved.facts();
    this.at = reserved.at();
    this.held = held;
    this.shares = shares;
    this.open = open;
    this.returning = returning;
    this.gone = gone;
  }

  @Override
  public AttemptId id() {
    return id;
  }

  @Override
  public Instant at() {
    return at;
  }

  @Override
  public Charge held() {
    synchronized (lock) {
      return held;
    }
  }

  @Override
  public CompletableFuture<Void> durable() {
    return open.reservedDurably();
  }

  @Override
  public void hurry() {
    open.hurry();
  }

  @Override
  public void sent() {
    synchronized (lock) {
      check(state == State.OPEN, "sent");
      state = State.SENT;
    }
    open.sent();
  }

  @Override
  public @Nullable CompletableFuture<Void> extend(
      Charge more, long outputTokens, Charge costSeen, Instant now) {
    synchronized (lock) {
      check(state != State.ENDED, "extended");
      seen = seen.max(costSeen);
      outputSeen = Math.max(outputSeen, outputTokens);
      if (!allCanExtend(more, now)) {
        return null;
      }
      shares.forEach(share -> share.extend(more));
      held = held.plus(more);
    }
    return open.extend(
        new LedgerEntry.Extended(now, id, postings(more), outputTokens, costSeen.nanos()));
  }

  /** Borrows where the rule lends, and only if that is enough on every account. */
  private boolean allCanExtend(Charge more, Instant now) {
    boolean all = true;
    Map<Share, LoanKind> borrowing = new HashMap<>();
    for (Share share : shares) {
      if (!share.canExtend(more)) {
        LoanKind kind = lender(share, share.lackingFor(more));
        if (kind == null) {
          share.mark();
          all = false;
        } else {
          borrowing.put(share, kind);
        }
      }
    }
    if (all) {
      borrowing.forEach(
          (share, kind) -> loans.lend(share.account, kind, share.lackingFor(more), now));
    }
    return all;
  }

  private @Nullable LoanKind lender(Share share, long lacking) {
    for (WhenShort step : share.rule.whenShort()) {
      LoanKind kind = step.loan();
      boolean may = kind != LoanKind.FINISH || facts.sessionId() != null;
      if (kind != null && may && Loans.room(share.account, share.rule, kind) >= lacking) {
        return kind;
      }
      if (step == WhenShort.REFUSE) {
        return null;
      }
    }
    return null;
  }

  @Override
  public CompletableFuture<Void> settle(Settlement end) {
    LedgerEntry.Settled entry =
        new LedgerEntry.Settled(
            end.at(),
            id,
            end.usage(),
            end.source(),
            end.outcome(),
            end.httpStatus(),
            end.modelServed(),
            end.serviceTier(),
            end.charge().nanos(),
            end.providerRequestId(),
            postings(end.charge()),
            end.flags(),
            end.units(),
            end.basis());
    return end(
        State.SENT,
        share -> share.charged(end.charge()),
        () -> open.settle(entry),
        share -> durably(share, () -> share.settled(end.charge()), end.at()));
  }

  @Override
  public CompletableFuture<Void> release(String outcome, Instant now) {
    LedgerEntry.Released entry = new LedgerEntry.Released(now, id, outcome);
    return end(
        State.OPEN,
        share -> {},
        () -> open.release(entry),
        share -> durably(share, share::released, now));
  }

  /** In one hold of the lock: nobody else gets what only a running session was lent. */
  private void durably(Share share, Runnable returns, Instant at) {
    returns.run();
    loans.giveBack(share.account, id, at);
    share.ended();
  }

  /**
   * Ends, once.
   *
   * @param from the state that it must be in
   * @param now is done to every share at once
   * @param entry queues the entry
   * @param durably is done to every share when the entry is durable; never, if it never is
   */
  private CompletableFuture<Void> end(
      State from,
      Consumer<Share> now,
      Supplier<CompletableFuture<Void>> entry,
      Consumer<Share> durably) {
    CompletableFuture<Void> ended = new CompletableFuture<>();
    synchronized (lock) {
      check(state == from, from == State.SENT ? "settled" : "released");
      state = State.ENDED;
      shares.forEach(now);
      returning.put(id, new Returning(open, ended));
    }
    CompletableFuture<Void> durable;
    try {
      durable = entry.get();
    } catch (RuntimeException e) {
      durable = CompletableFuture.failedFuture(e);
    }
    durable.whenComplete(
        (done, error) -> {
          synchronized (lock) {
            returning.remove(id);
            if (error == null) {
              shares.forEach(durably);
            }
          }
          if (error == null) {
            gone.run();
            ended.complete(null);
          } else {
            ended.completeExceptionally(error);
          }
        });
    return ended;
  }

  /**
   * Ends what its exchange left behind: a sent attempt costs the greater of what was expected and
   * what was seen, an unsent one nothing.
   *
   * @return whether there was something to end
   */
  boolean abandon(String outcome, Instant now) {
    State found;
    Settlement assumed;
    synchronized (lock) {
      found = state;
      assumed = assumed(outcome, now);
    }
    if (found == State.ENDED) {
      return false;
    }
    if (found == State.SENT) {
      settle(assumed);
    } else {
      release(outcome, now);
    }
    return true;
  }

  private Settlement assumed(String outcome, Instant now) {
    long input = Math.min(TokenUsage.MAX_COUNT, facts.inputEstimate());
    long most = Math.min(TokenUsage.MAX_COUNT, facts.outputCap());
    long output = Math.min(most, Math.max(facts.expectedOutput(), outputSeen));
    TokenUsage usage = TokenUsage.of(input, output);
    return new Settlement(
        now,
        new Charge(Math.max(facts.expectedNanos(), seen.nanos()), usage.total()),
        usage,
        UsageSource.ASSUMED,
        outcome,
        0,
        facts.modelRun(),
        facts.requestedTier(),
        null,
        "assumed");
  }

  private List<Posting> postings(Charge charge) {
    List<Posting> postings = new ArrayList<>(shares.size());
    for (Share share : shares) {
      postings.add(share.posting(charge));
    }
    return postings;
  }

  private void check(boolean legal, String what) {
    if (!legal) {
      throw new IllegalStateException("attempt " + id + " is " + state + ": it cannot be " + what);
    }
  }
}
