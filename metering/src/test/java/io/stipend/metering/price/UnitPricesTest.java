package io.stipend.metering.price;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.stipend.metering.Charge;
import io.stipend.metering.Demand;
import io.stipend.metering.MediaTokens;
import io.stipend.metering.Meter;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.Units;
import io.stipend.metering.UsageReport;
import io.stipend.metering.UsageReport.Part;
import io.stipend.metering.price.RateCards.Source;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Prices of what is not a plain token of text: tools, images, seconds, characters, audio. */
class UnitPricesTest {
  private static final Units SEARCHES = Units.of(Meter.WEB_SEARCH, 3);

  private final RateCards cards = Cards.builtin();
  @TempDir Path folder;

  @Test
  void aSearchCostsItsFeeOnTopOfTheTokensWhateverTheModel() {
    for (String model : List.of("claude-opus-4-5", "claude-haiku-4-5")) {
      Rating rating = Cards.rating(cards, "p", "anthropic", model);
      TokenUsage usage = TokenUsage.of(1_000, 100);

      Charge tokens = rating.charge(UsageReport.of(usage));
      assertThat(rating.charge(report(usage, SEARCHES, null)))
          .isEqualTo(new Charge(tokens.nanos() + 30_000_000, tokens.tokens()));
    }
  }

  @Test
  void theFeeIsPartOfTheCeilingAndLowersTheAffordableOutput() {
    Rating rating = Cards.rating(cards, "p", "openai", "gpt-5");
    Demand most = new Demand(1_000, 100, MediaTokens.NONE, SEARCHES, null);
    long text = rating.ceiling(1_000, 100, null).nanos();

    assertThat(rating.ceiling(most, null)).isEqualTo(new Charge(text + 30_000_000, 1_100));
    assertThat(rating.affordableOutput(most, text + 30_000_000, null)).isEqualTo(100);
    assertThat(rating.affordableOutput(most, 30_000_000, null)).isNegative();
  }

  /** The fee of the vendor's tools, which holds for any name, is a third of this model's own. */
  @Test
  void aServedNameThatNoCardHasCostsTheFeeOfTheModelThatWasAskedFor() {
    Rating rating = Cards.rating(cards, "p", "openai", "gpt-4o-search-preview");
    Part part = new Part(null, TokenUsage.ZERO, MediaTokens.NONE, Units.of(Meter.WEB_SEARCH, 1));
    for (String served :
        List.of("gpt-4o-search-preview-2025-03-11", "gpt-4o-search-preview-2026-11-11")) {
      UsageReport report = new UsageReport(List.of(part), served, null, false, "medium");
      assertThat(rating.charge(report).nanos()).as(served).isEqualTo(35_000_000);
    }
  }

  @Test
  void theVariantDecidesAndTheDearestStandsWhereItIsUnknown() {
    Rating rating = Cards.rating(cards, "p", "openai", "dall-e-3");
    Units two = Units.of(Meter.IMAGE, 2);

    assertThat(rating.pricesTokens()).isFalse();
    assertThat(rating.charge(report(TokenUsage.ZERO, two, "1024x1024/standard")).nanos())
        .isEqualTo(80_000_000);
    assertThat(rating.charge(report(TokenUsage.ZERO, two, "9x9/standard")).nanos())
        .isEqualTo(240_000_000);
    assertThat(rating.charge(report(TokenUsage.ZERO, two, null)).nanos()).isEqualTo(240_000_000);
    assertThat(rating.price(Meter.IMAGE)).contains(120_000_000L);
  }

  @Test
  void secondsAndCharactersCostWhatTheListSaysToTheNanoUnit() {
    Rating whisper = Cards.rating(cards, "p", "openai", "whisper-1");
    Rating speech = Cards.rating(cards, "p", "openai", "tts-1");

    assertThat(whisper.charge(report(TokenUsage.ZERO, Units.of(Meter.SECOND, 61), null)))
        .isEqualTo(new Charge(6_100_000, 0));
    assertThat(speech.charge(report(TokenUsage.ZERO, Units.of(Meter.CHARACTER, 1), null)))
        .isEqualTo(new Charge(15_000, 0));
  }

  @Test
  void aRequestThatIsBilledOncePaysOneFeeHoweverOftenItSearched() {
    Rating once = Cards.rating(cards, "p", "gemini", "gemini-2.5-flash");
    Rating each = Cards.rating(cards, "p", "gemini", "gemini-3.5-flash");

    assertThat(once.charge(report(TokenUsage.ZERO, SEARCHES, null)).nanos()).isEqualTo(35_000_000);
    assertThat(each.charge(report(TokenUsage.ZERO, SEARCHES, null)).nanos()).isEqualTo(42_000_000);
    assertThat(once.charge(report(TokenUsage.ZERO, Units.NONE, null)).nanos()).isZero();
  }

