package io.stipend.policy.plan;

import io.stipend.metering.Charge;
import io.stipend.metering.Demand;
import io.stipend.metering.MediaTokens;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.Units;
import io.stipend.metering.UsageReport;
import io.stipend.metering.ledger.AttemptFacts;
import io.stipend.metering.ledger.AttemptId;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.LedgerEntry.Granted;
import io.stipend.metering.ledger.LedgerEntry.KeyCreated;
import io.stipend.metering.ledger.LedgerEntry.Lent;
import io.stipend.metering.ledger.LedgerEntry.Transferred;
import io.stipend.metering.ledger.MemoryLedger;
import io.stipend.metering.ledger.UsageRow;
import io.stipend.policy.Decision;
import io.stipend.policy.Entitlement;
import io.stipend.policy.ModelCall;
import io.stipend.policy.Permit;
import io.stipend.policy.Refusal;
import io.stipend.policy.RefusalReason;
import io.stipend.policy.budget.BudgetException;
import io.stipend.policy.budget.BudgetRule;
import io.stipend.policy.budget.Budgets;
import io.stipend.policy.budget.Estimate;
import io.stipend.policy.budget.Funds;
import io.stipend.policy.budget.LocalBudgets;
import io.stipend.policy.budget.Reservation;
import io.stipend.policy.budget.Sessions;
import io.stipend.policy.budget.ShortSteps;
import io.stipend.policy.config.QuotaFile;
import io.stipend.policy.store.PolicySnapshot;
import io.stipend.policy.store.SnapshotPolicy;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;
import java.util.function.BiPredicate;
import org.jspecify.annotations.Nullable;

/**
 * Recorded calls and what people did to budgets, run again under one quota file, in the order of
 * time. Each call is decided and reserved at its recorded start with what it really cost, and
 * settled at its recorded end. For one thread.
 */
final class Rerun {
  /** The key's person is not in the file. */
  static final String REMOVED = "not_in_file";

  /** The person has not come yet, or has gone. */
  static final String ABSENT = "not_entitled_then";

  /** Each step that helps covers at least one more budget. */
  private static final int MAX_TRIES = 16;

  /** Models that are refused; to find out costs more than to remember. */
  private static final int MAX_REFUSED = 10_000;

  /** Keys whose budgets are remembered, for the same reason. */
  private static final int MAX_CALLERS = 100_000;

  private final QuotaFile file;
  private final PolicySnapshot snapshot;
  private final SnapshotPolicy policy;
  private final LocalBudgets budgets;
  private final Sessions sessions = new Sessions();
  private final Map<RefusedModel, String> refusedModels = new HashMap<>();
  private final Map<Caller, Entitlement> callers = new HashMap<>();
  private final PriorityQueue<Running> running =
      new PriorityQueue<>(
          Comparator.comparing((Running r) -> r.end.at()).thenComparing(Running::number));
  private long numbers;
  private long skipped;

  Rerun(QuotaFile file) {
    this.file = file;
    this.snapshot = new PolicySnapshot(file, "");
    this.policy = SnapshotPolicy.of(snapshot);
    // The instants come with the calls; nothing here asks what time it is.
    this.budgets = new LocalBudgets(MemoryLedger.empty(), () -> Instant.EPOCH);
  }

  private record Running(long number, Reservation reservation, Reservation.Settlement end) {}

  private record Caller(String person, String keyId, @Nullable String project) {}

  private record RefusedModel(
      String person, String dialect, String model, LocalDate day, Units units) {}

  /**
   * What becomes of a call.
   *
   * @param refused why; null if it is admitted
   * @param shortened whether it is admitted with less output or on a cheaper model
   * @param charge what it costs under this file
   * @param rated its price by the cards of this file; null if they know none
   */
  record Answer(
      @Nullable String refused, boolean shortened, Charge charge, @Nullable Charge rated) {}

  /** Grants, transfers and advances that this file could not repeat. */
  long skipped() {
    return skipped;
  }

  /** Repeats what somebody did to a budget. */
  void moved(LedgerEntry entry) {
    endUntil(entry.at());
    CompletableFuture<Void> done;
    try {
      done = repeat(entry);
    } catch (IllegalArgumentException | BudgetException e) {
      done = CompletableFuture.failedFuture(e);
    }
    if (done.isCompletedExceptionally()) {
      skipped++;
    }
  }

  private CompletableFuture<Void> repeat(LedgerEntry entry) {
    Funds funds = budgets.funds();
    if (entry instanceof Granted g) {
      BudgetRule rule = file.budget(g.account());
      return rule == null
          ? gone()
          : funds.grant(
              rule,
              new Funds.Gift(g.amount(), g.reason(), g.by(), g.expiresAt(), g.priority()),
              g.at());
    }
    if (entry instanceof Transferred t) {
      BudgetRule from = file.budget(t.from());
      BudgetRule to = file.budget(t.to());
      return from == null || to == null
          ? gone()
          : funds.transfer(
              from, to, new Funds.Gift(t.amount(), t.reason(), t.by(), t.expiresAt(), 0), t.at());
    }
    Lent lent = (Lent) entry;
    BudgetRule rule = file.budget(lent.account());
    return rule == null
        ? gone()
        : funds.advance(rule, lent.amount(), lent.reason(), lent.by(), lent.at());
  }

