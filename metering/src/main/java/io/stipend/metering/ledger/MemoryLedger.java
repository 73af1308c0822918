package io.stipend.metering.ledger;

import java.sql.SQLException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A ledger that nobody keeps: for asking what would be. Entries take effect at once and every
 * future is complete when it is returned. It may start from a record, which it reads and never
 * writes. Of attempts it keeps nothing and of closed accounts next to nothing, so that its memory
 * grows with the accounts in use, not with what happens on them.
 *
 * <p>Whoever appends must go forward in time: an account that was closed long ago is forgotten. Ids
 * are not looked at. Safe for use by any thread.
 */
public final class MemoryLedger implements Ledger {
  /** Closed accounts that are remembered as such. */
  private static final int CLOSED_KEPT = 100_000;

  private final Function<Collection<AccountKey>, Map<AccountKey, AccountRecord>> record;
  private final Map<AccountKey, AccountSums> sums = new HashMap<>();
  private final Map<AccountKey, Map<String, Lot>> lots = new HashMap<>();
  private final Map<AccountKey, AccountSums> closed = new RecentMap<>(CLOSED_KEPT);
  private final Map<List<String>, Set<AccountKey>> unclosed = new HashMap<>();
  private final Set<AccountKey> asked = new HashSet<>();
  private final boolean recorded;
  private final AccountMoves moves = new AccountMoves(new Effects());

  private MemoryLedger(
      Function<Collection<AccountKey>, Map<AccountKey, AccountRecord>> record, boolean recorded) {
    this.record = record;
    this.recorded = recorded;
  }

  /** A ledger without any entry. */
  public static MemoryLedger empty() {
    return new MemoryLedger(keys -> Map.of(), false);
  }

  /**
   * A ledger that goes on where a record stands.
   *
   * @param reader asked for every account when it is first needed; must stay open meanwhile
   */
  public static MemoryLedger over(LedgerReader reader) {
    return new MemoryLedger(reader::accounts, true);
  }

  /** Reads accounts from the record together that will be needed one by one. */
  public synchronized void warm(Collection<AccountKey> keys) {
    if (!recorded) {
      return;
    }
    List<AccountKey> unknown = keys.stream().filter(key -> !asked.contains(key)).toList();
    if (!unknown.isEmpty()) {
      asked.addAll(unknown);
      record.apply(unknown).forEach(this::install);
    }
  }

  private void install(AccountKey key, AccountRecord found) {
    asked.add(key);
    if (sums.containsKey(key) || closed.containsKey(key)) {
      return;
    }
    AccountSums of = AccountSums.of(found);
    if (of.closed()) {
      closed.put(key, of);
      return;
    }
    put(key, of);
    Map<String, Lot> byId = new LinkedHashMap<>();
    found.lots().forEach(lot -> byId.put(lot.id(), lot));
    lots.put(key, byId);
  }

  private void put(AccountKey key, AccountSums of) {
    sums.put(key, of);
    unclosed.computeIfAbsent(budget(key), b -> new HashSet<>(2)).add(key);
  }

  private static List<String> budget(AccountKey key) {
    return List.of(key.budget(), key.unit().name());
  }

  @Override
  public List<KeyRecord> keys() {
    return List.of();
  }

  @Override
  public synchronized OpenAttempt begin(LedgerEntry.Reserved reserved) {
    hold(reserved.holds(), 1);
    for (Posting posting : reserved.holds()) {
      move(posting.account(), Sum.FIRST_USED, reserved.at().toEpochMilli());
    }
    return new Attempt(reserved.holds());
  }

  private void hold(List<Posting> postings, int sign) {
    for (Posting posting : postings) {
      move(posting.account(), Sum.HELD, sign * posting.amount());
    }
  }

  private void move(AccountKey account, Sum sum, long amount) {
    AccountSums of = closed.get(account);
    if (of == null) {
      of = sums.get(account);
    }
    if (of == null) {
      of = new AccountSums();
      put(account, of);
    }
    of.add(sum, amount);
  }

  @Override
  public synchronized CompletableFuture<Void> append(LedgerEntry entry) {
    try {
      moves.of(entry);
    } catch (SQLException e) {
      throw new IllegalStateException("memory has no database", e);
    }
    if (entry instanceof LedgerEntry.Rolled rolled) {
      close(rolled.from());
    }
    return CompletableFuture.completedFuture(null);
  }

