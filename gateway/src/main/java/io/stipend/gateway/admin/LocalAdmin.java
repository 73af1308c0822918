package io.stipend.gateway.admin;

import io.stipend.gateway.admin.AdminException.Kind;
import io.stipend.metering.Suggestion;
import io.stipend.metering.Unit;
import io.stipend.metering.ledger.KeyRecord;
import io.stipend.metering.ledger.Ledger;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.policy.budget.BudgetRule;
import io.stipend.policy.budget.Budgets.AccountBalance;
import io.stipend.policy.budget.Funds;
import io.stipend.policy.budget.LocalBudgets;
import io.stipend.policy.config.PrincipalConfig;
import io.stipend.policy.config.QuotaFile;
import io.stipend.policy.identity.KeyRing;
import io.stipend.policy.identity.NewKey;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Administration in the process that holds the ledger. Safe for use by any thread; blocks. */
public final class LocalAdmin implements AdminService {
  /** A group commit takes milliseconds; a disk that needs this long has failed. */
  private static final int LEDGER_SECONDS = 30;

  private static final int MAX_TEXT = 200;

  /** People whose accounts are loaded at once; exchanges wait for no more than these. */
  private static final int AT_ONCE = 128;

  private final Ledger ledger;
  private final LocalBudgets budgets;
  private final KeyRing keyRing;
  private final Supplier<QuotaFile> quota;
  private final InstantSource clock;

  /**
   * Works on these.
   *
   * @param keyRing already holds the ledger's keys
   * @param quota the quota file in force, asked again for every request
   */
  public LocalAdmin(
      Ledger ledger,
      LocalBudgets budgets,
      KeyRing keyRing,
      Supplier<QuotaFile> quota,
      InstantSource clock) {
    this.ledger = ledger;
    this.budgets = budgets;
    this.keyRing = keyRing;
    this.quota = quota;
    this.clock = clock;
  }

  @Override
  public List<PersonBalance> balances() {
    QuotaFile file = quota.get();
    Instant now = clock.instant();
    List<String> ids = file.principals().keySet().stream().sorted().toList();
    List<PersonBalance> all = new ArrayList<>(ids.size());
    for (int from = 0; from < ids.size(); from += AT_ONCE) {
      List<String> some = ids.subList(from, Math.min(ids.size(), from + AT_ONCE));
      // Asked together and then awaited, so that each is not another way to the disk and back.
      List<CompletableFuture<List<AccountBalance>>> asked =
          some.stream().map(id -> budgets.balances(rules(file, id), now)).toList();
      for (int i = 0; i < some.size(); i++) {
        all.add(PersonBalance.of(some.get(i), read(asked.get(i))));
      }
    }
    return List.copyOf(all);
  }

  @Override
  public PersonBalance balance(String person) {
    QuotaFile file = quota.get();
    return PersonBalance.of(person, read(budgets.balances(rules(file, person), clock.instant())));
  }

  /** Every budget that binds a person or service, its own first. */
  static List<BudgetRule> rules(QuotaFile file, String person) {
    return file.budgets(principal(file, person));
  }

  /** Refuses an id that the quota file does not hold, with the nearest that it does. */
  static PrincipalConfig principal(QuotaFile file, String person) {
    PrincipalConfig principal = file.principals().get(person);
    if (principal == null) {
      String hint = Suggestion.hint(person, file.principals().keySet());
      throw new AdminException(
          Kind.NOT_FOUND,
          "person: "
              + shown(person)
              + " is not in "
              + file.file()
              + (hint.isEmpty() ? "; add it under people or services" : hint));
    }
    return principal;
  }

  @Override
  public KeyMade createKey(KeyOrder order, String by) {
    QuotaFile file = quota.get();
    principal(file, order.person());
    Instant now = clock.instant();
    String name = order.name() == null ? "" : text("name", order.name());
    String project = order.project() == null ? null : text("project", order.project());
    Instant expires =
        order.expires() == null ? null : TimeText.end(order.expires(), file.timezone(), now);
    NewKey made = keyRing.create(order.person(), name, project, expires, by, now);
    durable(ledger.append(made.created()));
    keyRing.add(new KeyRecord(made.created(), null));
    return new KeyMade(made.created().keyId(), order.person(), made.reveal());
  }

  @Override
  public List<KeyLine> keys() {
    return keyRing.list().stream().map(KeyLine::of).toList();
  }

