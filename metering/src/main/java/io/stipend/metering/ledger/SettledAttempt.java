package io.stipend.metering.ledger;

import java.util.List;

/**
 * A settled attempt with what it took from each account, as both stand after all corrections: what
 * {@code ledger correct} computes its differences from.
 *
 * @param row its usage row
 * @param debits one posting per account
 */
public record SettledAttempt(UsageRow row, List<Posting> debits) {}
