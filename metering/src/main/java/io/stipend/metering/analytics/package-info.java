/**
 * What needs the analytical engine, DuckDB. It is in a jar of its own, together with the engine:
 * {@code stipend.jar} has neither, and nothing of this runs while it serves.
 *
 * <p>Start reading at {@link io.stipend.metering.analytics.DuckParquet}.
 */
@NullMarked
package io.stipend.metering.analytics;

import org.jspecify.annotations.NullMarked;
