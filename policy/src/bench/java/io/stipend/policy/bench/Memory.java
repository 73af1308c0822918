package io.stipend.policy.bench;

import io.stipend.policy.budget.LocalBudgets;
import java.time.InstantSource;
import java.util.Locale;

/** Bytes of heap that an account takes while it is in memory. Arguments: people. */
public final class Memory {
  private Memory() {}

  /** Runs. */
  public static void main(String[] args) {
    int people = EndToEnd.number(args, 0, 150_000);
    Workload workload = new Workload(people, false);
    LocalBudgets budgets = new LocalBudgets(new MemoryLedger(), InstantSource.fixed(Workload.NOW));
    long before = Meter.heap();
    for (int i = 0; i < people; i++) {
      workload.reserve(budgets, i, i).release("unreachable", Workload.NOW).join();
    }
    long after = Meter.heap();
    System.out.printf(
        Locale.ROOT, "%,d people: %,d bytes of heap each%n", people, (after - before) / people);
    // Keeps both alive until here.
    System.out.println(workload.people() + " " + budgets.openReservations());
  }
}
