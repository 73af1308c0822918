package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.gateway.demo.FakeProvider;
import io.stipend.gateway.demo.FakeProvider.Billed;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.UsageRow;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Holds a ledger against a provider's own tally, attempt by attempt. Each call of a load carries a
 * number: as its {@code x-session-id}, which the ledger keeps, and as its count of input tokens,
 * which the provider does.
 *
 * @param rows all rows of the ledger
 */
record ServedLedger(List<UsageRow> rows) {
  private static final Duration AHEAD = Duration.ofHours(1);
  private static final String SESSION = "call-";

  /** Nano-USD for each token. */
  private record Price(long input, long output) {
    long of(TokenUsage usage) {
      return usage.input() * input + usage.output() * output;
    }
  }

  private static final Map<String, Price> PRICES =
      Map.of(
          Wire.CHAT.model, new Price(150, 600), //
          Wire.MESSAGES.model, new Price(1_000, 5_000));

  static ServedLedger read(Path data) {
    List<UsageRow> rows = new ArrayList<>();
    try (LedgerReader reader = LedgerReader.open(data)) {
      assertThat(reader.verify().problems()).isEmpty();
      reader.usage(Instant.EPOCH, Instant.now().plus(AHEAD), rows::add);
    }
    return new ServedLedger(rows);
  }

  static String session(long number) {
    return SESSION + number;
  }

  /** A body whose prompt comes to exactly this many input tokens at the made-up provider. */
  static String body(Wire wire, long number, boolean stream) {
    // The role is a word too, and every prompt is one token more than its words.
    String prompt = "word".repeat(Math.toIntExact(number - 2));
    return "{\"model\":\""
        + wire.model
        + "\",\"max_tokens\":1000,\"stream\":"
        + stream
        + ",\"messages\":[{\"role\":\"user\",\"content\":\""
        + prompt
        + "\"}]}";
  }

  /**
   * Every attempt that the provider saw has one row, no row stands twice, what was reported is
   * equal to the last nano-unit, and what was not is no less than what the provider would bill.
   *
   * @return how many rows are assumed
   */
  long holdAgainst(FakeProvider provider) {
    Map<String, UsageRow> bySession = new HashMap<>();
    Set<String> attempts = new HashSet<>();
    for (UsageRow row : rows) {
      assertThat(attempts.add(row.exchangeId() + "#" + row.attempt())).as(row.toString()).isTrue();
      assertThat(bySession.put(row.sessionId(), row)).as("twice: " + row).isNull();
    }
    long billed = 0;
    long charged = 0;
    Set<String> known = new HashSet<>();
    for (Billed seen : provider.billed()) {
      UsageRow row = bySession.get(session(seen.usage().inputTotal()));
      assertThat(row).as("a row for " + seen).isNotNull();
      long due = PRICES.get(seen.model()).of(seen.usage());
      if (row.usageSource() == UsageSource.REPORTED) {
        assertThat(row.usage()).as(seen + " and " + row).isEqualTo(seen.usage());
        assertThat(row.nanos()).as(seen + " and " + row).isEqualTo(due);
        assertThat(row.providerRequestId()).isEqualTo(seen.requestId());
      } else {
        assertThat(row.nanos()).as(seen + " and " + row).isGreaterThanOrEqualTo(due);
        assertThat(row.nanos()).isLessThanOrEqualTo(most(row));
      }
      known.add(row.sessionId());
      billed += due;
      charged += row.nanos();
    }
    // What the provider never saw was about to be sent when the process died.
    assertThat(rows)
        .filteredOn(row -> !known.contains(row.sessionId()))
        .allMatch(row -> row.usageSource() == UsageSource.ASSUMED);
    assertThat(charged).isGreaterThanOrEqualTo(billed);
    return rows.stream().filter(row -> row.usageSource() == UsageSource.ASSUMED).count();
  }

  /** What a call of a load can cost at most: its input, generously counted, and its cap. */
  private static long most(UsageRow row) {
    Price price = PRICES.get(row.modelRequested());
    long number = Long.parseLong(row.sessionId().substring(SESSION.length()));
    return price.of(TokenUsage.of(4 * number + 1_000, 1_000));
  }
}
