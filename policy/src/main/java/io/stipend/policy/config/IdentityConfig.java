package io.stipend.policy.config;

import io.stipend.metering.ledger.LedgerEntry.Enrolled;
import io.stipend.policy.budget.Proration;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Who else may say who somebody is, and what people get whom the file does not hold. */
public final class IdentityConfig {
  static final IdentityConfig NONE = new IdentityConfig(Map.of(), Map.of());

  private final Map<String, Issuer> issuers;
  private final Map<String, PrincipalConfig.Standing> standings;

  /**
   * @param issuers by name
   * @param standings what people of no file get, by issuer; none of those who get nothing
   */
  IdentityConfig(Map<String, Issuer> issuers, Map<String, PrincipalConfig.Standing> standings) {
    this.issuers = Collections.unmodifiableMap(new LinkedHashMap<>(issuers));
    this.standings = Map.copyOf(standings);
  }

  /** The issuers by name, in the order of the file. */
  public Map<String, Issuer> issuers() {
    return issuers;
  }

  /**
   * Somebody whom the file does not hold; null if its issuer is not in the file any more, or gives
   * nothing, or nothing tells which of the teams it is.
   */
  @Nullable PrincipalConfig person(Enrolled enrolled, Map<String, Team> teams) {
    Issuer issuer = issuers.get(enrolled.issuer());
    PrincipalConfig.Standing standing = standings.get(enrolled.issuer());
    if (issuer == null || standing == null) {
      return null;
    }
    String told = enrolled.team();
    String team = told != null && teams.containsKey(told) ? told : issuer.defaultTeam();
    return team == null && !teams.isEmpty()
        ? null
        : new PrincipalConfig(enrolled.person(), "", team, standing, Proration.WHOLE, null, 0);
  }
}
