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
 * @param who on whose behalf
 * @param permit for the model that was asked for
 * @param peeked the request
 * @param client product that sent it; null if unknown
 * @param at the instant that decides its periods and prices
 */
record Asked(
    AttemptId id,
    Entitlement who,
    Permit permit,
    Peeked peeked,
    @Nullable String client,
    Instant at) {
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
                permit.model(),
                peeked.call().serviceTier(),
                runs.rating().priceVersion(),
                Unit.USD.name(),
                expectation.input(),
                expectation.cap(),
                expectation.expectedOutput(),
                expectation.expected().nanos())
            .sentAs(runs.model().equals(permit.model()) ? null : runs.model());
    return agent ? facts.byAgent(labels.agentId(), labels.parentAgentId()) : facts;
  }
}
