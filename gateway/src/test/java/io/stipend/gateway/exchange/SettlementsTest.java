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

  private static final long STEP = 1_024;
  private static final int THINKING = 1_500;
  private static final Peeked CLAUDE_THINKS =
      Parts.peeked(
          Parts.MESSAGES,
          CALL
              + ",\"max_tokens\":5000,\"stream\":true,"
              + "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":"
              + THINKING
              + "}}");

  private static final String DELTA =
      "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"hello there\"}}]}\n\n";
  private static final String USAGE =
      "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3,\"total_tokens\":10}}\n\n";
  private static final String START =
      "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"model\":\"m\",\"usage\":"
          + "{\"input_tokens\":10,\"cache_read_input_tokens\":20,\"output_tokens\":1}}}\n\n";

  /** One token. */
  private static final String CLAUDE_DELTA =
      "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,"
          + "\"delta\":{\"type\":\"text_delta\",\"text\":\"abc\"}}\n\n";

  /** Time for any cap. */
  private static final long LONG = 600_000;

  private long millis = LONG;

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
            progress(reader),
            held(progress(reader), expectation.cap()),
            peeked.call().stream(),
            outcome == Outcome.COMPLETED,
            millis,
            expectation,
            rating,
            peeked.call().serviceTier(),
            "m",
            counter,
            "req",
            false),
        Parts.NOW);
  }

  /** A stream that held so many output tokens. */
  private static Settlements.Ended ended(
      Outcome outcome, Peeked peeked, AnswerReader reader, Expectation expectation, long held) {
    return new Settlements.Ended(
        outcome,
        200,
        reader,
        2_000,
        progress(reader),
        held,
        true,
        false,
        LONG,
        expectation,
        FlatRating.VISIBLE,
        null,
        "m",
        null,
        "req",
        false);
  }

  private static long progress(AnswerReader reader) {
    return reader == null ? 0 : Settlements.progress(reader, "m", new TokenBound());
  }

  /** What a stream holds that grew for so much output. */
  private static long held(long seen, long cap) {
    long held = 1_024;
    while (seen > held - 512 && held < cap) {
      held = Math.min(cap, held + 1_024);
    }
    return held;
  }

  private Settlement settle(Outcome outcome, Peeked peeked, Rating rating, String answer) {
    boolean claude = peeked == CLAUDE || peeked == CLAUDE_THINKS;
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
  void aVisibleStreamThatEndedEarlyIsCountedFromWhatPassedAndOneStep() {
    for (Outcome outcome :
        new Outcome[] {Outcome.CLIENT_GONE, Outcome.UPSTREAM_TRUNCATED, Outcome.DRAINED}) {
      // 22 bytes are at most 8 tokens.
      Settlement s = settle(outcome, STREAM, FlatRating.VISIBLE, DELTA + DELTA);
      isCharged(s, UsageSource.COUNTED, 100 + 80 + STEP * 10, 108 + STEP);
    }
  }

  @Test
  void aStreamThatTheBudgetCutIsCountedAtAllThatItExposed() {
    AnswerReader reader =
        Parts.read(Parts.MESSAGES, CLAUDE, true, START + CLAUDE_DELTA.repeat(900));
    Expectation e = Expectation.of(CLAUDE.call(), FlatRating.VISIBLE, 100, 5_000, 1_024);
    Settlement s = Settlements.of(ended(Outcome.CUT, CLAUDE, reader, e, 1_024), Parts.NOW);
    isCharged(s, UsageSource.COUNTED, 30 + 20 * STEP, 30 + 2 * STEP);
  }

  @Test
  void aStreamThatCameToItsEndHasNothingUnderWay() {
    Settlement s = settle(Outcome.COMPLETED, STREAM, FlatRating.VISIBLE, DELTA + DELTA);
    isCharged(s, UsageSource.COUNTED, 100 + 80, 108);
    String done = DELTA + DELTA + "data: [DONE]\n\n";
    Settlement gone = settle(Outcome.CLIENT_GONE, STREAM, FlatRating.VISIBLE, done);
    isCharged(gone, UsageSource.COUNTED, 100 + 80, 108);
  }

  @Test
  void textIsCountedByTheModelsTokenizerButNeverBelowOneTokenAnEvent() {
    AnswerReader reader = Parts.read(Parts.CHAT, STREAM, true, DELTA + DELTA);
    Settlement exact =
        settle(
            Outcome.COMPLETED, 200, STREAM, FlatRating.VISIBLE, reader, text -> text.length() / 4);
    isCharged(exact, UsageSource.COUNTED, 100 + 50, 105);
    Settlement least =
        settle(Outcome.COMPLETED, 200, STREAM, FlatRating.VISIBLE, reader, text -> 1);
    isCharged(least, UsageSource.COUNTED, 100 + 20, 102);
  }

  @Test
  void aStreamThatMayHaveThoughtUnseenForLongIsAssumedAtAllThatItExposed() {
    for (Outcome outcome :
        new Outcome[] {
          Outcome.CLIENT_GONE, Outcome.CUT, Outcome.UPSTREAM_TRUNCATED, Outcome.COMPLETED
        }) {
      Settlement s = settle(outcome, STREAM, FlatRating.THINKING, DELTA);
      isCharged(s, UsageSource.ASSUMED, 100 + 50_000, 5_100);
      assertThat(s.flags()).isEqualTo("assumed");
    }
  }

  @Test
  void whatMayHaveBeenGeneratedUnseenIsBoundedByTheTimeThatItTook() {
    millis = 1_500;
    long inTime = STEP + 1_500;
    isCharged(
        settle(Outcome.CLIENT_GONE, STREAM, FlatRating.THINKING, DELTA),
        UsageSource.ASSUMED,
        100 + 10 * (4 + inTime + STEP),
        104 + inTime + STEP);
    isCharged(
        settle(Outcome.UPSTREAM_RESET, 0, PLAIN, FlatRating.THINKING, null, null),
        UsageSource.ASSUMED,
        100 + 10 * inTime,
        100 + inTime);
    isCharged(
        settle(Outcome.UPSTREAM_RESET, 0, PLAIN, FlatRating.VISIBLE, null, null),
        UsageSource.ASSUMED,
        100 + 10 * inTime,
        100 + inTime);
    // A stated budget may be used up in no time.
    isCharged(
        settle(Outcome.CLIENT_GONE, CLAUDE_THINKS, FlatRating.VISIBLE, START),
        UsageSource.ASSUMED,
        30 + 10 * (THINKING + STEP),
        30 + THINKING + STEP);
  }

  @Test
  void aStreamWithAThinkingBudgetIsAssumedToHaveUsedItBesideWhatShowed() {
    String text = START + CLAUDE_DELTA.repeat(300);
    isCharged(
        settle(Outcome.CLIENT_GONE, CLAUDE_THINKS, FlatRating.VISIBLE, text),
        UsageSource.ASSUMED,
        30 + 10 * (300 + THINKING + STEP),
        30 + 300 + THINKING + STEP);
    isCharged(
        settle(Outcome.COMPLETED, CLAUDE_THINKS, FlatRating.VISIBLE, text),
        UsageSource.ASSUMED,
        30 + 10 * (300 + THINKING),
        30 + 300 + THINKING);
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
        100 + 50_000,
        5_100);
  }

  @Test
  void anAnswerInOnePieceThatNeverCameInALongTimeIsAssumedAtItsWholeCap() {
    isCharged(
        settle(Outcome.UPSTREAM_TIMEOUT, 0, PLAIN, FlatRating.VISIBLE, null, null),
        UsageSource.ASSUMED,
        100 + 50_000,
        5_100);
    isCharged(
        settle(Outcome.CLIENT_GONE, PLAIN, FlatRating.VISIBLE, "{\"choices\":[{"),
        UsageSource.ASSUMED,
        100 + 50_000,
        5_100);
  }

  @Test
  void aStreamThatBrokeIsAssumedAtWhatWasExpectedOrWhatCameAndOneStep() {
    isCharged(
        settle(Outcome.UPSTREAM_TIMEOUT, 0, STREAM, FlatRating.VISIBLE, null, null),
        UsageSource.ASSUMED,
        100 + 10_240,
        1_124);
    Settlement s = settle(Outcome.UPSTREAM_RESET, STREAM, FlatRating.VISIBLE, DELTA.repeat(400));
    isCharged(s, UsageSource.ASSUMED, 100 + 14_670 + 10 * STEP, 1_567 + STEP);
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

  /** One token in each event, some of them thought unseen before, some never come. */
  @ParameterizedTest
  @EnumSource(
      mode = EnumSource.Mode.EXCLUDE,
      names = {"COMPLETED", "UPSTREAM_ERROR"})
  void noBillExceedsTheEstimateWhileLessThanAStepIsUnderWayAndNoEstimateWhatWasExposed(
      Outcome outcome) {
    for (Peeked peeked : new Peeked[] {CLAUDE, CLAUDE_THINKS}) {
      long thinking = Math.max(0, peeked.call().thinkingBudget());
      for (int came : new int[] {0, 1, 500, 1_023, 1_024, 2_047, 2_900, 4_999}) {
        // No further step fit: what is held is used up to the last token.
        for (long held : new long[] {Math.max(1_024, came), held(came, 5_000)}) {
          AnswerReader reader =
              Parts.read(Parts.MESSAGES, peeked, true, START + CLAUDE_DELTA.repeat(came));
          Expectation e = Expectation.of(peeked.call(), FlatRating.VISIBLE, 100, 5_000, 1_024);
          long output =
              Settlements.of(ended(outcome, peeked, reader, e, held), Parts.NOW).usage().output();
          long billed = Math.min(5_000, thinking + came + STEP - 1);
          assertThat(output)
              .as("%s of %s, %d held, thinking %d", outcome, came, held, thinking)
              .isBetween(billed, Math.min(5_000, held + thinking + STEP));
        }
      }
    }
  }

  @Test
  void whatCameForCertainIsChargedEvenIfItIsMoreThanWasExposed() {
    AnswerReader reader =
        Parts.read(Parts.MESSAGES, CLAUDE, true, START + CLAUDE_DELTA.repeat(3_000));
    Expectation e = Expectation.of(CLAUDE.call(), FlatRating.VISIBLE, 100, 5_000, 1_024);
    Settlement s = Settlements.of(ended(Outcome.CUT, CLAUDE, reader, e, 1_024), Parts.NOW);
    isCharged(s, UsageSource.COUNTED, 30 + 30_000, 3_030);
  }

  @Test
  void theInputThatTheStreamBeganToReportStandsForTheEstimate() {
    Settlement s = settle(Outcome.DRAINED, CLAUDE, FlatRating.VISIBLE, START);
    isCharged(s, UsageSource.COUNTED, 30 + 10 * STEP, 30 + STEP);
    assertThat(s.usage().cacheRead()).isEqualTo(20);
    Settlement assumed = settle(Outcome.UPSTREAM_RESET, CLAUDE, FlatRating.VISIBLE, START);
    isCharged(assumed, UsageSource.ASSUMED, 100 + 10_240, 30 + 1_024);
  }

  @Test
  void aReportWithTextAfterItIsNoLastWord() {
    Settlement s = settle(Outcome.CLIENT_GONE, STREAM, FlatRating.VISIBLE, USAGE + DELTA.repeat(9));
    isCharged(s, UsageSource.COUNTED, 100 + 330 + 10 * STEP, 133 + STEP);
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
