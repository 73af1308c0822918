package io.stipend.gateway.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.gateway.dialect.AnswerReader;
import io.stipend.gateway.dialect.Dialect.Peeked;
import io.stipend.metering.UsageSource;
import io.stipend.metering.price.Rating;
import io.stipend.metering.tokens.TokenBound;
import io.stipend.metering.tokens.TokenCounter;
import io.stipend.policy.budget.Reservation.Settlement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What an ended attempt costs. The input is estimated at 100; input costs 1, output 10 a token. */
class SettlementsTest {
  private static final String CALL = "{\"model\":\"m\",\"messages\":[]";
  private static final Peeked PLAIN = Parts.peeked(Parts.CHAT, CALL + "}");
  private static final Peeked STREAM = Parts.peeked(Parts.CHAT, CALL + ",\"stream\":true}");
  private static final Peeked CLAUDE =
      Parts.peeked(Parts.MESSAGES, CALL + ",\"max_tokens\":5000,\"stream\":true}");

  private static final String DELTA =
      "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hello there\"}}]}\n\n";
  private static final String USAGE =
      "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3,\"total_tokens\":10}}\n\n";
  private static final String START =
      "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"model\":\"m\",\"usage\":"
          + "{\"input_tokens\":10,\"cache_read_input_tokens\":20,\"output_tokens\":1}}}\n\n";

  private Settlement settle(
      Outcome outcome,
      int status,
      Peeked peeked,
      Rating rating,
      AnswerReader reader,
      TokenCounter counter) {
    Expectation expectation = Expectation.of(peeked.call(), rating, 100, 5_000, 1_024);
    return Settlements.of(
        new Settlements.Ended(
            outcome,
            status,
            reader,
            2_000,
            reader == null ? 0 : Settlements.progress(reader, "m", new TokenBound()),
            0,
            expectation,
            rating,
            peeked.call().serviceTier(),
            "m",
            counter,
            "req"),
        Parts.NOW);
  }

  private Settlement settle(Outcome outcome, Peeked peeked, Rating rating, String answer) {
    boolean claude = peeked == CLAUDE;
    AnswerReader reader =
        Parts.read(claude ? Parts.MESSAGES : Parts.CHAT, peeked, peeked.call().stream(), answer);
    return settle(outcome, 200, peeked, rating, reader, null);
  }

  private static void isCharged(Settlement s, UsageSource source, long nanos, long tokens) {
    assertThat(s.source()).isEqualTo(source);
    assertThat(s.charge().nanos()).isEqualTo(nanos);
    assertThat(s.charge().tokens()).isEqualTo(tokens);
    assertThat(s.usage().total()).as("a token budget agrees with the row").isEqualTo(tokens);
  }

  @ParameterizedTest
  @EnumSource(Outcome.class)
  void aFinalReportIsChargedHoweverTheAttemptEnded(Outcome outcome) {
    Settlement s = settle(outcome, STREAM, FlatRating.THINKING, DELTA + USAGE);
    isCharged(s, UsageSource.REPORTED, 37, 10);
    assertThat(s.outcome()).isEqualTo(outcome.label());
  }

  @Test
  void anErrorBeforeAnyAnswerCostsNothing() {
    AnswerReader reader = Parts.read(Parts.CHAT, PLAIN, false, "{\"error\":{\"message\":\"no\"}}");
    Settlement s = settle(Outcome.UPSTREAM_ERROR, 500, PLAIN, FlatRating.VISIBLE, reader, null);
    isCharged(s, UsageSource.REPORTED, 0, 0);
    assertThat(s.httpStatus()).isEqualTo(500);
  }

  @Test
  void aVisibleStreamThatEndedEarlyIsCountedFromWhatPassed() {
    for (Outcome outcome :
        new Outcome[] {
          Outcome.CLIENT_GONE, Outcome.CUT, Outcome.UPSTREAM_TRUNCATED, Outcome.DRAINED
        }) {
      // 22 bytes are at most 8 tokens.
      Settlement s = settle(outcome, STREAM, FlatRating.VISIBLE, DELTA + DELTA);
      isCharged(s, UsageSource.COUNTED, 100 + 80, 108);
    }
  }

  @Test
  void textIsCountedByTheModelsTokenizerButNeverBelowOneTokenAnEvent() {
    AnswerReader reader = Parts.read(Parts.CHAT, STREAM, true, DELTA + DELTA);
    Settlement exact =
        settle(Outcome.CUT, 200, STREAM, FlatRating.VISIBLE, reader, text -> text.length() / 4);
    isCharged(exact, UsageSource.COUNTED, 100 + 50, 105);
    Settlement least = settle(Outcome.CUT, 200, STREAM, FlatRating.VISIBLE, reader, text -> 1);
    isCharged(least, UsageSource.COUNTED, 100 + 20, 102);
  }

