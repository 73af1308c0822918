package io.stipend.policy.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.metering.price.Rating;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Rates of exchange in a quota file, or in a file beside it. */
class ExchangeRatesTest {
  private static final String CARD =
      """
      version: contract-1
      kind: contracted
      currency: EUR
      provider: openai
      source: order form
      checked_on: 2026-01-05
      valid_from: 2026-01-01
      models:
        - { model: gpt-4o-mini, prices: { input: 0.1, output: 0.5 } }
      """;

  private static final String HEAD =
      QuotaFiles.PROVIDERS + "rate_cards: [builtin, contract.yaml]\n";

  private static final String RATE =
      "{ from: EUR, to: USD, date: 2026-11-01, rate: 1.0842, source: ECB }";

  @TempDir Path folder;

  private QuotaFile.Result load(String exchange) {
    QuotaFiles.write(folder, "contract.yaml", CARD);
    return QuotaFiles.load(folder, HEAD + exchange);
  }

  private static String version(QuotaFile.Result result) {
    QuotaFile file = ((QuotaFile.Loaded) result).quotaFile();
    ModelCatalog catalog = new ModelCatalog(file);
    Rating rating = catalog.rating(file.providers().get(0), "gpt-4o-mini", QuotaFiles.NOW);
    return rating == null ? "none" : rating.priceVersion();
  }

  @Test
  void ratesStandInTheQuotaFileOrInAFileBesideIt() {
    assertThat(version(load("exchange_rates: [" + RATE + "]\n")))
        .isEqualTo("contract-1@EUR=1.0842");
    QuotaFiles.write(folder, "rates.yaml", "- " + RATE + "\n");
    QuotaFile.Result result = load("exchange_rates: ./rates.yaml\n");
    assertThat(version(result)).isEqualTo("contract-1@EUR=1.0842");
    assertThat(result.sources()).anyMatch(file -> file.path().endsWith("rates.yaml"));
    assertThat(((QuotaFile.Loaded) result).warnings()).isEmpty();
  }

  @Test
  void aCardWithoutARateIsWarnedOfAndItsModelsAreRefused() {
    QuotaFile.Result result = load("");

    assertThat(version(result)).isEqualTo("none");
    assertThat(((QuotaFile.Loaded) result).warnings())
        .singleElement()
        .asString()
        .endsWith(
            "contract.yaml:1:10: currency: no rate of exchange from EUR to USD at"
                + " 2026-11-23T12:00:00Z (expected: one under exchange_rates; until then its models"
                + " are refused)");
    ModelCatalog catalog = new ModelCatalog(((QuotaFile.Loaded) result).quotaFile());
    assertThat(catalog.resolve("gpt-4o-mini", QuotaFiles.NOW).servedBy()).isEmpty();
    assertThat(catalog.resolve("gpt-4o", QuotaFiles.NOW).servedBy()).hasSize(1);
    assertThat(catalog.resolve("gpt-4o-mini", Instant.MIN).servedBy()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "rate: 1.0842 | rate: 1.0842e0 | 5:64: exchange_rates[0].rate: \"1.0842e0\" (expected: a decimal",
        "rate: 1.0842 | rate: -1       | 5:64: exchange_rates[0].rate: \"-1\" (expected: a decimal above 0",
        "rate: 1.0842 | rate: 0        | 5:64: exchange_rates[0].rate: \"0\" (expected: a decimal above 0",
        "rate: 1.0842 | rate: 1000001  | 5:64: exchange_rates[0].rate: \"1000001\" (expected: a decimal",
        "rate: 1.0842 | rate: [1]      | 5:64: exchange_rates[0].rate: is a list (expected: a decimal",
        "rate: 1.0842 | until: 2026-11-02 | 5:18: exchange_rates[0]: rate is missing",
        "from: EUR    | from: EURO     | 5:26: exchange_rates[0].from: \"EURO\" (expected: an ISO 4217",
        "from: EUR    | from: USD      | 5:31: exchange_rates[0]: to: USD (expected: another currency",
        "date: 2026-11-01 | date: 2026-13-01 | 5:46: exchange_rates[0].date: \"2026-13-01\" (expected:",
        "source: ECB  | sauce: ECB     | 5:72: exchange_rates[0]: unknown key \"sauce\" (expected",
        "source: ECB  | source: ECB, until: 2026-11-01 | 5:92: exchange_rates[0].until: 2026-11-01",
      })
  void aBadRateIsNamedAtItsPlace(String good, String bad, String problem) {
    QuotaFile.Result result =
        load("exchange_rates: [" + RATE.replace(good.strip(), bad.strip()) + "]\n");

    List<Problem> problems = ((QuotaFile.Broken) result).problems();
    assertThat(problems).extracting(Problem::toString).anyMatch(p -> p.contains(problem.strip()));
  }

  @Test
  void twoRatesOfOneDayAreOneTooMany() {
    QuotaFile.Result result = load("exchange_rates: [" + RATE + ", " + RATE + "]\n");

    assertThat(((QuotaFile.Broken) result).problems())
        .singleElement()
        .asString()
        .contains("exchange_rates[1]: a second rate of EUR that begins on 2026-11-01");
  }
}
