package io.stipend.gateway.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.metering.Charge;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.price.Rating;
import io.stipend.policy.ModelCall;
import org.junit.jupiter.api.Test;

/** What is held and exposed, by decision 5. Input costs 1 a token, output 10. */
class ExpectationTest {
  private static ModelCall call(boolean stream, int choices, long thinkingBudget, boolean hidden) {
    return new ModelCall(
        "openai-chat",
        "openai",
        "m",
        -1,
        choices,
        stream,
        null,
        0,
        0,
        thinkingBudget,
        hidden,
        true);
  }

  private static Expectation of(ModelCall call, Rating rating, long cap) {
    return Expectation.of(call, rating, 100, cap, 1_024);
  }

  @Test
  void aPlainCallHoldsItsWholeCapForEveryChoice() {
    Expectation e = of(call(false, 3, 0, false), FlatRating.VISIBLE, 500);
    assertThat(e.cap()).isEqualTo(1_500);
    assertThat(e.capPerChoice()).isEqualTo(500);
    assertThat(e.estimate().hold()).isEqualTo(new Charge(100 + 15_000, 1_600));
    assertThat(e.estimate().exposed()).isEqualTo(e.estimate().hold());
    assertThat(e.estimate().step()).isEqualTo(Charge.ZERO);
  }

  @Test
  void aCallWithoutACapHoldsTheModelsOwn() {
    Expectation e = of(call(false, 1, 0, false), FlatRating.VISIBLE, -1);
    assertThat(e.cap()).isEqualTo(128_000);
    assertThat(e.estimate().hold()).isEqualTo(new Charge(100 + 1_280_000, 128_100));
  }

  @Test
  void aVisibleStreamHoldsWhatIsUsualAndExposesOneStepMore() {
    Expectation e = of(call(true, 1, 0, false), FlatRating.VISIBLE, 128_000);
    assertThat(e.estimate().hold()).isEqualTo(new Charge(100 + 10_240, 1_124));
    assertThat(e.estimate().exposed()).isEqualTo(new Charge(100 + 20_480, 2_148));
    assertThat(e.estimate().step()).isEqualTo(new Charge(10_240, 1_024));
    assertThat(e.visibleStream()).isTrue();
    assertThat(e.unseen()).isFalse();
  }

  @Test
  void aShortVisibleStreamExposesNoMoreThanItsCap() {
    Expectation e = of(call(true, 1, 0, false), FlatRating.VISIBLE, 1_100);
    assertThat(e.estimate().step()).isEqualTo(new Charge(760, 76));
    Expectation tiny = of(call(true, 1, 0, false), FlatRating.VISIBLE, 10);
    assertThat(tiny.estimate().hold()).isEqualTo(new Charge(200, 110));
    assertThat(tiny.estimate().step()).isEqualTo(Charge.ZERO);
  }

  @Test
  void aStreamThatMayThinkUnseenExposesItsWholeCap() {
    Expectation byModel = of(call(true, 1, 0, false), FlatRating.THINKING, 50_000);
    Expectation byBody = of(call(true, 1, -1, true), FlatRating.VISIBLE, 50_000);
    assertThat(byModel.estimate().hold()).isEqualTo(new Charge(100 + 10_240, 1_124));
    assertThat(byModel.estimate().exposed()).isEqualTo(new Charge(100 + 500_000, 50_100));
    assertThat(byModel.unseen()).isTrue();
    assertThat(byBody.estimate()).isEqualTo(byModel.estimate());
  }

  @Test
  void aThinkingBudgetBoundsWhatIsExposed() {
    Expectation e = of(call(true, 1, 4_000, true), FlatRating.VISIBLE, 50_000);
    assertThat(e.estimate().exposed()).isEqualTo(new Charge(100 + 60_480, 6_148));
  }

  @Test
  void theLargestCapOfTheMostChoicesStaysWithinAPricableCount() {
    Rating endless = new FlatRating(TokenUsage.MAX_COUNT, false);
    Expectation e = of(call(false, 128, 0, false), endless, 1_000_000_000L);
    assertThat(e.cap()).isEqualTo(TokenUsage.MAX_COUNT);
  }
}
