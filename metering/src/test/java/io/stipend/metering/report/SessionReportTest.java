package io.stipend.metering.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.groups.Tuple.tuple;

import io.stipend.metering.ChargeBasis;
import io.stipend.metering.Meter;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.Unit;
import io.stipend.metering.Units;
import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.AttemptFacts;
import io.stipend.metering.ledger.AttemptId;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.LedgerOptions;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.OpenAttempt;
import io.stipend.metering.ledger.Posting;
import io.stipend.metering.ledger.SqliteLedger;
import io.stipend.metering.report.SessionReport.Line;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SessionReportTest {
  private static final Instant OCTOBER = Instant.parse("2026-10-30T00:00:00Z");
  private static final Instant NOVEMBER = Instant.parse("2026-11-01T00:00:00Z");
  private static final AccountKey ADA = new AccountKey("person/ada/engineer", "2026-10", Unit.USD);

  @TempDir Path data;

  private static void call(
      SqliteLedger ledger, String exchange, int second, String session, String agent, String units)
      throws Exception {
    Instant at = OCTOBER.plusSeconds(second);
    AttemptFacts facts =
        new AttemptFacts(
                "ada",
                null,
                null,
                null,
                "k1",
                session,
                "claude-cli",
                "anthropic-messages",
                "anthropic",
                "claude-opus-4-5",
                null,
                "builtin",
                "USD",
                1,
                1,
                1,
                1)
            .byAgent(agent, null);
    AttemptId id = new AttemptId(exchange, 1);
    OpenAttempt attempt =
        ledger.begin(new LedgerEntry.Reserved(at, id, facts, List.of(new Posting(ADA, 1))));
    attempt.sent();
    attempt
        .settle(
            new LedgerEntry.Settled(
                at.plusSeconds(5),
                id,
                new TokenUsage(10, 20, 30, 5, 40, 7),
                UsageSource.REPORTED,
                "completed",
                200,
                "claude-opus-4-5",
                null,
                1_000,
                null,
                List.of(new Posting(ADA, 1_000)),
                "",
                Units.parse(units),
                ChargeBasis.NONE))
        .get(20, TimeUnit.SECONDS);
  }

  private SessionReport report(Instant from, Instant to) {
    try (LedgerReader reader = LedgerReader.open(data)) {
      return SessionReport.read(reader, from, to);
    }
  }

  @Test
  void aCorrectionOfAClosedMonthIsMoneyOfTheSameAgentInTheLaterMonthAndNoCall() throws Exception {
    try (SqliteLedger ledger =
        SqliteLedger.open(
            data, new LedgerOptions(8, 100, 64, () -> {}), InstantSource.fixed(OCTOBER))) {
      call(ledger, "e1", 30, "s2", null, "");
      call(ledger, "e2", 10, "s1", "a1", "web_search=2");
      call(ledger, "e3", 20, "s1", "a1", "web_search=1;image=1");
      call(ledger, "e4", 20, "s1", null, "");
      call(ledger, "e5", 40, null, null, "");
      ledger
          .append(new LedgerEntry.MonthClosed(NOVEMBER, "2026-10", true, "root", ""))
          .get(20, TimeUnit.SECONDS);
      ledger
          .append(
              new LedgerEntry.Corrected(
                  NOVEMBER.plusSeconds(60),
                  "c1",
                  new AttemptId("e2", 1),
                  new TokenUsage(4, 20, 30, 5, 40, 7),
                  -250,
                  List.of(new Posting(ADA, -250)),
                  "root",
                  "the bill"))
          .get(20, TimeUnit.SECONDS);
    }
    SessionReport october = report(Instant.EPOCH, NOVEMBER);
    assertThat(october.lines())
        .extracting(line -> line.agent().sessionId(), line -> line.agent().agentId(), Line::calls)
        .containsExactly(
            tuple("s1", "a1", 2L),
            tuple("s1", null, 1L),
            tuple("s2", null, 1L),
            tuple(null, null, 1L));
    Line agent = october.lines().get(0);
    assertThat(agent.tokens()).isEqualTo(200);
    assertThat(agent.usage().nanos()).isEqualTo(2_000);
    assertThat(agent.units())
        .isEqualTo(Units.of(Meter.WEB_SEARCH, 3).plus(Units.of(Meter.IMAGE, 1)));
    assertThat(agent.first()).isEqualTo(OCTOBER.plusSeconds(10));
    assertThat(agent.last()).isEqualTo(OCTOBER.plusSeconds(25));
    assertThat(october.totalNanos()).isEqualTo(Map.of("USD", 5_000L));

    SessionReport november = report(NOVEMBER, Instant.MAX);
    assertThat(november.lines()).hasSize(1);
    Line correction = november.lines().get(0);
    assertThat(correction.agent()).isEqualTo(agent.agent());
    assertThat(correction.calls()).isZero();
    assertThat(correction.tokens()).isEqualTo(-6);
    assertThat(correction.usage().nanos()).isEqualTo(-250);
    assertThat(correction.units()).isEqualTo(Units.NONE);
  }
}
