/**
 * Caches over one immutable policy snapshot: resolved entitlements by key hash, and live balances.
 *
 * <p>Start reading at {@code PolicyStore}.
 */
@NullMarked
package io.stipend.policy.store;

import org.jspecify.annotations.NullMarked;
