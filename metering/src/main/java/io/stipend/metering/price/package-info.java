/**
 * Rate cards and what a usage costs under them.
 *
 * <p>Start reading at {@link io.stipend.metering.price.Rating}: it prices one exchange from start
 * to end with the card that was pinned when it began.
 */
@NullMarked
package io.stipend.metering.price;

import org.jspecify.annotations.NullMarked;
