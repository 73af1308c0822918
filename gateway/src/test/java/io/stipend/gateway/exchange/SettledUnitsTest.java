package io.stipend.gateway.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.gateway.dialect.AnswerReader;
import io.stipend.gateway.dialect.Dialect.Peeked;
import io.stipend.metering.Charge;
import io.stipend.metering.MediaTokens;
import io.stipend.metering.Meter;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.Units;
import io.stipend.metering.UsageSource;
import io.stipend.metering.price.RateCardException;
import io.stipend.metering.price.RateCards;
import io.stipend.metering.price.Rating;
import io.stipend.policy.ModelCall;
import io.stipend.policy.budget.Reservation.Settlement;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is held for beside tokens, and what is settled of it by how an attempt ended. */
class SettledUnitsTest {
  private static final long FEE = FlatRating.SEARCH;
  private static final Peeked SEARCHES =
      Parts.peeked(
          Parts.MESSAGES,
          "{\"model\":\"m\",\"messages\":[],\"max_tokens\":5000,\"stream\":true,"
              + "\"tools\":[{\"type\":\"web_search_1\",\"max_uses\":4}]}");
  private static final String SEARCH =
      "data: {\"type\":\"content_block_start\",\"index\":0,\"content_block\":"
          + "{\"type\":\"server_tool_use\",\"name\":\"web_search\"}}\n\n";
  private static final String USAGE =
      "data: {\"type\":\"message_delta\",\"usage\":{\"input_tokens\":10,\"output_tokens\":2,"
          + "\"server_tool_use\":{\"web_search_requests\":2}}}\n\n";

  private static Units searches(long count) {
    return Units.of(Meter.WEB_SEARCH, count);
  }

  private static Expectation expectation(ModelCall call, Rating rating) {
    return Expectation.of(call, rating, 100, 5_000, 1_024);
  }

  private static Settlement settle(
      Outcome outcome, ModelCall call, Rating rating, AnswerReader reader) {
    return Settlements.of(
        new Settlements.Ended(
            outcome,
            200,
            reader,
            2_000,
            0,
            1_024,
            true,
            false,
            1_000,
            expectation(call, rating),
            rating,
            null,
            "m",
            null,
            "req",
            false),
        Parts.NOW);
  }

  @Test
  void allThatAToolMayDoIsHeldOnceHoweverTheStreamGrows() {
    ModelCall call = SEARCHES.call();
    ModelCall plain = call.with(MediaTokens.NONE, Units.NONE, null);
    Expectation with = expectation(call, FlatRating.VISIBLE);
    Expectation without = expectation(plain, FlatRating.VISIBLE);
    Charge fee = new Charge(4 * FEE, 0);
    assertThat(with.estimate().hold()).isEqualTo(without.estimate().hold().plus(fee));
    assertThat(with.estimate().exposed()).isEqualTo(without.estimate().exposed().plus(fee));
    assertThat(with.estimate().most()).isEqualTo(without.estimate().most().plus(fee));
    assertThat(with.estimate().step()).isEqualTo(without.estimate().step());
    assertThat(Expectation.growth(FlatRating.VISIBLE, call, 100, 1_024, 2_048))
        .isEqualTo(Expectation.growth(FlatRating.VISIBLE, plain, 100, 1_024, 2_048));
  }

