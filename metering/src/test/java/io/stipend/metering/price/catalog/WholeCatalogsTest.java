package io.stipend.metering.price.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.stipend.metering.price.CardText;
import io.stipend.metering.price.RateCards;
import io.stipend.metering.price.catalog.CatalogImport.Format;
import io.stipend.metering.price.catalog.CatalogImport.Request;
import io.stipend.metering.price.catalog.CatalogImport.Result;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDate;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Both public catalogues, whole, where they lie beside the project. */
class WholeCatalogsTest {
  private static final Path DATA = Path.of("../../shared/data/prices");
  private static final Instant NOW = Instant.parse("2026-11-20T12:00:00Z");

  static Path file(Format format) {
    Path file =
        DATA.resolve(
            format == Format.LITELLM
                ? "litellm-model_prices_and_context_window.json"
                : "genai-prices-v2-data.json");
    assumeTrue(Files.isRegularFile(file), "no price data at " + file + ": nothing was imported");
    return file;
  }

  static Result imported(Format format, String provider, String validFrom) throws Exception {
    Request request =
        new Request(
            file(format),
            format,
            provider,
            "imported-1",
            "a public catalogue",
            LocalDate.parse("2026-08-21"),
            LocalDate.parse(validFrom));
    RateCards inForce = RateCards.load(List.of(RateCards.Source.builtin()));
    return CatalogImport.run(request, inForce, UnaryOperator.identity(), NOW);
  }

  @ParameterizedTest
  @CsvSource({
    "LITELLM, litellm, 2983, 2143, 286, 554",
    "GENAI_PRICES, genai-prices, 1466, 1288, 5, 173",
  })
  void aWholeCatalogIsImportedAndWhatIsQuarantinedIsKnown(
      Format format, String fixture, int entries, int models, int quarantined, int leftOut)
      throws Exception {
    Result result = imported(format, null, "2026-11-20");

    String text =
        result.quarantined().stream()
            .map(found -> found.model() + ": " + found.reason() + "\n")
            .collect(Collectors.joining());
    Files.writeString(Path.of("target", fixture + "-quarantined.txt"), text);
    assertThat(text).isEqualTo(resource(fixture + "-quarantined.txt"));
    assertThat(List.of(result.models(), result.quarantined().size(), result.leftOut().size()))
        .containsExactly(models, quarantined, leftOut);
    assertThat(result.entries()).isEqualTo(entries).isEqualTo(models + quarantined + leftOut);
    RateCards read = RateCards.of(List.of(new CardText("imported", "", result.text())), "USD");
    assertThat(read.version()).isEqualTo("imported-1");
    // What a reader of the file sees of the rest.
    assertThat(result.text().lines().filter(line -> line.startsWith("#   "))).hasSize(quarantined);
  }

  @Test
  void theSixteenAbsurdPricesOfTheCatalogAreAmongThem() throws Exception {
    Result result = imported(Format.LITELLM, null, "2026-11-20");

    assertThat(result.quarantined())
        .filteredOn(found -> found.reason().contains("USD per million tokens (at most 1000)"))
        .hasSize(16);
  }

  @Test
  void oneProviderIsTakenAlone() throws Exception {
    Result result = imported(Format.GENAI_PRICES, "anthropic", "2026-11-20");

    assertThat(result.entries()).isEqualTo(21);
    assertThat(result.text()).contains("vendor: \"anthropic\"").doesNotContain("openai");
  }

  private static String resource(String name) throws Exception {
    try (InputStream in = WholeCatalogsTest.class.getResourceAsStream(name)) {
      return in == null ? "" : new String(in.readAllBytes(), StandardCharsets.UTF_8);
    }
  }
}
