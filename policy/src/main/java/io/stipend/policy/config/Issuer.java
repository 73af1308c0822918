package io.stipend.policy.config;

import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * An issuer of identities (OpenID Connect) whose JWTs are credentials.
 *
 * @param name as the quota file and the ledger write it
 * @param url what the claim {@code iss} must be, character for character
 * @param audiences one of them must be in {@code aud}; never empty
 * @param jwks where its keys are; null if its discovery document tells
 * @param algorithms the signature algorithms that are taken, by their JOSE names
 * @param clockSkew how far its clock and this one may be apart
 * @param keys how long its keys are good for
 * @param claims which claims tell what
 * @param people patterns of the ids that it may vouch for
 * @param teamOf teams by what it calls them
 * @param defaultTeam of people whose claims name no team of the file; null if there is none
 * @param takesStrangers whether people whom no file holds have an allowance
 * @param roles what makes somebody more than a person on the admin listener: groups by role
 */
public record Issuer(
    String name,
    String url,
    Set<String> audiences,
    @Nullable URI jwks,
    Set<String> algorithms,
    Duration clockSkew,
    Keys keys,
    Claims claims,
    List<Glob> people,
    Map<String, String> teamOf,
    @Nullable String defaultTeam,
    boolean takesStrangers,
    Map<Role, Set<String>> roles) {
  /** Copies the collections. */
  public Issuer {
    audiences = Set.copyOf(audiences);
    algorithms = Set.copyOf(algorithms);
    people = List.copyOf(people);
    teamOf = Map.copyOf(teamOf);
    roles = Map.copyOf(roles);
  }

  /**
   * How long keys are good for.
   *
   * @param refresh how often they are fetched anew
   * @param keep how long the last ones are used while they cannot be fetched
   * @param pause between two fetches that JWTs with an unknown key ask for
   */
  public record Keys(Duration refresh, Duration keep, Duration pause) {
    /** Where the file says nothing. */
    public static final Keys DEFAULTS =
        new Keys(Duration.ofMinutes(10), Duration.ofHours(24), Duration.ofSeconds(30));
  }

  /**
   * Names of claims; one inside another is written with a dot between them.
   *
   * @param person the person's id
   * @param team the person's team; null if none tells it
   * @param groups the person's groups; null if none tells them
   */
  public record Claims(String person, @Nullable String team, @Nullable String groups) {
    /** Where the file says nothing. */
    public static final Claims DEFAULTS = new Claims("email", null, "groups");
  }

  /** Whether it may vouch for somebody of this id. */
  public boolean vouchesFor(String person) {
    return Scalars.isId(person) && people.stream().anyMatch(glob -> glob.matches(person));
  }

  /** The key id that the ledger shows for its JWTs; no key is called so. */
  public String keyId() {
    return "oidc:" + name;
  }
}
