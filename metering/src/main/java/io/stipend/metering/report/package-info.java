/**
 * Sums of the ledger's usage that answer a question.
 *
 * <p>Start reading at {@link io.stipend.metering.report.SessionReport}.
 */
@NullMarked
package io.stipend.metering.report;

import org.jspecify.annotations.NullMarked;
