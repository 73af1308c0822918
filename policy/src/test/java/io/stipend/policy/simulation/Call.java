package io.stipend.policy.simulation;

import io.stipend.metering.Charge;
import io.stipend.metering.ledger.AttemptFacts;
import io.stipend.metering.ledger.AttemptId;
import io.stipend.policy.budget.BudgetRule;
import io.stipend.policy.budget.Budgets;
import io.stipend.policy.budget.Estimate;
import io.stipend.policy.budget.Reservation;
import java.util.List;
import java.util.Random;

/** One attempt: what it asks for, what the provider double does with it, what is known of it. */
final class Call {
  final AttemptId id;
  final AttemptFacts facts;
  final Estimate estimate;
  final long price;
  private final long input;
  private long exposedTokens;
  private final long stepTokens;
  private long heldTokens;

  List<BudgetRule> rules = List.of();
  Reservation reservation;
  boolean alive = true;
  boolean sent;
  boolean ended;
  boolean corrected;
  Charge seen = Charge.ZERO;
  private long outputSeen;
  private long outputTold;
  private Charge seenOnDisk = Charge.ZERO;
  private long outputOnDisk;

  /** What the provider billed; null while it has not. */
  Charge bill;

  Call(AttemptId id, String person, Random random) {
    this.id = id;
    price = new long[] {0, 1, 1, 2, 3}[random.nextInt(5)];
    input = random.nextInt(60);
    long expected = 1 + random.nextInt(60);
    long cap = expected + random.nextInt(120);
    int kind = random.nextInt(3);
    heldTokens = kind == 0 ? input + cap : input + expected;
    stepTokens = kind == 1 ? 5 + random.nextInt(30) : 0;
    exposedTokens = kind == 1 ? heldTokens + stepTokens : input + cap;
    estimate = new Estimate(charge(heldTokens), charge(exposedTokens), charge(stepTokens));
    facts =
        new AttemptFacts(
            person,
            "payments",
            null,
            null,
            "key-" + person,
            random.nextBoolean() ? "session" : null,
            null,
            "openai-chat",
            "openai",
            "gpt-5",
            null,
            "builtin-1",
            "USD",
            input,
            cap,
            expected,
            (input + expected) * price);
  }

  Charge charge(long tokens) {
    return new Charge(Math.multiplyExact(tokens, price), tokens);
  }

  boolean open() {
    return reservation != null && !ended;
  }

  /** More text came than was held for. */
  Charge more(Random random) {
    long more = 1 + random.nextInt(60);
    outputSeen = Math.min(facts.outputCap(), outputSeen + random.nextInt(40));
    return charge(more);
  }

  long outputSeen() {
    return outputSeen;
  }

  Charge seenNow() {
    return charge(input + outputSeen);
  }

  void extended(Charge more) {
    heldTokens += more.tokens();
    exposedTokens = Math.max(exposedTokens, heldTokens + stepTokens);
  }

  /** The provider ends it: at most what it exposes, and now and then more input than estimated. */
  Charge billed(Random random) {
    long most = Math.max(exposedTokens, input + outputSeen);
    long tokens = input + outputSeen + random.nextInt((int) (most - input - outputSeen) + 1);
    bill = charge(tokens + (random.nextInt(12) == 0 ? random.nextInt(40) : 0));
    return bill;
  }

  /** An extension told of what was seen; the disk hears of it where that was granted. */
  void told(boolean granted) {
    seen = seen.max(seenNow());
    outputTold = outputSeen;
    if (granted) {
      seenOnDisk = seen;
      outputOnDisk = outputTold;
    }
  }

  /** What is booked where nothing is known. */
  long assumedNanos() {
    return Math.max(facts.expectedNanos(), seen.nanos());
  }

  long assumedTokens() {
    return input + Math.min(facts.outputCap(), Math.max(facts.expectedOutput(), outputTold));
  }

  /** The same after a crash. */
  long recoveredNanos() {
    return Math.max(facts.expectedNanos(), seenOnDisk.nanos());
  }

  long recoveredTokens() {
    return input + Math.min(facts.outputCap(), Math.max(facts.expectedOutput(), outputOnDisk));
  }

  @Override
  public String toString() {
    return id + (sent ? " sent" : "") + (ended ? " ended" : "") + " " + estimate;
  }

  static String shown(Budgets.Result result) {
    return result instanceof Budgets.Held ? "held" : result.toString();
  }
}
