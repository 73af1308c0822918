package io.stipend.metering.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.report.Books.Call;
import java.nio.file.Path;
import java.time.Instant;
import java.time.ZoneId;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SessionPageTest {
  private static final Instant NOW = Instant.parse("2026-12-02T00:00:00Z");
  private static final String AT = "2026-11-10T10:00:00Z";

  @TempDir Path data;

  @Test
  void wholeSessionsAreSpreadByClientAndEveryAgentIsALine() throws Exception {
    try (Books books = new Books(data, NOW)) {
      // Ten sessions of codex that cost 1 to 10, the last in two agents; one of claude; two calls
      // of none.
      for (int i = 1; i <= 9; i++) {
        books.call(new Call(AT).in("s" + i, null, "codex").cost(i));
      }
      books.call(new Call(AT).in("s10", null, "codex").cost(4));
      books.call(new Call(AT).in("s10", "a1", "codex").cost(6));
      books.call(new Call(AT).in("s1", null, "claude-cli").cost(100));
      books.call(new Call(AT).by("bob", null, null).in(null, null, "codex").cost(1_000));
      books.call(new Call(AT).by("bob", null, null).in(null, null, null).cost(2_000));
    }
    Read report;
    try (LedgerReader reader = LedgerReader.open(data)) {
      report =
          Read.of(
              SessionReport.report(reader, new Scope(Instant.EPOCH, NOW, NOW, ZoneId.of("UTC"))));
    }

    var codex = report.row("by_client", "client", "codex");
    assertThat(codex.path("sessions").asLong()).isEqualTo(10);
    assertThat(codex.path("median").asText()).isEqualTo("0.000000005");
    assertThat(codex.path("p90").asText()).isEqualTo("0.000000009");
    assertThat(codex.path("mean").asText()).as("5.5, half up").isEqualTo("0.000000006");
    assertThat(codex.path("most").asText()).isEqualTo("0.00000001");
    assertThat(report.column("by_client", "client"))
        .containsExactly("claude-cli", "codex", "All clients");
    var all = report.row("by_client", "client", "All clients");
    assertThat(all.path("sessions").asLong()).isEqualTo(11);
    assertThat(all.path("cost").asText()).isEqualTo("0.000000155");
    assertThat(report.json().path("sessions")).hasSize(14);
    assertThat(report.sum("sessions", "cost")).isEqualTo(3_155);
    assertThat(report.json().path("totals").path("USD").asText()).isEqualTo("0.000003155");
  }
}
