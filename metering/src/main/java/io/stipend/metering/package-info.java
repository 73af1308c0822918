/**
 * What was used, what it costs, and the record of it.
 *
 * <p>This package owns the value records that every other package speaks in, and the words of a
 * suggestion. Start reading at {@link io.stipend.metering.TokenUsage}, then {@link
 * io.stipend.metering.Charge}.
 */
@NullMarked
package io.stipend.metering;

import org.jspecify.annotations.NullMarked;
