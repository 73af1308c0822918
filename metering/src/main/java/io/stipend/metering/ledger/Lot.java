package io.stipend.metering.ledger;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A part of an account's funds with an end of its own: the recurring grant with its adjustments, a
 * one-off grant, a transfer received, or what a roll carried over. How much of it is burnt follows
 * from the sums of its account and stands nowhere.
 *
 * @param id unique in its account: {@link #recurringId}, the id of the grant or the transfer, or
 *     the id that the lot had before it was carried over
 * @param amount what it was worth when it came, in the account's unit
 * @param priority lower burns first
 * @param expiresAt when the unused part ends; null means with the account's period
 * @param grantedAt when it came into this account, to the millisecond
 * @param expired how much of it {@link LedgerEntry.Expired} entries ended
 */
public record Lot(
    String id,
    long amount,
    int priority,
    @Nullable Instant expiresAt,
    Instant grantedAt,
    long expired) {

  private static final String RECURRING = "recurring:";

  /** Id of the lot that the recurring grant of an account and its adjustments are. */
  public static String recurringId(AccountKey account) {
    return RECURRING + account;
  }

  /** Whether it is the recurring grant of its account. */
  public boolean isRecurring() {
    return id.startsWith(RECURRING);
  }

  /** This lot after more came or expired; what came first says its priority and its end. */
  public Lot plus(Lot more) {
    return new Lot(
        id,
        Math.addExact(amount, more.amount),
        priority,
        expiresAt,
        grantedAt,
        Math.addExact(expired, more.expired));
  }
}
