/**
 * The append-only record of grants, reservations and usage; every balance is derived from it.
 *
 * <p>Start reading at {@link io.stipend.metering.ledger.Ledger}, then {@link
 * io.stipend.metering.ledger.LedgerEntry}. Behind the face: {@code BatchWriter} commits entries as
 * one chained blob each ({@code BatchEncoder}); {@code Replay} is the one reading of them ({@code
 * AccountMoves}: how facts move accounts and lots), with {@code Projection}, {@code Tail} and
 * {@code Verifier} as its three uses; {@code InFlightTable} and {@code Recovery} are what a killed
 * process is mended by. {@code Redaction} takes texts out of a record, {@code Redactions} is the
 * proof of what is left.
 */
@NullMarked
package io.stipend.metering.ledger;

import org.jspecify.annotations.NullMarked;
