package io.stipend.metering.price;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.stipend.metering.price.RateCards.Source;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A bad card is refused as a whole, and every problem in it is named at its place. */
class RateCardProblemsTest {
  @TempDir Path folder;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{ input: 1000.000001, output: 1 }  | 9:22 input: 1000.000001 (expected: at most 1000 USD",
        "{ input: -1, output: 1 }           | 9:22 input: -1 (expected: USD per million tokens",
        "{ input: 1e3, output: 1 }          | 9:22 input: 1e3 (expected: USD per million tokens",
        "{ input: 0.1234567, output: 1 }    | 9:22 input: 0.1234567 (expected: USD per million",
        "{ input: '1,5', output: 1 }        | 9:22 input: 1,5 (expected: USD per million tokens",
        "{ input: NaN, output: 1 }          | 9:22 input: NaN (expected: USD per million tokens",
        "{ input: [1], output: 1 }          | 9:22 input: expected a value",
        "{ input: , output: 1 }             | 9:21 input: expected a value",
        "{ output: 1 }                      | 9:13 input: missing",
        "{ input: 1 }                       | 9:13 output: missing",
        "{ input: 1, output: 1, input: 2 }  | 9:36 input: given twice",
        "{ input: 1, output: 1, cache_read: 1.000001 } | 9:48 cache_read: dearer than input",
        "{ input: 1, output: 1, ouput: 2 }  | 9:36 ouput: unknown key; did you mean \"output\"?",
        "{ input: 1, output: 1, zzz: 2 }    | 9:36 zzz: unknown key",
        "{ input: 1, output: 1, above: [{ input: 2, output: 2 }] } | 9:44 input_over: missing",
        "{ input: 1, output: 1, above: [{ input_over: 0, input: 2, output: 2 }] }"
            + " | 9:58 input_over: 0 (expected: 1..1000000000)",
        "{ input: 1, output: 1, above: [{ input_over: 5, input: 2, output: 2 },"
            + " { input_over: 5, input: 2, output: 2 }] } | 9:98 input_over: 5 (expected: above 5)",
      })
  void aBadPriceIsNamedAtItsPlace(String prices, String problem) {
    String card = Cards.HEAD + "  - prices: " + prices + "\n    model: m\n";

    assertThat(problems(card)).hasSize(1).first().asString().startsWith("card.yaml:" + problem);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{ flex: { basis_points: 0 } }          | 10:36 basis_points: 0 (expected: 1..1000000)",
        "{ flex: { basis_points: 0.5 } }        | 10:36 basis_points: 0.5 (expected: 1..1000000)",
        "{ flex: { basis_points: 5, input: 1 } } | 10:39 input: unknown key",
        "{ fast: { basis_points: 20000 } }      | 10:36 basis_points: 20000 (expected: at most 1000",
        "{ Flex: { basis_points: 5000 } }       | 10:20 Flex: expected another tier than the default",
        "{ default: { basis_points: 5000 } }    | 10:23 default: expected another tier than the",
        "{ flex: { input: 1 } }                 | 10:20 output: missing",
      })
  void aBadTierIsNamedAtItsPlace(String tiers, String problem) {
    String card =
        Cards.HEAD
            + "  - prices: { input: 600, output: 600 }\n    tiers: "
            + tiers
            + "\n    model: m\n";

    assertThat(problems(card)).hasSize(1).first().asString().startsWith("card.yaml:" + problem);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{ input: 1 }, max_output: 1 | output: missing",
        "{ output: 1 }, max_output: 0 | input: missing",
        "{ input: 1, output: x }, max_output: 0 | output: x (expected: USD per million tokens",
        "{ input: 1 }, max_output: -1 | output: missing",
      })
  void onlyWhatGeneratesNothingNeedsNoPriceOfOutput(String entry, String problem) {
    String prices = entry.replaceFirst("}, ", "}\n    ");
    String card = Cards.HEAD + "  - model: m\n    prices: " + prices + "\n";

    assertThat(problems(card)).anyMatch(found -> found.contains(problem));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "currency: USD       | currency: EU      | 3:11 currency: EU (expected: an ISO",
        "kind: contracted    | kind: free        | 2:7 kind: free (expected: list or contracted)",
        "version: contract-1 | version: a b      | 1:10 version: a b (expected: letters, digits",
        "version: contract-1 | versoin: x        | 1:1 version: missing",
        "provider: acme      | vendr: acme       | 1:1 expected one of the keys provider and vendor",
        "provider: acme      | { provider: a }   | 5:1 expected YAML",
        "checked_on: 2026-01-05 | checked_on: 2026-02-30 | 6:13 checked_on: 2026-02-30 (expected",
        "source: Order form 4711 | valid_to: 2026-01-01 | 9:5 source: missing",
        "valid_from: 2026-01-01 | valid_to: 2026-01-01  | 9:5 valid_from: missing",
        "model: m            | model: m*x        | 9:12 model: m*x (expected: no *",
        "model: m            | names: ['m*']     | 9:5 model: missing",
        "model: m            | modle: m          | 9:5 model: missing",
      })
  void aBadCardIsNamedAtItsPlace(String good, String bad, String problem) {
    String card = Cards.HEAD + "  - model: m\n    prices: { input: 1, output: 1 }\n";
    assertThat(problems(card)).isEmpty();

    assertThat(problems(card.replace(good, bad)))
        .anySatisfy(p -> assertThat(p).startsWith("card.yaml:" + problem));
  }

  @Test
  void allProblemsOfAllFilesAreToldAtOnce() {
    Path one = Cards.write(folder.resolve("one.yaml"), "kind: list\nmodles: []\n");
    Path two = Cards.write(folder.resolve("two.yaml"), "- 1\n- 2\n");
    Path none = folder.resolve("none.yaml");

    RateCardException thrown =
        catchThrowableOfType(
            RateCardException.class,
            () ->
                RateCards.load(
                    List.of(
                        Source.builtin(), Source.file(one), Source.file(two), Source.file(none))));

    List<String> told = thrown.problems().stream().map(p -> relative(p.toString())).toList();
    assertThat(told)
        .contains(
            "one.yaml:1:1 version: missing",
            "one.yaml:1:1 currency: missing",
            "one.yaml:1:1 expected one of the keys provider and vendor",
            "one.yaml:2:1 modles: unknown key; did you mean \"models\"?",
            "two.yaml:1:1 expected a mapping of keys to values",
            "none.yaml:0:0 no such file");
    assertThat(thrown.problems().get(3).line()).isPositive();
    assertThat(thrown).hasMessageContaining("no such file");
  }

  @Test
  void aModelPricedTwiceAtTheSameTimeIsRefused() {
    String model = "  - { model: m, names: [n], prices: { input: 1, output: 1 }%s }\n";

    assertThat(problems(Cards.HEAD + model.formatted("") + model.formatted("")))
        .containsExactly(
            "card.yaml:10:14 model: m is priced twice at the same time",
            "card.yaml:10:14 model: n is priced twice at the same time");
    assertThat(
            problems(
                Cards.HEAD
                    + model.formatted(", valid_to: 2026-06-01")
                    + model.formatted(", valid_from: 2026-06-01")))
        .isEmpty();
    assertThat(
            problems(
                Cards.HEAD
                    + model.formatted(", valid_to: 2026-06-02")
                    + model.formatted(", valid_from: 2026-06-01")))
        .hasSize(2);
    assertThat(
            problems(
                Cards.HEAD + "  - { model: m, names: [m], prices: { input: 1, output: 1 } }\n"))
        .containsExactly("card.yaml:9:14 model: m is priced twice at the same time");
  }

  @Test
  void twoDocumentsForOneProviderInAFileAreRefused() {
    String card = Cards.HEAD + "  - { model: m, prices: { input: 1, output: 1 } }\n";

    assertThat(problems(card + "---\n" + card))
        .containsExactly(
            "card.yaml:14:11 provider: acme is already priced by the document at line 1");
  }

  @Test
  void twoSourcesOfOneVersionAreRefused() {
    String card = Cards.HEAD + "  - { model: m, prices: { input: 1, output: 1 } }\n";
    Path one = Cards.write(folder.resolve("one.yaml"), card);
    Path two = Cards.write(folder.resolve("two.yaml"), card);

    RateCardException thrown =
        catchThrowableOfType(
            RateCardException.class,
            () -> RateCards.load(List.of(Source.file(one), Source.file(two))));

    assertThat(thrown.problems().stream().map(p -> relative(p.toString())))
        .containsExactly("two.yaml:1:10 version: contract-1 (already used by another source)");
  }

  @Test
  void aListCardMayHaveNeitherPatternsNorFreeModels() {
    String card =
        Cards.HEAD.replace("kind: contracted", "kind: list")
            + "  - { model: m-*, prices: { input: 0, output: 1 } }\n";

    assertThat(problems(card)).hasSize(2);
  }

  @Test
  void anEmptyOrUnreadableFileIsRefused() throws Exception {
    assertThat(problems("")).containsExactly("card.yaml:0:0 expected a rate card, found nothing");
    assertThat(problems("a: [b\n")).singleElement().asString().startsWith("card.yaml:2:1 expected");
    Path file = folder.resolve("card.yaml");
    Files.write(file, new byte[] {(byte) 0xff, (byte) 0xfe, 0x41});
    assertThat(problems(file)).containsExactly("card.yaml:0:0 expected UTF-8 text");
    assertThat(problems("a: &a [*a]\nb: {<<: *zz}\n")).isNotEmpty();
  }

  private List<String> problems(String text) {
    return problems(Cards.write(folder.resolve("card.yaml"), text));
  }

  private List<String> problems(Path file) {
    try {
      RateCards.load(List.of(Source.file(file)));
      return List.of();
    } catch (RateCardException e) {
      return Arrays.stream(e.getMessage().split("\n")).map(this::relative).toList();
    }
  }

  private String relative(String problem) {
    return problem.replace(folder + "/", "");
  }
}
