package io.stipend.policy.config;

import java.net.URI;
import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads the section {@code identity}: whose JWTs are credentials. */
final class IdentityReader {
  private static final int MAX_ISSUERS = 16;
  private static final int MAX_TEXT = 256;
  private static final int MAX_SKEW_MINUTES = 5;
  private static final String LINE = "1 to 256 characters on one line";
  private static final Duration SKEW = Duration.ofSeconds(60);

  /**
   * Asymmetric ones alone: with a shared secret whoever can check a JWT can make one, and with
   * {@code none} anybody can.
   */
  private static final Set<String> ALGORITHMS =
      Set.of("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512");

  private static final Set<String> DEFAULT_ALGORITHMS = Set.of("RS256", "ES256");

  private final ZoneId zone;
  private final Map<String, @Nullable BudgetTerms> allowances;
  private final Set<String> teams;
  private final Map<String, Issuer> issuers = new LinkedHashMap<>();
  private final Problems warnings;
  private final Map<String, PrincipalConfig.Standing> standings = new LinkedHashMap<>();

  /**
   * @param zone of people whom the file does not hold
   * @param allowances by name; the terms are null if they are broken and were reported
   * @param teams the names of all teams
   * @param warnings takes what is allowed but unwise
   */
  IdentityReader(
      ZoneId zone,
      Map<String, @Nullable BudgetTerms> allowances,
      Set<String> teams,
      Problems warnings) {
    this.warnings = warnings;
    this.zone = zone;
    this.allowances = allowances;
    this.teams = teams;
  }

  IdentityConfig read(@Nullable Section section) {
    if (section == null) {
      return IdentityConfig.NONE;
    }
    try (section) {
      Section named = section.section("oidc");
      if (named != null) {
        for (Map.Entry<String, Value> entry : named.named().entrySet()) {
          named.checkName(entry.getKey());
          issuer(entry.getKey(), entry.getValue());
        }
        if (named.named().size() > MAX_ISSUERS) {
          section.problem(
              "oidc", named.named().size() + " issuers (expected: at most " + MAX_ISSUERS + ")");
        }
      }
    }
    return new IdentityConfig(issuers, standings);
  }

  private void issuer(String name, Value value) {
    Section section = value.section("a mapping with issuer and audience");
    if (section == null) {
      return;
    }
    try (section) {
      String url = url(section.require("issuer"));
      Set<String> audiences = audiences(section.require("audience"));
      Value jwks = section.get("jwks");
      String jwksUrl = jwks == null ? null : url(jwks);
      Value skew = section.get("clock_skew");
      Duration clockSkew = Scalars.duration(skew, SKEW);
      if (skew != null && clockSkew.toMinutes() >= MAX_SKEW_MINUTES + 1L) {
        skew.problem(clockSkew + " (expected: at most " + MAX_SKEW_MINUTES + "m)");
      }
      Value team = section.get("default_team");
      boolean takesStrangers = allowance(name, section.get("default_allowance"));
      Issuer issuer =
          new Issuer(
              name,
              url == null ? "" : url,
              audiences,
              jwksUrl == null ? null : URI.create(jwksUrl),
              algorithms(section.get("algorithms")),
              clockSkew,
              keys(section.section("keys")),
              claims(section.section("claims")),
              people(section.get("people")),
              teamOf(section.section("teams")),
              team == null ? null : Scalars.reference(team, "a team", teams),
              takesStrangers,
              roles(section.section("roles")));
      if (takesStrangers && section.get("people") == null) {
        warnings.add(
            section.place(),
            section.path()
                + ": default_allowance is given to everybody whom this issuer signs in (better: people"
                + " with patterns such as \"*@example.com\")");
      }
      if (issuers.values().stream().anyMatch(other -> other.url().equals(url))) {
        section.problem("issuer", "stands twice (expected: one of the name for each issuer)");
      }
      issuers.put(name, issuer);
    }
  }

