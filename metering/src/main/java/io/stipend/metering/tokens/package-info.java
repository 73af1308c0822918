/**
 * Counting tokens of text before or without a provider's report, and learning what to expect.
 *
 * <p>Start reading at {@link io.stipend.metering.tokens.TokenCounters}: exact counts where a public
 * tokenizer exists. Where none exists, {@link io.stipend.metering.tokens.TokenBound} bounds the
 * input by its bytes and {@link io.stipend.metering.tokens.ExpectedOutput} learns how long answers
 * are. Nothing here is a charge: charges come from what a provider reports.
 */
@NullMarked
package io.stipend.metering.tokens;

import org.jspecify.annotations.NullMarked;
