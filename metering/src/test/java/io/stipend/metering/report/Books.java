package io.stipend.metering.report;

import io.stipend.metering.ChargeBasis;
import io.stipend.metering.ChargeLine;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.Unit;
import io.stipend.metering.Units;
import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.AttemptFacts;
import io.stipend.metering.ledger.AttemptId;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.LedgerOptions;
import io.stipend.metering.ledger.OpenAttempt;
import io.stipend.metering.ledger.Posting;
import io.stipend.metering.ledger.SqliteLedger;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** A real ledger that is filled call by call. */
final class Books implements AutoCloseable {
  private static final int AT_ONCE = 200;

  private final SqliteLedger ledger;
  private final List<CompletableFuture<Void>> waiting = new ArrayList<>();
  private int calls;
  private long nanos;

  Books(Path data, Instant now) {
    ledger =
        SqliteLedger.open(
            data, new LedgerOptions(1_000, 10_000, 64, () -> {}), InstantSource.fixed(now));
  }

  /** A call; each method sets what its name says. */
  static final class Call {
    final Instant at;
    String person = "ada";
    String team;
    String costCenter;
    String provider = "openai";
    String model = "gpt-5";
    String session;
    String agent;
    String client = "codex";
    TokenUsage usage = TokenUsage.of(10, 5);
    UsageSource source = UsageSource.REPORTED;
    long nanos;
    ChargeBasis basis = ChargeBasis.NONE;

    Call(String at) {
      this(Instant.parse(at));
    }

    Call(Instant at) {
      this.at = at;
    }

    Call by(String who, String inTeam, String center) {
      person = who;
      team = inTeam;
      costCenter = center;
      return this;
    }

    Call of(String byProvider, String named) {
      provider = byProvider;
      model = named;
      return this;
    }

    Call in(String sessionId, String agentId, String byClient) {
      session = sessionId;
      agent = agentId;
      client = byClient;
      return this;
    }

    Call cost(long amount) {
      nanos = amount;
      return this;
    }

    Call used(TokenUsage tokens) {
      usage = tokens;
      return this;
    }

    Call assumed() {
      source = UsageSource.ASSUMED;
      return this;
    }

    /** The cost is that of the lines, rounded up. */
    Call lines(ChargeLine... lines) {
      basis = ChargeBasis.of(List.of(lines));
      long picos = 0;
      for (ChargeLine line : lines) {
        picos += line.cost();
      }
      nanos = (picos + 999) / 1_000;
      return this;
    }
  }

  /** Enters a call; returns its attempt. */
  AttemptId call(Call c) throws Exception {
    AttemptFacts facts =
        new AttemptFacts(
                c.person,
                c.team,
                c.costCenter,
                null,
                "k_" + c.person,
                c.session,
                c.client,
                "openai-responses",
                c.provider,
                c.model,
                null,
                "builtin",
                "USD",
                1,
                1,
                1,
                1)
            .byAgent(c.agent, null);
    AttemptId id = new AttemptId("e" + calls++, 1);
    AccountKey account = new AccountKey("person/" + c.person, "2026", Unit.USD);
    OpenAttempt attempt =
        ledger.begin(new LedgerEntry.Reserved(c.at, id, facts, List.of(new Posting(account, 1))));
    attempt.sent();
    waiting.add(
        attempt.settle(
            new LedgerEntry.Settled(
                c.at.plusSeconds(5),
                id,
                c.usage,
                c.source,
                "completed",
                200,
                c.model,
                null,
                c.nanos,
                null,
                List.of(new Posting(account, c.nanos)),
                "",
                Units.NONE,
                c.basis)));
    nanos += c.nanos;
    if (waiting.size() == AT_ONCE) {
      await();
    }
    return id;
  }

  /** Enters a correction of the cost alone. */
  void correct(AttemptId id, Call c, long more, Instant at) throws Exception {
    AccountKey account = new AccountKey("person/" + c.person, "2026", Unit.USD);
    append(
        new LedgerEntry.Corrected(
            at,
            "c" + id,
            id,
            c.usage,
            more,
            List.of(new Posting(account, more)),
            "root",
            "the bill"));
    nanos += more;
  }

  /** Enters any fact, after all calls so far. */
  void append(LedgerEntry entry) throws Exception {
    await();
    ledger.append(entry).get(20, TimeUnit.SECONDS);
  }

  /** What all calls cost. */
  long nanos() {
    return nanos;
  }

  private void await() throws Exception {
    for (CompletableFuture<Void> one : waiting) {
      one.get(20, TimeUnit.SECONDS);
    }
    waiting.clear();
  }

  @Override
  public void close() throws Exception {
    await();
    ledger.close();
  }
}
