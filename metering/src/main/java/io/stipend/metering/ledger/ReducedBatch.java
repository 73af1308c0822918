package io.stipend.metering.ledger;

/**
 * A batch that holds less than it was written with.
 *
 * @param seq its number
 * @param hash SHA-256 of its content as it is now, in hex
 */
public record ReducedBatch(long seq, String hash) {}
