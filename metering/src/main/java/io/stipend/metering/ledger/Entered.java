package io.stipend.metering.ledger;

/**
 * A fact and where it stands in the record.
 *
 * @param entry the fact
 * @param batch number of the batch that holds it
 */
public record Entered(LedgerEntry entry, long batch) {}
