/**
 * Rate cards and what a usage costs under them.
 *
 * <p>Start reading at {@link io.stipend.metering.price.RateCards}, which loads the cards and finds
 * the {@link io.stipend.metering.price.Rating} that prices one exchange from start to end. Prices
 * are integers of 10⁻¹² of the currency per token; a charge is rounded up once to 10⁻⁹.
 */
@NullMarked
package io.stipend.metering.price;

import org.jspecify.annotations.NullMarked;
