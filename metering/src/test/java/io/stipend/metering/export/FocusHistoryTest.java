package io.stipend.metering.export;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.metering.export.FocusExport.FocusOptions;
import io.stipend.metering.export.FocusFile.Row;
import io.stipend.metering.ledger.LedgerOptions;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.Progress;
import io.stipend.metering.ledger.Redaction;
import io.stipend.metering.ledger.RetentionClass;
import io.stipend.metering.price.Rating;
import java.io.StringWriter;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.time.YearMonth;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** FOCUS files of random ledgers: each is without fault, and adds up to the ledger and to CSV. */
class FocusHistoryTest {
  private static final int SEEDS = Boolean.getBoolean("stipend.tests.full") ? 200 : 4;
  private static final int STEPS = 160;
  private static final List<String> TOKENS =
      List.of("x_InputTokens", "x_CacheReadTokens", "x_CacheWriteTokens", "x_OutputTokens");

  private static final List<String> EXPECTED =
      List.of(
          "Correction",
          "Adjustment",
          "USD",
          "EUR",
          "Unitemized Usage",
          "Input Tokens",
          "Cache Write 1h Input Tokens",
          "Audio Input Tokens",
          "Image Output Tokens",
          "Images",
          "Web Searches",
          "Characters",
          "mixed",
          "estimated",
          "provider",
          "flex");

  @TempDir Path folder;

  @Test
  void everyFileIsWithoutFaultAndAddsUpToTheLedger() throws Exception {
    Set<String> seen = new HashSet<>();
    for (int seed = 0; seed < SEEDS; seed++) {
      try (FocusHistory history =
          new FocusHistory(folder.resolve("seed" + seed), seed).reopening().steps(STEPS)) {
        try (LedgerReader reader = history.reader()) {
          check(
              reader, FocusHistory.START.minusSeconds(86_400L * 30), FocusHistory.END, seed, seen);
          check(
              reader,
              Instant.parse("2026-10-02T00:00:00Z"),
              Instant.parse("2026-11-03T00:00:00Z"),
              seed,
              seen);
        }
      }
    }
    assertThat(seen)
        .as("what these histories hold")
        .contains(
            "Correction",
            "Adjustment",
            "USD",
            "EUR",
            "Unitemized Usage",
            "Input Tokens",
            "Cache Write 1h Input Tokens",
            "Audio Input Tokens",
            "Image Output Tokens",
            "Images",
            "Web Searches",
            "Characters",
            "mixed",
            "estimated",
            "provider",
            "flex");
  }

  private static void check(
      LedgerReader reader, Instant from, Instant to, int seed, Set<String> seen) {
    FocusSums ledger = FocusSums.of(reader, from, to);
    FocusFile csv = export(reader, from, to, null);
    for (FocusVersion version : FocusVersion.values()) {
      FocusFile file = export(reader, from, to, version);
      assertThat(FocusChecker.check(version, file, FocusSchema.of(version, "test"), ledger))
          .as("seed %d, %s, from %s", seed, version, from)
          .isEmpty();
      assertThat(byCsvKey(file, csv)).as("seed %d, %s", seed, version).isEmpty();
      file.rows.forEach(row -> seen.addAll(row.cells.values()));
    }
  }

  @Test
  void filesOfClosedMonthsStayAsTheyAre() throws Exception {
    for (int seed = 100; seed < 100 + SEEDS; seed++) {
      try (FocusHistory history =
          new FocusHistory(folder.resolve("seed" + seed), seed).steps(STEPS)) {
        history.close(YearMonth.of(2026, 9));
        history.close(YearMonth.of(2026, 10));
        Map<YearMonth, String> before = months(history);
        history.steps(60);
        try (LedgerReader reader = history.reader()) {
          for (Map.Entry<YearMonth, String> month : before.entrySet()) {
            List<String> changed = new ArrayList<>(text(reader, month.getKey()).lines().toList());
            changed.removeAll(month.getValue().lines().toList());
            assertThat(changed).as("seed %d, %s", seed, month.getKey()).isEmpty();
            assertThat(text(reader, month.getKey())).hasSameSizeAs(month.getValue());
          }
        }
      }
    }
  }

  @Test
  void aCleanUpTakesTextAndNothingOfWhatAnythingCost() throws Exception {
    for (int seed = 200; seed < 200 + SEEDS; seed++) {
      Path data = folder.resolve("seed" + seed);
      List<String> before;
      try (FocusHistory history = new FocusHistory(data, seed).steps(STEPS);
          LedgerReader reader = history.reader()) {
        before = outputs(reader);
      }
      Map<RetentionClass, Instant> cuts = new EnumMap<>(RetentionClass.class);
      for (RetentionClass kind : RetentionClass.values()) {
        cuts.put(kind, FocusHistory.END);
      }
      Redaction.clean(
          data,
          cuts,
          new Redaction.Order(
              "eve", "", false, InstantSource.fixed(FocusHistory.END), LedgerOptions.defaults()),
          Progress.NONE);
      try (LedgerReader reader = LedgerReader.open(data)) {
        List<String> changed = outputs(reader);
        assertThat(changed).as("seed %d", seed).hasSameSizeAs(before);
        changed.removeAll(before);
        assertThat(changed).as("seed %d", seed).isEmpty();
      }
    }
  }

