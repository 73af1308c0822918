package io.stipend.metering.ledger;

/**
 * The end of the batch chain: whoever holds it can prove which record a figure was read from.
 *
 * @param seq number of the last batch; 0 if there is none
 * @param hash SHA-256 of the last batch and all before it, in hex
 */
public record LedgerHead(long seq, String hash) {}
