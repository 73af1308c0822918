package io.stipend.metering.price;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.metering.MediaTokens;
import io.stipend.metering.Meter;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.Units;
import io.stipend.metering.UsageReport;
import io.stipend.metering.price.RateCards.Source;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What finance would work out with pencil and paper; every expected value was. */
class GoldenPricesTest {
  @TempDir Path folder;

  private static final String LIST =
      """
      version: list-1
      kind: list
      currency: USD
      vendor: acme
      source: price page
      checked_on: 2026-01-05
      valid_from: 2026-01-01
      per_unit: { web_search: 0.01 }
      models:
        - model: cliff-200k
          prices:
            input: 3
            cache_read: 0.3
            cache_write_5m: 3.75
            cache_write_1h: 6
            output: 15
            above:
              - { input_over: 200000, input: 6, cache_read: 0.6, cache_write_5m: 7.5, cache_write_1h: 12, output: 22.5 }
          tiers:
            batch: { basis_points: 5000 }
            flex: { basis_points: 5000 }
            priority: { basis_points: 20000 }
            us: { basis_points: 11000 }
        - model: cliff-272k
          prices:
            input: 1.25
            cache_read: 0.125
            output: 10
            above:
              - { input_over: 272000, input: 2.5, cache_read: 0.25, output: 15 }
        - model: steps
          valid_to: 2026-12-01
          prices: { input: 2, output: 8 }
        - model: steps
          valid_from: 2026-12-01
          prices: { input: 3, output: 12 }
        - model: odd
          prices: { input: 0.000001, output: 0.333333 }
        - model: agreed
          prices: { input: 2, cache_read: 0.2, output: 8 }
      """;

  private static final String CONTRACT =
      """
      version: contract-eu
      kind: contracted
      currency: EUR
      provider: acme-eu
      source: Order form 4711
      checked_on: 2026-01-05
      valid_from: 2026-01-01
      per_unit: { web_search: 0.007 }
      models:
        - model: agreed
          prices: { input: 1.5, cache_read: 0.15, output: 6 }
      ---
      version: contract-eu
      kind: contracted
      currency: USD
      provider: acme-us
      source: Order form 4711
      checked_on: 2026-01-05
      valid_from: 2026-01-01
      valid_to: 2026-12-01
      models:
        - model: agreed
          prices: { input: 1.9, output: 7.6 }
      """;

  private RateCards cards() {
    Path list = Cards.write(folder.resolve("list.yaml"), LIST);
    Path contract = Cards.write(folder.resolve("contract.yaml"), CONTRACT);
    return Cards.load(List.of(Source.file(list), Source.file(contract)));
  }

  private static ExchangeRate euro(String date, String until, String rate) {
    return new ExchangeRate(
        "EUR",
        "USD",
        LocalDate.parse(date),
        until == null ? null : LocalDate.parse(until),
        new BigDecimal(rate),
        "ECB");
  }

  private static final ExchangeRates EUROS =
      new ExchangeRates(
          List.of(
              euro("2026-11-01", null, "1.08"),
              euro("2026-11-02", "2026-11-04", "1.0842"),
              euro("2026-11-05", null, "1.1")));

