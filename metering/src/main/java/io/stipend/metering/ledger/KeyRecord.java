package io.stipend.metering.ledger;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A gateway key as the ledger knows it.
 *
 * @param created how it was made
 * @param revokedAt when it was revoked; null if it is in force
 */
public record KeyRecord(LedgerEntry.KeyCreated created, @Nullable Instant revokedAt) {}
