package io.stipend.metering.ledger;

/**
 * An amount on one account.
 *
 * @param account the account
 * @param amount in the account's unit; negative only in corrections
 */
public record Posting(AccountKey account, long amount) {}
