package io.stipend.policy.simulation;

import static io.stipend.policy.simulation.Books.big;
import static io.stipend.policy.simulation.Model.require;

import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.LedgerException;
import io.stipend.policy.budget.BudgetException;
import io.stipend.policy.budget.BudgetRule;
import io.stipend.policy.budget.Budgets;
import io.stipend.policy.budget.Funds.Gift;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;

/** What people do to budgets, and what time does. */
final class Admin {
  private final World world;

  Admin(World world) {
    this.world = world;
  }

  private Gift gift(Random random) {
    Instant expiresAt =
        random.nextBoolean()
            ? null
            : world.now().plus(Duration.ofHours(1 + random.nextInt(24 * 70)));
    return new Gift(1 + random.nextInt(200), "launch", "eve", expiresAt, random.nextInt(3) - 1);
  }

  String grant(Random random) {
    BudgetRule rule = world.company.any(random);
    Gift gift = gift(random);
    world.asked.add(world.process.budgets.funds().grant(rule, gift, world.now()));
    return "grant " + rule.budget() + " " + gift;
  }

  String transfer(Random random) {
    BudgetRule from = world.company.any(random);
    BudgetRule to = world.company.any(random);
    Gift gift = gift(random);
    if (!from.unit().equals(to.unit()) || from.budget().equals(to.budget())) {
      return "no transfer";
    }
    CompletableFuture<Void> done =
        world.process.budgets.funds().transfer(from, to, gift, world.now());
    world.asked.add(done);
    if (!world.stalled()) {
      world.rest();
      AccountKey key = world.account(from);
      Books books = world.model.books(key);
      BigInteger cap = big(from.transfer());
      boolean refused = failed(done, BudgetException.class);
      if (refused) {
        BigInteger more = big(gift.amount());
        require(
            books.sent.add(more).compareTo(cap) > 0
                || books.free().compareTo(more) < 0
                || books.room(Books.ZERO).compareTo(more) < 0,
            "I11 refused a transfer that fits: " + key + " " + gift);
      }
      return "transfer " + from.budget() + " → " + to.budget() + " " + gift + " " + !refused;
    }
    return "transfer " + from.budget() + " → " + to.budget() + " " + gift;
  }

  String advance(Random random) {
    BudgetRule rule = world.company.any(random);
    long amount = 1 + random.nextInt(80);
    CompletableFuture<Void> done =
        world.process.budgets.funds().advance(rule, amount, "soon", "eve", world.now());
    world.asked.add(done);
    return "advance " + rule.budget() + " " + amount;
  }

  String edit(Random random) {
    if (world.stalled()) {
      // Whoever waits for the disk goes on under the file that was read when it began.
      return "no edit while stalled";
    }
    return "edit: " + world.company.edit(random, world.now());
  }

  String balances(Random random) {
    if (world.stalled()) {
      return "no balances while stalled";
    }
    List<BudgetRule> rules = world.company.rulesOf("ada");
    rules =
        random.nextBoolean() && world.company.isThere("ada")
            ? rules
            : List.of(world.company.any(random));
    CompletableFuture<List<Budgets.AccountBalance>> asked =
        world.process.budgets.balances(rules, world.now());
    world.rest();
    require(asked.isDone(), "balances that never come");
    for (Budgets.AccountBalance balance : asked.join()) {
      AccountKey key = balance.account();
      Books books = world.model.books(key);
      BigInteger overdue =
          books
              .overdue(world.now(), balance.rule().calendar().endOf(key.period()))
              .values()
              .stream()
              .reduce(Books.ZERO, BigInteger::add);
      BigInteger edited = Model.expected(balance.rule(), key).subtract(books.recurring);
      BigInteger expected = books.free().add(edited).subtract(overdue);
      require(
          key.equals(world.account(balance.rule())) && expected.equals(big(balance.remaining())),
          "balance " + balance + ", remaining expected " + expected);
    }
    return "balances of " + rules.size();
  }

  String clock(Random random) {
    Duration by =
        switch (random.nextInt(12)) {
          case 0, 1, 2 -> Duration.ofMinutes(random.nextInt(90));
          case 3, 4, 5 -> Duration.ofHours(random.nextInt(30));
          case 6, 7 -> Duration.ofDays(1 + random.nextInt(6));
          case 8 -> Duration.ofDays(20 + random.nextInt(80));
          case 9 -> Duration.ofHours(1);
          default -> Duration.ofHours(-1);
        };
    world.advance(by);
    return "clock by " + by + " to " + world.now();
  }

  /** The same fact again is nothing new; the same id for another is refused. */
  String again(Random random) {
    if (world.stalled()) {
      return "nothing again while stalled";
    }
    List<LedgerEntry> facts =
        Stream.concat(
                world.process.found.stream(), world.process.handed().stream().map(one -> one.entry))
            .filter(entry -> entry.uniqueId() != null)
            .toList();
    if (facts.isEmpty()) {
      return "nothing to say again";
    }
    LedgerEntry fact = facts.get(random.nextInt(facts.size()));
    await(world.process.ledger.append(fact)).join();
    if (fact instanceof LedgerEntry.Granted g) {
      LedgerEntry other =
          new LedgerEntry.Granted(
              g.at(),
              g.id(),
              g.account(),
              g.amount() + 1,
              g.kind(),
              g.reason(),
              g.by(),
              g.expiresAt(),
              g.priority());
      require(
          failed(await(world.process.ledger.append(other)), LedgerException.class),
          "I6 the same id with another content: " + other);
    }
    return "again " + fact;
  }

  private CompletableFuture<Void> await(CompletableFuture<Void> future) {
    future.whenComplete((done, failure) -> world.disk.changed());
    world.disk.await("an answer", future::isDone);
    return future;
  }

  static boolean failed(CompletableFuture<?> future, Class<? extends Exception> with) {
    try {
      future.join();
      return false;
    } catch (CompletionException e) {
      require(with.isInstance(e.getCause()), "failed otherwise: " + e.getCause());
      return true;
    }
  }
}
