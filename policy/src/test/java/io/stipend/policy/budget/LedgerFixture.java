package io.stipend.policy.budget;

import io.stipend.metering.TokenUsage;
import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.AccountRecord;
import io.stipend.metering.ledger.AccountTotals;
import io.stipend.metering.ledger.AttemptId;
import io.stipend.metering.ledger.KeyRecord;
import io.stipend.metering.ledger.Ledger;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.LedgerException;
import io.stipend.metering.ledger.Lot;
import io.stipend.metering.ledger.OpenAttempt;
import io.stipend.metering.ledger.Posting;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/**
 * A ledger in memory whose disk is the test's hand: an entry is durable when {@link #commit} says
 * so. It keeps slots of open attempts as the in-flight table does, so that {@link #reopened} is
 * what a killed process finds.
 */
public final class LedgerFixture implements Ledger {
  private final List<LedgerEntry> durable = new ArrayList<>();
  private final Deque<Pending> pending = new ArrayDeque<>();
  private final Map<AttemptId, Slot> slots = new LinkedHashMap<>();
  private boolean automatic;
  private boolean poisoned;
  private int capacity = Integer.MAX_VALUE;

  private final List<Question> questions = new ArrayList<>();
  private boolean loadsHeld;
  private int hurried;
  private int loads;

  private record Question(
      List<AccountKey> keys, CompletableFuture<Map<AccountKey, AccountRecord>> answer) {}

  private record Pending(LedgerEntry entry, CompletableFuture<Void> done) {}

  /** A ledger that waits for {@link #commit}. */
  public static LedgerFixture manual() {
    return new LedgerFixture();
  }

  /** A ledger in which every entry is durable at once. */
  public static LedgerFixture automatic() {
    LedgerFixture ledger = new LedgerFixture();
    ledger.automatic = true;
    return ledger;
  }

  /** What a killed process finds: durable entries, and its open attempts ended by recovery. */
  public synchronized LedgerFixture reopened() {
    LedgerFixture next = new LedgerFixture();
    next.automatic = automatic;
    next.durable.addAll(durable);
    for (Slot slot : slots.values()) {
      slot.recoverInto(next.durable);
    }
    return next;
  }

  /** How often somebody asked for a commit; one is made by {@link #commit} alone. */
  public int hurried() {
    return hurried;
  }

  /** Makes all that was appended durable, in order. */
  public void commit() {
    while (commitOne()) {}
  }

  /** Makes the oldest entry that is not durable so; false if there is none. */
  public boolean commitOne() {
    Pending next;
    synchronized (this) {
      next = pending.poll();
      if (next == null) {
        return false;
      }
      write(next.entry);
    }
    next.done.complete(null);
    return true;
  }

  /** Lets no more than so many attempts be open. */
  public synchronized void capacity(int attempts) {
    capacity = attempts;
  }

  /** The disk fails: nothing more is taken and nothing that is queued becomes durable. */
  public void poison() {
    List<Pending> lost;
    synchronized (this) {
      poisoned = true;
      lost = List.copyOf(pending);
      pending.clear();
    }
    lost.forEach(p -> p.done.completeExceptionally(new LedgerException("disk failed", null)));
  }

  /** Every entry, durable first, then what is queued. */
  public synchronized List<LedgerEntry> entries() {
    List<LedgerEntry> all = new ArrayList<>(durable);
    pending.forEach(p -> all.add(p.entry));
    return all;
  }

  /** The durable entries. */
  public synchronized List<LedgerEntry> durable() {
    return List.copyOf(durable);
  }

  /** The grants among all entries. */
  public List<LedgerEntry.Granted> granted() {
    return only(entries(), LedgerEntry.Granted.class);
  }

  static <T extends LedgerEntry> List<T> only(List<LedgerEntry> entries, Class<T> kind) {
    return entries.stream().filter(kind::isInstance).map(kind::cast).toList();
  }

  private void write(LedgerEntry entry) {
    if (entry instanceof LedgerEntry.Granted grant) {
      for (LedgerEntry.Granted other : only(durable, LedgerEntry.Granted.class)) {
        if (other.id().equals(grant.id())) {
          if (!other.equals(grant)) {
            throw new IllegalStateException("grant twice: " + other + ", " + grant);
          }
          return;
        }
      }
    }
    if (entry instanceof LedgerEntry.Settled settled) {
      slots.remove(settled.id());
    } else if (entry instanceof LedgerEntry.Released released) {
      slots.remove(released.id());
    }
    durable.add(entry);
  }