  @Override
  public KeyLine revokeKey(String id, String by) {
    LedgerEntry.KeyRevoked revoked = keyRing.revoke(id, by, clock.instant());
    if (revoked != null) {
      durable(ledger.append(revoked));
    }
    List<String> ids = new ArrayList<>();
    for (KeyRecord key : keyRing.list()) {
      if (key.created().keyId().equals(id)) {
        return KeyLine.of(key);
      }
      ids.add(key.created().keyId());
    }
    String hint = Suggestion.hint(id, ids);
    throw new AdminException(
        Kind.NOT_FOUND,
        "key: "
            + shown(id)
            + " does not exist"
            + (hint.isEmpty() ? "; keys list shows all" : hint));
  }

  @Override
  public GrantMade grant(GrantOrder order, String by) {
    QuotaFile file = quota.get();
    String[] amount = order.amount().strip().split("\\s+", 2);
    BudgetRule rule = ownBudget(file, order.person(), amount.length == 2 ? amount[1] : null);
    String reason = text("reason", order.reason());
    Instant now = clock.instant();
    Instant expires =
        order.expires() == null ? null : TimeText.end(order.expires(), rule.zone(), now);
    long units;
    try {
      units = rule.unit().parse(amount[0]);
      if (units <= 0) {
        throw new IllegalArgumentException(
            "grant: " + rule.unit().format(units) + " (expected: > 0)");
      }
      durable(budgets.funds().grant(rule, new Funds.Gift(units, reason, by, expires, 0), now));
    } catch (IllegalArgumentException e) {
      throw new AdminException(Kind.INVALID, String.valueOf(e.getMessage()), e);
    }
    AccountBalance after = read(budgets.balances(List.of(rule), now)).get(0);
    return new GrantMade(
        order.person(),
        after.account().toString(),
        rule.unit().format(units),
        rule.unit().name(),
        reason,
        expires == null ? null : expires.toString(),
        rule.unit().format(after.remaining()));
  }

  /** The person's own budget in this unit; its first one if no unit is given. */
  private static BudgetRule ownBudget(QuotaFile file, String person, @Nullable String unit) {
    List<BudgetRule> own = principal(file, person).budgets();
    if (own.isEmpty()) {
      throw new AdminException(
          Kind.CONFLICT,
          "person: "
              + person
              + " has no budget of its own (expected: an allowance in "
              + file.file()
              + " that a grant can add to)");
    }
    for (BudgetRule rule : own) {
      if (unit == null || rule.unit().equals(new Unit(unit))) {
        return rule;
      }
    }
    throw new AdminException(
        Kind.INVALID,
        "unit: "
            + shown(unit)
            + " (expected: "
            + String.join(" or ", own.stream().map(r -> r.unit().name()).toList())
            + ", as "
            + person
            + "'s budget)");
  }

  @Override
  public CorrectionMade correct(CorrectionOrder order, String by) {
    text("reason", order.reason());
    Correction correction = Correction.of(order, quota.get());
    Instant now = clock.instant();
    durable(budgets.funds().correct(correction.entry(now, by), quota.get()::budget, now));
    return correction.made();
  }

  private static String text(String field, String value) {
    if (value.length() > MAX_TEXT || value.chars().anyMatch(Character::isISOControl)) {
      throw new AdminException(
          Kind.INVALID,
          field
              + ": "
              + shown(value)
              + " (expected: at most "
              + MAX_TEXT
              + " characters on one line)");
    }
    return value;
  }

  private static String shown(@Nullable String value) {
    String text = String.valueOf(value).replaceAll("\\p{Cntrl}", "?");
    return '"' + (text.length() > MAX_TEXT ? text.substring(0, MAX_TEXT) + "…" : text) + '"';
  }

  private static void durable(CompletableFuture<Void> entry) {
    await(entry, "take the entry");
  }

  private static List<AccountBalance> read(CompletableFuture<List<AccountBalance>> balances) {
    return await(balances, "read the balances");
  }

  private static <T> T await(CompletableFuture<T> ledger, String what) {
    try {
      return ledger.get(LEDGER_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AdminException(Kind.UNAVAILABLE, "interrupted before the ledger could " + what, e);
    } catch (ExecutionException e) {
      throw new AdminException(
          Kind.UNAVAILABLE, "the ledger did not " + what + ": " + e.getMessage(), e);
    } catch (TimeoutException e) {
      throw new AdminException(
          Kind.UNAVAILABLE, "the ledger did not " + what + " within " + LEDGER_SECONDS + " s", e);
    }
  }
}
