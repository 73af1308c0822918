package io.stipend.policy.identity;

import com.nimbusds.jwt.JWTClaimsSet;
import io.stipend.policy.config.Issuer;
import io.stipend.policy.config.Role;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What the claims of a JWT whose signature is good mean under an issuer's rules. */
final class JwtClaims {
  /** Groups beyond it are not looked at; Entra names at most 200 in a JWT. */
  private static final int MAX_GROUPS = 500;

  /** Teams that are looked for. */
  private static final int MAX_TEAMS = 64;

  private final Issuer issuer;
  private final Map<String, Object> claims;

  private JwtClaims(Issuer issuer, Map<String, Object> claims) {
    this.issuer = issuer;
    this.claims = claims;
  }

  /**
   * Reads them.
   *
   * @param claims of a JWT that was verified
   * @throws JwtException if they name nobody for whom the issuer may vouch
   */
  static KnownJwt read(Issuer issuer, IssuerKeys keys, @Nullable String keyId, JWTClaimsSet claims)
      throws JwtException {
    JwtClaims all = new JwtClaims(issuer, claims.getClaims());
    Instant expires = claims.getExpirationTime().toInstant().plus(issuer.clockSkew());
    return new KnownJwt(issuer, keys, keyId, all.person(), all.teams(), all.role(), expires);
  }

  private String person() throws JwtException {
    String name = issuer.claims().person();
    if (!(at(name) instanceof String person)) {
      throw new JwtException("issuer " + issuer.name() + ": claim " + name + " is no text");
    }
    if (name.equals("email") && isFalse(claims.get("email_verified"))) {
      // Anybody can write another's address into a profile.
      throw new JwtException("issuer " + issuer.name() + ": email_verified is false");
    }
    if (!issuer.vouchesFor(person)) {
      throw new JwtException(
          "issuer " + issuer.name() + ": claim " + name + " names nobody it may vouch for");
    }
    return person;
  }

  private static boolean isFalse(@Nullable Object value) {
    return Boolean.FALSE.equals(value) || "false".equals(value);
  }

  private List<String> teams() {
    List<String> teams = new ArrayList<>();
    for (String told : all()) {
      if (teams.size() < MAX_TEAMS) {
        teams.add(issuer.teamOf().getOrDefault(told, told));
      }
    }
    return teams;
  }

  /** The team's claim first, then the groups in their order. */
  private List<String> all() {
    String team = issuer.claims().team();
    List<String> all = new ArrayList<>();
    if (team != null) {
      all.addAll(texts(at(team)));
    }
    all.addAll(groups());
    return all;
  }

  private List<String> groups() {
    String groups = issuer.claims().groups();
    return groups == null ? List.of() : texts(at(groups));
  }

  /** The role that may most. */
  private Role role() {
    List<String> groups = groups();
    for (Role role : Role.values()) {
      Set<String> wanted = issuer.roles().getOrDefault(role, Set.of());
      if (groups.stream().anyMatch(wanted::contains)) {
        return role;
      }
    }
    return Role.PERSON;
  }

  private static List<String> texts(@Nullable Object value) {
    if (value instanceof String text) {
      return List.of(text);
    }
    List<String> texts = new ArrayList<>();
    if (value instanceof Collection<?> items) {
      for (Object item : items) {
        if (item instanceof String text && texts.size() < MAX_GROUPS) {
          texts.add(text);
        }
      }
    }
    return texts;
  }

  /** The claim of this name, else the one inside others whose names stand between its dots. */
  private @Nullable Object at(String name) {
    Object plain = claims.get(name);
    if (plain != null || name.indexOf('.') < 0) {
      return plain;
    }
    Object found = claims;
    for (String part : name.split("\\.", -1)) {
      found = found instanceof Map<?, ?> map ? map.get(part) : null;
    }
    return found;
  }
}
