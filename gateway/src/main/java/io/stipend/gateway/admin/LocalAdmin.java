package io.stipend.gateway.admin;

import io.stipend.gateway.admin.AdminException.Kind;
import io.stipend.metering.Suggestion;
import io.stipend.metering.export.UsageExport;
import io.stipend.metering.ledger.KeyRecord;
import io.stipend.metering.ledger.Ledger;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.policy.budget.LocalBudgets;
import io.stipend.policy.config.QuotaFile;
import io.stipend.policy.identity.KeyRing;
import io.stipend.policy.identity.NewKey;
import io.stipend.policy.store.Freezes;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Administration in the process that holds the ledger. Safe for use by any thread; blocks. */
public final class LocalAdmin implements AdminService {
  /** Of usage or changes in one answer: what is asked for is made in memory. */
  private static final int MAX_ROWS = 10_000;

  private final Ledger ledger;
  private final LocalBudgets budgets;
  private final KeyRing keyRing;
  private final Supplier<QuotaFile> quota;
  private final InstantSource clock;
  private final Balances balances;
  private final LocalFunds funds;

  /**
   * Works on these.
   *
   * @param keyRing already holds the ledger's keys
   * @param freezes already holds the ledger's freezes
   * @param quota the quota file in force, asked again for every request
   */
  public LocalAdmin(
      Ledger ledger,
      LocalBudgets budgets,
      KeyRing keyRing,
      Freezes freezes,
      Supplier<QuotaFile> quota,
      InstantSource clock) {
    this.ledger = ledger;
    this.budgets = budgets;
    this.keyRing = keyRing;
    this.quota = quota;
    this.clock = clock;
    this.balances = new Balances(budgets, freezes, quota, clock, accounts -> {});
    this.funds = new LocalFunds(ledger, budgets.funds(), freezes, balances);
  }

  @Override
  public List<PersonBalance> balances() {
    return balances.all();
  }

  @Override
  public PersonBalance balance(String person) {
    return balances.of(person);
  }

  @Override
  public PersonAllowance allowance(String person) {
    return balances.allowance(person);
  }

  @Override
  public KeyMade createKey(KeyOrder order, String by) {
    QuotaFile file = quota.get();
    Instant now = clock.instant();
    String person = order.role() == null ? order.person() : Orders.role(order).holder();
    String name = order.role() == null ? order.name() : order.person();
    name = name == null ? "" : Orders.text("name", name);
    if (order.role() == null) {
      Orders.principal(file, order.person());
    }
    String project = order.project() == null ? null : Orders.text("project", order.project());
    Instant expires =
        order.expires() == null ? null : TimeText.end(order.expires(), file.timezone(), now);
    NewKey made = keyRing.create(person, name, project, expires, by, now);
    Awaiting.durable(ledger.append(made.created()));
    keyRing.add(new KeyRecord(made.created(), null));
    return new KeyMade(made.created().keyId(), person, made.reveal());
  }

  @Override
  public UsageOfOne usage(String person, @Nullable String from, @Nullable String to) {
    QuotaFile file = quota.get();
    ZoneId zone = file.timezone();
    Instant now = clock.instant();
    Instant month = now.atZone(zone).toLocalDate().withDayOfMonth(1).atStartOfDay(zone).toInstant();
    Instant first = from == null ? month : TimeText.instant(from, zone);
    Instant end = to == null ? now.plusMillis(1) : TimeText.instant(to, zone);
    List<String> rows;
    try (LedgerReader reader = LedgerReader.openBeside(file.gateway().data())) {
      rows = UsageExport.lines(reader, first, end, person, MAX_ROWS);
    }
    if (rows == null) {
      throw new AdminException(
          Kind.INVALID,
          "from: more than " + MAX_ROWS + " rows (expected: fewer; ask for a shorter time)");
    }
    return new UsageOfOne(person, first.toString(), end.toString(), AdminJson.array(rows));
  }

  @Override
  public List<AuditLine> audit(@Nullable String from, @Nullable String to) {
    QuotaFile file = quota.get();
    ZoneId zone = file.timezone();
    List<AuditLine> lines = new ArrayList<>();
    try (LedgerReader reader = LedgerReader.open(file.gateway().data())) {
      Audit.each(
          reader,
          from == null ? Instant.MIN : TimeText.instant(from, zone),
          to == null ? Instant.MAX : TimeText.instant(to, zone),
          line -> {
            if (lines.size() >= MAX_ROWS) {
              throw new AdminException(
                  Kind.INVALID,
                  "from: more than "
                      + MAX_ROWS
                      + " changes (expected: fewer; ask for a shorter time, or use audit export)");
            }
            lines.add(line);
          });
    }
    return lines;
  }

  @Override
  public List<KeyLine> keys() {
    return keyRing.list().stream().map(KeyLine::of).toList();
  }

  @Override
  public KeyLine revokeKey(String id, String by) {
    LedgerEntry.KeyRevoked revoked = keyRing.revoke(id, by, clock.instant());
    if (revoked != null) {
      Awaiting.durable(ledger.append(revoked));
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
            + Orders.shown(id)
            + " does not exist"
            + (hint.isEmpty() ? "; keys list shows all" : hint));
  }

  @Override
  public GrantMade grant(GrantOrder order, String by) {
    return funds.grant(quota.get(), order, by, clock.instant());
  }

  @Override
  public TransferMade transfer(TransferOrder order, String by) {
    return funds.transfer(quota.get(), order, by, clock.instant());
  }

  @Override
  public AdvanceMade advance(AdvanceOrder order, String by) {
    return funds.advance(quota.get(), order, by, clock.instant());
  }

  @Override
  public FreezeMade freeze(FreezeOrder order, String by) {
    return funds.freeze(quota.get(), order, by, clock.instant());
  }

  @Override
  public CorrectionMade correct(CorrectionOrder order, String by) {
    Orders.text("reason", order.reason());
    Instant now = clock.instant();
    if (order.id() != null && isEntered(Orders.text("id", order.id()))) {
      return Correction.entered(order, quota.get().gateway().data()).made(now);
    }
    Correction correction = Correction.of(order, quota.get());
    LedgerEntry.Corrected entry = correction.entry(order.id(), now, by);
    Awaiting.durable(budgets.funds().correct(entry, quota.get().rules(), now));
    return correction.made(now);
  }

  private boolean isEntered(String id) {
    try (LedgerReader reader = LedgerReader.open(quota.get().gateway().data())) {
      return reader.isCorrection(id);
    }
  }

  @Override
  public RerateMade rerate(RerateOrder order, String by) {
    Orders.text("reason", order.reason());
    return new Rerate(quota.get(), ledger, budgets).of(order, by, clock.instant());
  }

  @Override
  public List<MonthLine> months() {
    return MonthClosings.lines(quota.get().gateway().data());
  }

  @Override
  public MonthLine closeMonth(MonthOrder order, String by) {
    if (order.reason() != null) {
      Orders.text("reason", order.reason());
    }
    // As the ledger keeps it.
    Instant now = clock.instant().truncatedTo(ChronoUnit.MILLIS);
    LedgerEntry.MonthClosed entry =
        MonthClosings.entry(order, quota.get().gateway().data(), now, by);
    Awaiting.durable(ledger.append(entry));
    return MonthLine.of(entry);
  }
}
