/**
 * One client request and its response, from the credential to the ledger row.
 *
 * <p>Start reading at {@code Exchange}: it is the one list of steps. {@code Relay} moves the bytes
 * of step 7, {@code Settlements} says what each ending costs.
 */
@NullMarked
package io.stipend.gateway.exchange;

import org.jspecify.annotations.NullMarked;