  /** As it was written: an issuer is compared character for character. */
  private static @Nullable String url(@Nullable Value value) {
    String text = value == null ? null : value.text(SafeUrl.EXPECTED);
    URI uri = text == null ? null : SafeUrl.of(text);
    if (value != null && text != null && (uri == null || uri.getRawQuery() != null)) {
      value.unexpected(text, SafeUrl.EXPECTED + ", without user, query or fragment");
      return null;
    }
    return text;
  }

  private static Set<String> audiences(@Nullable Value value) {
    if (value != null && value.oneOrMore().isEmpty()) {
      value.problem("is an empty list (expected: one or more)");
    }
    return texts(value);
  }

  private static Set<String> texts(@Nullable Value value) {
    Set<String> texts = new LinkedHashSet<>();
    for (Value item : value == null ? List.<Value>of() : value.oneOrMore()) {
      String text = Scalars.line(item, MAX_TEXT, LINE);
      if (text != null) {
        texts.add(text);
      }
    }
    return texts;
  }

  private static Set<String> algorithms(@Nullable Value value) {
    Set<String> names = new LinkedHashSet<>();
    for (Value item : value == null ? List.<Value>of() : value.oneOrMore()) {
      String text = item.text("a signature algorithm such as RS256");
      if (text != null && !ALGORITHMS.contains(text)) {
        item.unexpected(text, "one of " + String.join(", ", ALGORITHMS.stream().sorted().toList()));
      } else if (text != null) {
        names.add(text);
      }
    }
    return names.isEmpty() ? DEFAULT_ALGORITHMS : names;
  }

  private static Issuer.Keys keys(@Nullable Section section) {
    Issuer.Keys d = Issuer.Keys.DEFAULTS;
    if (section == null) {
      return d;
    }
    try (section) {
      return new Issuer.Keys(
          Scalars.duration(section.get("refresh"), d.refresh()),
          Scalars.duration(section.get("keep"), d.keep()),
          Scalars.duration(section.get("pause"), d.pause()));
    }
  }

  private static Issuer.Claims claims(@Nullable Section section) {
    Issuer.Claims d = Issuer.Claims.DEFAULTS;
    if (section == null) {
      return d;
    }
    try (section) {
      String person = Scalars.line(section.get("person"), MAX_TEXT, LINE);
      String groups = Scalars.line(section.get("groups"), MAX_TEXT, LINE);
      return new Issuer.Claims(
          person == null ? d.person() : person,
          Scalars.line(section.get("team"), MAX_TEXT, LINE),
          groups == null ? d.groups() : groups);
    }
  }

  private static List<Glob> people(@Nullable Value value) {
    return value == null ? List.of(new Glob("*")) : texts(value).stream().map(Glob::new).toList();
  }

  private Map<String, String> teamOf(@Nullable Section section) {
    Map<String, String> names = new LinkedHashMap<>();
    if (section != null) {
      section
          .named()
          .forEach(
              (group, value) -> {
                String team = Scalars.reference(value, "a team", teams);
                if (team != null) {
                  names.put(group, team);
                }
              });
    }
    return names;
  }

  private static Map<Role, Set<String>> roles(@Nullable Section section) {
    Map<Role, Set<String>> roles = new EnumMap<>(Role.class);
    if (section != null) {
      try (section) {
        roles.put(Role.PLATFORM, texts(section.get("platform")));
        roles.put(Role.FINANCE, texts(section.get("finance")));
        roles.put(Role.AUDITOR, texts(section.get("auditor")));
      }
    }
    return roles;
  }

  /** Whether people whom the file does not hold get anything. */
  private boolean allowance(String issuer, @Nullable Value value) {
    List<BudgetTerms> terms = new ArrayList<>();
    List<String> levels = new ArrayList<>();
    for (Value item : value == null ? List.<Value>of() : value.oneOrMore()) {
      String name = Scalars.reference(item, "an allowance", allowances.keySet());
      BudgetTerms found = name == null ? null : allowances.get(name);
      if (found != null) {
        BudgetReader.add(terms, found, item);
        levels.add(name);
      }
    }
    if (!terms.isEmpty()) {
      standings.put(
          issuer,
          new PrincipalConfig.Standing(
              false, String.join("+", levels), terms, zone, ModelRules.ALL, ScopeLimits.NONE));
    }
    return !terms.isEmpty();
  }
}
