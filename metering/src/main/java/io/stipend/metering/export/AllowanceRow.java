package io.stipend.metering.export;

import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.Lot;
import java.time.Instant;
import java.util.Locale;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One movement of one account that is no use of it. The amounts of an account add up to what it may
 * spend and what it has used and holds.
 *
 * @param at when it was entered
 * @param id of the entry; a transfer and a roll have a row for each side
 * @param kind what it is
 * @param account the account
 * @param amount in its unit; negative where the account has less after it
 * @param counterpart the other account of a transfer or a roll
 * @param lot the part of the account's funds that it is about
 * @param reason in words
 * @param by who entered it; {@code stipend} if nobody did
 * @param expiresAt when the unused part ends; null means with the account's period
 * @param priority lower burns first; null where nothing comes in
 */
record AllowanceRow(
    Instant at,
    String id,
    Kind kind,
    AccountKey account,
    long amount,
    @Nullable AccountKey counterpart,
    @Nullable String lot,
    @Nullable String reason,
    String by,
    @Nullable Instant expiresAt,
    @Nullable Long priority) {
  private static final String NOBODY = "stipend";

  /** What a movement is. */
  enum Kind {
    /** The allowance's amount for the period. */
    GRANT,
    /** The difference that an edit of the quota file made within the period. */
    ADJUSTMENT,
    /** A top-up that somebody entered. */
    ONE_OFF,
    /** Came from another account. */
    TRANSFER_IN,
    /** Went to another account. */
    TRANSFER_OUT,
    /** Lent because the allowance lets an empty account be overdrawn. */
    OVERDRAFT,
    /** Lent so that a running session may end; negative: given back at once. */
    FINISH,
    /** Lent on the next period's grant. */
    ADVANCE,
    /** Lent funds that return: the unused part at the end, the used part from the next grant. */
    REPAYMENT,
    /** Came from an earlier period. */
    CARRIED_IN,
    /** Went to a later period. */
    CARRIED_OUT,
    /** Ended unused. */
    EXPIRED;

    String word() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /** Gives the rows of a fact; none of another kind of entry. */
  static void of(LedgerEntry fact, Consumer<AllowanceRow> rows) {
    if (fact instanceof LedgerEntry.Granted g) {
      boolean oneOff = g.kind() == LedgerEntry.GrantKind.ONE_OFF;
      Kind kind =
          switch (g.kind()) {
            case RECURRING -> Kind.GRANT;
            case ADJUSTMENT -> Kind.ADJUSTMENT;
            case ONE_OFF -> Kind.ONE_OFF;
          };
      String lot = oneOff ? g.id() : Lot.recurringId(g.account());
      Long priority = (long) g.priority();
      rows.accept(
          new AllowanceRow(
              g.at(),
              g.id(),
              kind,
              g.account(),
              g.amount(),
              null,
              lot,
              words(g.reason()),
              g.by(),
              g.expiresAt(),
              priority));
    } else if (fact instanceof LedgerEntry.Transferred t) {
      rows.accept(
          new AllowanceRow(
              t.at(),
              t.id(),
              Kind.TRANSFER_OUT,
              t.from(),
              -t.amount(),
              t.to(),
              null,
              words(t.reason()),
              t.by(),
              null,
              null));
      rows.accept(
          new AllowanceRow(
              t.at(),
              t.id(),
              Kind.TRANSFER_IN,
              t.to(),
              t.amount(),
              t.from(),
              t.id(),
              words(t.reason()),
              t.by(),
              t.expiresAt(),
              0L));
    } else if (fact instanceof LedgerEntry.Lent l) {
      Kind kind =
          switch (l.kind()) {
            case OVERDRAFT -> Kind.OVERDRAFT;
            case FINISH -> Kind.FINISH;
            case ADVANCE -> Kind.ADVANCE;
          };
      rows.accept(
          new AllowanceRow(
              l.at(),
              l.id(),
              kind,
              l.account(),
              l.amount(),
              null,
              null,
              words(l.reason()),
              l.by(),
              null,
              null));
    } else if (fact instanceof LedgerEntry.Expired e) {
      rows.accept(expired(e.at(), e.id(), e.account(), e.amount(), e.lot()));
    } else if (fact instanceof LedgerEntry.Rolled r) {
      of(r, rows);
    }
  }

  private static void of(LedgerEntry.Rolled r, Consumer<AllowanceRow> rows) {
    String id = r.uniqueId();
    AccountKey to = r.to();
    for (LedgerEntry.CarriedLot lot : r.carried()) {
      rows.accept(
          new AllowanceRow(
              r.at(),
              id,
              Kind.CARRIED_OUT,
              r.from(),
              -lot.amount(),
              to,
              lot.lot(),
              null,
              NOBODY,
              null,
              null));
      if (to != null) {
        rows.accept(
            new AllowanceRow(
                r.at(),
                id,
                Kind.CARRIED_IN,
                to,
                lot.amount(),
                r.from(),
                lot.lot(),
                null,
                NOBODY,
                lot.expiresAt(),
                (long) lot.priority()));
      }
    }
    if (r.expired() != 0) {
      rows.accept(expired(r.at(), id, r.from(), r.expired(), null));
    }
    if (r.repaid() != 0) {
      rows.accept(repayment(r.at(), id, r.from(), r.repaid(), to));
    }
    if (to != null && r.owed() != 0) {
      rows.accept(repayment(r.at(), id, to, r.owed(), r.from()));
    }
  }

  private static AllowanceRow expired(
      Instant at, String id, AccountKey account, long amount, @Nullable String lot) {
    return new AllowanceRow(
        at, id, Kind.EXPIRED, account, -amount, null, lot, null, NOBODY, null, null);
  }

  private static AllowanceRow repayment(
      Instant at, String id, AccountKey account, long amount, @Nullable AccountKey other) {
    return new AllowanceRow(
        at, id, Kind.REPAYMENT, account, -amount, other, null, null, NOBODY, null, null);
  }

  private static @Nullable String words(String text) {
    return text.isEmpty() ? null : text;
  }
}
