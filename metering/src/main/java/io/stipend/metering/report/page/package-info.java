/**
 * A report as one value (facts, tables, charts, notes), and what writes it as text, CSV, JSON or a
 * page of HTML that needs nothing else.
 *
 * <p>Start reading at {@link io.stipend.metering.report.page.Report}.
 */
@NullMarked
package io.stipend.metering.report.page;

import org.jspecify.annotations.NullMarked;
