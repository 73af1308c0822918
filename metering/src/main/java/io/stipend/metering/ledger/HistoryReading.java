package io.stipend.metering.ledger;

import io.stipend.metering.ledger.PrincipalHistory.Asked;
import io.stipend.metering.ledger.PrincipalHistory.Visitor;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Reads the history of one principal, within one read transaction. */
final class HistoryReading {
  private final Connection connection;
  private final LedgerTables tables;
  private final UsageTable usage;
  private final Tail tail;
  private final Asked asked;

  HistoryReading(Connection connection, LedgerTables tables, UsageTable usage, Asked asked)
      throws SQLException {
    this.connection = connection;
    this.tables = tables;
    this.usage = usage;
    this.tail = Tail.read(connection, tables, usage);
    this.asked = asked;
  }

  PrincipalHistory read(int threads, AdjustmentTable adjustments, Visitor visitor)
      throws SQLException {
    new Bookings(connection, usage, adjustments, tail, asked.from(), asked.to())
        .read(
            threads,
            lines ->
                lines.stream()
                    .filter(line -> line.attempt().person().equals(asked.person()))
                    .toList(),
            its -> its.forEach(visitor::line));
    Map<AccountKey, AccountTotals> accounts = accounts();
    List<LedgerEntry.Corrected> corrections = corrections();
    Instant debits = visitor.debitsFrom(accounts.keySet());
    if (debits != null) {
      debits(debits, corrections, visitor);
    }
    return new PrincipalHistory(
        state(),
        oldestOpen(open -> open.profile().person().equals(asked.person())),
        held(),
        accounts,
        facts(LedgerEntry.Granted.class, FactCodec.GRANTED, grant -> isOwn(grant.account())),
        facts(
            LedgerEntry.Transferred.class,
            FactCodec.TRANSFERRED,
            one -> isOwn(one.from()) || isOwn(one.to())),
        facts(LedgerEntry.Lent.class, FactCodec.LENT, loan -> isOwn(loan.account())),
        facts(LedgerEntry.Expired.class, FactCodec.EXPIRED, one -> isOwn(one.account())),
        facts(
            LedgerEntry.Rolled.class,
            FactCodec.ROLLED,
            roll -> isOwn(roll.from()) || (roll.to() != null && isOwn(roll.to()))),
        corrections,
        refusals());
  }

  private boolean isOwn(AccountKey account) {
    return account.budget().equals(asked.budget());
  }

  private Map<AccountKey, AccountTotals> accounts() throws SQLException {
    Map<AccountKey, AccountSums> sums = tables.accounts().ofBudget(asked.budget());
    tail.moves()
        .forEach(
            (account, more) -> {
              if (isOwn(account)) {
                sums.computeIfAbsent(account, key -> new AccountSums()).add(more);
              }
            });
    Map<AccountKey, AccountTotals> totals = new HashMap<>();
    sums.forEach((account, sum) -> totals.put(account, sum.totals()));
    return totals;
  }

  private void debits(Instant from, List<LedgerEntry.Corrected> corrections, Visitor visitor)
      throws SQLException {
    Map<AttemptId, List<Posting>> mended = new HashMap<>();
    for (LedgerEntry.Corrected one : corrections) {
      List<Posting> postings = mended.computeIfAbsent(one.id(), id -> new ArrayList<>());
      one.postings().forEach(posting -> OpenReservation.add(postings, posting));
    }
    usage.settled(from, asked.to(), row -> debits(tail.netted(row), mended, visitor));
    for (UsageTable.Row row : tail.settled()) {
      Instant at = settled(row).row().startedAt();
      if (!at.isBefore(from) && at.isBefore(asked.to())) {
        debits(row, mended, visitor);
      }
    }
  }

  private void debits(UsageTable.Row row, Map<AttemptId, List<Posting>> mended, Visitor visitor) {
    SettledAttempt settled = settled(row);
    if (settled.debits().stream().noneMatch(debit -> isOwn(debit.account()))) {
      return;
    }
    List<Posting> debits = new ArrayList<>(settled.debits());
    for (Posting more : mended.getOrDefault(UsageRows.id(settled.row()), List.of())) {
      OpenReservation.add(debits, new Posting(more.account(), Math.negateExact(more.amount())));
    }
    for (Posting debit : debits) {
      if (isOwn(debit.account())) {
        visitor.debit(settled.row().startedAt(), debit);
      }
    }
  }

  private static SettledAttempt settled(UsageTable.Row row) {
    return Objects.requireNonNull(row.settled());
  }

  private Map<AccountKey, Long> held() {
    Map<AccountKey, Long> held = new HashMap<>();
    for (OpenReservation open : tail.open().values()) {
      if (open.reserved().at().isBefore(asked.to())) {
        open.held().stream()
            .filter(hold -> isOwn(hold.account()))
            .forEach(hold -> held.merge(hold.account(), hold.amount(), Math::addExact));
      }
    }
    return held;
  }

  private LedgerReader.BookedState state() throws SQLException {
    SortedMap<String, LedgerEntry.MonthClosed> months = new TreeMap<>();
    facts(LedgerEntry.MonthClosed.class, FactCodec.MONTH_CLOSED, all -> true)
        .forEach(entry -> months.put(entry.month(), entry));
    return new LedgerReader.BookedState(
        BatchTable.head(connection), oldestOpen(all -> true), months);
  }

  private @Nullable Instant oldestOpen(Predicate<OpenReservation> which) {
    return tail.open().values().stream()
        .filter(which)
        .map(open -> open.reserved().at())
        .min(Comparator.naturalOrder())
        .orElse(null);
  }

  private List<LedgerEntry.Corrected> corrections() throws SQLException {
    List<LedgerEntry.Corrected> kept = new ArrayList<>();
    for (LedgerEntry.Corrected one :
        facts(LedgerEntry.Corrected.class, FactCodec.CORRECTED, all -> true)) {
      boolean moves = one.postings().stream().anyMatch(posting -> isOwn(posting.account()));
      boolean now = !one.at().isBefore(asked.from()) && one.at().isBefore(asked.to());
      if (moves || (now && isOwn(one.id()))) {
        kept.add(one);
      }
    }
    return kept;
  }

  private boolean isOwn(AttemptId id) throws SQLException {
    UsageTable.Row row = usage.find(id);
    for (UsageTable.Row added : tail.settled()) {
      row = UsageRows.id(settled(added).row()).equals(id) ? added : row;
    }
    SettledAttempt settled = row == null ? null : row.settled();
    return settled != null && settled.row().person().equals(asked.person());
  }

  private List<LedgerEntry.RefusalsCounted> refusals() throws SQLException {
    List<LedgerEntry.RefusalsCounted> all = new ArrayList<>(tables.refusals());
    all.addAll(tail.facts(LedgerEntry.RefusalsCounted.class));
    all.removeIf(one -> !one.person().equals(asked.person()));
    return all;
  }

  /** Nothing is kept of what is not asked for: the facts of everybody pass. */
  private <T extends LedgerEntry> List<T> facts(Class<T> type, int tag, Predicate<T> kept)
      throws SQLException {
    List<T> facts = new ArrayList<>();
    tables.facts(
        tag,
        fact -> {
          T one = type.cast(fact);
          if (kept.test(one)) {
            facts.add(one);
          }
        });
    tail.facts(type).stream().filter(kept).forEach(facts::add);
    return facts;
  }
}
