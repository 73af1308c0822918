package io.stipend.policy.simulation;

import static io.stipend.policy.simulation.Model.require;

import io.stipend.metering.Charge;
import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.AttemptId;
import io.stipend.metering.ledger.LedgerEntry.Released;
import io.stipend.metering.ledger.LedgerEntry.Reserved;
import io.stipend.metering.ledger.LedgerEntry.Settled;
import io.stipend.metering.ledger.SimulatedDisk.Crash;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * What must have become of every attempt of a process that died. A killed process leaves its
 * in-flight table: everything sent is booked. A power cut may take attempts whose reservation was
 * not durable, and the marks of the table; never the booking of what was durably reserved and sent.
 */
final class Recovered {
  private final World world;
  private final Process last;
  private final int survived;
  private final boolean power;

  Recovered(World world, Process last, int survived, Crash how) {
    this.world = world;
    this.last = last;
    this.survived = survived;
    this.power = how == Crash.POWER_CUT;
  }

  void check() {
    Set<AttemptId> reserved = new HashSet<>();
    Set<AttemptId> ended = new HashSet<>();
    List<Recorder.Recorded> handed = last.handed();
    for (int i = 0; i < survived; i++) {
      if (handed.get(i).entry instanceof Reserved r) {
        reserved.add(r.id());
      } else if (handed.get(i).entry instanceof Settled s) {
        ended.add(s.id());
      } else if (handed.get(i).entry instanceof Released r) {
        ended.add(r.id());
      }
    }
    for (Call call : world.calls) {
      if (!ended.contains(call.id)) {
        check(call, reserved.contains(call.id));
      }
    }
  }

  private void check(Call call, boolean reserved) {
    Settled settled = world.model.settled().get(call.id);
    Released released = world.model.released().get(call.id);
    if (call.sent) {
      require(released == null, "I4 sent, and released after a crash: " + call);
      require(settled != null || (power && !reserved), "I8 sent, and forgotten: " + call);
    } else if (!power) {
      require(settled == null, "I4 never sent, and settled after a crash: " + call);
      require((released != null) == reserved, "I4 never sent, and not released: " + call);
    }
    if (settled == null) {
      call.bill = Charge.ZERO;
      call.sent = false;
      return;
    }
    require(settled.source() == UsageSource.ASSUMED, "nobody reported: " + settled);
    if (power) {
      require(
          settled.nanos() >= call.facts.expectedNanos() && settled.nanos() <= call.recoveredNanos(),
          "assumed " + settled + ", expected up to " + call.recoveredNanos());
    } else {
      require(
          settled.nanos() == call.recoveredNanos()
              && settled.usage().total() == call.recoveredTokens(),
          "assumed "
              + settled
              + ", expected "
              + call.recoveredNanos()
              + ", "
              + call.recoveredTokens());
    }
    // What it really cost nobody knows; an unsent one cost nothing.
    if (call.bill == null) {
      call.bill = call.sent ? call.seen : Charge.ZERO;
    }
  }
}
