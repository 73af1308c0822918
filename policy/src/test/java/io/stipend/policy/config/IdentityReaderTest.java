package io.stipend.policy.config;

import static io.stipend.policy.config.QuotaFiles.PROVIDERS;
import static io.stipend.policy.config.QuotaFiles.problems;
import static io.stipend.policy.config.QuotaFiles.valid;
import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.metering.ledger.LedgerEntry.Enrolled;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IdentityReaderTest {
  private static final String SHARED =
      """
      allowances: { visitor: { amount: 5 USD, every: month } }
      teams: { labs: {}, payments: {} }
      people: { ada: { allowance: visitor } }
      """;

  @TempDir Path folder;

  private QuotaFile file(String oidc) {
    return valid(folder, PROVIDERS + SHARED + "identity: { oidc: " + oidc + " }\n");
  }

  @Test
  void anAllowanceForEverybodyWhomAnIssuerSignsInIsAWarning() {
    String yaml =
        """
        providers: { openai: { url: "https://a.example" } }
        allowances: { visitor: { amount: 20 USD, every: month } }
        identity:
          oidc:
            corp: { issuer: "https://id.example", audience: s, default_allowance: visitor%s }
        """;
    assertThat(QuotaFiles.loaded(folder, yaml.formatted("")).warnings())
        .singleElement()
        .satisfies(
            told ->
                assertThat(told.message())
                    .contains("corp: default_allowance is given to everybody"));
    String some = ", people: [\"*@example.com\"]";
    assertThat(QuotaFiles.loaded(folder, yaml.formatted(some)).warnings()).isEmpty();
  }

  @Test
  void everythingHasADefaultButTheIssuerAndItsAudience() {
    Issuer issuer =
        file("{ corp: { issuer: 'https://id.test/realm', audience: stipend } }")
            .identity()
            .issuers()
            .get("corp");

    assertThat(issuer.url()).isEqualTo("https://id.test/realm");
    assertThat(issuer.audiences()).containsExactly("stipend");
    assertThat(issuer.jwks()).isNull();
    assertThat(issuer.algorithms()).containsExactlyInAnyOrder("RS256", "ES256");
    assertThat(issuer.clockSkew()).isEqualTo(Duration.ofSeconds(60));
    assertThat(issuer.keys()).isEqualTo(Issuer.Keys.DEFAULTS);
    assertThat(issuer.claims()).isEqualTo(new Issuer.Claims("email", null, "groups"));
    assertThat(issuer.vouchesFor("eve@anywhere.test")).isTrue();
    assertThat(issuer.vouchesFor("eve anywhere")).as("no id").isFalse();
    assertThat(issuer.takesStrangers()).isFalse();
    assertThat(issuer.keyId()).isEqualTo("oidc:corp");
  }

  @Test
  void everythingCanBeSaid() {
    Issuer issuer =
        file("""
                { corp: { issuer: 'http://127.0.0.1:9/', audience: [a, b], jwks: 'https://k.test/keys',
                  algorithms: PS512, clock_skew: 5s, keys: { refresh: 1m, keep: 2h, pause: 3s },
                  claims: { person: preferred_username, team: dept, groups: realm_access.roles },
                  people: ['*@acme.test'], teams: { 8f2c: payments }, default_allowance: visitor,
                  default_team: labs, roles: { platform: ops, finance: [cfo, controller], auditor: kpmg } } }
                """
                .replace("\n", " "))
            .identity()
            .issuers()
            .get("corp");

    assertThat(issuer.jwks()).hasToString("https://k.test/keys");
    assertThat(issuer.algorithms()).containsExactly("PS512");
    assertThat(issuer.keys())
        .isEqualTo(
            new Issuer.Keys(Duration.ofMinutes(1), Duration.ofHours(2), Duration.ofSeconds(3)));
    assertThat(issuer.claims())
        .isEqualTo(new Issuer.Claims("preferred_username", "dept", "realm_access.roles"));
    assertThat(issuer.vouchesFor("eve@acme.test")).isTrue();
    assertThat(issuer.vouchesFor("eve@acme.test.evil")).isFalse();
    assertThat(issuer.roles().get(Role.FINANCE)).isEqualTo(Set.of("cfo", "controller"));
    assertThat(issuer.teamOf()).containsEntry("8f2c", "payments");
    assertThat(issuer.takesStrangers()).isTrue();
  }

  @Test
  void whomTheFileDoesNotHoldItKnowsByWhoVouchedForThem() {
    QuotaFile file =
        file(
            """
            { corp: { issuer: 'https://id.test', audience: a, default_allowance: visitor, default_team: labs },
              mute: { issuer: 'https://mute.test', audience: a } }
            """
                .replace("\n", " "));
    Enrolments enrolments = new Enrolments();
    QuotaFile all = file.with(enrolments);
    assertThat(all.principal("eve")).isNull();
    enrolments.apply(new Enrolled(QuotaFiles.NOW, "eve", "corp", null));
    enrolments.apply(new Enrolled(QuotaFiles.NOW, "mim", "mute", "labs"));
    enrolments.apply(new Enrolled(QuotaFiles.NOW, "ada", "corp", "labs"));

    assertThat(all.principal("eve").team()).isEqualTo("labs");
    assertThat(all.principal("eve").budgets()).hasSize(1);
    enrolments.apply(new Enrolled(QuotaFiles.NOW, "eve", "corp", "payments"));
    assertThat(all.principal("eve").team()).isEqualTo("payments");
    assertThat(all.principal("mim")).as("its issuer gives nothing").isNull();
    assertThat(all.principal("ada").team()).as("the file decides").isNull();
    assertThat(all.ids()).containsExactly("ada", "eve");
    assertThat(file.principal("eve")).as("the file alone").isNull();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{ audience: a } | issuer is missing",
        "{ issuer: 'https://id.test' } | audience is missing",
        "{ issuer: 'https://id.test', audience: [] } | audience: is an empty list",
        "{ issuer: 'http://id.test', audience: a } | expected: https://, or http:// to 127.0.0.1",
        "{ issuer: 'https://id.test?a=b', audience: a } | without user, query or fragment",
        "{ issuer: 'https://id.test', audience: a, jwks: 'ftp://k.test' } | jwks: \"ftp://k.test\"",
        "{ issuer: 'https://id.test', audience: a, algorithms: [none] } | \"none\" (expected: one of ES256,",
        "{ issuer: 'https://id.test', audience: a, algorithms: HS256 } | \"HS256\" (expected: one of ES256,",
        "{ issuer: 'https://id.test', audience: a, clock_skew: 10m } | clock_skew: PT10M (expected: at most 5m)",
        "{ issuer: 'https://id.test', audience: a, default_allowance: visit } | expected: an allowance of this file",
        "{ issuer: 'https://id.test', audience: a, default_team: lab } | did you mean \"labs\"?",
        "{ issuer: 'https://id.test', audience: a, teams: { x: lab } } | did you mean \"labs\"?",
        "{ issuer: 'https://id.test', audience: a, rolls: { } } | unknown key \"rolls\"",
        "{ issuer: 'https://id.test', audience: a, roles: { admin: x } } | unknown key \"admin\"",
        "{ issuer: 'https://id.test', audience: a, claims: { name: x } } | unknown key \"name\"",
      })
  void whatMakesNoSenseIsToldWithItsPlace(String issuer, String part) {
    assertThat(
            problems(folder, PROVIDERS + SHARED + "identity: { oidc: { corp: " + issuer + " } }\n"))
        .hasSize(1)
        .allSatisfy(problem -> assertThat(problem).contains("identity.oidc.corp").contains(part));
  }

  @Test
  void anIssuerHasOneName() {
    String twice =
        "{ a: { issuer: 'https://id.test', audience: a }, b: { issuer: 'https://id.test', audience: b } }";
    assertThat(problems(folder, PROVIDERS + SHARED + "identity: { oidc: " + twice + " }\n"))
        .hasSize(1)
        .allSatisfy(
            problem -> assertThat(problem).contains("identity.oidc.b: issuer: stands twice"));
  }
}
