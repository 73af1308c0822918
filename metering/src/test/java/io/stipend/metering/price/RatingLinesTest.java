package io.stipend.metering.price;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.metering.ChargeBasis;
import io.stipend.metering.ChargeLine;
import io.stipend.metering.ChargeLines;
import io.stipend.metering.MediaTokens;
import io.stipend.metering.Meter;
import io.stipend.metering.TokenPrices;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.Units;
import io.stipend.metering.UsageReport;
import io.stipend.metering.UsageReport.Part;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a charge is made of. */
class RatingLinesTest {
  private static final int SEEDS = Boolean.getBoolean("stipend.tests.full") ? 2_000 : 60;
  private static final int REPORTS = 40;
  private static final List<String> MODELS =
      List.of("one", "two", "three", "gpt-5", "gpt-5.4", "last");

  @TempDir Path folder;

  @Test
  void theListPriceStandsBesideTheContractedOneOfTheSameTierAndSize() {
    RateCards cards =
        Cards.overBuiltin(
            folder,
            Cards.HEAD
                + """
                  - model: gpt-5.4
                    prices:
                      input: 2
                      cache_read: 0.1
                      output: 10
                      above: [{ input_over: 100000, input: 3, output: 11 }]
                    tiers: { flex: { basis_points: 5000 }, own: { input: 7, output: 8 } }
                  - { model: ours-*, prices: { input: 1, output: 2 } }
                """);
    Rating rating = Cards.rating(cards, "acme", "openai", "gpt-5.4");
    TokenUsage small = new TokenUsage(1_000, 500, 0, 0, 10, 4);
    assertThat(rating.lines(report(small, null)))
        .containsExactly(
            new ChargeLine("input", 1_000, 2_000_000, 2_500_000),
            new ChargeLine("cache_read", 500, 100_000, 250_000),
            new ChargeLine("output", 10, 10_000_000, 15_000_000));
    assertThat(rating.lines(report(small, "flex")))
        .extracting(ChargeLine::picos, ChargeLine::listPicos)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(1_000_000L, 1_250_000L),
            org.assertj.core.groups.Tuple.tuple(50_000L, 130_000L),
            org.assertj.core.groups.Tuple.tuple(5_000_000L, 7_500_000L));
    assertThat(rating.lines(report(TokenUsage.of(100_001, 1), null)))
        .as("past the contract's step, before the list's")
        .containsExactly(
            new ChargeLine("input", 100_001, 3_000_000, 2_500_000),
            new ChargeLine("output", 1, 11_000_000, 15_000_000));
    assertThat(rating.lines(report(TokenUsage.of(272_001, 0), null)))
        .containsExactly(new ChargeLine("input", 272_001, 3_000_000, 5_000_000));
    assertThat(rating.lines(report(TokenUsage.of(1, 0), "own")))
        .as("a tier that the list does not know has no other price")
        .containsExactly(new ChargeLine("input", 1, 7_000_000, 7_000_000));
    assertThat(
            Cards.rating(cards, "acme", "openai", "ours-1")
                .lines(report(TokenUsage.of(3, 0), null)))
        .containsExactly(new ChargeLine("input", 3, 1_000_000, 1_000_000));
    assertThat(
            Cards.rating(cards, "other", "openai", "gpt-5.4")
                .lines(report(TokenUsage.of(1, 0), null)))
        .containsExactly(new ChargeLine("input", 1, 2_500_000, 2_500_000));
  }

  @Test
  void eachPartHasLinesOfItsOwn() {
    Rating rating = Cards.rating(Cards.builtin(), "p", "openai", "gpt-5");
    UsageReport report =
        new UsageReport(
            List.of(
                new Part("gpt-5", TokenUsage.of(10, 1)),
                new Part("gpt-5-mini", TokenUsage.of(20, 0)),
                new Part("gpt-5", TokenUsage.of(5, 0))),
            null,
            null,
            false);
    assertThat(rating.lines(report))
        .containsExactly(
            new ChargeLine("input", 10, 1_250_000, 1_250_000),
            new ChargeLine("output", 1, 10_000_000, 10_000_000),
            new ChargeLine("input", 20, 250_000, 250_000),
            new ChargeLine("input", 5, 1_250_000, 1_250_000));
    assertThat(rating.basis(report).tokens()).isNull();
    UsageReport same =
        new UsageReport(
            List.of(new Part("gpt-5", TokenUsage.of(10, 1)), new Part(null, TokenUsage.of(5, 2))),
            null,
            null,
            false);
    assertThat(rating.lines(same))
        .as("whoever prices them anew sees that there were two")
        .extracting(ChargeLine::quantity)
        .containsExactly(10L, 1L, 5L, 2L);
    assertThat(ChargeLines.areOfSeveralRuns(rating.lines(same))).isTrue();
  }

  @Test
  void aFeeForTheWholeRequestIsOneAndWhatHasNoPriceHasNoLine() {
    RateCards cards =
        Cards.overBuiltin(
            folder,
            Cards.HEAD.replace("models:", "per_request: { web_search: 0.008 }\nmodels:")
                + "  - { model: gpt-5, prices: { input: 1, output: 8 } }\n");
    Rating rating = Cards.rating(cards, "acme", "openai", "gpt-5");
    UsageReport report =
        UsageReport.of(TokenUsage.of(1, 0))
            .and(Units.of(Meter.WEB_SEARCH, 7).plus(Units.of(Meter.WEB_FETCH, 2)));
    assertThat(rating.lines(report))
        .containsExactly(
            new ChargeLine("input", 1, 1_000_000, 1_250_000),
            new ChargeLine("web_search", 1, 8_000_000_000L, 8_000_000_000L));
    assertThat(rating.basis(report).tokens()).isNotNull();
  }

  /** Sum of quantity times price, rounded up once, is the charge: for all cards and reports. */
  @Test
  void allLinesRoundedUpOnceAreTheCharge() {
    int found = 0;
    for (int seed = 0; seed < SEEDS; seed++) {
      Random random = new Random(seed);
      RateCards cards = Cards.overBuiltin(folder, card(random, "contracted"), card(random, "list"));
      for (int i = 0; i < REPORTS; i++) {
        String model = MODELS.get(random.nextInt(MODELS.size()));
        Rating rating = Cards.rating(cards, "acme", "openai", model);
        UsageReport report = report(random);
        String why = "seed " + seed + ", report " + i + ": " + report;
        List<ChargeLine> lines = rating.lines(report);
        long nanos = rating.charge(report).nanos();
        boolean priced = rating.pricesTokens() && report.total().total() > 0;
        assertThat(lines.isEmpty() && priced).as(why).isFalse();
        BigDecimal sum = BigDecimal.ZERO;
        for (ChargeLine line : lines) {
          assertThat(line.quantity()).as(why).isPositive();
          sum =
              sum.add(
                  BigDecimal.valueOf(line.quantity()).multiply(BigDecimal.valueOf(line.picos())));
          found++;
        }
        assertThat(
                sum.movePointLeft(3).setScale(0, java.math.RoundingMode.CEILING).longValueExact())
            .as(why)
            .isEqualTo(nanos);
        assertThat(ChargeLines.nanos(lines)).as(why).isEqualTo(nanos);
        if (report.parts().stream().noneMatch(part -> "last".equals(part.model())) && priced) {
          assertThat(tokens(lines)).as(why).isEqualTo(report.total().total());
        }
        ChargeBasis basis = rating.basis(report);
        if (basis.tokens() != null) {
          assertThat(TokenPrices.parse(basis.tokens().text())).isEqualTo(basis.tokens());
        }
      }
    }
    assertThat(found).isGreaterThan(SEEDS * REPORTS);
  }

  private static long tokens(List<ChargeLine> lines) {
    return lines.stream().filter(ChargeLine::isTokens).mapToLong(ChargeLine::quantity).sum();
  }

  private static UsageReport report(TokenUsage usage, String tier) {
    return new UsageReport(List.of(new Part(null, usage)), null, tier, false);
  }

  private static UsageReport report(Random random) {
    List<Part> parts = new ArrayList<>();
    for (int i = random.nextInt(3); i >= 0; i--) {
      TokenUsage usage =
          new TokenUsage(
              count(random), count(random), 2 + count(random), random.nextInt(3), count(random), 0);
      MediaTokens media =
          random.nextInt(3) == 0
              ? new MediaTokens(
                      count(random),
                      count(random),
                      count(random),
                      count(random),
                      count(random),
                      count(random))
                  .most(usage)
              : MediaTokens.NONE;
      Units units =
          random.nextInt(3) == 0
              ? Units.of(Meter.values()[random.nextInt(7)], 1 + random.nextInt(9))
              : Units.NONE;
      String model = random.nextBoolean() ? null : MODELS.get(random.nextInt(MODELS.size()));
      parts.add(new Part(model, usage, media, units));
    }
    List<String> tiers = List.of("standard", "flex", "priority", "unheard-of");
    return new UsageReport(
        parts,
        random.nextBoolean() ? null : "two",
        random.nextBoolean() ? null : tiers.get(random.nextInt(4)),
        false,
        random.nextBoolean() ? null : "hd");
  }

  private static long count(Random random) {
    return random.nextInt(random.nextInt(4) == 0 ? 1_000_000 : 1_000);
  }

  private static String card(Random random, String kind) {
    String head =
        Cards.HEAD
            .replace("contracted", kind)
            .replace("contract-1", kind)
            .replace(
                "models:",
                "per_unit: { code_execution: { std: 0.01, hd: 0.020000001 } }\n"
                    + "per_request: { web_search: 0.008 }\nmodels:");
    StringBuilder card = new StringBuilder(head);
    for (String model : MODELS.subList(0, 5)) {
      if (kind.equals("list") && random.nextBoolean()) {
        continue;
      }
      card.append("  - model: ").append(model).append("\n    prices: ").append(prices(random));
      card.append(", above: [{ input_over: ")
          .append(1_000 + random.nextInt(100_000))
          .append(", ")
          .append(prices(random).substring(1))
          .append(" }] }\n    tiers: { flex: { basis_points: ")
          .append(1 + random.nextInt(20_000))
          .append(" } }\n");
    }
    return card.append("  - { model: last, max_output: 0, per_unit: { image: 0.01 } }\n")
        .toString();
  }

  /** An open mapping. */
  private static String prices(Random random) {
    long input = 1 + random.nextInt(random.nextBoolean() ? 90 : 9_000_000);
    return "{ input: "
        + price(input)
        + ", cache_read: "
        + price(1 + random.nextLong(input))
        + ", cache_write_5m: "
        + price(input + random.nextInt(1_000))
        + ", output: "
        + price(1 + random.nextInt(9_000_000))
        + (random.nextBoolean() ? ", input_audio: " + price(1 + random.nextInt(9_000_000)) : "");
  }

  private static String price(long millionths) {
    return BigDecimal.valueOf(millionths, 6).toPlainString();
  }
}
