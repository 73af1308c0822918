package io.stipend.gateway.faults;

import java.util.ArrayList;
import java.util.List;

/** All faults. */
final class FaultTable {
  private FaultTable() {}

  /**
   * In the order of the page.
   *
   * @param trapPort where redirects lead
   */
  static List<Fault> all(int trapPort) {
    List<Fault> all = new ArrayList<>(UsageFaults.all());
    all.addAll(StreamFaults.all());
    all.addAll(WireFaults.all());
    all.addAll(HeadFaults.all(trapPort));
    return all;
  }
}
