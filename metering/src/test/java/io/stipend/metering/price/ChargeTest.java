package io.stipend.metering.price;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.stipend.metering.Charge;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.UsageReport;
import io.stipend.metering.UsageReport.Part;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Golden prices, worked out by hand from the vendors' lists. */
class ChargeTest {
  private final RateCards cards = Cards.builtin();

  @ParameterizedTest
  @CsvSource({
    // vendor, model, uncached, cache read, write, of which 1h, output, tier, nanos
    "openai, gpt-5, 1000000, 0, 0, 0, 0, , 1250000000",
    "openai, gpt-5, 1000, 500, 0, 0, 200, default, 3312500",
    "openai, gpt-5-mini, 1, 0, 0, 0, 0, , 250",
    "openai, gpt-5-nano, 0, 1, 0, 0, 0, , 5",
    "openai, gpt-5, 1000, 500, 0, 0, 200, flex, 1656250",
    "openai, gpt-5, 1000, 500, 0, 0, 200, batch, 1656250",
    "openai, gpt-5, 1000, 500, 0, 0, 200, priority, 6625000",
    "anthropic, claude-opus-4-5, 100, 1000, 2000, 500, 300, standard, 22875000",
    "anthropic, claude-opus-4-5, 100, 1000, 2000, 500, 300, batch, 11437500",
    "anthropic, claude-haiku-4-5, 0, 0, 1000, 0, 0, standard, 1250000",
    "anthropic, claude-haiku-4-5, 0, 0, 1000, 1000, 0, standard, 2000000",
    "anthropic, claude-opus-4-6, 1000, 0, 0, 0, 1000, us, 33000000",
    "anthropic, claude-opus-4-6, 1000, 0, 0, 0, 1000, fast, 180000000",
    // Past the threshold every token of the request has the higher price.
    "gemini, gemini-2.5-pro, 199999, 0, 0, 0, 1000, , 259998750",
    "gemini, gemini-2.5-pro, 200000, 0, 0, 0, 1000, , 260000000",
    "gemini, gemini-2.5-pro, 200001, 0, 0, 0, 1000, , 515002500",
    "gemini, gemini-2.5-pro, 1, 200000, 0, 0, 0, , 50002500",
    "anthropic, claude-sonnet-4-5, 100000, 50000, 50000, 0, 1000, standard, 517500000",
    "anthropic, claude-sonnet-4-5, 100001, 50000, 50000, 50000, 1000, standard, 1252506000",
    "openai, gpt-5.4, 272000, 0, 0, 0, 10, , 680150000",
    "openai, gpt-5.4, 272001, 0, 0, 0, 10, , 1360230000",
    // Where a vendor gives no price for a cached token, it costs what input costs.
    "openai, gpt-5-pro, 0, 1000, 0, 0, 0, , 15000000",
    "openai, gpt-5, 0, 0, 1000, 1000, 0, , 1250000",
  })
  void aUsageCostsWhatTheVendorsListSays(
      String vendor,
      String model,
      long input,
      long cacheRead,
      long cacheWrite,
      long cacheWrite1h,
      long output,
      String tier,
      long nanos) {
    TokenUsage usage = new TokenUsage(input, cacheRead, cacheWrite, cacheWrite1h, output, 0);
    UsageReport report = new UsageReport(List.of(new Part(null, usage)), model, tier, false);

    assertThat(Cards.rating(cards, "p", vendor, model).charge(report))
        .isEqualTo(new Charge(nanos, usage.total()));
  }

  @Test
  void reasoningIsPartOfTheOutputAndNotChargedAgain() {
    Rating rating = Cards.rating(cards, "p", "openai", "gpt-5");
    UsageReport plain = UsageReport.of(new TokenUsage(10, 0, 0, 0, 500, 0));
    UsageReport thought = UsageReport.of(new TokenUsage(10, 0, 0, 0, 500, 480));

    assertThat(rating.charge(thought)).isEqualTo(rating.charge(plain));
  }

  @Test
  void roundsUpOnceOverTheWholeReport() {
    // A cached token of gpt-5-nano costs 2.5 nanos at the flex tier: three parts of one token are
    // 7.5 nanos and round up to 8, not to 9.
    Rating rating = Cards.rating(cards, "p", "openai", "gpt-5-nano");
    Part part = new Part(null, new TokenUsage(0, 1, 0, 0, 0, 0));

    assertThat(rating.charge(report(List.of(part), null, "flex")).nanos()).isEqualTo(3);
    assertThat(rating.charge(report(List.of(part, part), null, "flex")).nanos()).isEqualTo(5);
    assertThat(rating.charge(report(List.of(part, part, part), null, "flex")).nanos()).isEqualTo(8);
  }

  @Test
  void everyIterationIsPricedByItsOwnModelAndItsOwnContextTier() {
    Rating rating = Cards.rating(cards, "p", "anthropic", "claude-opus-4-5");
    List<Part> parts =
        List.of(
            new Part("claude-opus-4-5", new TokenUsage(1_000, 0, 0, 0, 100, 0)),
            new Part("claude-haiku-4-5", new TokenUsage(1_000, 0, 0, 0, 100, 0)),
            new Part("claude-sonnet-4-5", new TokenUsage(150_000, 0, 0, 0, 0, 0)),
            new Part("claude-sonnet-4-5", new TokenUsage(150_000, 0, 0, 0, 0, 0)));

    assertThat(rating.charge(report(parts, "claude-opus-4-5", "standard")))
        .isEqualTo(new Charge(7_500_000 + 1_500_000 + 900_000_000L, 302_200));
  }