  @Test
  void aStreamThatMayHaveThoughtUnseenIsAssumedAndNotCounted() {
    for (Outcome outcome :
        new Outcome[] {
          Outcome.CLIENT_GONE, Outcome.CUT, Outcome.UPSTREAM_TRUNCATED, Outcome.COMPLETED
        }) {
      Settlement s = settle(outcome, STREAM, FlatRating.THINKING, DELTA);
      isCharged(s, UsageSource.ASSUMED, 100 + 10_240, 1_124);
      assertThat(s.flags()).isEqualTo("assumed");
    }
  }

  @Test
  void aWholeAnswerWithoutUsageIsCountedUnlessItMayHaveThoughtUnseen() {
    String answer = "{\"choices\":[{\"message\":{\"content\":\"" + "x".repeat(300) + "\"}}]}";
    isCharged(
        settle(Outcome.COMPLETED, PLAIN, FlatRating.VISIBLE, answer),
        UsageSource.COUNTED,
        100 + 1_000,
        200);
    isCharged(
        settle(Outcome.COMPLETED, PLAIN, FlatRating.THINKING, answer),
        UsageSource.ASSUMED,
        100 + 10_240,
        1_124);
  }

  @Test
  void whatBrokeAfterItWasSentIsAssumedAtTheGreaterOfExpectedAndSeen() {
    isCharged(
        settle(Outcome.UPSTREAM_TIMEOUT, 0, PLAIN, FlatRating.VISIBLE, null, null),
        UsageSource.ASSUMED,
        100 + 10_240,
        1_124);
    Settlement s = settle(Outcome.UPSTREAM_RESET, STREAM, FlatRating.VISIBLE, DELTA.repeat(400));
    isCharged(s, UsageSource.ASSUMED, 100 + 14_670, 1_567);
  }

  @Test
  void nothingIsCountedOrAssumedAboveTheCap() {
    String flood = DELTA.repeat(2_000);
    isCharged(
        settle(Outcome.CUT, STREAM, FlatRating.VISIBLE, flood),
        UsageSource.COUNTED,
        100 + 50_000,
        5_100);
    isCharged(
        settle(Outcome.UPSTREAM_RESET, STREAM, FlatRating.VISIBLE, flood),
        UsageSource.ASSUMED,
        100 + 50_000,
        5_100);
  }

  @Test
  void theInputThatTheStreamBeganToReportStandsForTheEstimate() {
    Settlement s = settle(Outcome.CUT, CLAUDE, FlatRating.VISIBLE, START);
    isCharged(s, UsageSource.COUNTED, 30, 30);
    assertThat(s.usage().cacheRead()).isEqualTo(20);
    Settlement assumed = settle(Outcome.UPSTREAM_RESET, CLAUDE, FlatRating.VISIBLE, START);
    isCharged(assumed, UsageSource.ASSUMED, 100 + 10_240, 30 + 1_024);
  }

  @Test
  void aReportWithTextAfterItIsNoLastWord() {
    Settlement s = settle(Outcome.CLIENT_GONE, STREAM, FlatRating.VISIBLE, USAGE + DELTA.repeat(9));
    isCharged(s, UsageSource.COUNTED, 100 + 330, 133);
  }

  @Test
  void aTierThatTheAnswerDoesNotNameIsTheOneThatWasAskedFor() {
    Peeked fast = Parts.peeked(Parts.CHAT, CALL + ",\"service_tier\":\"fast\"}");
    String usage = "\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3,\"total_tokens\":10}";
    assertThat(
            settle(Outcome.COMPLETED, fast, FlatRating.VISIBLE, "{" + usage + "}").charge().nanos())
        .isEqualTo(74);
    assertThat(
            settle(
                    Outcome.COMPLETED,
                    fast,
                    FlatRating.VISIBLE,
                    "{\"service_tier\":\"default\"," + usage + "}")
                .charge()
                .nanos())
        .isEqualTo(37);
  }

  @Test
  void aFastMessageIsChargedAsFastThoughTheAnswerNamesOnlyItsServiceTier() {
    String usage =
        "\"usage\":{\"input_tokens\":7,\"output_tokens\":3,\"service_tier\":\"standard\"%s}";
    Peeked fast = Parts.peeked(Parts.MESSAGES, CALL + ",\"max_tokens\":9,\"speed\":\"fast\"}");
    assertThat(messageCost(fast, "{" + usage.formatted("") + "}")).isEqualTo(74);
    assertThat(messageCost(fast, "{" + usage.formatted(",\"speed\":\"standard\"") + "}"))
        .isEqualTo(37);
    Peeked slow = Parts.peeked(Parts.MESSAGES, CALL + ",\"max_tokens\":9}");
    assertThat(messageCost(slow, "{" + usage.formatted(",\"speed\":\"fast\"") + "}")).isEqualTo(74);
  }

  private long messageCost(Peeked peeked, String answer) {
    AnswerReader reader = Parts.read(Parts.MESSAGES, peeked, false, answer);
    return settle(Outcome.COMPLETED, 200, peeked, FlatRating.VISIBLE, reader, null)
        .charge()
        .nanos();
  }
}
