package io.stipend.policy.bench;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.Locale;

/**
 * Wall time and processor time of this process since it was made. Where other processes compete,
 * only processor time says something, and even that only beside a baseline of the same run.
 */
final class Meter {
  private static final OperatingSystemMXBean PROCESS =
      (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

  private final long wall = System.nanoTime();
  private final long cpu = PROCESS.getProcessCpuTime();

  static long cpuNow() {
    return PROCESS.getProcessCpuTime();
  }

  /** Load average of the machine, so that figures say what they were measured under. */
  static String load() {
    return String.format(Locale.ROOT, "%.1f", PROCESS.getSystemLoadAverage());
  }

  double wallSeconds() {
    return (System.nanoTime() - wall) / 1e9;
  }

  double cpuSeconds() {
    return (PROCESS.getProcessCpuTime() - cpu) / 1e9;
  }

  String perOperation(long operations) {
    return String.format(
        Locale.ROOT,
        "%,d in %.2f s wall, %.2f s CPU: %,.0f/s wall, %.2f us CPU each",
        operations,
        wallSeconds(),
        cpuSeconds(),
        operations / wallSeconds(),
        cpuSeconds() * 1e6 / operations);
  }

  @Override
  public String toString() {
    return String.format(Locale.ROOT, "%.2f s wall, %.2f s CPU", wallSeconds(), cpuSeconds());
  }

  /** Bytes of the heap that are in use after collection. */
  static long heap() {
    Runtime runtime = Runtime.getRuntime();
    for (int i = 0; i < 3; i++) {
      System.gc();
    }
    return runtime.totalMemory() - runtime.freeMemory();
  }
}
