/**
 * The policy in force: one immutable snapshot, caches of what keys resolve to under it, and the
 * engine that decides by it.
 *
 * <p>Start reading at {@link io.stipend.policy.store.SnapshotPolicy}, then {@link
 * io.stipend.policy.store.PolicyStore}.
 */
@NullMarked
package io.stipend.policy.store;

import org.jspecify.annotations.NullMarked;
