package io.stipend.metering.price;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContractCardTest {
  @TempDir Path folder;

  @Test
  void aContractOverridesTheListPriceForItsProviderOnly() {
    RateCards cards =
        Cards.overBuiltin(
            folder, Cards.HEAD + "  - { model: gpt-5, prices: { input: 1, output: 8 } }\n");

    assertThat(million(cards, "acme", "gpt-5")).isEqualTo(1_000_000_000);
    assertThat(million(cards, "other", "gpt-5")).isEqualTo(1_250_000_000);
    assertThat(Cards.rating(cards, "acme", "openai", "gpt-5").priceVersion())
        .isEqualTo("contract-1");
    assertThat(Cards.rating(cards, "acme", "openai", "gpt-5-mini").priceVersion())
        .isEqualTo("builtin-2026-08-21");
    assertThat(cards.version()).isEqualTo("builtin-2026-08-21+contract-1");
  }

  @Test
  void aContractReplacesAllPricesOfAModelSoThatNoListDiscountSurvives() {
    RateCards cards =
        Cards.overBuiltin(
            folder, Cards.HEAD + "  - { model: gpt-5, prices: { input: 1, output: 8 } }\n");
    Rate rate = cards.find("acme", "openai", "gpt-5", Cards.AT);

    assertThat(rate.tiers().standard().at(0))
        .isEqualTo(new Prices(1_000_000, 1_000_000, 1_000_000, 1_000_000, 8_000_000));
    assertThat(rate.tiers().others()).isEmpty();
  }

  @Test
  void whatAContractDoesNotSayOfTheModelTheListCardKnows() {
    RateCards cards =
        Cards.overBuiltin(
            folder,
            Cards.HEAD
                + "  - { model: o3, prices: { input: 1, output: 8 } }\n"
                + "  - { model: gpt-5, max_output: 4096, prices: { input: 1, output: 8 } }\n"
                + "  - { model: our-own, prices: { input: 1, output: 8 } }\n");

    assertThat(Cards.rating(cards, "acme", "openai", "o3").maxOutputTokens()).isEqualTo(100_000);
    assertThat(Cards.rating(cards, "acme", "openai", "o3").mayThink()).isTrue();
    assertThat(Cards.rating(cards, "acme", "openai", "gpt-5").maxOutputTokens()).isEqualTo(4_096);
    assertThat(Cards.rating(cards, "acme", "openai", "our-own").maxOutputTokens())
        .isEqualTo(65_536);
    assertThat(Cards.rating(cards, "acme", "openai", "our-own").mayThink()).isFalse();
  }

  @Test
  void outsideItsDatesTheEarlierCardHolds() {
    String card =
        Cards.HEAD
            + "  - { model: gpt-5, valid_from: 2026-03-01, valid_to: 2026-04-01,"
            + " prices: { input: 1, output: 8 } }\n";
    RateCards cards = Cards.overBuiltin(folder, card);

    assertThat(versionAt(cards, "2026-02-28T23:59:59Z")).isEqualTo("builtin-2026-08-21");
    assertThat(versionAt(cards, "2026-03-01T00:00:00Z")).isEqualTo("contract-1");
    assertThat(versionAt(cards, "2026-03-31T23:59:59.999Z")).isEqualTo("contract-1");
    assertThat(versionAt(cards, "2026-04-01T00:00:00Z")).isEqualTo("builtin-2026-08-21");
  }

  @Test
  void theLaterOfTwoContractsWins() {
    String first = Cards.HEAD + "  - { model: gpt-5, prices: { input: 1, output: 8 } }\n";
    String second = first.replace("contract-1", "contract-2").replace("input: 1", "input: 0.9");

    assertThat(million(Cards.overBuiltin(folder, first, second), "acme", "gpt-5"))
        .isEqualTo(900_000_000);
    assertThat(million(Cards.overBuiltin(folder, second, first), "acme", "gpt-5"))
        .isEqualTo(1_000_000_000);
  }

  @Test
  void aPatternPricesAllModelsThatBeginWithItAndAnExactNameOrALongerPatternWins() {
    RateCards cards =
        Cards.overBuiltin(
            folder,
            Cards.HEAD
                + "  - { model: llama-*, prices: { input: 1, output: 8 } }\n"
                + "  - { model: llama-4-*, prices: { input: 2, output: 8 } }\n"
                + "  - { model: llama-4-70b, prices: { input: 3, output: 8 } }\n"
                + "  - { model: free-*, prices: { input: 0, output: 0 } }\n");

    assertThat(million(cards, "acme", "llama-3")).isEqualTo(1_000_000_000);
    assertThat(million(cards, "acme", "llama-4-8b")).isEqualTo(2_000_000_000);
    assertThat(million(cards, "acme", "llama-4-70b")).isEqualTo(3_000_000_000L);
    assertThat(million(cards, "acme", "free-1")).isZero();
    assertThat(Cards.rating(cards, "acme", "openai", "free-1").affordableOutput(1, 0, null))
        .isEqualTo(1_000_000_000L);
    assertThat(cards.rating("acme", "openai", "Llama-3", Cards.AT)).isNull();
    assertThat(cards.rating("other", "openai", "llama-3", Cards.AT)).isNull();
    assertThat(cards.models("acme", "none", Cards.AT)).containsExactly("llama-4-70b");
  }

  @Test
  void theExampleInTheDocumentationLoads() throws Exception {
    String docs = Files.readString(Path.of("../docs/rate-cards.md"));
    Matcher blocks = Pattern.compile("```yaml\n(version:.*?)```", Pattern.DOTALL).matcher(docs);
    assertThat(blocks.find()).isTrue();

    RateCards cards = Cards.overBuiltin(folder, blocks.group(1));

    Rating gpt5 = Cards.rating(cards, "openai", "openai", "gpt-5-2025-08-07");
    assertThat(gpt5.priceVersion()).isEqualTo("contract-2026");
    assertThat(gpt5.ceiling(1_000_000, 0, null).nanos()).isEqualTo(1_100_000_000);
    assertThat(gpt5.ceiling(1_000_000, 0, "flex").nanos()).isEqualTo(550_000_000);
    assertThat(gpt5.ceiling(1_000_000, 0, "priority").nanos()).isEqualTo(2_200_000_000L);
    Rating long54 = Cards.rating(cards, "openai", "openai", "gpt-5.4");
    assertThat(long54.ceiling(272_000, 0, null).nanos()).isEqualTo(598_400_000);
    assertThat(long54.ceiling(272_001, 0, null).nanos()).isEqualTo(1_196_804_400);
    assertThat(Cards.rating(cards, "local", "openai", "llama-3.3").maxOutputTokens())
        .isEqualTo(32_768);
  }

  private static long million(RateCards cards, String provider, String model) {
    return Cards.rating(cards, provider, "openai", model).ceiling(1_000_000, 0, null).nanos();
  }

  private static String versionAt(RateCards cards, String at) {
    return cards.rating("acme", "openai", "gpt-5", Instant.parse(at)).priceVersion();
  }
}