  @Test
  void aReportIsTheLastWord() {
    AnswerReader reader = Parts.read(Parts.MESSAGES, SEARCHES, true, SEARCH.repeat(3) + USAGE);
    Settlement settled = settle(Outcome.CLIENT_GONE, SEARCHES.call(), FlatRating.VISIBLE, reader);
    assertThat(settled.source()).isEqualTo(UsageSource.REPORTED);
    assertThat(settled.units()).isEqualTo(searches(2));
    assertThat(settled.charge()).isEqualTo(new Charge(10 + 20 + 2 * FEE, 12));
    assertThat(settled.flags()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(names = {"CLIENT_GONE", "CUT", "DRAINED"})
  void whatShowedIsCounted(Outcome outcome) {
    AnswerReader reader = Parts.read(Parts.MESSAGES, SEARCHES, true, SEARCH.repeat(3));
    Settlement settled = settle(outcome, SEARCHES.call(), FlatRating.VISIBLE, reader);
    assertThat(settled.source()).isEqualTo(UsageSource.COUNTED);
    assertThat(settled.units()).isEqualTo(searches(3));
    long output = settled.usage().output();
    assertThat(settled.charge().nanos()).isEqualTo(100 + 10 * output + 3 * FEE);
  }

  @ParameterizedTest
  @EnumSource(names = {"UPSTREAM_RESET", "UPSTREAM_TIMEOUT", "UPSTREAM_PROTOCOL"})
  void whatBrokeIsAssumedToHaveDoneAllThatItCould(Outcome outcome) {
    for (int shown : new int[] {0, 3, 6}) {
      AnswerReader reader = Parts.read(Parts.MESSAGES, SEARCHES, true, SEARCH.repeat(shown));
      Settlement settled = settle(outcome, SEARCHES.call(), FlatRating.VISIBLE, reader);
      assertThat(settled.source()).isEqualTo(UsageSource.ASSUMED);
      assertThat(settled.units()).isEqualTo(searches(Math.max(4, shown)));
      assertThat(settled.charge().nanos()).isGreaterThanOrEqualTo(Math.max(4, shown) * FEE);
    }
  }

  /** What stands in the part of a body that came says nothing of the rest, which is billed. */
  @Test
  void ofABodyThatCameInPartAllThatCouldBeIsAssumed() {
    String block = "{\"type\":\"server_tool_use\",\"name\":\"web_search\"}";
    String part = "{\"content\":[" + block + ",{\"type\":\"te";
    ModelCall call = SEARCHES.call();
    for (boolean whole : new boolean[] {false, true}) {
      AnswerReader reader = Parts.read(Parts.MESSAGES, SEARCHES, false, part);
      Settlement settled =
          Settlements.of(
              new Settlements.Ended(
                  Outcome.CLIENT_GONE,
                  200,
                  reader,
                  2_000,
                  0,
                  1_024,
                  false,
                  whole,
                  1_000,
                  expectation(call, FlatRating.VISIBLE),
                  FlatRating.VISIBLE,
                  null,
                  "m",
                  null,
                  "req",
                  false),
              Parts.NOW);
      assertThat(settled.units()).isEqualTo(searches(whole ? 1 : 4));
    }
  }

  @Test
  void contentThatTokensDoNotMeasureIsNeverLessThanWasAskedFor() {
    ModelCall speech =
        SEARCHES.call().with(MediaTokens.NONE, Units.of(Meter.CHARACTER, 1_000), null);
    AnswerReader reader = Parts.read(Parts.MESSAGES, SEARCHES, true, SEARCH);
    Settlement settled = settle(Outcome.CLIENT_GONE, speech, tts(), reader);
    assertThat(settled.units().of(Meter.CHARACTER)).isEqualTo(1_000);
    assertThat(settled.charge().nanos()).isGreaterThanOrEqualTo(15_000_000);
  }

  @Test
  void audioThatMayHaveBeenIsAssumedAtItsPrice() {
    MediaTokens audio = MediaTokens.of(0, 0, TokenUsage.MAX_COUNT, 0);
    Rating rating = rating("openai", "gpt-audio");
    ModelCall call = SEARCHES.call().with(audio, Units.NONE, null);
    AnswerReader reader = Parts.read(Parts.MESSAGES, SEARCHES, true, SEARCH);
    Settlement settled = settle(Outcome.UPSTREAM_RESET, call, rating, reader);
    long output = settled.usage().output();
    assertThat(settled.charge().nanos())
        .isGreaterThanOrEqualTo(100 * 2_500 + output * 64_000)
        .isGreaterThanOrEqualTo(expectation(call, rating).expected().nanos());
  }

  @Test
  void aUseThatNothingPricesIsFlagged() {
    AnswerReader reader = Parts.read(Parts.MESSAGES, SEARCHES, true, SEARCH + USAGE);
    Rating rating = rating("gemini", "gemini-3.7-flash");
    ModelCall call = SEARCHES.call().with(MediaTokens.NONE, Units.NONE, null);
    Settlement settled = settle(Outcome.CLIENT_GONE, call, rating, reader);
    assertThat(settled.units()).isEqualTo(searches(2));
    assertThat(settled.flags()).isEqualTo("unpriced_units");
    assertThat(settled.charge().nanos()).as("the dearest known").isGreaterThan(28_000_000);
  }

  private static Rating tts() {
    return rating("openai", "tts-1");
  }

  private static Rating rating(String vendor, String model) {
    try {
      return RateCards.load(List.of(RateCards.Source.builtin()))
          .rating(vendor, vendor, model, Instant.parse("2026-11-20T12:00:00Z"));
    } catch (RateCardException e) {
      throw new AssertionError(e);
    }
  }
}
