package io.stipend.gateway.exchange;

import io.stipend.gateway.route.Routing;
import io.stipend.gateway.upstream.Upstreams;
import io.stipend.metering.tokens.Learned;
import io.stipend.metering.tokens.TokenCounters;
import io.stipend.policy.PolicyEngine;
import io.stipend.policy.budget.Budgets;
import io.stipend.policy.config.GatewayConfig;
import io.stipend.policy.limit.SourceLimiter;
import java.time.InstantSource;
import java.util.concurrent.Executor;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * What every exchange works with.
 *
 * @param clock wall clock
 * @param policy who may do what
 * @param sources counts bad credentials by address
 * @param budgets live balances
 * @param upstreams the providers
 * @param routing which of them a call goes to
 * @param tokens token counting
 * @param counting where text is counted, off the event loops; bounded
 * @param config the gateway's part of the quota file in force
 * @param refusals counts refusals by person, day and reason
 * @param records takes the record of every exchange
 */
public record Services(
    InstantSource clock,
    PolicyEngine policy,
    SourceLimiter sources,
    Budgets budgets,
    Upstreams upstreams,
    Routing routing,
    Tokens tokens,
    Executor counting,
    Supplier<GatewayConfig> config,
    RefusalCounts refusals,
    Consumer<ExchangeRecord> records) {
  /**
   * Token counting.
   *
   * @param counters exact counters, for models whose tokenizer is public
   * @param learned what the reports of earlier answers say of the next
   */
  public record Tokens(TokenCounters counters, Learned learned) {}
}