  private void close(AccountKey account) {
    AccountSums of = sums.remove(account);
    lots.remove(account);
    if (of != null) {
      closed.put(account, of);
    }
    Set<AccountKey> others = unclosed.get(budget(account));
    if (others != null && others.remove(account) && others.isEmpty()) {
      unclosed.remove(budget(account));
    }
  }

  @Override
  public synchronized CompletableFuture<Map<AccountKey, AccountRecord>> accounts(
      Collection<AccountKey> keys) {
    warm(keys);
    Map<AccountKey, AccountRecord> records = new LinkedHashMap<>();
    for (AccountKey key : keys) {
      add(records, key);
      unclosed.getOrDefault(budget(key), Set.of()).forEach(other -> add(records, other));
    }
    return CompletableFuture.completedFuture(records);
  }

  private void add(Map<AccountKey, AccountRecord> records, AccountKey key) {
    AccountSums of = sums.containsKey(key) ? sums.get(key) : closed.get(key);
    if (of != null) {
      List<Lot> its = List.copyOf(lots.getOrDefault(key, Map.of()).values());
      records.put(key, AccountTable.record(key, of, its));
    }
  }

  /** Only accounts that were asked for or moved; a record is not searched. */
  @Override
  public synchronized CompletableFuture<List<AccountRecord>> unclosed(
      @Nullable AccountKey after, int limit) {
    Comparator<AccountKey> order =
        Comparator.comparing(AccountKey::budget)
            .thenComparing(key -> key.unit().name())
            .thenComparing(AccountKey::period);
    Map<AccountKey, AccountRecord> page = new LinkedHashMap<>();
    sums.keySet().stream()
        .filter(key -> after == null || order.compare(key, after) > 0)
        .sorted(order)
        .limit(limit)
        .forEach(key -> add(page, key));
    return CompletableFuture.completedFuture(List.copyOf(page.values()));
  }

  @Override
  public boolean poisoned() {
    return false;
  }

  /** There is nothing to close. */
  @Override
  public void close() {}

  /** What entries do to accounts. */
  private final class Effects implements ReplaySink {
    @Override
    public void moved(AccountKey account, Sum sum, long amount) {
      move(account, sum, amount);
    }

    @Override
    public void lot(AccountKey account, Lot more) {
      lots.computeIfAbsent(account, key -> new LinkedHashMap<>()).merge(more.id(), more, Lot::plus);
    }

    @Override
    public void named(long number, String text) {}

    @Override
    public void profiled(long number, Profile profile) {}

    @Override
    public void opened(OpenReservation reservation) {}

    @Override
    public void settled(OpenReservation reservation, LedgerEntry.Settled settled) {}

    @Override
    public void released(OpenReservation reservation, LedgerEntry.Released released) {}

    @Override
    public void fact(LedgerEntry fact, @Nullable String id) {}
  }

  /** What an attempt holds until its end. */
  private final class Attempt implements OpenAttempt {
    private final List<Posting> held;
    private final AtomicBoolean ended = new AtomicBoolean();

    Attempt(List<Posting> held) {
      this.held = new ArrayList<>(held);
    }

    @Override
    public CompletableFuture<Void> reservedDurably() {
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public void hurry() {
      // Everything is durable at once.
    }

    @Override
    public void sent() {
      // Nothing is recovered from memory.
    }

    @Override
    public CompletableFuture<Void> extend(LedgerEntry.Extended extended) {
      synchronized (MemoryLedger.this) {
        hold(extended.more(), 1);
        held.addAll(extended.more());
      }
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletableFuture<Void> settle(LedgerEntry.Settled settled) {
      end();
      synchronized (MemoryLedger.this) {
        hold(held, -1);
        for (Posting debit : settled.debits()) {
          move(debit.account(), Sum.USED, debit.amount());
        }
      }
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public CompletableFuture<Void> release(LedgerEntry.Released released) {
      end();
      synchronized (MemoryLedger.this) {
        hold(held, -1);
      }
      return CompletableFuture.completedFuture(null);
    }

    private void end() {
      if (!ended.compareAndSet(false, true)) {
        throw new IllegalStateException("a second end (expected: one settle or release)");
      }
    }
  }
}
