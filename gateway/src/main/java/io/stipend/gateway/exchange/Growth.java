package io.stipend.gateway.exchange;

import io.stipend.gateway.dialect.AnswerReader;
import io.stipend.gateway.dialect.Dialect.Peeked;
import io.stipend.metering.Charge;
import io.stipend.metering.tokens.TokenBound;
import io.stipend.policy.Permit;
import org.jspecify.annotations.Nullable;

/** How the hold of one stream grows, at its pinned prices. */
final class Growth implements GrowingHold.Prices {
  private final Expectation expectation;
  private final Permit permit;
  private final Peeked peeked;
  private final TokenBound written;

  private Growth(Expectation expectation, Permit permit, Peeked peeked, TokenBound written) {
    this.expectation = expectation;
    this.permit = permit;
    this.peeked = peeked;
    this.written = written;
  }

  /** Null if the hold never grows: a call that does not stream holds its whole cap. */
  static GrowingHold.@Nullable Prices of(
      Admission.@Nullable Admitted admitted, Permit permit, Peeked peeked, TokenBound written) {
    return admitted != null && peeked.call().stream()
        ? new Growth(admitted.expectation(), permit, peeked, written)
        : null;
  }

  @Override
  public long input() {
    return expectation.input();
  }

  @Override
  public long held() {
    return expectation.expectedOutput();
  }

  @Override
  public long cap() {
    return expectation.cap();
  }

  @Override
  public Charge growth(long from, long to) {
    return Expectation.growth(permit.rating(), peeked.call(), expectation.input(), from, to);
  }

  @Override
  public Charge seen(long outputTokens) {
    return permit
        .rating()
        .ceiling(
            peeked.call().demand(expectation.input(), Math.min(outputTokens, expectation.cap())),
            peeked.call().serviceTier());
  }

  @Override
  public long progress(AnswerReader reader) {
    return Settlements.progress(reader, permit.model(), written);
  }
}
