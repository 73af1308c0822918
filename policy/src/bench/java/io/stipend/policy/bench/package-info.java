/**
 * Benchmarks of budgets, ledger and quota file, no part of the build; {@code docs/performance.md}
 * says how to run them. Start reading at {@link io.stipend.policy.bench.Workload}.
 */
package io.stipend.policy.bench;
