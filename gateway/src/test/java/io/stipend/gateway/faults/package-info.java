/**
 * What upstreams do that they should not: one table of faults × dialect × kind of answer, each cell
 * with one stated outcome, run end to end. {@code docs/upstream-faults.md} is written from it.
 *
 * <p>Start reading at {@code Fault}: what is done, what it is billed, and what must come of it.
 * {@code FaultTable} holds all of them, {@code LyingProvider} does them, {@code UpstreamFaultsTest}
 * looks at what came of it.
 */
package io.stipend.gateway.faults;
