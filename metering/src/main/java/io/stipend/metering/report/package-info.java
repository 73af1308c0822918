/**
 * Reports over the lines of the books: sums of what was used that answer a question of finance.
 * What only the quota file knows (budgets, who is in which team) comes in as plain records.
 *
 * <p>Start reading at {@link io.stipend.metering.report.Chargeback}: it reads through {@link
 * io.stipend.metering.report.UsageSums}, the one pass over the lines, and is shown by a page of its
 * own, as every report is.
 */
@NullMarked
package io.stipend.metering.report;

import org.jspecify.annotations.NullMarked;