  /** From now on accounts are loaded when {@link #answer} says so. */
  public synchronized void holdLoads() {
    loadsHeld = true;
  }

  /** Answers every question that waits, as the ledger is now. */
  public void answer() {
    for (Question question : takeQuestions()) {
      question.answer.complete(read(question.keys));
    }
  }

  /** Fails every question that waits. */
  public void failLoads() {
    takeQuestions().forEach(q -> q.answer.completeExceptionally(new LedgerException("no", null)));
  }

  private synchronized List<Question> takeQuestions() {
    List<Question> all = List.copyOf(questions);
    questions.clear();
    return all;
  }

  /** How many accounts were asked for so far. */
  public synchronized int loads() {
    return loads;
  }

  @Override
  public CompletableFuture<Map<AccountKey, AccountRecord>> accounts(Collection<AccountKey> keys) {
    synchronized (this) {
      if (poisoned) {
        return CompletableFuture.failedFuture(new LedgerException("disk failed", null));
      }
      loads += keys.size();
      if (loadsHeld) {
        Question question = new Question(List.copyOf(keys), new CompletableFuture<>());
        questions.add(question);
        return question.answer;
      }
    }
    return CompletableFuture.completedFuture(read(keys));
  }

  /** What is on its way to an account keeps it in memory: it must never be asked for then. */
  private synchronized Map<AccountKey, AccountRecord> read(Collection<AccountKey> keys) {
    for (Pending entry : pending) {
      if (names(entry.entry).stream().anyMatch(keys::contains)) {
        throw new AssertionError("loaded while " + entry.entry + " is not durable: " + keys);
      }
    }
    for (Slot slot : slots.values()) {
      if (names(slot.entry).stream().anyMatch(keys::contains)) {
        throw new AssertionError("loaded while " + slot.entry.id() + " is open: " + keys);
      }
    }
    Map<AccountKey, AccountTotals> totals = totals();
    Map<AccountKey, AccountRecord> accounts = new HashMap<>();
    for (AccountKey key : keys) {
      if (totals.containsKey(key)) {
        accounts.put(key, record(key, totals.get(key)));
      }
    }
    return accounts;
  }

  private AccountRecord record(AccountKey key, AccountTotals totals) {
    Map<String, Lot> lots = new LinkedHashMap<>();
    int adjustments = 0;
    int oneOffs = 0;
    for (LedgerEntry.Granted grant : only(durable, LedgerEntry.Granted.class)) {
      if (!grant.account().equals(key)) {
        continue;
      }
      boolean oneOff = grant.kind() == LedgerEntry.GrantKind.ONE_OFF;
      adjustments += grant.kind() == LedgerEntry.GrantKind.ADJUSTMENT ? 1 : 0;
      oneOffs += oneOff ? 1 : 0;
      Lot lot =
          new Lot(
              oneOff ? grant.id() : Lot.recurringId(key),
              grant.amount(),
              grant.priority(),
              oneOff ? grant.expiresAt() : null,
              grant.at(),
              0);
      lots.merge(
          lot.id(),
          lot,
          (a, b) -> new Lot(a.id(), a.amount() + b.amount(), a.priority(), null, a.grantedAt(), 0));
    }
    return new AccountRecord(
        key,
        totals,
        List.copyOf(lots.values()),
        Map.of(),
        null,
        new AccountRecord.Counts(adjustments, oneOffs, 0, 0, 0));
  }

  @Override
  public synchronized CompletableFuture<List<AccountRecord>> unclosed(AccountKey after, int limit) {
    return CompletableFuture.completedFuture(
        totals().entrySet().stream()
            .filter(e -> after == null || e.getKey().toString().compareTo(after.toString()) > 0)
            .sorted(Map.Entry.comparingByKey(Comparator.comparing(AccountKey::toString)))
            .limit(limit)
            .map(e -> record(e.getKey(), e.getValue()))
            .toList());
  }

