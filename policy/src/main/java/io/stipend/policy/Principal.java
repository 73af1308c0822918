package io.stipend.policy;

import org.jspecify.annotations.Nullable;

/**
 * Who is asking. Everything here comes from the credential alone.
 *
 * @param id the person's or service's id in the quota file
 * @param service whether it is a service
 * @param team its team; null if none
 * @param costCenter its team's cost center; null if none
 * @param project the key's project; null if none
 * @param keyId public id of the key
 */
public record Principal(
    String id,
    boolean service,
    @Nullable String team,
    @Nullable String costCenter,
    @Nullable String project,
    String keyId) {
  /** How budgets and the ledger name it: {@code person/ada}, {@code service/ci-bot}. */
  public String scope() {
    return (service ? "service/" : "person/") + id;
  }
}
