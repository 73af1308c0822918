package io.stipend.metering.reconcile;

import io.stipend.metering.TokenUsage;
import io.stipend.metering.Unit;
import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.AttemptFacts;
import io.stipend.metering.ledger.AttemptId;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.LedgerOptions;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.OpenAttempt;
import io.stipend.metering.ledger.Posting;
import io.stipend.metering.ledger.SqliteLedger;
import io.stipend.metering.price.RateCardException;
import io.stipend.metering.price.RateCards;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * A random month of a company: what its ledger booked, on a real ledger, and what its provider
 * billed, by prices that are written down here once more.
 */
final class Month {
  static final LocalDate FIRST = LocalDate.parse("2026-11-01");
  static final LocalDate END = LocalDate.parse("2026-11-08");
  static final String LARGE = "m-large";
  static final String LARGE_DATED = "m-large-20260101";
  static final String SMALL = "m-small";
  static final long CLIFF = 200_000;

  private static final AccountKey ADA = new AccountKey("person/ada/engineer", "2026-11", Unit.USD);

  /** In USD per million tokens: input, cache read, cache write, the same for an hour, output. */
  private static final String CARD =
      """
      version: test-1
      kind: contracted
      currency: USD
      vendor: VENDOR
      source: test
      checked_on: 2026-01-05
      models:
        - model: m-large
          names: [m-large-20260101]
          valid_from: 2026-01-01
          max_output: 64000
          prices: { input: 3, cache_read: 0.3, cache_write_5m: 3.75, cache_write_1h: 6, output: 15,
                    above: [ { input_over: 200000, input: 6, cache_read: 0.6, cache_write_5m: 7.5, cache_write_1h: 12, output: 22.5 } ] }
          tiers: { batch: { basis_points: 5000 }, priority: { input: 6, cache_read: 0.6, cache_write_5m: 7.5, cache_write_1h: 12, output: 31 } }
        - model: m-small
          valid_from: 2026-01-01
          valid_to: 2026-11-01
          max_output: 64000
          prices: { input: 2, cache_read: 0.2, cache_write_5m: 2.5, cache_write_1h: 4, output: 10 }
        - model: m-small
          valid_from: 2026-11-01
          max_output: 64000
          prices: { input: 1, cache_read: 0.1, cache_write_5m: 1.25, cache_write_1h: 2, output: 5 }
          tiers: { batch: { basis_points: 5000 }, priority: { basis_points: 20000 } }
      """;

  private static final Map<String, long[]> PICOS =
      Map.of(
          LARGE,
          new long[] {3_000_000, 300_000, 3_750_000, 6_000_000, 15_000_000},
          "long",
          new long[] {6_000_000, 600_000, 7_500_000, 12_000_000, 22_500_000},
          "priority",
          new long[] {6_000_000, 600_000, 7_500_000, 12_000_000, 31_000_000},
          SMALL,
          new long[] {1_000_000, 100_000, 1_250_000, 2_000_000, 5_000_000},
          "small-priority",
          new long[] {2_000_000, 200_000, 2_500_000, 4_000_000, 10_000_000},
          "small-october",
          new long[] {2_000_000, 200_000, 2_500_000, 4_000_000, 10_000_000});

  final Vendor vendor;
  final Random random;
  final Invoice invoice;
  private final Path folder;
  private final SqliteLedger ledger;
  private final List<CompletableFuture<Void>> durable = new ArrayList<>();
  private int ids;

  Month(Vendor vendor, long seed, Path folder) throws IOException {
    this.vendor = vendor;
    this.folder = folder;
    random = new Random(seed);
    invoice = new Invoice(vendor);
    ledger =
        SqliteLedger.open(
            folder.resolve("data"),
            new LedgerOptions(1_024, 4_000, 64, () -> {}),
            InstantSource.fixed(Scope.start(END)));
    Files.writeString(folder.resolve("card.yaml"), CARD.replace("VENDOR", vendor.label()));
  }

  /** What one attempt was. */
  record Call(
      String exchange,
      int attempt,
      Instant from,
      Instant to,
      String model,
      String tier,
      TokenUsage usage,
      UsageSource source,
      String outcome,
      int status,
      String flags) {
    Call booked(TokenUsage other) {
      return new Call(
          exchange, attempt, from, to, model, tier, other, source, outcome, status, flags);
    }

    Call guessed(String how, TokenUsage other) {
      return new Call(
          exchange,
          attempt,
          from,
          to,
          model,
          tier,
          other,
          UsageSource.ASSUMED,
          how,
          200,
          "assumed");
    }

    Call of(String otherModel, String otherTier) {
      return new Call(
          exchange,
          attempt,
          from,
          to,
          otherModel,
          otherTier,
          usage,
          source,
          outcome,
          status,
          flags);
    }

    Call at(Instant start, Instant end) {
      return new Call(
          exchange, attempt, start, end, model, tier, usage, source, outcome, status, flags);
    }

    Call failed() {
      return new Call(
          exchange,
          1,
          from,
          to,
          model,
          tier,
          TokenUsage.ZERO,
          UsageSource.REPORTED,
          "upstream_error",
          529,
          "");
    }

    Call again() {
      return new Call(exchange, 2, from, to, model, tier, usage, source, outcome, status, flags);
    }

    LocalDate day() {
      return LocalDate.ofInstant(from, java.time.ZoneOffset.UTC);
    }
  }

  /** A call like many, within the day. */
  Call call(LocalDate day, String model) {
    Instant from = Scope.start(day).plusSeconds(3_600 + random.nextInt(75_000));
    return new Call(
        String.format("%08d", ids++),
        1,
        from,
        from.plusSeconds(1 + random.nextInt(60)),
        model,
        "default",
        usage(),
        UsageSource.REPORTED,
        "completed",
        200,
        "");
  }