  private static List<AccountKey> names(LedgerEntry entry) {
    if (entry instanceof LedgerEntry.Granted grant) {
      return List.of(grant.account());
    } else if (entry instanceof LedgerEntry.Reserved reserved) {
      return reserved.holds().stream().map(Posting::account).toList();
    } else if (entry instanceof LedgerEntry.Corrected corrected) {
      return corrected.postings().stream().map(Posting::account).toList();
    }
    return List.of();
  }

  private synchronized Map<AccountKey, AccountTotals> totals() {
    Map<AccountKey, AccountTotals> totals = new LinkedHashMap<>();
    for (LedgerEntry entry : durable) {
      if (entry instanceof LedgerEntry.Granted grant) {
        add(totals, grant.account(), new AccountTotals(grant.amount(), 0, 0));
      } else if (entry instanceof LedgerEntry.Settled settled) {
        settled.debits().forEach(p -> add(totals, p.account(), used(p)));
      } else if (entry instanceof LedgerEntry.Corrected corrected) {
        corrected.postings().forEach(p -> add(totals, p.account(), used(p)));
      }
    }
    return totals;
  }

  private static AccountTotals used(Posting posting) {
    return new AccountTotals(0, posting.amount(), 0);
  }

  private static void add(
      Map<AccountKey, AccountTotals> totals, AccountKey account, AccountTotals more) {
    totals.merge(account, more, AccountTotals::plus);
  }

  @Override
  public List<KeyRecord> keys() {
    return List.of();
  }

  @Override
  public OpenAttempt begin(LedgerEntry.Reserved reserved) {
    Slot slot;
    synchronized (this) {
      if (poisoned || slots.size() >= capacity) {
        return null;
      }
      slot = new Slot(reserved);
      if (slots.putIfAbsent(reserved.id(), slot) != null) {
        throw new IllegalStateException("attempt twice: " + reserved.id());
      }
    }
    slot.reserved = append(reserved);
    return slot;
  }

  @Override
  public CompletableFuture<Void> append(LedgerEntry entry) {
    CompletableFuture<Void> done = new CompletableFuture<>();
    synchronized (this) {
      if (poisoned) {
        return CompletableFuture.failedFuture(new LedgerException("disk failed", null));
      }
      if (!automatic) {
        pending.add(new Pending(entry, done));
        return done;
      }
      write(entry);
    }
    done.complete(null);
    return done;
  }

  @Override
  public synchronized boolean poisoned() {
    return poisoned;
  }

  @Override
  public void close() {
    commit();
  }

  private final class Slot implements OpenAttempt {
    private final LedgerEntry.Reserved entry;
    private CompletableFuture<Void> reserved = new CompletableFuture<>();
    private boolean sent;
    private boolean ended;

    Slot(LedgerEntry.Reserved entry) {
      this.entry = entry;
    }

    void recoverInto(List<LedgerEntry> recovered) {
      if (!recovered.contains(entry)) {
        recovered.add(entry);
      }
      if (!sent) {
        recovered.add(new LedgerEntry.Released(entry.at(), entry.id(), "crashed"));
        return;
      }
      long nanos = entry.facts().expectedNanos();
      long tokens = entry.facts().inputEstimate() + entry.facts().expectedOutput();
      recovered.add(
          new LedgerEntry.Settled(
              entry.at(),
              entry.id(),
              TokenUsage.of(entry.facts().inputEstimate(), entry.facts().expectedOutput()),
              UsageSource.ASSUMED,
              "crashed",
              0,
              entry.facts().modelRequested(),
              null,
              nanos,
              null,
              entry.holds().stream()
                  .map(p -> new Posting(p.account(), p.account().unit().isMoney() ? nanos : tokens))
                  .toList(),
              ""));
    }

    @Override
    public CompletableFuture<Void> reservedDurably() {
      return reserved;
    }

    @Override
    public void hurry() {
      hurried++;
    }

    @Override
    public void sent() {
      sent = true;
    }

    @Override
    public CompletableFuture<Void> extend(LedgerEntry.Extended extended) {
      return append(extended);
    }

    @Override
    public CompletableFuture<Void> settle(LedgerEntry.Settled settled) {
      return end(settled);
    }

    @Override
    public CompletableFuture<Void> release(LedgerEntry.Released released) {
      return end(released);
    }

    private CompletableFuture<Void> end(LedgerEntry end) {
      if (ended) {
        throw new IllegalStateException("attempt ended twice: " + entry.id());
      }
      ended = true;
      return append(end);
    }
  }
}
