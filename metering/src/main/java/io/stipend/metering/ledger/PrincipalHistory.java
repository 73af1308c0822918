package io.stipend.metering.ledger;

import java.time.Instant;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * All that the ledger holds of one person or service and of the accounts of its own, at one state:
 * enough to tell how each of them came to what it is. Entries are in the order of entry.
 *
 * @param state what it was read from; the whole ledger's months and attempts under way
 * @param oldestOpen the earliest start of an attempt of its own that is under way; null if none is
 * @param held by account of its own, what is held for attempts that began before the end of the
 *     range and are under way
 * @param accounts its own accounts that were ever used
 * @param grants on them
 * @param transfers from or to them
 * @param loans on them
 * @param expiries on them, within a period
 * @param rolls of them
 * @param corrections that moved one of them, or that were entered in the range of time and mend an
 *     attempt of its own
 * @param refusals of it, in parts: several may tell of one day and reason
 */
public record PrincipalHistory(
    LedgerReader.BookedState state,
    @Nullable Instant oldestOpen,
    Map<AccountKey, Long> held,
    Map<AccountKey, AccountTotals> accounts,
    List<LedgerEntry.Granted> grants,
    List<LedgerEntry.Transferred> transfers,
    List<LedgerEntry.Lent> loans,
    List<LedgerEntry.Expired> expiries,
    List<LedgerEntry.Rolled> rolls,
    List<LedgerEntry.Corrected> corrections,
    List<LedgerEntry.RefusalsCounted> refusals) {
  /** Copies. */
  public PrincipalHistory {
    held = Map.copyOf(held);
    accounts = Map.copyOf(accounts);
    grants = List.copyOf(grants);
    transfers = List.copyOf(transfers);
    loans = List.copyOf(loans);
    expiries = List.copyOf(expiries);
    rolls = List.copyOf(rolls);
    corrections = List.copyOf(corrections);
    refusals = List.copyOf(refusals);
  }

  /**
   * Whose history, and of which time.
   *
   * @param person id of the person or service
   * @param budget the name of all budgets of its own, such as {@code person/ada}
   * @param from first instant, of the lines of the books and of corrections
   * @param to the instant after the last one
   */
  public record Asked(String person, String budget, Instant from, Instant to) {}

  /** Takes what is too much to be held. */
  public interface Visitor {
    /** A line of the books, of the person and the range; by start. */
    void line(Booking line);

    /**
     * From when on debits are wanted, up to the end of the range; null for none. Asked once, after
     * the lines.
     */
    @Nullable Instant debitsFrom(Collection<AccountKey> accounts);

    /**
     * What an attempt took from one of its own accounts when it settled: corrections are in none of
     * these.
     *
     * @param startedAt the instant of its reservation
     */
    void debit(Instant startedAt, Posting debit);
  }
}
