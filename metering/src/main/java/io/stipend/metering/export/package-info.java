/**
 * Files that finance reads, written from the ledger: one writer per format over one row model.
 *
 * <p>Start reading at {@link io.stipend.metering.export.UsageExport}.
 */
@NullMarked
package io.stipend.metering.export;

import org.jspecify.annotations.NullMarked;
