/**
 * The seeded simulation of budgets and ledger: random programs, judged after every step by a model
 * of its own. Start reading at {@link io.stipend.policy.simulation.SimulationTest}, then {@code
 * Simulation}, which lists the steps.
 */
package io.stipend.policy.simulation;
