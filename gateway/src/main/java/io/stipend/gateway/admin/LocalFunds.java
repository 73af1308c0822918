package io.stipend.gateway.admin;

import io.stipend.gateway.admin.AdminException.Kind;
import io.stipend.gateway.admin.AdminService.AdvanceMade;
import io.stipend.gateway.admin.AdminService.AdvanceOrder;
import io.stipend.gateway.admin.AdminService.FreezeMade;
import io.stipend.gateway.admin.AdminService.FreezeOrder;
import io.stipend.gateway.admin.AdminService.GrantMade;
import io.stipend.gateway.admin.AdminService.GrantOrder;
import io.stipend.gateway.admin.AdminService.TransferMade;
import io.stipend.gateway.admin.AdminService.TransferOrder;
import io.stipend.metering.ledger.Ledger;
import io.stipend.metering.ledger.LedgerEntry.Frozen;
import io.stipend.policy.budget.BudgetRule;
import io.stipend.policy.budget.Budgets.AccountBalance;
import io.stipend.policy.budget.Funds;
import io.stipend.policy.config.QuotaFile;
import io.stipend.policy.store.Freezes;
import java.time.Instant;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Grants, transfers, advances and freezes in the process that holds the ledger. Blocks. */
final class LocalFunds {
  /** As far from the default, 0, as a quota file may go. */
  private static final int MAX_PRIORITY = 1_000;

  private static final String BUDGET = "budget";

  private final Ledger ledger;
  private final Funds funds;
  private final Freezes freezes;
  private final Balances balances;

  LocalFunds(Ledger ledger, Funds funds, Freezes freezes, Balances balances) {
    this.ledger = ledger;
    this.funds = funds;
    this.freezes = freezes;
    this.balances = balances;
  }

  GrantMade grant(QuotaFile file, GrantOrder order, String by, Instant now) {
    Orders.Amount amount = Orders.Amount.of(order.amount());
    BudgetRule rule =
        own(file, order.person(), order.budget())
            .of(amount.unit(), r -> true, r -> typed("grant", order.person(), amount, r));
    long units = amount.in("grant", rule);
    String reason = Orders.text("reason", order.reason());
    int priority = order.priority() == null ? 0 : order.priority();
    if (Math.abs((long) priority) > MAX_PRIORITY) {
      throw new AdminException(Kind.INVALID, "priority: " + priority + " (expected: -1000..1000)");
    }
    Instant expires = expires(order.expires(), rule.zone(), now);
    Funds.Gift gift = new Funds.Gift(units, reason, by, expires, priority);
    enter(() -> funds.grant(rule, gift, now));
    AccountBalance after = balances.account(rule, now);
    return new GrantMade(
        order.person(),
        after.account().toString(),
        rule.unit().format(units),
        rule.unit().name(),
        reason,
        by,
        gift.expiresAt() == null ? null : gift.expiresAt().toString(),
        priority,
        rule.unit().format(after.remaining()));
  }

  TransferMade transfer(QuotaFile file, TransferOrder order, String by, Instant now) {
    Orders.Amount amount = Orders.Amount.of(order.amount());
    List<BudgetRule> receivers = Orders.own(file, order.to());
    BudgetRule from =
        new Orders.Choice(order.from(), givers(file, order, receivers), BUDGET, order.budget())
            .of(
                amount.unit(),
                rule -> rule.transfer() > 0,
                rule -> typed(order, amount, rule, true));
    if (receivers.stream().noneMatch(rule -> rule.unit().equals(from.unit()))) {
      throw new AdminException(
          Kind.INVALID,
          "transfer from %s to %s: in %s (expected: %s, as %s's budget)"
              .formatted(
                  order.from(),
                  order.to(),
                  from.unit().name(),
                  receivers.get(0).unit().name(),
                  order.to()));
    }
    boolean named = order.budget() != null;
    BudgetRule to =
        new Orders.Choice(order.to(), receivers, "to_budget", order.toBudget())
            .of(
                from.unit().name(),
                rule -> true,
                rule -> typed(order, amount, from, named) + " --to-budget " + Orders.word(rule));
    long units = amount.in("transfer", from);
    String reason = Orders.text("reason", order.reason());
    Instant expires = expires(order.expires(), to.zone(), now);
    Funds.Gift gift = new Funds.Gift(units, reason, by, expires, 0);
    enter(() -> funds.transfer(from, to, gift, now));
    AccountBalance giver = balances.account(from, now);
    AccountBalance receiver = balances.account(to, now);
    return new TransferMade(
        order.from(),
        order.to(),
        giver.account().toString(),
        receiver.account().toString(),
        from.unit().format(units),
        from.unit().name(),
        reason,
        by,
        gift.expiresAt() == null ? null : gift.expiresAt().toString(),
        from.unit().format(giver.remaining()),
        to.unit().format(receiver.remaining()));
  }

