package io.stipend.gateway.exchange;

import io.stipend.gateway.dialect.AnswerReader;
import io.stipend.gateway.dialect.Dialect;
import io.stipend.policy.config.GatewayConfig;
import io.stipend.policy.config.GatewayConfig.ClientGone;
import io.stipend.policy.config.Limits;
import io.stipend.policy.config.Secret;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What a relay goes by.
 *
 * @param dialect of the answer
 * @param peeked the request
 * @param limits bounds of the reader
 * @param growing the prices and bounds by which the hold grows; null if it never grows
 * @param clientGone how long and for how much to read on
 * @param providerKey what no answer may show; null if none is sent
 * @param watch looks at the reader after each part of the answer
 */
record RelayPlan(
    Dialect dialect,
    Dialect.Peeked peeked,
    Dialect.ReaderLimits limits,
    GrowingHold.@Nullable Prices growing,
    ClientGone clientGone,
    @Nullable Secret providerKey,
    Consumer<AnswerReader> watch) {
  static RelayPlan of(
      Dialect dialect,
      Dialect.Peeked peeked,
      GrowingHold.@Nullable Prices growing,
      @Nullable Secret providerKey,
      GatewayConfig config,
      Consumer<AnswerReader> watch) {
    Limits.Sizes sizes = config.limits().sizes();
    return new RelayPlan(
        dialect,
        peeked,
        new Dialect.ReaderLimits(sizes.sseLineBytes(), sizes.jsonDepth()),
        growing,
        config.clientGone(),
        providerKey,
        watch);
  }
}