  private static CompletableFuture<Void> gone() {
    return CompletableFuture.failedFuture(new BudgetException("no such budget in this file"));
  }

  /** Runs a call again under the file in force: if that rates it, it costs what it did cost. */
  Answer call(UsageRow row) {
    return call(row, (permit, rated) -> true);
  }

  /**
   * Runs a call again under another file.
   *
   * @param reference its price by the file in force; null if there is none
   */
  Answer call(UsageRow row, @Nullable Charge reference) {
    return call(
        row,
        (permit, rated) -> reference == null ? isPricedBy(permit, row) : reference.equals(rated));
  }

  private Answer call(UsageRow row, BiPredicate<Permit, Charge> costsTheSame) {
    endUntil(row.startedAt());
    Charge recorded = new Charge(row.nanos(), row.usage().total());
    Entitlement who = who(row);
    if (who == null) {
      return new Answer(REMOVED, false, recorded, null);
    }
    Object decided = decide(who, row, row.modelRequested());
    if (!(decided instanceof Permit permit)) {
      return new Answer(String.valueOf(decided), false, recorded, null);
    }
    Charge rated = rated(permit, row, row.usage());
    Charge charge = costsTheSame.test(permit, rated) ? recorded : rated;
    return new Attempt(row, who, permit, charge).run(rated);
  }

  /** Who called, without the limits that bind: rates and concurrency are not what is asked. */
  private @Nullable Entitlement who(UsageRow row) {
    Caller caller = new Caller(row.person(), row.keyId(), row.project());
    Entitlement known = callers.get(caller);
    if (known != null) {
      return known;
    }
    Entitlement found = snapshot.entitlement(key(row));
    if (found == null) {
      return null;
    }
    if (callers.size() >= MAX_CALLERS) {
      callers.clear();
    }
    Entitlement unlimited = new Entitlement(found.principal(), found.budgets(), List.of());
    callers.put(caller, unlimited);
    return unlimited;
  }

  private static boolean isPricedBy(Permit permit, UsageRow row) {
    return permit.provider().name().equals(row.provider())
        && permit.rating().priceVersion().equals(row.priceVersion());
  }

  private static Charge rated(Permit permit, UsageRow row, TokenUsage usage) {
    boolean sameModel = permit.model().equals(row.modelRequested());
    return permit
        .rating()
        .charge(
            new UsageReport(
                List.of(new UsageReport.Part(null, usage, MediaTokens.NONE, row.units())),
                sameModel ? row.modelServed() : permit.model(),
                row.serviceTier(),
                false));
  }

  private static KeyCreated key(UsageRow row) {
    return new KeyCreated(
        row.startedAt(), row.keyId(), row.person(), "", row.project(), "", null, "");
  }

  /** A permit, or why there is none. */
  private Object decide(Entitlement who, UsageRow row, String model) {
    LocalDate day = row.startedAt().atOffset(ZoneOffset.UTC).toLocalDate();
    RefusedModel known = new RefusedModel(row.person(), row.dialect(), model, day, row.units());
    String refused = refusedModels.get(known);
    if (refused != null) {
      return refused;
    }
    Decision decision = policy.decide(who, call(row, model), row.startedAt());
    if (decision instanceof Permit permit) {
      permit.lease().close();
      return permit;
    }
    RefusalReason reason = ((Refusal) decision).reason();
    if (reason == RefusalReason.BAD_CREDENTIAL) {
      return ABSENT;
    }
    if (refusedModels.size() >= MAX_REFUSED) {
      refusedModels.clear();
    }
    refusedModels.put(known, reason.label());
    return reason.label();
  }

  private static ModelCall call(UsageRow row, String model) {
    int dash = row.dialect().indexOf('-');
    String vendor = dash < 0 ? row.dialect() : row.dialect().substring(0, dash);
    return new ModelCall(
            row.dialect(),
            vendor,
            model,
            row.usage().output(),
            1,
            false,
            row.serviceTier(),
            0,
            0,
            0,
            false,
            true)
        .with(MediaTokens.NONE, row.units(), null);
  }

  private void endUntil(Instant now) {
    while (!running.isEmpty() && !running.peek().end.at().isAfter(now)) {
      Running ended = running.remove();
      ended.reservation.settle(ended.end);
    }
  }

  /**
   * What a call comes to.
   *
   * @param usage what it uses; less output than it had, if it is capped
   */
  private record Served(Permit permit, TokenUsage usage, Charge charge) {}

  /** One call that a model serves: what is left when its budgets are short. */
  private final class Attempt {
    private final UsageRow row;
    private final Entitlement who;
    private final Served whole;
    private Served served;

