/**
 * Counting tokens of text before or without a provider's report.
 *
 * <p>Start reading at {@link io.stipend.metering.tokens.TokenCounter}.
 */
@NullMarked
package io.stipend.metering.tokens;

import org.jspecify.annotations.NullMarked;
