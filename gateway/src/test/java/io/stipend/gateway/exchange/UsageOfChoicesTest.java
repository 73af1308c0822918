package io.stipend.gateway.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.gateway.dialect.AnswerReader;
import io.stipend.gateway.dialect.Dialect.Peeked;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.UsageSource;
import io.stipend.metering.tokens.TokenBound;
import io.stipend.policy.budget.Reservation.Settlement;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** With several choices each chunk of vLLM says what the choice in it used, and not the others. */
class UsageOfChoicesTest {
  private static final String CHUNK =
      "data: {\"choices\":[{\"index\":%d,\"delta\":{\"content\":\"word\"},\"finish_reason\":%s}],"
          + "\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":%d,\"total_tokens\":%d}}\n\n";
  private static final String ALL =
      "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":80,"
          + "\"total_tokens\":87}}\n\n";
  private static final String DONE = "data: [DONE]\n\n";
  private static final int EACH = 40;

  private static Settlement settle(int choices, Outcome outcome, String answer) {
    Peeked asked =
        Parts.peeked(
            Parts.CHAT, "{\"model\":\"m\",\"messages\":[],\"stream\":true,\"n\":" + choices + "}");
    AnswerReader reader = Parts.read(Parts.CHAT, asked, true, answer);
    return Settlements.of(
        new Settlements.Ended(
            outcome,
            200,
            reader,
            2_000,
            Settlements.progress(reader, "m", new TokenBound()),
            2_048,
            true,
            outcome == Outcome.COMPLETED,
            1_000,
            Expectation.of(asked.call(), FlatRating.VISIBLE, 100, 5_000, 1_024),
            FlatRating.VISIBLE,
            null,
            "m",
            null,
            "req",
            true),
        Parts.NOW);
  }

  private static String chunks(int choices) {
    StringBuilder stream = new StringBuilder();
    for (int token = 1; token <= EACH; token++) {
      for (int choice = 0; choice < choices; choice++) {
        String finish = token == EACH ? "\"stop\"" : "null";
        stream.append(CHUNK.formatted(choice, finish, token, 7 + token));
      }
    }
    return stream.toString();
  }

  @ParameterizedTest
  @CsvSource({"COMPLETED,false", "COMPLETED,true", "CLIENT_GONE,false", "UPSTREAM_RESET,false"})
  void whatOneChoiceUsedIsNotTheBill(Outcome outcome, boolean done) {
    Settlement settled = settle(2, outcome, chunks(2) + (done ? DONE : ""));
    assertThat(settled.source()).isNotEqualTo(UsageSource.REPORTED);
    assertThat(settled.usage().output()).isGreaterThanOrEqualTo(2 * EACH);
    assertThat(settled.charge().nanos()).isGreaterThanOrEqualTo(7 + 10L * 2 * EACH);
  }

  @Test
  void theLastChunkIsOfAllOfThem() {
    Settlement settled = settle(2, Outcome.COMPLETED, chunks(2) + ALL + DONE);
    assertThat(settled.source()).isEqualTo(UsageSource.REPORTED);
    assertThat(settled.usage()).isEqualTo(TokenUsage.of(7, 2 * EACH));
  }

  @Test
  void aLoneChoiceIsAllThereIs() {
    Settlement settled = settle(1, Outcome.UPSTREAM_RESET, chunks(1));
    assertThat(settled.flags()).isEqualTo(Settlements.PARTIAL);
    assertThat(settled.usage()).isEqualTo(TokenUsage.of(7, EACH));
  }
}
