package io.stipend.policy.simulation;

import static io.stipend.policy.simulation.Model.require;

import io.stipend.metering.ledger.AttemptId;
import io.stipend.metering.ledger.Journal;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.LedgerEntry.Extended;
import io.stipend.metering.ledger.LedgerEntry.Frozen;
import io.stipend.metering.ledger.LedgerEntry.Released;
import io.stipend.metering.ledger.LedgerEntry.Reserved;
import io.stipend.metering.ledger.LedgerEntry.Settled;
import io.stipend.metering.ledger.Posting;
import io.stipend.metering.ledger.SimulatedDisk;
import io.stipend.metering.ledger.SqliteLedger;
import io.stipend.policy.budget.BudgetsProbe;
import io.stipend.policy.budget.LocalBudgets;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One process from its start to its end: the real budgets over the real ledger, and what was handed
 * over, acknowledged and found on the disk. Either everything is durable after each step, or the
 * disk is stalled: then commits come when the program says so.
 */
final class Process {
  static final int SLOTS = 48;

  final SqliteLedger ledger;
  final Recorder recorder;
  final LocalBudgets budgets;
  private final SimulatedDisk disk;
  private final InstantSource clock;
  private final Journal journal;

  /** What this process found when it started, recovery included. */
  final List<LedgerEntry> found;

  private final List<Recorder.Recorded> handed = new ArrayList<>();
  private int events;
  private int acknowledged;
  private int onDisk;
  private int plugs;
  private final Model model;

  Process(SimulatedDisk disk, InstantSource clock, int warm, Model model) {
    this.disk = disk;
    this.clock = clock;
    this.model = model;
    ledger = disk.open(SLOTS, clock);
    journal = Journal.open(disk.folder());
    found = journal.more();
    recorder = new Recorder(ledger, disk::changed);
    budgets = BudgetsProbe.budgets(recorder, clock, warm);
    model.restore(found);
  }

  /** What was handed over, in order. */
  List<Recorder.Recorded> handed() {
    return handed;
  }

  /** Stalls the disk with a commit of nothing that matters before it. */
  void stall() {
    settle();
    disk.stall();
    plug();
  }

  private void plug() {
    String id = "plug-" + clock.instant().toEpochMilli() + "-" + found.size() + "-" + ++plugs;
    recorder.append(new Frozen(clock.instant(), id, "person/nobody", false, "", "simulation"));
    disk.await("the plug", disk::waiting);
  }

  /** Lets one batch pass. */
  void commitOne() {
    disk.passOne();
    disk.await("a batch", () -> disk.waiting() || recorder.idle() || ledger.poisoned());
    if (!disk.waiting() && !ledger.poisoned()) {
      plug();
    }
  }

  /** All is durable, unless the ledger failed. */
  void settle() {
    disk.unstall();
    disk.await("quiet", recorder::idle);
  }

  /** Brings the model up to all that happened. */
  void applyNew() {
    for (Recorder.Event event : recorder.from(events)) {
      events++;
      LedgerEntry entry = event.of().entry;
      if (event.durable()) {
        require(
            handed.get(acknowledged++) == event.of(), () -> "acknowledged out of order: " + entry);
        model.durable(entry);
      } else {
        handed.add(event.of());
        model.apply(entry);
      }
    }
  }

  /** The disk must have what was acknowledged, in order. Nothing may be running. */
  void applyDurable() {
    applyNew();
    for (LedgerEntry entry : journal.more()) {
      require(onDisk < handed.size(), () -> "I7 on the disk, and nobody handed it over: " + entry);
      Recorder.Recorded expected = handed.get(onDisk++);
      require(
          same(expected.entry, entry), () -> "I7 on the disk " + entry + ", expected " + expected);
    }
    require(acknowledged <= onDisk, "I7 acknowledged " + acknowledged + ", on the disk " + onDisk);
    for (Recorder.Recorded one : handed.subList(acknowledged, handed.size())) {
      require(
          one.failure == null || ledger.poisoned(), "refused by a sound ledger: " + one.failure);
    }
  }

  /** How many of the entries were acknowledged. */
  int acknowledged() {
    return acknowledged;
  }

  /** Ends: what is open is closed, and nothing of it counts any more. */
  void end() {
    journal.close();
    ledger.close();
  }

  /** Whether both say the same; what the ledger need not keep is not compared. */
  static boolean same(LedgerEntry a, LedgerEntry b) {
    if (a instanceof Reserved x && b instanceof Reserved y) {
      return x.at().equals(y.at())
          && x.id().equals(y.id())
          && sums(x.holds()).equals(sums(y.holds()));
    } else if (a instanceof Extended x && b instanceof Extended y) {
      return x.id().equals(y.id()) && sums(x.more()).equals(sums(y.more()));
    } else if (a instanceof Settled x && b instanceof Settled y) {
      return x.id().equals(y.id())
          && x.nanos() == y.nanos()
          && x.source() == y.source()
          && x.usage().equals(y.usage())
          && sums(x.debits()).equals(sums(y.debits()));
    } else if (a instanceof Released x && b instanceof Released y) {
      return x.id().equals(y.id());
    }
    return a.equals(b);
  }

  private static Map<String, Long> sums(List<Posting> postings) {
    Map<String, Long> sums = new HashMap<>();
    postings.forEach(p -> sums.merge(p.account().toString(), p.amount(), Long::sum));
    sums.values().removeIf(amount -> amount == 0);
    return sums;
  }

  /**
   * How many of the entries that the last process handed over this one found: all that was
   * acknowledged, none out of order, and after them only what recovery enters.
   */
  int survived(Process last, int before) {
    int same = 0;
    List<LedgerEntry> mine = found.subList(before, found.size());
    while (same < mine.size()
        && same < last.handed.size()
        && same(last.handed.get(same).entry, mine.get(same))) {
      same++;
    }
    require(
        same >= last.acknowledged(),
        "I7 lost what was acknowledged: found "
            + same
            + " of "
            + last.acknowledged()
            + ", then "
            + (same < mine.size() ? mine.get(same) : "nothing")
            + "\n expected "
            + (same < last.handed.size() ? last.handed.get(same) : "nothing"));
    Set<AttemptId> ended = new HashSet<>();
    for (LedgerEntry entry : mine.subList(same, mine.size())) {
      AttemptId id = Recorder.attempt(entry);
      boolean end = entry instanceof Settled s && s.outcome().equals("crashed");
      end |= entry instanceof Released r && r.outcome().equals("crashed");
      require(id != null && (entry instanceof Reserved || end), "I7 half present: " + entry);
      require(!end || ended.add(id), "recovered twice: " + entry);
    }
    return same;
  }
}
