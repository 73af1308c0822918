/**
 * Budgets: reserve before spending, extend while text flows, then settle or release exactly once.
 *
 * <p>Start reading at {@link io.stipend.policy.budget.Budgets}.
 */
@NullMarked
package io.stipend.policy.budget;

import org.jspecify.annotations.NullMarked;
