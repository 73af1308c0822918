package io.stipend.gateway.exchange;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.gateway.dialect.Dialect.Peeked;
import io.stipend.metering.ledger.AttemptFacts;
import io.stipend.policy.Permit;
import io.stipend.policy.config.Durability;
import org.junit.jupiter.api.Test;

/** What a crash would leave to book: it must be priced and named by the model that runs. */
class AskedTest {
  private final Services.Tokens tokens =
      Parts.services(null, Runnable::run, Durability.GATE).tokens();
  private final Peeked peeked =
      Parts.peeked(Parts.CHAT, "{\"model\":\"m\",\"max_tokens\":2000,\"messages\":[]}");
  private final Permit dear = Parts.permit(FlatRating.VISIBLE);
  private final Asked asked = Parts.asked("ex_1", dear, peeked);

  private AttemptFacts facts(Bid bid) {
    return asked.facts(bid, bid.expectation(tokens, peeked.call()));
  }

  @Test
  void aDowngradedCallIsExpectedAtTheCostOfTheModelThatRuns() {
    Permit runs =
        new Permit(
            dear.principal(),
            dear.provider(),
            "cheap",
            new FlatRating(4_096, false, 1),
            dear.budgets(),
            dear.lease());
    AttemptFacts facts = facts(Bid.instead(tokens, runs, peeked.call()));
    assertThat(facts.modelRequested()).isEqualTo("m");
    assertThat(facts.modelRun()).isEqualTo("cheap");
    assertThat(facts.priceVersion()).isEqualTo("flat at 1");
    assertThat(facts.expectedNanos()).isEqualTo(facts.inputEstimate() + 1_024);
  }

  @Test
  void aCallThatRunsAsAskedNamesNoOtherModel() {
    AttemptFacts facts = facts(Bid.of(tokens, dear, peeked.call()));
    assertThat(facts.modelSent()).isNull();
    assertThat(facts.modelRun()).isEqualTo("m");
    assertThat(facts.priceVersion()).isEqualTo("flat at 10");
  }
}
