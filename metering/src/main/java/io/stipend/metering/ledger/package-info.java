/**
 * The append-only record of grants, reservations and usage; every balance is derived from it.
 *
 * <p>Start reading at {@link io.stipend.metering.ledger.Ledger}, then {@link
 * io.stipend.metering.ledger.LedgerEntry}.
 */
@NullMarked
package io.stipend.metering.ledger;

import org.jspecify.annotations.NullMarked;
