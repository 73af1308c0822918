package io.stipend.policy.budget;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.metering.Charge;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.Unit;
import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.AttemptFacts;
import io.stipend.metering.ledger.AttemptId;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.Posting;
import io.stipend.metering.report.statement.Statement;
import io.stipend.metering.report.statement.StatementPeriod;
import io.stipend.metering.report.statement.StatementRequest;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Statements of what the budgets entered in a real ledger. */
abstract class StatementFixture extends AllowanceFixture {
  static final ZoneId BERLIN = Calls.BERLIN;

  static BudgetRule budget(String person, long dollars, Every every) {
    return BudgetRule.of("person/" + person, Unit.USD, usd(dollars), every, BERLIN);
  }

  static long usd(long dollars) {
    return dollars * Unit.NANOS;
  }

  static long cents(long cents) {
    return cents * (Unit.NANOS / 100);
  }

  /** A local time in Berlin. */
  void at(String local) {
    now = LocalDateTime.parse(local).atZone(BERLIN).toInstant();
  }

  static void await(CompletableFuture<Void> done) {
    done.orTimeout(10, TimeUnit.SECONDS).join();
  }

  /** A call of a model, of a project and a session, that costs so much and as many tokens. */
  AttemptId use(String person, List<BudgetRule> rules, long nanos, String model, String session) {
    Charge charge = new Charge(nanos, nanos / cents(1));
    AttemptFacts facts =
        new AttemptFacts(
            person,
            null,
            null,
            "apollo",
            "k1",
            session,
            "cli",
            "openai-chat",
            "openai",
            model,
            null,
            "card-1",
            "USD",
            1,
            1,
            1,
            1);
    Reservation held = null;
    while (held == null) {
      Estimate estimate = new Estimate(charge, charge, Charge.ZERO);
      Budgets.Result result =
          budgets.reserve(new AttemptId("x" + ++attempts, 1), facts, rules, estimate, now);
      if (result instanceof Budgets.Cold cold) {
        await(cold.warm());
      } else {
        assertThat(result).isInstanceOf(Budgets.Held.class);
        held = ((Budgets.Held) result).reservation();
      }
    }
    held.sent();
    await(
        held.settle(
            new Reservation.Settlement(
                now,
                charge,
                TokenUsage.of(charge.tokens(), 0),
                UsageSource.REPORTED,
                "completed",
                200,
                model,
                null,
                "r",
                "")));
    return held.id();
  }

  void mend(AttemptId id, BudgetRule rule, Instant began, long nanos, long tokens) {
    Posting posting = new Posting(rule.account(began), nanos);
    LedgerEntry.Corrected corrected =
        new LedgerEntry.Corrected(
            now,
            "c" + ++attempts,
            id,
            TokenUsage.of(tokens, 0),
            nanos,
            List.of(posting),
            "eve",
            "the invoice");
    await(budgets.funds().correct(corrected, key -> rule, now));
  }

  void close(String month, boolean closed) {
    await(ledger.append(new LedgerEntry.MonthClosed(now, month, closed, "eve", "")));
  }

  static StatementRequest request(String person, StatementPeriod period, BudgetRule... rules) {
    Calendar calendar = Calendar.of(Every.MONTH, BERLIN);
    List<StatementRequest.Rule> plain = new ArrayList<>();
    for (BudgetRule rule : rules) {
      String every = rule.every().name().toLowerCase(java.util.Locale.ROOT);
      plain.add(new StatementRequest.Rule(rule.unit(), every, rule.amount()));
    }
    return new StatementRequest(
        person, "", "person/" + person, BERLIN, period, calendar.bounds(), plain, "", null);
  }

  Statement month(String person, String month, BudgetRule... rules) {
    return statement(request(person, StatementPeriod.month(month), rules));
  }

  Statement statement(StatementRequest request) {
    try (LedgerReader reader = LedgerReader.open(folder)) {
      return Statement.read(reader, request);
    }
  }
}
