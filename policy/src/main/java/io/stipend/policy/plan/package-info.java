/**
 * What a changed quota file would have done to past usage: the recorded calls run again, in the
 * order of time, through the very code that decides and reserves, over a ledger in memory.
 *
 * <p>Start reading at {@link io.stipend.policy.plan.Plan}.
 */
@NullMarked
package io.stipend.policy.plan;

import org.jspecify.annotations.NullMarked;