  @Test
  void audioAndImagesAreChargedAsTheSharesOfInputAndOutputThatTheyAre() {
    Rating audio = Cards.rating(cards, "p", "openai", "gpt-audio");
    Rating image = Cards.rating(cards, "p", "openai", "gpt-image-1");
    TokenUsage usage = new TokenUsage(100, 40, 0, 0, 50, 0);

    // 80 text at 2.5, 20 audio at 32, 40 cached at 2.5, 10 text at 10, 40 audio at 64, in micros.
    assertThat(charge(audio, usage, MediaTokens.of(20, 0, 40, 0)))
        .isEqualTo((80 * 2_500 + 20 * 32_000 + 40 * 2_500 + 10 * 10_000 + 40 * 64_000));
    // 70 text at 5, 30 images at 10, 25 cached text at 1.25, 15 cached images at 2.5, 50 at 40.
    assertThat(charge(image, usage, new MediaTokens(0, 30, 0, 15, 0, 50)))
        .isEqualTo((70 * 5_000 + 30 * 10_000 + 25 * 1_250 + 15 * 2_500 + 50 * 40_000));
  }

  @Test
  void cachedAudioCostsItsOwnPriceWhereTheListHasOne() {
    Rating rating = Cards.rating(cards, "p", "gemini", "gemini-2.5-flash");
    TokenUsage usage = new TokenUsage(0, 1_000, 0, 0, 0, 0);

    assertThat(charge(rating, usage, new MediaTokens(0, 0, 1_000, 0, 0, 0))).isEqualTo(100_000);
    assertThat(charge(rating, usage, MediaTokens.NONE)).isEqualTo(30_000);
  }

  @Test
  void noShareExceedsItsWhole() {
    assertThatThrownBy(
            () -> new Part(null, TokenUsage.of(5, 5), MediaTokens.of(3, 3, 0, 0), Units.NONE))
        .isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void theCeilingHoldsWhatMayBeAudioAtItsPriceAndCutsItToItsWhole() {
    Rating rating = Cards.rating(cards, "p", "openai", "gpt-audio");
    MediaTokens all = MediaTokens.of(TokenUsage.MAX_COUNT, 0, TokenUsage.MAX_COUNT, 0);

    assertThat(rating.ceiling(new Demand(100, 50, all, Units.NONE, null), null).nanos())
        .isEqualTo(100 * 32_000 + 50 * 64_000);
    assertThat(
            rating.ceiling(
                new Demand(100, 50, MediaTokens.of(10, 0, 0, 0), Units.NONE, null), null))
        .isEqualTo(new Charge(90 * 2_500 + 10 * 32_000 + 50 * 10_000, 150));
  }

  @Test
  void whatNothingPricesIsNamedAndWhatTokensMeasureNeedsNoUnit() {
    Rating gpt = Cards.rating(cards, "p", "openai", "gpt-5");
    Rating whisper = Cards.rating(cards, "p", "openai", "whisper-1");

    assertThat(gpt.unpriced(Units.of(Meter.FILE_SEARCH, 1))).isEqualTo(Meter.FILE_SEARCH);
    assertThat(gpt.unpriced(SEARCHES.plus(Units.of(Meter.CHARACTER, 9)))).isNull();
    assertThat(whisper.unpriced(Units.of(Meter.CHARACTER, 9))).isEqualTo(Meter.CHARACTER);
    assertThat(whisper.unpriced(Units.of(Meter.SECOND, 9))).isNull();
    assertThat(Cards.rating(cards, "p", "gemini", "gemini-3.7-flash").unpriced(SEARCHES))
        .isEqualTo(Meter.WEB_SEARCH);
  }

  @Test
  void whatWasServedWithoutAPriceCostsTheDearestThatIsKnown() {
    Rating gpt = Cards.rating(cards, "p", "openai", "gpt-5");
    Units words = Units.of(Meter.CHARACTER, 1_000);

    // No tokens came that could stand for the characters, so tts-1-hd stands for them.
    assertThat(gpt.charge(report(TokenUsage.ZERO, words, null)).nanos()).isEqualTo(30_000_000);
    assertThat(gpt.charge(report(TokenUsage.of(1, 0), words, null)).nanos()).isEqualTo(1_250);
    // A model billed by the second that came back for one billed by tokens leaves these their
    // price.
    UsageReport odd =
        new UsageReport(List.of(new Part("whisper-1", TokenUsage.of(1, 0))), null, null, false);
    assertThat(gpt.charge(odd).nanos()).isEqualTo(1_250);
  }

  @Test
  void aModelsOwnFeeWinsAndACardOfTokensLeavesTheFeesThatAnEarlierOneKnows() {
    String card =
        Cards.HEAD.replace("provider: acme", "provider: acme\nper_unit: { web_search: 0.002 }")
            + "  - { model: a, prices: { input: 1, output: 1 } }\n"
            + "  - model: b\n    per_unit: { web_search: 0, file_search: 0.000000001 }\n"
            + "    prices: { input: 1, output: 1 }\n";
    String plain =
        Cards.HEAD.replace("acme", "plain").replace("contract-1", "contract-2")
            + "  - { model: a, prices: { input: 1, output: 1 } }\n";
    RateCards own = Cards.overBuiltin(folder, card, plain);

    assertThat(Cards.rating(own, "acme", "openai", "a").price(Meter.WEB_SEARCH))
        .contains(2_000_000L);
    assertThat(Cards.rating(own, "acme", "openai", "b").price(Meter.WEB_SEARCH)).contains(0L);
    assertThat(Cards.rating(own, "acme", "openai", "b").price(Meter.FILE_SEARCH)).contains(1L);
    assertThat(Cards.rating(own, "acme", "openai", "a").price(Meter.FILE_SEARCH)).isEmpty();
    assertThat(Cards.rating(own, "plain", "openai", "a").price(Meter.WEB_SEARCH))
        .contains(10_000_000L);
  }

  @Test
  void aTierThatIsSilentOnAudioDoesNotMakeItCheap() {
    RateCards own =
        Cards.overBuiltin(
            folder,
            Cards.HEAD
                + "  - model: a\n"
                + "    prices: { input: 1, output: 2, input_audio: 10 }\n"
                + "    tiers:\n"
                + "      fast: { input: 3, output: 4 }\n"
                + "      half: { basis_points: 5000 }\n");
    Rating rating = Cards.rating(own, "acme", "openai", "a");
    MediaTokens audio = MediaTokens.of(1_000, 0, 0, 0);
    List<Part> parts = List.of(new Part(null, TokenUsage.of(1_000, 0), audio, Units.NONE));

    assertThat(rating.charge(new UsageReport(parts, null, "fast", false)).nanos())
        .isEqualTo(10_000_000);
    assertThat(rating.charge(new UsageReport(parts, null, "half", false)).nanos())
        .isEqualTo(5_000_000);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{ web_serch: 1 }    | 10:17 web_serch: unknown key; did you mean \"web_search\"?",
        "{ image: 0.0000000001 } | 10:24 image: 0.0000000001 (expected: USD for one, at most 9",
        "{ image: -1 }       | 10:24 image: -1 (expected: USD for one",
        "{ image: 1000.01 }  | 10:24 image: 1000.01 (expected: at most 1000 USD for one)",
        "{ image: {} }       | 10:24 image: expected at least one price",
        "{ image: { big: x } } | 10:31 big: x (expected: USD for one",
        "{ image: [1] }      | 10:24 image: expected a value",
        "{ image: 1, image: 2 } | 10:27 image: given twice",
        "{ second: 0 }       | 10:25 second: 0 (expected: a price above 0 in a list card)",
        "{ image: { big: 0 } } | 10:31 big: 0 (expected: a price above 0 in a list card)",
      })
  void aBadPriceOfAUnitIsNamedAtItsPlace(String prices, String problem) {
    String card = Cards.HEAD.replace("contracted", "list") + "  - model: m\n    per_unit: ";

    String tokens = "\n    prices: { input: 1, output: 1 }\n";
    assertThat(problems(card + prices + tokens))
        .hasSize(1)
        .first()
        .asString()
        .startsWith("card.yaml:" + problem);
    assertThat(problems(card + "{ image: 1 }" + tokens)).isEmpty();
  }

