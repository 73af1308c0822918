package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.stipend.gateway.admin.AdminClient;
import io.stipend.gateway.admin.AdminException;
import io.stipend.gateway.admin.AdminService.CorrectionMade;
import io.stipend.gateway.admin.AdminService.CorrectionOrder;
import io.stipend.gateway.admin.AdminService.MonthLine;
import io.stipend.gateway.admin.AdminService.MonthOrder;
import io.stipend.gateway.demo.FakeProvider;
import io.stipend.gateway.testing.Api;
import io.stipend.gateway.testing.Csv;
import io.stipend.gateway.testing.TestGateway;
import io.stipend.metering.Unit;
import io.stipend.metering.export.UsageExport;
import io.stipend.metering.ledger.LedgerReader;
import java.io.StringWriter;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A month is over, rolled, closed and then corrected, while a gateway runs. */
class ClosedMonthTest {
  /** 20 tokens in and 100 out of gpt-4o-mini, in nanos. */
  private static final long COST = 20 * 150 + 100 * 600;

  private final AtomicReference<Instant> clock =
      new AtomicReference<>(Instant.parse("2026-01-15T12:00:00Z"));
  private final FakeProvider provider = FakeProvider.start(0);
  private final TestGateway gateway =
      TestGateway.start(
          """
          calendar: { timezone: UTC, currency: USD }
          providers: { openai: { url: "PROVIDER", key: "provider-key" } }
          rate_cards: [builtin]
          models: { allow: ["gpt-*"] }
          allowances: { monthly: { amount: 1 USD, every: month } }
          organisation: { budget: { amount: 10 USD, every: quarter } }
          people: { ada: { allowance: monthly } }
          """
              .replace("PROVIDER", provider.url()),
          "",
          clock::get);
  private final String key = gateway.key("ada");
  private final AdminClient admin = AdminClient.find(gateway.data()).orElseThrow();

  @AfterEach
  void stop() {
    gateway.close();
    provider.close();
  }

  @Test
  void aCorrectionOfAClosedMonthStandsInTheOpenOneAndIsPaidFromTheCurrentAccount()
      throws Exception {
    spend();
    String exchange = export("2026-01", "2026-02").get(0).get("exchange_id");
    refused(AdminException.Kind.CONFLICT, "2026-01", true, "ends at 2026-02-01T00:00:00Z");

    clock.set(Instant.parse("2026-02-03T08:00:00Z"));
    spend();
    assertThat(used()).isEqualTo(COST);
    MonthLine closed = admin.closeMonth(new MonthOrder("2026-01", true, "books"), "grace");
    assertThat(closed)
        .isEqualTo(new MonthLine("2026-01", true, "2026-02-03T08:00:00Z", "grace", "books"));
    refused(AdminException.Kind.CONFLICT, "2026-01", true, "was closed by grace");
    refused(AdminException.Kind.CONFLICT, "2025-12", false, "is open");
    refused(AdminException.Kind.INVALID, "2026-1", true, "expected: a month of UTC such as");
    refused(AdminException.Kind.INVALID, "2026-13", true, "expected: a month of UTC such as");
    List<Map<String, String>> january = export("2026-01", "2026-02");

    clock.set(Instant.parse("2026-02-04T09:00:00Z"));
    CorrectionMade more = correct(exchange, 200);
    assertThat(more.month()).isEqualTo("2026-02");
    stands(exchange, january, COST + 100 * 600, 200);
    // A second one starts from what the first left, on whichever accounts that is.
    correct(exchange, 50);
    stands(exchange, january, COST - 50 * 600, 50);
    gateway.restart();
    AdminClient again = AdminClient.find(gateway.data()).orElseThrow();
    again.correct(order(exchange, 120), "grace");
    stands(exchange, january, COST + 20 * 600, 120);
    assertThat(again.months()).containsExactly(closed);

    assertThatThrownBy(() -> again.closeMonth(new MonthOrder("2026-01", false, "a slip"), "grace"))
        .isInstanceOf(AdminException.class)
        .hasMessageContaining("the approval of somebody else");
    again.closeMonth(new MonthOrder("2026-01", false, "found a box of invoices"), "heidi");
    assertThat(again.correct(order(exchange, 130), "grace").month()).isEqualTo("2026-01");
    assertThat(total(export("2026-01", "2026-02"))).isEqualTo(COST + 10 * 600);
    assertThat(gateway.verify().problems()).isEmpty();
  }

