package io.stipend.policy.bench;

import io.stipend.metering.ledger.KeyRecord;
import io.stipend.policy.Entitlement;
import io.stipend.policy.ModelCall;
import io.stipend.policy.Permit;
import io.stipend.policy.budget.LocalBudgets;
import io.stipend.policy.budget.Reservation;
import io.stipend.policy.config.QuotaFile;
import io.stipend.policy.identity.KeyRing;
import io.stipend.policy.identity.NewKey;
import io.stipend.policy.limit.RequestLimits;
import io.stipend.policy.store.Freezes;
import io.stipend.policy.store.PolicySnapshot;
import io.stipend.policy.store.PolicyStore;
import io.stipend.policy.store.SnapshotPolicy;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;

/**
 * What a list of people costs: loading it, keeping it, and admitting a call (authenticate, decide,
 * reserve, settle, on a ledger in memory). Arguments: how many people; several are measured one
 * after the other.
 */
public final class People {
  private static final int CALLS = 300_000;

  /** Who is at work at the same time, of however many. */
  private static final int AT_WORK = 10_000;

  private static final int ROUNDS = 3;
  private static final long BYTES = 800;

  private static final String YAML =
      """
      providers:
        openai: { url: "https://api.openai.com", key: "${OPENAI_API_KEY}" }
      calendar: { timezone: Europe/Berlin, currency: USD }
      allowances: { engineer: { amount: 4000000 USD, every: month } }
      organisation: { budget: { amount: 9000000 USD, every: quarter } }
      groups: { research: { budget: { amount: 6000000 USD, every: month } } }
      teams: { payments: { group: research, cost_center: CC-1,
                           budget: { amount: 5000000 USD, every: month } } }
      people_from: people.csv
      """;

  private static final ModelCall CALL =
      new ModelCall(
          "openai-chat", "openai", "gpt-5", 1_024, 1, true, null, BYTES, 0, 0, false, true);

  private final SnapshotPolicy policy;
  private final LocalBudgets budgets;
  private final List<String> credentials;
  private long number;

  private People(SnapshotPolicy policy, List<String> credentials) {
    this.policy = policy;
    this.budgets = new LocalBudgets(new MemoryLedger(), InstantSource.fixed(Workload.NOW));
    this.credentials = credentials;
  }

  /** Runs. */
  public static void main(String[] args) throws IOException {
    // The first one only warms up.
    measure(1_000);
    for (String people : args.length == 0 ? new String[] {"10", "1000", "1000000"} : args) {
      measure(Integer.parseInt(people));
    }
  }

  private static void measure(int people) throws IOException {
    Path folder = Folders.make();
    write(folder, people);
    long before = Meter.heap();
    Meter meter = new Meter();
    QuotaFile.Result result =
        QuotaFile.load(
            folder.resolve("stipend.yaml"), Map.of("OPENAI_API_KEY", "none"), Workload.NOW);
    if (!(result instanceof QuotaFile.Loaded loaded)) {
      throw new IllegalStateException(result + " (expected: a valid file)");
    }
    System.out.printf(Locale.ROOT, "%,d people (load %s): read in %s", people, Meter.load(), meter);
    long read = Meter.heap();
    System.out.printf(Locale.ROOT, ", %,d bytes of heap each%n", (read - before) / people);
    KeyRing keys = KeyRing.open(folder);
    List<String> credentials = keys(keys, people);
    PolicyStore store = new PolicyStore(PolicySnapshot.of(loaded), keys);
    People run =
        new People(
            new SnapshotPolicy(store, new RequestLimits(System::nanoTime), new Freezes()),
            credentials);
    run.rounds(Math.min(AT_WORK, people), "at work");
    if (people > AT_WORK) {
      run.rounds(people, "of whom each has been away for long");
    }
    Folders.delete(folder);
  }

  private static void write(Path folder, int people) throws IOException {
    Files.writeString(folder.resolve("stipend.yaml"), YAML);
    try (BufferedWriter out = Files.newBufferedWriter(folder.resolve("people.csv"))) {
      out.write("id,name,team,allowance,timezone,since,until,fte\n");
      String[] zones = {"Europe/Berlin", "America/New_York", "Asia/Tokyo", ""};
      for (int i = 0; i < people; i++) {
        out.write("person-" + i + ",Person Number " + i + ",payments,engineer," + zones[i % 4]);
        out.write(i % 5 == 0 ? ",2026-11-15," : ",,");
        out.write(i % 7 == 0 ? ",0.5\n" : ",\n");
      }
    }
  }

  private static List<String> keys(KeyRing ring, int people) {
    List<String> credentials = new ArrayList<>(people);
    List<KeyRecord> records = new ArrayList<>(people);
    for (int i = 0; i < people; i++) {
      NewKey key = ring.create("person-" + i, "", null, null, "root", Workload.NOW);
      credentials.add(key.reveal());
      records.add(new KeyRecord(key.created(), null));
    }
    ring.addAll(records);
    return credentials;
  }

  private void rounds(int among, String who) {
    for (int i = 0; i < ROUNDS; i++) {
      admit(among, who);
    }
  }

  private void admit(int among, String who) {
    Random random = new Random(1);
    Meter meter = new Meter();
    for (int i = 0; i < CALLS; i++) {
      Entitlement entitlement =
          policy.authenticate(credentials.get(random.nextInt(among)), Workload.NOW);
      if (entitlement == null
          || !(policy.decide(entitlement, CALL, Workload.NOW) instanceof Permit permit)) {
        throw new IllegalStateException("refused (expected: a permit)");
      }
      Reservation held =
          Workload.reserve(
              budgets, permit.budgets(), Workload.facts(permit.principal().id()), ++number);
      held.sent();
      held.settle(Workload.settlement());
      permit.lease().close();
    }
    System.out.printf(
        Locale.ROOT, "  %,d %s: admissions %s%n", among, who, meter.perOperation(CALLS));
  }
}
