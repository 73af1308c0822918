package io.stipend.gateway.exchange;

import io.stipend.gateway.dialect.Dialect.Peeked;
import io.stipend.gateway.dialect.Labels;
import io.stipend.metering.Unit;
import io.stipend.metering.ledger.AttemptFacts;
import io.stipend.metering.ledger.AttemptId;
import io.stipend.policy.Entitlement;
import io.stipend.policy.Permit;
import io.stipend.policy.Principal;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * A permitted call that asks for its money.
 *
 * @param id its attempt
 * @param requested the model that its client asked for, aliases resolved
 * @param who on whose behalf
 * @param permit for the model that is to run: the one that was asked for, or one that it falls back
 *     to
 * @param peeked the request
 * @param client product that sent it; null if unknown
 * @param at the instant that decides its periods and prices
 */
record Asked(
    AttemptId id,
    String requested,
    Entitlement who,
    Permit permit,
    Peeked peeked,
    @Nullable String client,
    Instant at) {
  /** The bid that it begins with. */
  Bid bid(Services.Tokens tokens) {
    return permit.model().equals(requested)
        ? Bid.of(tokens, permit, peeked.call())
        : Bid.instead(tokens, permit, peeked.call());
  }

  /** What the ledger is told of it when it is reserved as this bid, whose model may be another. */
  AttemptFacts facts(Bid bid, Expectation expectation) {
    Principal principal = permit.principal();
    Permit runs = bid.permit();
    Labels labels = peeked.labels();
    boolean agent = labels.agentId() != null || labels.parentAgentId() != null;
    AttemptFacts facts =
        new AttemptFacts(
                principal.id(),
                principal.team(),
                principal.costCenter(),
                principal.project(),
                principal.keyId(),
                labels.sessionId(),
                client,
                peeked.call().dialect(),
                runs.provider().name(),
                requested,
                peeked.call().serviceTier(),
                runs.rating().priceVersion(),
                Unit.USD.name(),
                expectation.input(),
                expectation.cap(),
                expectation.expectedOutput(),
                expectation.expected().nanos())
            .sentAs(runs.model().equals(requested) ? null : runs.model());
    return agent ? facts.byAgent(labels.agentId(), labels.parentAgentId()) : facts;
  }
}
