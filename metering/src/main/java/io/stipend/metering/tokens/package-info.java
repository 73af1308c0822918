/**
 * Counting tokens of text before or without a provider's report, and learning what to expect.
 *
 * <p>Start reading at {@link io.stipend.metering.tokens.TokenCounters}: exact counts where a public
 * tokenizer exists. What is learned from reports is in {@link io.stipend.metering.tokens.Learned}:
 * {@link io.stipend.metering.tokens.TokenBound} bounds tokens by bytes and {@link
 * io.stipend.metering.tokens.ExpectedOutput} knows how long answers are; {@link
 * io.stipend.metering.tokens.LearnedFile} keeps both across restarts. Nothing here is a charge:
 * charges come from what a provider reports.
 */
@NullMarked
package io.stipend.metering.tokens;

import org.jspecify.annotations.NullMarked;
