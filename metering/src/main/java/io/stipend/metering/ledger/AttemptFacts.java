package io.stipend.metering.ledger;

import org.jspecify.annotations.Nullable;

/**
 * What is known of an attempt when it is reserved: who asks, for what, and under which price.
 *
 * @param person id of the principal, person or service
 * @param team its team; null if none
 * @param costCenter its team's cost center; null if none
 * @param project the key's project; null if none
 * @param keyId public id of the gateway key
 * @param sessionId the agent session that the client named; a label; null if none
 * @param client product that sent the request, such as {@code claude-cli}; a label; null if unknown
 * @param dialect id of the wire format, such as {@code openai-chat}
 * @param provider name of the upstream provider
 * @param modelRequested the model after aliases were resolved
 * @param requestedTier the service tier that the body asks for; null if none
 * @param priceVersion version of the pinned rate card
 * @param currency of every cost of this attempt
 * @param inputEstimate input tokens, estimated from above
 * @param outputCap the most output tokens that the upstream was allowed, all choices together
 * @param expectedOutput output tokens that are booked if nothing else becomes known
 * @param expectedNanos cost of {@code inputEstimate} and {@code expectedOutput}
 * @param modelSent the model that runs instead of the requested one, whose prices those are; null
 *     if that one runs
 * @param agentId the agent within the session that asks; a label; null if none is named
 * @param parentAgentId the agent that started that one; a label; null if none is named
 */
public record AttemptFacts(
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
    @Nullable String requestedTier,
    String priceVersion,
    String currency,
    long inputEstimate,
    long outputCap,
    long expectedOutput,
    long expectedNanos,
    @Nullable String modelSent,
    @Nullable String agentId,
    @Nullable String parentAgentId) {
  /** Facts of an attempt of the requested model, by no agent that is named. */
  public AttemptFacts(
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
      @Nullable String requestedTier,
      String priceVersion,
      String currency,
      long inputEstimate,
      long outputCap,
      long expectedOutput,
      long expectedNanos) {
    this(
        person,
        team,
        costCenter,
        project,
        keyId,
        sessionId,
        client,
        dialect,
        provider,
        modelRequested,
        requestedTier,
        priceVersion,
        currency,
        inputEstimate,
        outputCap,
        expectedOutput,
        expectedNanos,
        null,
        null,
        null);
  }

  /** The same attempt, which runs another model; null if it runs the requested one. */
  public AttemptFacts sentAs(@Nullable String model) {
    return new AttemptFacts(
        person,
        team,
        costCenter,
        project,
        keyId,
        sessionId,
        client,
        dialect,
        provider,
        modelRequested,
        requestedTier,
        priceVersion,
        currency,
        inputEstimate,
        outputCap,
        expectedOutput,
        expectedNanos,
        model,
        agentId,
        parentAgentId);
  }

  /** The same attempt, asked for by this agent; nulls if none is named. */
  public AttemptFacts byAgent(@Nullable String agent, @Nullable String parent) {
    return new AttemptFacts(
        person,
        team,
        costCenter,
        project,
        keyId,
        sessionId,
        client,
        dialect,
        provider,
        modelRequested,
        requestedTier,
        priceVersion,
        currency,
        inputEstimate,
        outputCap,
        expectedOutput,
        expectedNanos,
        modelSent,
        agent,
        parent);
  }

  /** The model that runs, as far as is known before its answer. */
  public String modelRun() {
    return modelSent == null ? modelRequested : modelSent;
  }
}
