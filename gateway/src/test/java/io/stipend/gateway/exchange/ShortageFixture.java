package io.stipend.gateway.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.stipend.gateway.dialect.Dialect.Peeked;
import io.stipend.gateway.dialect.Labels;
import io.stipend.metering.Unit;
import io.stipend.metering.ledger.AttemptId;
import io.stipend.metering.ledger.LedgerOptions;
import io.stipend.metering.ledger.SqliteLedger;
import io.stipend.metering.tokens.Learned;
import io.stipend.policy.Decision;
import io.stipend.policy.Entitlement;
import io.stipend.policy.ModelCall;
import io.stipend.policy.Permit;
import io.stipend.policy.PolicyEngine;
import io.stipend.policy.budget.BudgetRule;
import io.stipend.policy.budget.Every;
import io.stipend.policy.budget.LocalBudgets;
import io.stipend.policy.budget.Sessions;
import io.stipend.policy.budget.Terms;
import io.stipend.policy.budget.WhenShort;
import io.stipend.policy.config.Durability;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** An admission over real budgets on a real ledger, with a policy of the test. */
abstract class ShortageFixture {
  static final String CALL = "{\"model\":\"m\",\"messages\":[]";
  static final WhenShort C = WhenShort.CLAMP;
  static final WhenShort D = WhenShort.DOWNGRADE;
  static final WhenShort O = WhenShort.OVERDRAFT;
  static final WhenShort F = WhenShort.FINISH;
  static final WhenShort R = WhenShort.REFUSE;

  @TempDir Path folder;
  final Sessions sessions = new Sessions();
  final Learned learned = new Learned();
  final Map<String, Permit> allowed = new HashMap<>();
  final List<Admission.Result> results = new ArrayList<>();
  final BlockingQueue<Runnable> loop = new LinkedBlockingQueue<>();
  SqliteLedger ledger;
  LocalBudgets budgets;
  Instant now = Parts.NOW;
  String session;
  int attempts;

  @BeforeEach
  void open() {
    ledger = SqliteLedger.open(folder, LedgerOptions.defaults(), () -> Parts.NOW);
    budgets = new LocalBudgets(ledger, () -> Parts.NOW);
  }

  @AfterEach
  void close() {
    ledger.close();
  }

  final PolicyEngine policy =
      new PolicyEngine() {
        @Override
        public String fingerprint(String credential) {
          throw new AssertionError("authenticated already");
        }

        @Override
        public Entitlement entitlement(String fingerprint, Instant at) {
          throw new AssertionError("authenticated already");
        }

        @Override
        public Decision decide(Entitlement who, ModelCall call, Instant at) {
          throw new AssertionError("decided already");
        }

        @Override
        public Permit instead(
            Entitlement who, ModelCall call, Permit had, String model, Instant at) {
          Permit other = allowed.get(model);
          return other == null
              ? null
              : new Permit(
                  had.principal(),
                  had.provider(),
                  model,
                  other.rating(),
                  had.budgets(),
                  had.lease());
        }

        @Override
        public List<ModelListing> models(Entitlement who, Instant at) {
          return List.of();
        }
      };

  static BudgetRule rule(
      String owner, long amount, UnaryOperator<Terms.Change> terms, WhenShort... steps) {
    return BudgetRule.of(owner, Unit.USD, amount, Every.MONTH, ZoneOffset.UTC)
        .with(terms)
        .with(t -> t.whenShort(steps));
  }

  static BudgetRule ada(long amount, UnaryOperator<Terms.Change> terms, WhenShort... steps) {
    return rule("person/ada", amount, terms, steps);
  }

  void cheapIsAllowed() {
    allowed.put("cheap", Parts.permit(new FlatRating(4_096, false, 1)));
  }

  Admission.Result ask(String body, BudgetRule... rules) {
    return askAt(Parts.CHAT, body, rules);
  }

  Admission.Result askAt(String path, String body, BudgetRule... rules) {
    Peeked read = Parts.peeked(path, body);
    Peeked peeked = new Peeked(read.call(), read.marks(), new Labels(session, null, null));
    Permit permit = Parts.permit(FlatRating.VISIBLE, rules);
    Entitlement who = new Entitlement(permit.principal(), permit.budgets(), List.of());
    AttemptId id = new AttemptId("ex_" + ++attempts, 1);
    ByteBuf bytes = Parts.utf8(body);
    new Admission(
            services(),
            sessions,
            new Asked(id, permit.model(), who, permit, peeked, "test", now),
            results::add)
        .admit(loop::add, bytes);
    while (results.size() < attempts) {
      try {
        Runnable task = loop.poll(10, TimeUnit.SECONDS);
        assertThat(task).as("what answers attempt %s", attempts).isNotNull();
        task.run();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
    bytes.release();
    return results.get(attempts - 1);
  }

  Services services() {
    Services parts = Parts.services(budgets, policy, Runnable::run, Durability.GATE);
    return new Services(
        parts.clock(),
        parts.policy(),
        parts.sources(),
        parts.budgets(),
        parts.upstreams(),
        parts.routing(),
        new Services.Tokens(parts.tokens().counters(), learned),
        parts.counting(),
        parts.config(),
        parts.refusals(),
        parts.records());
  }

  /** So long are the answers of a model to ada, usually. */
  void learn(String model, long output) {
    for (int answer = 0; answer < 50; answer++) {
      learned.answers().learn("ada", model, output);
    }
  }

  Admission.Admitted admitted(String body, BudgetRule... rules) {
    Admission.Result result = ask(body, rules);
    assertThat(result).isInstanceOf(Admission.Admitted.class);
    return (Admission.Admitted) result;
  }

  String refused(String body, BudgetRule... rules) {
    Admission.Result result = ask(body, rules);
    assertThat(result).isInstanceOf(Admission.Refused.class);
    return ((Admission.Refused) result).refusal().message();
  }

  long lent(BudgetRule rule) {
    return budgets.balances(List.of(rule), now).join().get(0).lent();
  }

  static String capped(long cap) {
    return CALL + ",\"max_tokens\":" + cap + "}";
  }
}