  /** All that tells amounts, without the labels that may go. */
  private static List<String> outputs(LedgerReader reader) {
    Instant from = FocusHistory.START.minusSeconds(86_400L * 30);
    List<String> rows = new ArrayList<>();
    for (Row row : export(reader, from, FocusHistory.END, null).rows) {
      Map<String, @Nullable String> cells = new TreeMap<>(row.cells);
      cells.keySet().removeAll(Set.of("session_id", "client", "agent_id", "parent_agent_id"));
      cells.remove("provider_request_id");
      rows.add(cells.toString());
    }
    for (Row row : export(reader, from, FocusHistory.END, FocusVersion.V1_4).rows) {
      rows.add(new TreeMap<>(row.cells).toString());
    }
    return rows;
  }

  private static Map<YearMonth, String> months(FocusHistory history) throws Exception {
    Map<YearMonth, String> months = new TreeMap<>();
    try (LedgerReader reader = history.reader()) {
      history.closed().forEach(month -> months.put(month, text(reader, month)));
    }
    assertThat(months).hasSizeGreaterThan(1);
    return months;
  }

  private static String text(LedgerReader reader, YearMonth month) {
    Instant from = month.atDay(1).atStartOfDay(ZoneOffset.UTC).toInstant();
    Instant to = month.plusMonths(1).atDay(1).atStartOfDay(ZoneOffset.UTC).toInstant();
    StringWriter out = new StringWriter();
    focus(FocusVersion.V1_4).write(reader, from, to, out, Progress.NONE);
    return out.toString();
  }

  private static FocusExport focus(FocusVersion version) {
    return new FocusExport(new FocusOptions(version, Map.of()));
  }

  /** A file of a version; CSV of attempts if it is null. */
  private static FocusFile export(
      LedgerReader reader, Instant from, Instant to, @Nullable FocusVersion version) {
    StringWriter out = new StringWriter();
    UsageExport.Summary summary =
        version == null
            ? UsageExport.write(reader, from, to, UsageExport.Format.CSV, out)
            : focus(version).write(reader, from, to, out, Progress.NONE);
    FocusFile file = FocusFile.parse(out.toString());
    assertThat(summary.rows()).isEqualTo(file.rows.size());
    return file;
  }

  /** Sums of rows that both formats have in common. */
  private static final class Sum {
    private final long[] tokens = new long[TOKENS.size()];
    private BigDecimal cost = BigDecimal.ZERO;
    private long requests;
    private long entries;
  }

  /** What differs between the rows of attempts and those of FOCUS, put together by the same key. */
  private static List<String> byCsvKey(FocusFile focus, FocusFile csv) {
    Map<String, Sum> attempts = new TreeMap<>();
    csv.rows.forEach(row -> addAttempt(attempts, row));
    Map<String, Sum> sums = new HashMap<>();
    focus.rows.stream()
        .filter(row -> row.is("ChargeCategory", "Usage"))
        .forEach(row -> addUsage(sums, row));
    List<String> differences = new ArrayList<>();
    for (Map.Entry<String, Sum> entry : attempts.entrySet()) {
      Sum expected = entry.getValue();
      Sum found = sums.remove(entry.getKey());
      boolean same = found != null && found.requests == expected.requests;
      for (int i = 0; same && found != null && i < TOKENS.size(); i++) {
        same = found.tokens[i] == expected.tokens[i];
      }
      // Less than a nano-unit for each entry stands in the row of rounding.
      BigDecimal most = BigDecimal.valueOf(expected.entries, 9);
      if (!same || found == null || found.cost.subtract(expected.cost).abs().compareTo(most) >= 0) {
        differences.add(entry.getKey());
      }
    }
    differences.addAll(sums.keySet());
    return differences;
  }

  private static void addAttempt(Map<String, Sum> sums, Row row) {
    String tier = row.get("service_tier");
    String key =
        String.join(
            "|",
            ("" + row.get("started_at")).substring(0, 10),
            row.get("person"),
            row.get("team"),
            row.get("cost_center"),
            row.get("project"),
            row.get("key_id"),
            row.get("provider"),
            row.get("model_served"),
            tier == null || Rating.isDefaultTier(tier) ? null : tier.toLowerCase(Locale.ROOT),
            row.get("currency"),
            row.get("price_version"));
    long[] tokens = {
      row.number("input_tokens").longValueExact(),
      row.number("cache_read_tokens").longValueExact(),
      row.number("cache_write_tokens").longValueExact(),
      row.number("output_tokens").longValueExact()
    };
    boolean nothing = row.number("cost").signum() == 0;
    for (long count : tokens) {
      nothing &= count == 0;
    }
    if (nothing) {
      return;
    }
    Sum sum = sums.computeIfAbsent(key, k -> new Sum());
    for (int i = 0; i < tokens.length; i++) {
      sum.tokens[i] += tokens[i];
    }
    sum.cost = sum.cost.add(row.number("cost"));
    sum.requests += row.is("outcome", "correction") ? 0 : 1;
    sum.entries++;
  }

  private static void addUsage(Map<String, Sum> sums, Row row) {
    String key =
        String.join(
            "|",
            ("" + row.get("x_BookedDate")).substring(0, 10),
            row.get("x_ConsumerId"),
            row.get("SubAccountId"),
            row.get("x_CostCenter"),
            row.get("x_Project"),
            row.get("x_CredentialId"),
            row.get("BillingAccountId"),
            row.get("ResourceName"),
            row.get("x_ServiceTier"),
            row.get("BillingCurrency"),
            row.get("x_PriceVersion"));
    Sum sum = sums.computeIfAbsent(key, k -> new Sum());
    for (int i = 0; i < TOKENS.size(); i++) {
      sum.tokens[i] += row.number(TOKENS.get(i)).longValueExact();
    }
    sum.cost = sum.cost.add(row.number("BilledCost"));
    sum.requests += row.number("x_RequestCount").longValueExact();
  }
}