  @Test
  void aCardAsAWholePricesToolsOnlyAndNoMeterIsPricedTwoWays() {
    String model = "  - { model: m, prices: { input: 1, output: 1 } }\n";

    assertThat(problems(Cards.HEAD.replace("models:", "per_unit: { image: 1 }\nmodels:") + model))
        .singleElement()
        .asString()
        .startsWith("card.yaml:8:13 image: unknown key");
    assertThat(
            problems(
                Cards.HEAD.replace(
                        "models:",
                        "per_unit: { web_search: 1 }\nper_request: { web_search: 1 }\nmodels:")
                    + model))
        .singleElement()
        .asString()
        .contains("web_search: priced by the unit and by the request");
    assertThat(problems(Cards.HEAD + "  - { model: m, per_unit: {} }\n"))
        .singleElement()
        .asString()
        .contains("prices: missing");
  }

  private static long charge(Rating rating, TokenUsage usage, MediaTokens media) {
    Part part = new Part(null, usage, media, Units.NONE);
    return rating.charge(new UsageReport(List.of(part), null, null, false)).nanos();
  }

  private static UsageReport report(TokenUsage usage, Units units, String variant) {
    Part part = new Part(null, usage, MediaTokens.NONE, units);
    return new UsageReport(List.of(part), null, null, false, variant);
  }

  private List<String> problems(String card) {
    Path file = Cards.write(folder.resolve("card.yaml"), card);
    try {
      RateCards.load(List.of(Source.file(file)));
      return List.of();
    } catch (RateCardException e) {
      return e.problems().stream()
          .map(p -> p.toString().substring(folder.toString().length() + 1))
          .toList();
    }
  }
}