  /** The giver's budgets; those that the receiver can take from, if there are any. */
  private static List<BudgetRule> givers(
      QuotaFile file, TransferOrder order, List<BudgetRule> receivers) {
    List<BudgetRule> own = Orders.own(file, order.from());
    List<BudgetRule> common =
        own.stream()
            .filter(rule -> receivers.stream().anyMatch(to -> to.unit().equals(rule.unit())))
            .toList();
    return common.isEmpty() ? own : common;
  }

  AdvanceMade advance(QuotaFile file, AdvanceOrder order, String by, Instant now) {
    Orders.Amount amount = Orders.Amount.of(order.amount());
    BudgetRule rule =
        own(file, order.person(), order.budget())
            .of(
                amount.unit(),
                r -> r.advance() > 0,
                r -> typed("advance", order.person(), amount, r));
    long units = amount.in("advance", rule);
    String reason = Orders.text("reason", order.reason());
    enter(() -> funds.advance(rule, units, reason, by, now));
    AccountBalance after = balances.account(rule, now);
    return new AdvanceMade(
        order.person(),
        after.account().toString(),
        rule.unit().format(units),
        rule.unit().name(),
        reason,
        by,
        rule.unit().format(after.lent()),
        rule.unit().format(after.remaining()));
  }

  private static Orders.Choice own(QuotaFile file, String person, @Nullable String every) {
    String who = Orders.principal(file, person).id();
    return new Orders.Choice(who, Orders.own(file, who), BUDGET, every);
  }

  private static String typed(
      TransferOrder order, Orders.Amount amount, BudgetRule from, boolean named) {
    String who = order.from() + " " + order.to();
    return named
        ? typed("transfer", who, amount, from)
        : "transfer " + who + " " + amount.argument(from);
  }

  /** The command that names a budget, but for its other options. */
  private static String typed(String command, String who, Orders.Amount amount, BudgetRule rule) {
    return command + " " + who + " " + amount.argument(rule) + " --budget " + Orders.word(rule);
  }

  /** Freezing who is frozen, or the other way round, is no new fact. */
  FreezeMade freeze(QuotaFile file, FreezeOrder order, String by, Instant now) {
    String scope = Orders.principal(file, order.person()).scope();
    String reason = Orders.text("reason", order.reason());
    Frozen stands = freezes.of(scope);
    if ((stands != null) == order.frozen()) {
      return stands == null
          ? new FreezeMade(order.person(), false, false, null, null, null)
          : made(order.person(), stands, false);
    }
    Frozen entry =
        new Frozen(
            now.truncatedTo(ChronoUnit.MILLIS),
            "freeze-" + UUID.randomUUID(),
            scope,
            order.frozen(),
            reason,
            by);
    Awaiting.durable(ledger.append(entry));
    freezes.apply(entry);
    return made(order.person(), entry, true);
  }

  private static FreezeMade made(String person, Frozen entry, boolean changed) {
    return new FreezeMade(
        person, entry.frozen(), changed, entry.at().toString(), entry.reason(), entry.by());
  }

  private static @Nullable Instant expires(@Nullable String text, ZoneId zone, Instant now) {
    return text == null ? null : TimeText.end(text, zone, now);
  }

  /** What is wrong with an order may be told at once or by its future. */
  private static void enter(Supplier<CompletableFuture<Void>> entry) {
    try {
      Awaiting.durable(entry.get());
    } catch (IllegalArgumentException e) {
      throw new AdminException(Kind.INVALID, String.valueOf(e.getMessage()), e);
    }
  }
}