    Attempt(UsageRow row, Entitlement who, Permit permit, Charge charge) {
      this.row = row;
      this.who = who;
      this.whole = new Served(permit, row.usage(), charge);
      this.served = whole;
    }

    Answer run(Charge rated) {
      AttemptId id = new AttemptId(row.exchangeId(), row.attempt());
      for (int tries = 0; tries < MAX_TRIES; tries++) {
        Charge charge = served.charge;
        List<BudgetRule> rules = served.permit.budgets();
        Estimate estimate = new Estimate(charge, charge, Charge.ZERO);
        Budgets.Result result = budgets.reserve(id, facts(), rules, estimate, row.startedAt());
        if (result instanceof Budgets.Held held) {
          sessions.admitted(row.person(), rules, row.sessionId(), row.startedAt());
          held.reservation().sent();
          running.add(new Running(++numbers, held.reservation(), settlement()));
          return new Answer(null, !served.equals(whole), charge, rated);
        }
        if (!(result instanceof Budgets.Shortfall shortfall)) {
          throw new IllegalStateException("a ledger in memory answered " + result);
        }
        if (!relieved(shortfall)) {
          break;
        }
      }
      return new Answer(RefusalReason.BUDGET_EXHAUSTED.label(), false, served.charge, rated);
    }

    /** Does what the short budgets say; whether that helps. */
    private boolean relieved(Budgets.Shortfall shortfall) {
      ShortSteps.Answer<Served> answer = ShortSteps.answer(shortfall, new ShortCall());
      if (answer instanceof ShortSteps.Changed<Served> changed) {
        served = changed.call();
      } else if (answer instanceof ShortSteps.Lend<Served> lend) {
        for (ShortSteps.Loan loan : lend.loans()) {
          Budgets.Shortfall of = loan.shortfall();
          budgets.borrow(of.account(), of.rule(), loan.kind(), loan.amount(), row.startedAt());
        }
      }
      return !(answer instanceof ShortSteps.Refuse<Served>);
    }

    /** The call as it is now, which its budgets do not cover. */
    private final class ShortCall implements ShortSteps.Call<Served> {
      @Override
      public boolean sessionRuns(BudgetRule rule) {
        return sessions.running(row.person(), rule, row.sessionId(), row.startedAt());
      }

      /** The thinking budget and the number of answers are not in the record. */
      @Override
      public @Nullable Served capped(BudgetRule rule, long available) {
        TokenUsage usage = served.usage;
        long left = Math.max(0, available);
        long output =
            rule.unit().isMoney()
                ? served
                    .permit
                    .rating()
                    .affordableOutput(
                        new Demand(usage.inputTotal(), 0, MediaTokens.NONE, row.units(), null),
                        left,
                        row.serviceTier())
                : left - usage.inputTotal();
        return output < rule.clampFloor() || output >= usage.output()
            ? null
            : served(served.permit, output);
      }

      /** The same tokens: how many answers share the cheaper model's own cap is not known. */
      @Override
      public @Nullable Served downgraded(BudgetRule rule) {
        Permit asked = whole.permit;
        String target = rule.downgradeOf(asked.provider().name(), asked.model());
        if (target == null || !served.permit.equals(asked)) {
          return null;
        }
        ModelCall call = Rerun.call(row, row.modelRequested());
        Permit cheaper = policy.instead(who, call, asked, target, row.startedAt());
        if (cheaper == null) {
          return null;
        }
        Charge there = rated(cheaper, row, row.usage());
        boolean helps = there.in(rule.unit()) < rated(asked, row, row.usage()).in(rule.unit());
        return helps ? served(cheaper, row.usage().output()) : null;
      }

      private Served served(Permit permit, long output) {
        TokenUsage all = row.usage();
        TokenUsage usage =
            new TokenUsage(
                all.input(),
                all.cacheRead(),
                all.cacheWrite(),
                all.cacheWrite1h(),
                output,
                Math.min(all.reasoning(), output));
        return new Served(permit, usage, rated(permit, row, usage));
      }
    }

    private AttemptFacts facts() {
      Permit permit = served.permit;
      TokenUsage usage = served.usage;
      return new AttemptFacts(
              row.person(),
              row.team(),
              row.costCenter(),
              row.project(),
              row.keyId(),
              row.sessionId(),
              row.client(),
              row.dialect(),
              permit.provider().name(),
              permit.model(),
              row.serviceTier(),
              permit.rating().priceVersion(),
              row.currency(),
              usage.inputTotal(),
              usage.output(),
              usage.output(),
              served.charge.nanos())
          .byAgent(row.agentId(), row.parentAgentId());
    }

    private Reservation.Settlement settlement() {
      Instant end = row.finishedAt().isBefore(row.startedAt()) ? row.startedAt() : row.finishedAt();
      return new Reservation.Settlement(
          end,
          served.charge,
          served.usage,
          row.usageSource(),
          row.outcome(),
          row.httpStatus(),
          row.modelServed(),
          row.serviceTier(),
          null,
          "",
          row.units());
    }
  }
}
