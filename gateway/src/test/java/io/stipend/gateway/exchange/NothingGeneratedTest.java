package io.stipend.gateway.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.gateway.dialect.AnswerReader;
import io.stipend.gateway.dialect.Dialect.Peeked;
import io.stipend.metering.Charge;
import io.stipend.metering.ChargeBasis;
import io.stipend.metering.Demand;
import io.stipend.metering.Meter;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.UsageSource;
import io.stipend.metering.price.Rating;
import io.stipend.policy.budget.BudgetRule;
import io.stipend.policy.budget.Reservation.Settlement;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Embeddings have no output: what is held, cut, assumed and charged is their input alone. */
class NothingGeneratedTest extends ShortageFixture {
  private static final String PATH = "/v1/embeddings";
  private static final String BODY =
      "{\"model\":\"m\",\"input\":[" + "\"some words\",".repeat(20) + "\"more\"]}";
  private static final long INPUT = (BODY.length() + 2) / 3;
  private static final Peeked ASKED = Parts.peeked(PATH, BODY);

  private static Expectation expectation(Rating rating) {
    return Expectation.of(ASKED.call(), rating, 100, 0, 1_024);
  }

  @Test
  void onlyTheInputIsHeldWhateverTheModelCould() {
    for (Rating rating : new Rating[] {FlatRating.VISIBLE, FlatRating.THINKING}) {
      Expectation e = expectation(rating);
      assertThat(e.cap()).isZero();
      assertThat(e.expectedOutput()).isZero();
      assertThat(e.unseen()).isFalse();
      assertThat(e.estimate().hold()).isEqualTo(new Charge(100, 100));
      assertThat(e.estimate().exposed()).isEqualTo(new Charge(100, 100));
      assertThat(e.estimate().step()).isEqualTo(Charge.ZERO);
    }
  }

  @Test
  void aCallThatFitsIsAdmittedForItsInputAndNoCapIsSet() {
    Admission.Admitted a = (Admission.Admitted) askAt(PATH, BODY, ada(INPUT, t -> t, C, R));
    assertThat(a.reservation().held()).isEqualTo(new Charge(INPUT, INPUT));
    assertThat(a.clampedCap()).isEqualTo(-1);
  }

  @Test
  void thereIsNothingToClamp() {
    BudgetRule rule = ada(INPUT - 1, t -> t.clampFloor(1), C, R);
    assertThat(askAt(PATH, BODY, rule)).isInstanceOf(Admission.Refused.class);
  }

  @Test
  void aBudgetThatListsACheaperModelGetsIt() {
    allowed.put("cheap", Parts.permit(new HalfPrice()));
    BudgetRule rule = ada(INPUT - 1, t -> t.downgrade(Map.of("m", "cheap")), D, R);
    Admission.Admitted a = (Admission.Admitted) askAt(PATH, BODY, rule);
    assertThat(a.downgradedFrom()).isEqualTo("m");
    assertThat(a.clampedCap()).isEqualTo(-1);
    assertThat(a.reservation().held().nanos()).isEqualTo((INPUT + 1) / 2);
  }

  /** Embeds for half a nano-unit a token, rounded up. */
  private static final class HalfPrice implements Rating {
    @Override
    public String priceVersion() {
      return "half";
    }

    @Override
    public Charge charge(io.stipend.metering.UsageReport report) {
      return ceiling(report.total().inputTotal(), 0, null);
    }

    @Override
    public ChargeBasis basis(io.stipend.metering.UsageReport report) {
      return ChargeBasis.NONE;
    }

    @Override
    public Charge ceiling(Demand most, String requestedTier) {
      return new Charge((most.input() + 1) / 2, most.input() + most.output());
    }

    @Override
    public long affordableOutput(Demand most, long nanos, String requestedTier) {
      return 2 * nanos < most.input() ? -1 : Long.MAX_VALUE;
    }

    @Override
    public boolean pricesTokens() {
      return true;
    }

    @Override
    public Optional<Long> price(Meter meter) {
      return Optional.empty();
    }

    @Override
    public long maxOutputTokens() {
      return 0;
    }

    @Override
    public boolean mayThink() {
      return false;
    }
  }

  private static Settlement settle(Outcome outcome, String answer) {
    AnswerReader reader = Parts.read(PATH, ASKED, false, answer);
    boolean whole = outcome == Outcome.COMPLETED;
    if (whole) {
      reader.end(part -> part.release());
    }
    return Settlements.of(
        new Settlements.Ended(
            outcome,
            200,
            reader,
            1 << 20,
            0,
            0,
            false,
            whole,
            60_000,
            expectation(FlatRating.VISIBLE),
            FlatRating.VISIBLE,
            null,
            "m",
            null,
            "req",
            false),
        Parts.NOW);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{'prompt_tokens':7,'total_tokens':7} | 7 | REPORTED | ''",
        "{'prompt_tokens':0,'total_tokens':0} | 100 | COUNTED | absurd_usage",
        "{'prompt_tokens':7,'total_tokens':9} | 9 | REPORTED | absurd_usage",
        "{'prompt_tokens':-7,'total_tokens':-7} | 100 | COUNTED | absurd_usage",
        "{'prompt_tokens':1e18} | 100 | COUNTED | absurd_usage",
        "{} | 100 | COUNTED | ''",
        "null | 100 | COUNTED | ''",
      })
  void aReportThatCannotBeBelievedCostsTheEstimatedInput(
      String usage, long input, UsageSource source, String flags) {
    String vectors = "{'data':[{'embedding':[" + "0.1,".repeat(1_000) + "1]}],'usage':%s}";
    Settlement settled = settle(Outcome.COMPLETED, vectors.formatted(usage).replace('\'', '"'));
    assertThat(settled.usage()).isEqualTo(TokenUsage.of(input, 0));
    assertThat(settled.charge()).isEqualTo(new Charge(input, input));
    assertThat(settled.source()).isEqualTo(source);
    assertThat(settled.flags()).isEqualTo(flags);
  }

  @ParameterizedTest
  @EnumSource(
      value = Outcome.class,
      names = {"CLIENT_GONE", "UPSTREAM_RESET", "UPSTREAM_TIMEOUT", "DRAINED"})
  void whatBrokeOffCostsTheEstimatedInput(Outcome outcome) {
    Settlement settled = settle(outcome, "{\"data\":[{\"embedding\":[0.1,0.2");
    assertThat(settled.usage()).isEqualTo(TokenUsage.of(100, 0));
    assertThat(settled.charge()).isEqualTo(new Charge(100, 100));
    assertThat(settled.source()).isEqualTo(UsageSource.ASSUMED);
  }
}
