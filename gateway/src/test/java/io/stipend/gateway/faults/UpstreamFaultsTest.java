package io.stipend.gateway.faults;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.util.internal.PlatformDependent;
import io.stipend.gateway.testing.TestGateway;
import io.stipend.metering.Unit;
import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.UsageRow;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** Every fault in every form of answer: what comes of it is what is stated, in money above all. */
class UpstreamFaultsTest {
  private static final Path PAGE = Path.of("../docs/upstream-faults.md");
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final int ROUNDS = 5;

  /** What comes and goes, and is no leak: 2 KiB for each cell that is measured would be more. */
  private static final long MOST_GROWTH_BYTES = 10 << 20;

  @Test
  void everyCellComesOutAsStatedRoundAfterRound() throws Exception {
    try (FaultBench bench = new FaultBench()) {
      bench.warmUp();
      round(bench, false);
      // Once is enough for what takes time; by now nothing else does.
      round(bench, true);
      final long first = memory();
      for (int i = 2; i < ROUNDS; i++) {
        round(bench, false);
      }
      // What is still being written to the ledger goes by itself.
      Awaitility.await()
          .atMost(PATIENCE)
          .untilAsserted(
              () ->
                  assertThat(memory() - first)
                      .as("bytes that %d rounds left behind", ROUNDS - 2)
                      .isLessThan(MOST_GROWTH_BYTES));
      assertThat(bench.trapped()).as("redirects that were followed").isZero();
    }
  }

  private static void round(FaultBench bench, boolean slowToo) throws Exception {
    int before = bench.provider().connections();
    List<Run> runs = bench.round(slowToo);
    settled(bench.gateway());
    Map<String, UsageRow> rows = bench.rows();
    List<String> wrong = new ArrayList<>();
    int closed = 0;
    for (Run run : runs) {
      look(run, rows.get(run.exchangeId), wrong);
      closed += run.fault.stated().get(run.form).connection().equals("closed") ? 1 : 0;
    }
    assertThat(wrong).as("%d of %d cells", wrong.size(), runs.size()).isEmpty();
    assertThat(bench.provider().faults()).isEmpty();
    assertThat(bench.provider().connections() - before)
        .as("connections, where %d had to be closed", closed)
        .isBetween(closed - 1, closed + FaultBench.MOST_AT_ONCE);
  }

  private static void look(Run run, UsageRow row, List<String> wrong) throws Exception {
    Stated stated = run.fault.stated().get(run.form);
    if (row == null) {
      wrong.add(run + ": no row, status " + run.status + " " + run.body);
      return;
    }
    Stated seen = seen(run, row, stated);
    if (!seen.equals(stated)) {
      wrong.add(run + ": " + seen + " (expected: " + stated + ")");
    }
    String id = run.fault.isHeadless() ? null : run.id;
    if (!Objects.equals(id, row.providerRequestId())) {
      wrong.add(run + ": provider_request_id " + row.providerRequestId());
    }
    if (row.httpStatus() != (run.fault.isHeadless() ? 0 : stated.status())) {
      wrong.add(run + ": http_status " + row.httpStatus());
    }
    if (row.nanos() < run.bill() || row.nanos() > run.most()) {
      wrong.add(
          "%s: charged %d (expected: at least %d, which is billed, at most %d)"
              .formatted(run, row.nanos(), run.bill(), run.most()));
    }
    boolean assumed = row.usageSource() == UsageSource.ASSUMED;
    if (assumed != row.flags().contains("assumed") || (assumed && row.nanos() == 0)) {
      wrong.add(run + ": flags " + row.flags() + ", charged " + row.nanos());
    }
    if (!run.keySeen || (run.headers + run.body).contains(LyingProvider.KEY)) {
      wrong.add(run + ": the provider's key was not sent, or was shown");
    }
  }

  /** What came of it, in the words of what is stated. */
  private static Stated seen(Run run, UsageRow row, Stated stated) throws InterruptedException {
    if (stated.connection().equals("closed")) {
      run.connectionKnown.await(FaultBench.CLOSING_SECONDS, TimeUnit.SECONDS);
    }
    boolean closed = run.connectionKnown.getCount() == 0 && !run.reused;
    boolean covers = stated.charge().equals("covers") && row.nanos() >= run.bill();
    return new Stated(
        row.outcome(),
        run.status,
        run.end(),
        row.usageSource().name().toLowerCase(Locale.ROOT),
        row.nanos() == run.bill() && !covers ? "bill" : "covers",
        closed ? "closed" : "kept");
  }

  /** Nothing is held; what is used is the sum of all rows; the ledger is whole. */
  private static void settled(TestGateway gateway) {
    Awaitility.await()
        .atMost(PATIENCE)
        .untilAsserted(() -> assertThat(gateway.balance("ada").held()).isEqualTo("0"));
    long sum = gateway.rows().stream().mapToLong(UsageRow::nanos).sum();
    assertThat(Unit.USD.parse(gateway.balance("ada").used())).isEqualTo(sum);
    assertThat(gateway.verify().problems()).isEmpty();
  }

  private static long memory() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory() + PlatformDependent.usedDirectMemory();
  }

  @Test
  void everyFormIsInTheTableAndEveryCellSaysWhatItMust() {
    Set<Form> seen = EnumSet.noneOf(Form.class);
    Set<String> names = new HashSet<>();
    for (Fault fault : FaultTable.all(1)) {
      assertThat(fault.stated()).as(fault.name).isNotEmpty();
      assertThat(names.add(fault.section + fault.name)).as(fault.name).isTrue();
      seen.addAll(fault.stated().keySet());
    }
    assertThat(seen).containsExactlyInAnyOrder(Form.values());
  }

  /** Run with {@code -Dstipend.docs.write=true} to write the page anew. */
  @Test
  void thePageSaysWhatTheTableDoes() throws IOException {
    String page = FaultPage.of(FaultTable.all(1));
    if (Boolean.getBoolean("stipend.docs.write")) {
      Files.writeString(PAGE, page);
    }
    assertThat(PAGE)
        .as("docs/upstream-faults.md is out of date; -Dstipend.docs.write=true writes it")
        .hasContent(page);
  }
}
