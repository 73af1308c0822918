package io.stipend.policy.identity;

import io.stipend.policy.config.Issuer;
import io.stipend.policy.config.Role;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a JWT says that is signed by its issuer and in force.
 *
 * @param issuer who vouches
 * @param keys the issuer's keys under which it was checked
 * @param keyId the key that it names; null if none
 * @param person for whom: an id that the quota file could hold
 * @param teams what may be a team of the file, in the order in which they are looked at
 * @param role what it makes of the person on the admin listener
 * @param expires from when on it is worth nothing, the clocks' difference included
 */
public record KnownJwt(
    Issuer issuer,
    IssuerKeys keys,
    @Nullable String keyId,
    String person,
    List<String> teams,
    Role role,
    Instant expires) {
  /** Copies the list. */
  public KnownJwt {
    teams = List.copyOf(teams);
  }
}
