/**
 * What a provider says that it billed beside what the ledger holds: each difference named by what
 * is known of it, and the corrections that would mend it.
 *
 * <p>Start reading at {@link io.stipend.metering.reconcile.Reconciliation}. Files are read by
 * {@link io.stipend.metering.reconcile.ProviderFiles}; the reasons are those of {@link
 * io.stipend.metering.reconcile.Reason}. Nothing here changes the ledger.
 */
@NullMarked
package io.stipend.metering.reconcile;

import org.jspecify.annotations.NullMarked;
