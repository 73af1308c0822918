/**
 * Rates and concurrency: what may happen in a minute and at once, money aside.
 *
 * <p>Start reading at {@link io.stipend.policy.limit.RequestLimits}.
 */
@NullMarked
package io.stipend.policy.limit;

import org.jspecify.annotations.NullMarked;
