/**
 * The commands of {@code stipend.jar}: arguments in, text or JSON and an exit code out.
 *
 * <p>Start reading at {@link io.stipend.gateway.cli.Stipend}, which lists them. A command that
 * changes something works through a {@code Workspace}: the ledger itself, or the gateway that holds
 * it.
 */
@NullMarked
package io.stipend.gateway.cli;

import org.jspecify.annotations.NullMarked;
