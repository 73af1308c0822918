package io.stipend.metering.ledger;

import io.stipend.metering.ChargeBasis;
import io.stipend.metering.ChargeLine;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.Units;
import io.stipend.metering.UsageSource;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One attempt that was sent and has ended, with every correction netted in. The names are those of
 * the usage export; labels that are unknown are null.
 *
 * @param exchangeId id of the exchange
 * @param attempt number of the attempt within it, from 1
 * @param startedAt the instant of its reservation, to the millisecond
 * @param finishedAt when it ended, to the millisecond
 * @param modelRequested the model after aliases were resolved
 * @param modelServed the model that the provider named, else the requested one
 * @param usage tokens by kind, disjoint
 * @param httpStatus the provider's status; 0 if none came
 * @param nanos the cost in nano-units of {@code currency}
 * @param flags anything to look at, such as {@code assumed}; empty if nothing
 * @param agentId the agent within the session; a label
 * @param parentAgentId the agent that started that one; a label
 * @param units what was used that is not a token, as it was settled
 * @param basis how the lines of its cost are found
 */
public record UsageRow(
    String exchangeId,
    int attempt,
    Instant startedAt,
    Instant finishedAt,
    String person,
    @Nullable String team,
    @Nullable String costCenter,
    @Nullable String project,
    String keyId,
    @Nullable String sessionId,
    @Nullable String client,
    String dialect,
    String provider,
    String modelRequested,
    String modelServed,
    @Nullable String serviceTier,
    TokenUsage usage,
    UsageSource usageSource,
    String outcome,
    int httpStatus,
    long nanos,
    String currency,
    String priceVersion,
    @Nullable String providerRequestId,
    String flags,
    @Nullable String agentId,
    @Nullable String parentAgentId,
    Units units,
    ChargeBasis basis) {
  /**
   * What its cost is made of; rounded up once, they are its nanos. Empty where that is not known:
   * an entry of an earlier build, or a cost that is an amount rather than a use of meters.
   */
  public List<ChargeLine> lines() {
    return basis.lines(usage, nanos);
  }
}
