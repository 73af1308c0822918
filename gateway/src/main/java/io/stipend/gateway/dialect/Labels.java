package io.stipend.gateway.dialect;

import org.jspecify.annotations.Nullable;

/**
 * What a client says of the agent that asks. Labels of the record: who pays never follows from
 * them.
 *
 * @param sessionId the agent session; null if none is named
 * @param agentId the agent within it; null where the session's own agent asks, or none is named
 * @param parentAgentId the agent that started that one; null if none is named
 */
public record Labels(
    @Nullable String sessionId, @Nullable String agentId, @Nullable String parentAgentId) {
  /** Nothing was said. */
  public static final Labels NONE = new Labels(null, null, null);

  /** These, with a session that is named elsewhere; null if none is. */
  Labels orSession(@Nullable String session) {
    return sessionId != null || session == null
        ? this
        : new Labels(session, agentId, parentAgentId);
  }
}