  @Test
  void theModelThatWasServedDecides() {
    Rating rating = Cards.rating(cards, "p", "openai", "gpt-5-mini");
    UsageReport dearer = report(List.of(part(1_000, 1_000)), "gpt-5", null);
    UsageReport unnamed = report(List.of(part(1_000, 1_000)), null, null);

    assertThat(rating.charge(dearer).nanos()).isEqualTo(11_250_000);
    assertThat(rating.charge(unnamed).nanos()).isEqualTo(2_250_000);
  }

  @Test
  void aServedModelWithoutAPriceIsChargedAsTheRequestedOneAndNeverNothing() {
    Rating rating = Cards.rating(cards, "p", "openai", "gpt-5");

    assertThat(rating.charge(report(List.of(part(1_000, 1_000)), "gpt-99-secret", null)).nanos())
        .isEqualTo(11_250_000);
  }

  @Test
  void anUnknownServedTierCostsAsMuchAsTheDearestKnownOne() {
    Rating rating = Cards.rating(cards, "p", "openai", "gpt-5");
    List<Part> parts = List.of(part(1_000, 1_000));

    assertThat(rating.charge(report(parts, "gpt-5", "ultrafast")))
        .isEqualTo(rating.charge(report(parts, "gpt-5", "priority")));
  }

  @Test
  void theDefaultTierHasManyNames() {
    Rating rating = Cards.rating(cards, "p", "openai", "gpt-5");
    long standard = rating.ceiling(1_000, 1_000, null).nanos();

    for (String name : List.of("auto", "default", "standard", "standard_only", "STANDARD")) {
      assertThat(rating.ceiling(1_000, 1_000, name).nanos()).as(name).isEqualTo(standard);
    }
    assertThat(rating.ceiling(1_000, 1_000, "flex").nanos()).isLessThan(standard);
    assertThat(rating.ceiling(1_000, 1_000, "PRIORITY").nanos()).isGreaterThan(standard);
    assertThat(rating.ceiling(1_000, 1_000, "no-such-tier"))
        .isEqualTo(rating.ceiling(1_000, 1_000, "priority"));
  }

  @Test
  void aTierThatIsSilentOnLongRequestsIsNotCheapForThem() {
    Rating rating = Cards.rating(cards, "p", "openai", "gpt-5.4");

    assertThat(rating.ceiling(300_000, 0, "priority").nanos())
        .isGreaterThanOrEqualTo(rating.ceiling(300_000, 0, null).nanos());
  }

  @Test
  void theInstantOfTheReservationDecidesWhichPriceHolds() {
    assertThat(ceilingAt("2026-08-31T23:59:59.999999999Z")).isEqualTo(10_000_000);
    assertThat(ceilingAt("2026-09-01T00:00:00Z")).isEqualTo(15_000_000);
    assertThat(cards.rating("p", "anthropic", "claude-sonnet-5", Instant.EPOCH)).isNull();
  }

  private long ceilingAt(String at) {
    return cards
        .rating("p", "anthropic", "claude-sonnet-5", Instant.parse(at))
        .ceiling(0, 1_000, null)
        .nanos();
  }

  @Test
  void anUnknownModelHasNoPriceWhateverItResembles() {
    for (String model :
        List.of("gpt-5 ", "GPT-5", "gpt-5-2099-01-01", "gpt-5x", "gpt", "", "claude-opus-4-5")) {
      assertThat(cards.rating("openai", "openai", model, Cards.AT)).as(model).isNull();
    }
  }

  @Test
  void absurdCountsArePricedWithoutOverflow() {
    long most = TokenUsage.MAX_COUNT;
    Rating rating = Cards.rating(cards, "p", "openai", "o1-pro");
    Part part = new Part(null, new TokenUsage(most, most, most, 0, most, 0));
    List<Part> parts = List.of(part, part, part, part);

    // 150 USD per million for three kinds of input and 600 for output, four times over.
    assertThat(rating.charge(report(parts, null, null)).nanos())
        .isEqualTo(4 * (3 * 150_000_000_000_000L + 600_000_000_000_000L));
    assertThat(rating.ceiling(most, most, null).nanos()).isEqualTo(750_000_000_000_000L);
  }

  @Test
  void countsOutOfBoundsAreRefused() {
    Rating rating = Cards.rating(cards, "p", "openai", "gpt-5");

    assertThatThrownBy(() -> rating.ceiling(-1, 0, null))
        .hasMessage("input: -1 (expected: 0..1000000000)");
    assertThatThrownBy(() -> rating.ceiling(0, Long.MAX_VALUE, null))
        .hasMessageStartingWith("output: 9223372036854775807");
    assertThatThrownBy(() -> rating.affordableOutput(Long.MIN_VALUE, 0, null))
        .isInstanceOf(IllegalArgumentException.class);
  }

  private static Part part(long input, long output) {
    return new Part(null, TokenUsage.of(input, output));
  }

  private static UsageReport report(List<Part> parts, String model, String tier) {
    return new UsageReport(parts, model, tier, false);
  }
}