  /** The month is as it was closed, and the exchange's lines, rows and accounts say this much. */
  private void stands(String exchange, List<Map<String, String>> january, long nanos, long output)
      throws Exception {
    assertThat(export("2026-01", "2026-02")).isEqualTo(january);
    List<Map<String, String>> lines =
        export("2026-01", "2026-03").stream()
            .filter(line -> line.get("exchange_id").equals(exchange))
            .toList();
    assertThat(total(lines)).isEqualTo(nanos);
    assertThat(lines.stream().mapToLong(line -> Long.parseLong(line.get("output_tokens"))).sum())
        .isEqualTo(output);
    assertThat(lines.subList(1, lines.size()))
        .allSatisfy(
            line ->
                assertThat(line)
                    .containsEntry("outcome", "correction")
                    .containsEntry("person", "ada")
                    .containsEntry("started_at", "2026-02-04T09:00:00.000Z")
                    .containsEntry("finished_at", "2026-02-04T09:00:00.000Z")
                    .containsEntry("input_tokens", "0"));
    // The account of January was rolled: the difference is February's, for the person; the
    // organisation's quarter bears both months as before.
    assertThat(used()).isEqualTo(nanos);
    assertThat(gateway.balance("ada").accounts().get(1).used())
        .isEqualTo(Unit.USD.format(COST + nanos));
    assertThat(gateway.verify().problems()).isEmpty();
  }

  private void refused(AdminException.Kind kind, String month, boolean closing, String why) {
    assertThatThrownBy(() -> admin.closeMonth(new MonthOrder(month, closing, "why"), "grace"))
        .isInstanceOf(AdminException.class)
        .hasMessageContaining(month)
        .hasMessageContaining(why)
        .extracting(e -> ((AdminException) e).kind())
        .isEqualTo(kind);
  }

  private CorrectionMade correct(String exchange, long output) {
    return admin.correct(order(exchange, output), "grace");
  }

  private static CorrectionOrder order(String exchange, long output) {
    return new CorrectionOrder(
        exchange, null, null, null, null, null, output, null, null, "the invoice says so");
  }

  private void spend() throws Exception {
    int before = gateway.rows().size();
    assertThat(
            Api.CHAT
                .post(
                    gateway,
                    key,
                    Api.CHAT.body(false, 100),
                    "x-fake-input-tokens",
                    "20",
                    "x-fake-output-tokens",
                    "100")
                .statusCode())
        .isEqualTo(200);
    Awaitility.await().until(() -> gateway.rows().size() > before);
    Awaitility.await().until(() -> gateway.balance("ada").held().equals("0"));
  }

  private long used() {
    return Unit.USD.parse(gateway.balance("ada").accounts().get(0).used());
  }

  private static long total(List<Map<String, String>> lines) {
    return lines.stream().mapToLong(line -> Unit.USD.parse(line.get("cost"))).sum();
  }

  private List<Map<String, String>> export(String from, String to) {
    StringWriter out = new StringWriter();
    try (LedgerReader reader = LedgerReader.open(gateway.data())) {
      UsageExport.write(
          reader,
          Instant.parse(from + "-01T00:00:00Z"),
          Instant.parse(to + "-01T00:00:00Z"),
          UsageExport.Format.CSV,
          out);
    }
    return Csv.read(out.toString());
  }
}