  /** Tokens: uncached input, cache read, cache written for 5 minutes, for an hour, output. */
  @ParameterizedTest(name = "{0} {1} {2} = {3} USD")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
      # the cliff: every token of the request, at the threshold not yet
      cliff-200k |          | 199999 0 0 0 1000      | 0.614997
      cliff-200k |          | 200000 0 0 0 1000      | 0.615
      cliff-200k |          | 200001 0 0 0 1000      | 1.222506
      # cached and written input counts towards it
      cliff-200k |          | 1 100000 50000 50000 0 | 1.035006
      cliff-200k |          | 0 100000 50000 50000 0 | 0.5175
      cliff-272k |          | 272000 0 0 0 100       | 0.341
      cliff-272k |          | 272001 0 0 0 100       | 0.6815025
      # what is cached
      cliff-200k |          | 0 1000000 0 0 0        | 0.6
      cliff-200k |          | 0 100000 0 0 0         | 0.03
      cliff-200k |          | 0 0 100000 0 0         | 0.375
      cliff-200k |          | 0 0 0 100000 0         | 0.6
      # no price of a cache: that of input
      cliff-272k |          | 0 0 100000 0 0         | 0.125
      cliff-272k |          | 0 0 0 100000 0         | 0.125
      # tiers
      cliff-200k | batch    | 100000 0 0 0 100000    | 0.9
      cliff-200k | flex     | 100000 0 0 0 100000    | 0.9
      cliff-200k | default  | 100000 0 0 0 100000    | 1.8
      cliff-200k | priority | 100000 0 0 0 100000    | 3.6
      cliff-200k | batch    | 200001 0 0 0 1000      | 0.611253
      cliff-200k | priority | 200001 0 0 0 1000      | 2.445012
      # a tier that nobody knows costs as much as the dearest
      cliff-200k | turbo    | 100000 0 0 0 100000    | 3.6
      # region: one tenth more, exactly
      cliff-200k | us       | 100000 0 0 0 100000    | 1.98
      cliff-200k | us       | 1 0 0 0 0              | 0.0000033
      cliff-200k | us       | 0 10 0 0 0             | 0.0000033
      cliff-200k | us       | 200001 0 0 0 1000      | 1.3447566
      # rounded up once, to nine decimals
      odd        |          | 1 0 0 0 0              | 0.000000001
      odd        |          | 999 0 0 0 0            | 0.000000001
      odd        |          | 1000 0 0 0 0           | 0.000000001
      odd        |          | 1001 0 0 0 0           | 0.000000002
      odd        |          | 0 0 0 0 1              | 0.000000334
      odd        |          | 1 0 0 0 3              | 0.000001
      odd        |          | 2 0 0 0 3              | 0.000001001
      cliff-200k |          | 0 0 0 0 0              | 0
      """)
  void aRequestCostsWhatItsPriceListSays(String model, String tier, String tokens, String usd) {
    Rating rating = cards().rating("p", "acme", model, Instant.parse("2026-11-20T12:00:00Z"));

    assertThat(usd(rating, tier, tokens)).isEqualByComparingTo(usd);
  }

  @ParameterizedTest(name = "{0} = {1} USD")
  @CsvSource({
    "2026-11-30T23:59:59.999999999Z, 0.01",
    "2026-12-01T00:00:00Z, 0.015",
    "2026-12-01T00:59:59+01:00, 0.01",
    "2026-12-01T01:00:00+01:00, 0.015",
  })
  void aPriceChangesAtMidnightUtc(String at, String usd) {
    Instant instant = OffsetDateTime.parse(at).toInstant();
    Rating rating = cards().rating("p", "acme", "steps", instant);

    assertThat(usd(rating, null, "1000 0 0 0 1000")).isEqualByComparingTo(usd);
  }

  /** One million tokens of input and ten thousand of output; and one search. */
  @ParameterizedTest(name = "{0} at {1}: {2} USD, {3}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
      # 1.50 EUR x 1.08, 6 EUR x 1.08; 0.007 EUR x 1.08
      acme-eu | 2026-11-01T00:00:00Z | 1.6848      | 0.00756     | contract-eu@EUR=1.08
      acme-eu | 2026-11-01T23:59:59Z | 1.6848      | 0.00756     | contract-eu@EUR=1.08
      # 1.50 x 1.0842 = 1.6263; 6 x 1.0842 = 6.5052
      acme-eu | 2026-11-02T00:00:00Z | 1.691352    | 0.0075894   | contract-eu@EUR=1.0842
      acme-eu | 2026-11-03T23:59:59Z | 1.691352    | 0.0075894   | contract-eu@EUR=1.0842
      acme-eu | 2026-11-05T00:00:00Z | 1.716       | 0.0077      | contract-eu@EUR=1.1
      # the contract before the list; without one, the list
      acme-us | 2026-11-30T23:59:59Z | 1.976       | 0.01        | contract-eu
      acme-us | 2026-12-01T00:00:00Z | 2.08        | 0.01        | list-1
      other   | 2026-11-20T00:00:00Z | 2.08        | 0.01        | list-1
      """)
  void aContractIsConvertedAtTheRateOfTheReservation(
      String provider, String at, String usd, String search, String version) {
    Rating rating =
        cards().with(EUROS, "USD").rating(provider, "acme", "agreed", Instant.parse(at));

    assertThat(rating.priceVersion()).isEqualTo(version);
    assertThat(usd(rating, null, "1000000 0 0 0 10000")).isEqualByComparingTo(usd);
    UsageReport one = UsageReport.of(TokenUsage.ZERO).and(Units.of(Meter.WEB_SEARCH, 1));
    assertThat(BigDecimal.valueOf(rating.charge(one).nanos(), 9)).isEqualByComparingTo(search);
  }

  @ParameterizedTest
  @CsvSource({
    "2026-10-31T23:59:59Z", // before the first rate
    "2026-11-04T00:00:00Z", // one has ended, the next has not begun
    "2026-11-04T23:59:59Z",
  })
  void withoutARateOfExchangeThereIsNoPriceNotEvenThatOfTheList(String at) {
    RateCards cards = cards().with(EUROS, "USD");
    Instant instant = Instant.parse(at);

    assertThat(cards.rating("acme-eu", "acme", "agreed", instant)).isNull();
    assertThat(cards.rating("p", "acme", "agreed", instant)).isNotNull();
    assertThat(cards.models("acme-eu", "none", instant)).isEmpty();
    assertThat(cards().rating("acme-eu", "acme", "agreed", instant)).isNull();
    // A model that only the list prices has its searches from the contract, which has no price.
    Rating other = cards.rating("acme-eu", "acme", "cliff-200k", instant);
    assertThat(other.price(Meter.WEB_SEARCH)).isEmpty();
  }

  @Test
  void aConvertedPriceIsRoundedUpOnceToAPicoUnit() {
    // 0.15 EUR per million is 150,000 picos a token: x 1.0000001 = 150,000.015.
    ExchangeRates rates = new ExchangeRates(List.of(euro("2026-01-01", null, "1.0000001")));
    RateCards cards = cards().with(rates, "USD");

    Rate rate = cards.find("acme-eu", "acme", "agreed", Cards.AT);

    assertThat(rate.tiers().standard().at(0).cacheRead()).isEqualTo(150_001);
    assertThat(rate.tiers().standard().at(0).input()).isEqualTo(1_500_001);
  }

  @Test
  void aRateThatMakesAPriceAbsurdMakesNone() {
    ExchangeRates rates = new ExchangeRates(List.of(euro("2026-01-01", null, "1000")));

    assertThat(cards().with(rates, "USD").rating("acme-eu", "acme", "agreed", Cards.AT)).isNull();
  }

  private static BigDecimal usd(Rating rating, String tier, String tokens) {
    String[] n = tokens.trim().split(" +");
    long write5m = Long.parseLong(n[2]);
    long write1h = Long.parseLong(n[3]);
    TokenUsage usage =
        new TokenUsage(
            Long.parseLong(n[0]),
            Long.parseLong(n[1]),
            write5m + write1h,
            write1h,
            Long.parseLong(n[4]),
            0);
    UsageReport report =
        new UsageReport(
            List.of(new UsageReport.Part(null, usage, MediaTokens.NONE, Units.NONE)),
            null,
            tier,
            false);
    return BigDecimal.valueOf(rating.charge(report).nanos(), 9);
  }
}
