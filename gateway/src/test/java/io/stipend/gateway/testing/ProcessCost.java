package io.stipend.gateway.testing;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What processes have used so far, as Linux counts it.
 *
 * @param cpuMicros user and system time, children that were waited for not included
 * @param residentKib resident memory
 */
public record ProcessCost(long cpuMicros, long residentKib) {
  /** Linux shows times in hundredths of a second on every architecture. */
  private static final long MICROS_PER_TICK = 10_000;

  private static final int USER_TIME = 11;
  private static final int SYSTEM_TIME = 12;

  public static ProcessCost of(List<Long> pids) {
    long micros = 0;
    long kib = 0;
    try {
      for (long pid : pids) {
        Path proc = Path.of("/proc", String.valueOf(pid));
        String stat = Files.readString(proc.resolve("stat"));
        // The name in parentheses may hold blanks; the fields after it do not.
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        micros +=
            (Long.parseLong(fields[USER_TIME]) + Long.parseLong(fields[SYSTEM_TIME]))
                * MICROS_PER_TICK;
        for (String line : Files.readAllLines(proc.resolve("status"))) {
          if (line.startsWith("VmRSS:")) {
            kib += Long.parseLong(line.replaceAll("[^0-9]", ""));
          }
        }
      }
    } catch (IOException e) {
      throw new IllegalArgumentException("pids: " + pids + " (expected: processes that run)", e);
    }
    return new ProcessCost(micros, kib);
  }
}