  private TokenUsage usage() {
    long write = random.nextInt(3) == 0 ? 1_000 + random.nextInt(9_000) : 0;
    long hour = vendor == Vendor.OPENAI || write == 0 ? 0 : random.nextInt((int) write);
    long output = 200 + random.nextInt(20_000);
    return new TokenUsage(
        1_000 + random.nextInt(60_000),
        random.nextInt(2) == 0 ? 0 : 5_000 + random.nextInt(50_000),
        write,
        hour,
        output,
        random.nextInt(2) == 0 ? 0 : random.nextInt((int) output));
  }

  /** Calls on every day that both sides have alike, some of them odd. */
  void ordinary() throws Exception {
    for (LocalDate day = FIRST; day.isBefore(END); day = day.plusDays(1)) {
      for (String model : List.of(LARGE, SMALL)) {
        for (int i = 2 + random.nextInt(5); i > 0; i--) {
          agreed(call(day, model));
        }
        Call retried = call(day, model);
        book(retried.failed());
        agreed(retried.again());
        Call late = call(day, model);
        Instant end = Scope.start(day.plusDays(1));
        agreed(late.at(end.minusSeconds(5), end.plusSeconds(9)));
        agreed(long_(call(day, LARGE)));
      }
    }
  }

  Call long_(Call call) {
    TokenUsage u = call.usage();
    return call.booked(new TokenUsage(CLIFF + 1, 0, 0, 0, u.output(), 0));
  }

  void agreed(Call call) throws Exception {
    book(call);
    bill(call);
  }

  /** Enters a call in the ledger, at its price. */
  void book(Call call) throws Exception {
    book(call, nanos(call, price(call)).total());
  }

  void book(Call call, long nanos) throws Exception {
    AttemptId id = new AttemptId(call.exchange(), call.attempt());
    AttemptFacts facts =
        new AttemptFacts(
            "ada",
            "payments",
            "CC-1",
            null,
            "k_ada",
            null,
            "test",
            "a-dialect",
            vendor.label(),
            call.model(),
            null,
            "test-1",
            "USD",
            1,
            1,
            1,
            1);
    LedgerEntry.Reserved reserved =
        new LedgerEntry.Reserved(call.from(), id, facts, List.of(new Posting(ADA, 1)));
    OpenAttempt open = ledger.begin(reserved);
    open.sent();
    durable.add(
        open.settle(
            new LedgerEntry.Settled(
                call.to(),
                id,
                call.usage(),
                call.source(),
                call.outcome(),
                call.status(),
                call.model(),
                call.tier(),
                nanos,
                "req_" + call.exchange(),
                List.of(new Posting(ADA, nanos)),
                call.flags())));
  }

  /** Puts a call on the invoice, at its price. */
  void bill(Call call) {
    bill(call, call.day(), price(call));
  }

  void bill(Call call, LocalDate day, String price) {
    invoice.add(call, day, nanos(call, price));
  }

  static String price(Call call) {
    boolean small = call.model().equals(SMALL);
    if (call.tier().equals("priority")) {
      return small ? "small-priority" : "priority";
    }
    return small ? SMALL : call.usage().inputTotal() > CLIFF ? "long" : LARGE;
  }

  static MeterSums nanos(Call call, String price) {
    MeterSums tokens = MeterSums.of(call.usage());
    MeterSums nanos = MeterSums.ZERO;
    long[] picos = PICOS.get(price);
    for (int i = 0; i < picos.length; i++) {
      BillMeter meter = BillMeter.TOKENS.get(i);
      nanos = nanos.with(meter, tokens.of(meter) * picos[i] / 1_000);
    }
    return nanos;
  }

  void settle() throws Exception {
    CompletableFuture.allOf(durable.toArray(CompletableFuture[]::new)).get(30, TimeUnit.SECONDS);
    durable.clear();
  }

  /** Compares, by the files of the invoice. */
  ReconcileReport reconcile() throws Exception {
    return reconcile(invoice.write(folder), KeyMap.only(vendor.label()));
  }

  ReconcileReport reconcile(List<Path> files, KeyMap keys) throws Exception {
    settle();
    try (LedgerReader reader = LedgerReader.open(folder.resolve("data"))) {
      return Reconciliation.of(scope(ProviderFiles.read(vendor, files), keys), reader);
    }
  }

  Scope scope(ProviderFiles files, KeyMap keys) throws RateCardException {
    return new Scope(
        vendor,
        FIRST,
        END,
        files,
        keys,
        Map.of(vendor.label(), vendor.label()),
        RateCards.load(List.of(RateCards.Source.file(folder.resolve("card.yaml")))));
  }

  void apply(List<Proposal> proposals) throws Exception {
    for (Proposal proposal : proposals) {
      long more = proposal.nanosAfter() - proposal.nanos();
      durable.add(
          ledger.append(
              new LedgerEntry.Corrected(
                  Scope.start(END),
                  proposal.id(),
                  new AttemptId(proposal.exchange(), proposal.attempt()),
                  proposal.usageAfter(),
                  more,
                  List.of(new Posting(ADA, more)),
                  "eve",
                  "invoice")));
    }
    settle();
  }

  /** The cost of all that is booked within the month. */
  long bookedNanos() throws Exception {
    settle();
    long[] sum = {0};
    try (LedgerReader reader = LedgerReader.open(folder.resolve("data"))) {
      reader.usage(Scope.start(FIRST), Scope.start(END), row -> sum[0] += row.nanos());
    }
    return sum[0];
  }

  BigDecimal billed() {
    return invoice.total();
  }

  void close() throws Exception {
    settle();
    ledger.close();
  }
}
