/**
 * What one person's allowance was, and what became of it: read like a pay slip.
 *
 * <p>Start reading at {@link io.stipend.metering.report.statement.Statement}; {@code Movements}
 * turns the entries of the ledger into dated amounts that add up to every balance, {@code UseTally}
 * sums up the lines of the books, and {@code StatementText} and {@code StatementReport} write.
 */
@NullMarked
package io.stipend.metering.report.statement;

import org.jspecify.annotations.NullMarked;
