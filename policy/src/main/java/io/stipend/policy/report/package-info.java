/**
 * What reports over the ledger need of the quota file and the accounts, as plain records.
 *
 * <p>Start reading at {@link io.stipend.policy.report.QuotaFacts}.
 */
@NullMarked
package io.stipend.policy.report;

import org.jspecify.annotations.NullMarked;
