package io.stipend.metering.price;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.metering.Charge;
import io.stipend.metering.price.RateCards.Source;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class BuiltinCardTest {
  private static final Instant AT = Instant.parse("2026-11-20T12:00:00Z");

  private final RateCards cards = Cards.builtin();

  @Test
  void pricesAtLeastSixtyModelsOfThreeVendors() {
    Set<String> models =
        cards.cards().stream()
            .flatMap(card -> card.rates().stream())
            .map(Rate::model)
            .collect(Collectors.toSet());

    assertThat(models).hasSizeGreaterThanOrEqualTo(60);
    assertThat(cards.models("p", "openai", AT)).contains("gpt-5", "gpt-5-2025-08-07", "o3");
    assertThat(cards.models("p", "anthropic", AT)).contains("claude-opus-4-5", "claude-haiku-4-5");
    assertThat(cards.models("p", "gemini", AT)).contains("gemini-2.5-pro", "gemini-3.5-flash");
  }

  @Test
  void everyEntrySaysWhereAndWhenItsPriceWasReadAndSinceWhenItHolds() {
    for (RateCard card : cards.cards()) {
      for (Rate rate : card.rates()) {
        assertThat(rate.source()).as(rate.model()).startsWith("https://");
        assertThat(rate.checkedOn())
            .as(rate.model())
            .isBetween(LocalDate.of(2026, 7, 24), LocalDate.of(2026, 8, 21));
        assertThat(rate.validFrom())
            .as(rate.model())
            .isAfter(Instant.parse("2024-12-31T00:00:00Z"));
        assertThat(rate.limits().maxOutput()).as(rate.model()).isNotNull();
      }
    }
  }

  @Test
  void everyEntryIsPricedForInputAndOutputAndNoCacheReadIsDearerThanInput() {
    for (RateCard card : cards.cards()) {
      for (Rate rate : card.rates()) {
        assertThat(rate.pricesTokens() || !rate.units().isNone()).as(rate.model()).isTrue();
        if (!rate.pricesTokens()) {
          continue;
        }
        Prices prices = rate.tiers().standard().at(0);
        assertThat(prices.media().inputAudio())
            .as(rate.model())
            .isGreaterThanOrEqualTo(prices.input());
        assertThat(prices.media().inputImage())
            .as(rate.model())
            .isGreaterThanOrEqualTo(prices.input());
        assertThat(prices.input()).as(rate.model()).isPositive();
        assertThat(prices.output()).as(rate.model()).isGreaterThanOrEqualTo(prices.input());
        assertThat(prices.cacheRead()).as(rate.model()).isBetween(1L, prices.input());
        assertThat(prices.cacheWrite5m()).as(rate.model()).isGreaterThanOrEqualTo(prices.input());
        assertThat(prices.cacheWrite1h())
            .as(rate.model())
            .isGreaterThanOrEqualTo(prices.cacheWrite5m());
      }
    }
  }

  @Test
  void claudeModelsArePricedForCacheWritesOfBothLifetimes() {
    for (String model : cards.models("p", "anthropic", AT)) {
      Rate rate = cards.find("p", "anthropic", model, AT);
      Prices prices = rate.tiers().standard().at(0);
      assertThat(prices.cacheWrite5m()).as(model).isGreaterThan(prices.input());
      assertThat(prices.cacheWrite1h()).as(model).isEqualTo(2 * prices.input());
      assertThat(rate.tiers().others()).as(model).containsKey("batch");
    }
  }

  @Test
  void namesTheVersionThatPricedAModel() {
    assertThat(cards.version()).isEqualTo("builtin-2026-08-21");
    assertThat(cards.rating("p", "openai", "gpt-5", AT).priceVersion())
        .isEqualTo("builtin-2026-08-21");
  }

  @Test
  void shipsTheLicencesOfItsData() throws Exception {
    try (var in = RateCards.class.getResourceAsStream("NOTICE-prices.txt")) {
      String notice = new String(in.readAllBytes(), java.nio.charset.StandardCharsets.UTF_8);
      assertThat(notice).contains("Pydantic Services Inc.", "Berri AI", "MIT License");
    }
  }

  @Test
  void saysHowMuchAModelCanWriteAndWhetherItThinksUnseen() {
    assertThat(cards.rating("p", "openai", "gpt-5", AT).maxOutputTokens()).isEqualTo(128_000);
    assertThat(cards.rating("p", "openai", "gpt-5", AT).mayThink()).isTrue();
    assertThat(cards.rating("p", "openai", "gpt-4o", AT).maxOutputTokens()).isEqualTo(16_384);
    assertThat(cards.rating("p", "openai", "gpt-4o", AT).mayThink()).isFalse();
    assertThat(cards.rating("p", "anthropic", "claude-opus-4-5", AT).maxOutputTokens())
        .isEqualTo(64_000);
    assertThat(cards.rating("p", "anthropic", "claude-opus-4-5", AT).mayThink()).isFalse();
    assertThat(cards.rating("p", "gemini", "gemini-2.5-pro", AT).mayThink()).isTrue();
  }

  @Test
  void whatEmbedsGeneratesNothingAndIsPricedByItsInput() {
    for (String model :
        List.of("text-embedding-3-small", "text-embedding-3-large", "text-embedding-ada-002")) {
      Rating rating = cards.rating("p", "openai", model, AT);
      assertThat(rating.maxOutputTokens()).as(model).isZero();
      assertThat(rating.mayThink()).as(model).isFalse();
      assertThat(rating.ceiling(1, 0, null).nanos()).as(model).isPositive();
      assertThat(rating.ceiling(0, 1, null).nanos()).as("never nothing").isPositive();
    }
    assertThat(cards.rating("p", "openai", "text-embedding-3-small", AT).ceiling(50, 0, null))
        .isEqualTo(new Charge(1_000, 50));
  }

  @Test
  void anEmptyListOfSourcesPricesNothing() throws Exception {
    RateCards none = RateCards.load(List.of());

    assertThat(none.rating("openai", "openai", "gpt-5", AT)).isNull();
    assertThat(none.models("openai", "openai", AT)).isEmpty();
    assertThat(RateCards.load(List.of(Source.builtin())).cards()).hasSize(5);
  }
}
