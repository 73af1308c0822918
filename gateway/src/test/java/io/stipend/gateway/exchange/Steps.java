package io.stipend.gateway.exchange;

import io.stipend.gateway.dialect.AnswerReader;
import io.stipend.metering.Charge;
import io.stipend.metering.tokens.TokenBound;

/** Ten nano-units a token. */
record Steps(long cap) implements GrowingHold.Prices {
  /** Output tokens that are held at first. */
  static final long HELD = 1_024;

  @Override
  public long input() {
    return 77;
  }

  @Override
  public long held() {
    return HELD;
  }

  @Override
  public Charge growth(long from, long to) {
    return new Charge(10 * (to - from), to - from);
  }

  @Override
  public Charge seen(long outputTokens) {
    return new Charge(10 * outputTokens, outputTokens);
  }

  @Override
  public long progress(AnswerReader reader) {
    return Settlements.progress(reader, "m", new TokenBound());
  }
}
