package io.stipend.metering.price;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.metering.price.RateCards.Source;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is valid and should still make somebody look; now is {@link Cards#AT}. */
class CardCheckTest {
  @TempDir Path folder;

  private List<String> warnings(String... cards) {
    List<Source> sources = new ArrayList<>();
    for (int i = 0; i < cards.length; i++) {
      sources.add(Source.file(Cards.write(folder.resolve("c" + i + ".yaml"), cards[i])));
    }
    return CardCheck.warnings(
            Cards.load(sources), Cards.builtin(), UnaryOperator.identity(), Cards.AT)
        .stream()
        .map(problem -> problem.toString().replace(folder + "/", ""))
        .toList();
  }

  private static String card(String version, String models) {
    return Cards.HEAD.replace("contract-1", version).replace("2026-01-05", "2026-11-01") + models;
  }

  private static String model(String name, String from, String to) {
    return "  - { model: %s, valid_from: %s%s, prices: { input: 1, output: 2 } }\n"
        .formatted(name, from, to.isEmpty() ? "" : ", valid_to: " + to);
  }

  @Test
  void aCardThatIsFreshAndWholeGivesNoWarning() {
    assertThat(
            warnings(
                card("c", model("m", "2026-01-01", "2026-06-01") + model("m", "2026-06-01", ""))))
        .isEmpty();
  }

  @Test
  void gapsAndEndsAreTold() {
    assertThat(
            warnings(
                card(
                    "c",
                    model("m", "2026-01-01", "2026-06-01")
                        + model("m", "2026-06-02", "")
                        + model("n", "2026-01-01", "2026-11-20")
                        + model("o", "2026-01-01", "2026-11-21"))))
        .containsExactly(
            "c0.yaml:10:14 model: m has no price in this card from 2026-06-01 to 2026-06-02",
            "c0.yaml:11:14 model: n has had no price in this card since 2026-11-20");
  }

  @Test
  void oldReadingsAreToldOnceForACard() {
    String old = card("c", model("m", "2026-01-01", "") + model("n", "2026-01-01", ""));

    assertThat(warnings(old.replace("2026-11-01", "2026-05-24"))).isEmpty();
    assertThat(warnings(old.replace("2026-11-01", "2026-05-23")))
        .containsExactly(
            "c0.yaml:9:14 checked_on: 2026-05-23 is more than 180 days ago, of m and 1 more of card"
                + " c (expected: read again)");
  }

  @Test
  void theLaterOfTwoCardsIsNamedAndTheOneThatItHides() {
    String first = card("c1", model("m", "2026-01-01", "") + model("n", "2026-01-01", ""));
    String second = card("c2", model("m", "2026-07-01", ""));

    assertThat(warnings(first, second))
        .containsExactly(
            "c1.yaml:9:14 model: m is priced at the same time by card c1 (c0.yaml:9); the card that"
                + " stands later in rate_cards decides");
    assertThat(warnings(first, second.replace("acme", "other"))).isEmpty();
  }

  @Test
  void aContractAboveTheListIsTold() {
    String dear = card("c", "  - { model: gpt-4o-mini, prices: { input: 0.16, output: 0.6 } }\n");

    assertThat(warnings(dear.replace("acme", "openai")))
        .containsExactly("c0.yaml:9:14 model: gpt-4o-mini input: 0.16 USD is above the list, 0.15");
    assertThat(warnings(dear.replace("acme", "openai").replace("0.16", "0.15, cache_read: 0.01")))
        .isEmpty();
  }
}
