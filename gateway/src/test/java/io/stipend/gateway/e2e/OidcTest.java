package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.nimbusds.jose.jwk.ECKey;
import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import io.stipend.gateway.admin.AdminService.FreezeOrder;
import io.stipend.gateway.admin.AdminService.GrantOrder;
import io.stipend.gateway.admin.PersonBalance;
import io.stipend.gateway.admin.RecordedBalances;
import io.stipend.gateway.demo.FakeProvider;
import io.stipend.gateway.demo.FakeProvider.Billed;
import io.stipend.gateway.testing.Api;
import io.stipend.gateway.testing.TestGateway;
import io.stipend.gateway.testing.TestIssuer;
import io.stipend.metering.Unit;
import io.stipend.metering.ledger.LedgerEntry.Enrolled;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.UsageRow;
import io.stipend.policy.config.Enrolments;
import io.stipend.policy.config.QuotaFile;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** People come with the JWT of an issuer, some of them in no file. */
class OidcTest {
  private static final Duration SOON = Duration.ofSeconds(15);
  private static final String CHAT = Api.CHAT.body(false, 50);
  private static final String QUOTAS =
      """
      calendar: { timezone: Europe/Berlin, currency: USD }
      providers: { openai: { url: "%s", key: "provider-key" } }
      models: { allow: ["gpt-4o-mini"] }
      allowances:
        engineer: { amount: 400 USD, every: year }
        visitor: { amount: 2 USD, every: year }
      organisation: { limits: { per_key: { concurrent: 50 } } }
      teams:
        payments: { cost_center: CC-1, budget: { amount: 9 USD, every: year } }
        research: { cost_center: CC-2 }
        labs: {}
      people: { ada@acme.test: { team: payments, allowance: engineer } }
      identity:
        oidc:
          corp:
            issuer: "%s"
            audience: stipend
            claims: { team: department, groups: realm_access.roles }
            teams: { 8f2c-41: research }
            default_allowance: visitor
            default_team: labs
            keys: { %s }
      """;

  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private final ObjectMapper json = new ObjectMapper();
  private final ECKey key = TestIssuer.ec("k1");
  private TestIssuer issuer;
  private FakeProvider provider;
  private TestGateway gateway;

  @BeforeEach
  void start() {
    issuer = TestIssuer.start(key.toPublicJWK());
    provider = FakeProvider.start(0);
  }

  private void serve() {
    serve("pause: 200ms, refresh: 1h", 1_000);
  }

  private void serve(String keys, int badCredentials) {
    gateway =
        TestGateway.start(
            QUOTAS.formatted(provider.url(), issuer.url(), keys),
            "limits: { bad_credentials_per_minute: " + badCredentials + " }");
  }

  @AfterEach
  void stop() {
    gateway.close();
    provider.close();
    issuer.close();
  }

  private int status(String jwt) throws Exception {
    return Api.CHAT.post(gateway, jwt, CHAT).statusCode();
  }

  private String jwt(String email) {
    return issuer.jwt(key, email);
  }

  private List<UsageRow> rows(int wanted) {
    Awaitility.await().atMost(SOON).until(() -> gateway.rows().size() == wanted);
    return gateway.rows();
  }

  private JsonNode me(String jwt) throws Exception {
    HttpResponse<String> answer =
        HTTP.send(
            HttpRequest.newBuilder(gateway.url("/stipend/v1/me")).header("x-api-key", jwt).build(),
            HttpResponse.BodyHandlers.ofString());
    assertThat(answer.statusCode()).isEqualTo(200);
    return json.readTree(answer.body());
  }

  private PersonBalance recorded(String person) {
    QuotaFile file = ((QuotaFile.Loaded) QuotaFile.load(gateway.quotaFile(), Map.of())).quotaFile();
    try (LedgerReader reader = LedgerReader.open(gateway.data())) {
      return new RecordedBalances(
              file.with(new Enrolments(reader.enrolments())), reader, InstantSource.system())
          .one(person);
    }
  }

  @Test
  void aPersonOfNoFileUsesTheOfficialSdkAndTheBooksAgree() throws Exception {
    serve();
    String jwt = issuer.jwt(key, "eve@acme.test", c -> c.claim("department", "payments"));
    OpenAIClient client =
        OpenAIOkHttpClient.builder().baseUrl(gateway.url() + "/v1").apiKey(jwt).build();
    ChatCompletion answer =
        client
            .chat()
            .completions()
            .create(
                ChatCompletionCreateParams.builder()
                    .model("gpt-4o-mini")
                    .maxCompletionTokens(50)
                    .addUserMessage("Hello")
                    .build());
    client.close();

    assertThat(answer.choices()).isNotEmpty();
    UsageRow row = rows(1).get(0);
    Billed billed = provider.billed().get(0);
    assertThat(row.person()).isEqualTo("eve@acme.test");
    assertThat(row.team()).isEqualTo("payments");
    assertThat(row.costCenter()).isEqualTo("CC-1");
    assertThat(row.keyId()).isEqualTo("oidc:corp");
    assertThat(row.usage()).isEqualTo(billed.usage());
    assertThat(row.nanos()).isEqualTo(Books.charge(billed)).isPositive();
    String used = Unit.USD.format(row.nanos());
    Awaitility.await()
        .atMost(SOON)
        .untilAsserted(() -> assertThat(me(jwt).path("used").asText()).isEqualTo(used));
    assertThat(me(jwt).path("granted").asText()).isEqualTo("2");
    assertThat(me(jwt).path("accounts")).hasSize(2);
    assertThat(gateway.balance("eve@acme.test").used()).isEqualTo(used);
    assertThat(gateway.gateway().admin().balances())
        .extracting(PersonBalance::person)
        .containsExactly("ada@acme.test", "eve@acme.test");
    assertThat(gateway.verify().problems()).isEmpty();
    assertKeptNowhere(jwt);
  }

  /** Not even a part of it. */
  private void assertKeptNowhere(String jwt) throws Exception {
    try (Stream<Path> files = Files.walk(gateway.data())) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        String bytes = Files.readString(file, StandardCharsets.ISO_8859_1);
        for (String part : jwt.split("\\.")) {
          assertThat(bytes.contains(part)).as(file + " has a part of the JWT").isFalse();
        }
      }
    }
  }

  @Test
  void whoTheyAreAndWhatTheyHaveOutlastsARestartAndAReloadOfTheFile() throws Exception {
    serve();
    String eve = issuer.jwt(key, "eve@acme.test", c -> c.claim("department", "payments"));
    assertThat(status(eve)).isEqualTo(200);
    rows(1);
    gateway
        .gateway()
        .admin()
        .grant(new GrantOrder("eve@acme.test", "1", "guest talk", null, null, null), "root");
    PersonBalance before = gateway.balance("eve@acme.test");
    gateway.restart();

    assertThat(gateway.balance("eve@acme.test")).isEqualTo(before);
    assertThat(recorded("eve@acme.test")).isEqualTo(before);
    assertThat(before.accounts()).hasSize(2);
    assertThat(status(eve)).isEqualTo(200);
    rows(2);
    Files.writeString(
        gateway.quotaFile(),
        Files.readString(gateway.quotaFile()).replace("amount: 2 USD", "amount: 5 USD"));
    Awaitility.await()
        .atMost(SOON)
        .untilAsserted(() -> assertThat(gateway.balance("eve@acme.test").granted()).isEqualTo("6"));
    assertThat(status(eve)).isEqualTo(200);
    rows(3);
    assertThat(me(eve).path("granted").asText()).isEqualTo("6");
    try (LedgerReader reader = LedgerReader.open(gateway.data())) {
      assertThat(reader.enrolments())
          .as("entered once")
          .extracting(Enrolled::person, Enrolled::issuer, Enrolled::team)
          .containsExactly(tuple("eve@acme.test", "corp", "payments"));
    }
    assertThat(gateway.verify().problems()).isEmpty();
  }

  @Test
  void theFileDecidesOverTheClaimAndTheClaimOverTheDefault() throws Exception {
    serve();
    assertThat(status(issuer.jwt(key, "ada@acme.test", c -> c.claim("department", "research"))))
        .isEqualTo(200);
    assertThat(
            status(
                issuer.jwt(
                    key,
                    "bob@acme.test",
                    c -> c.claim("realm_access", Map.of("roles", List.of("x", "8f2c-41"))))))
        .isEqualTo(200);
    assertThat(status(issuer.jwt(key, "cyd@acme.test", c -> c.claim("department", "nowhere"))))
        .isEqualTo(200);
    assertThat(rows(3))
        .extracting(UsageRow::person, UsageRow::team)
        .containsExactlyInAnyOrder(
            tuple("ada@acme.test", "payments"),
            tuple("bob@acme.test", "research"),
            tuple("cyd@acme.test", "labs"));
    assertThat(me(jwt("ada@acme.test")).path("accounts").path(0).path("granted").asText())
        .isEqualTo("400");
    assertThat(status(issuer.jwt(key, "cyd@acme.test", c -> c.claim("department", "payments"))))
        .as("has changed teams")
        .isEqualTo(200);
    assertThat(rows(4).get(3).team()).isEqualTo("payments");
    assertThat(gateway.balance("cyd@acme.test").accounts()).hasSize(2);
  }

  @Test
  void aKeyAndAnOlderJwtFollowTheirPersonIntoAnotherTeam() throws Exception {
    serve();
    String old = jwt("cyd@acme.test");
    assertThat(status(old)).isEqualTo(200);
    String own = gateway.key("cyd@acme.test");
    assertThat(status(own)).isEqualTo(200);
    assertThat(rows(2)).extracting(UsageRow::team).containsOnly("labs");
    assertThat(status(issuer.jwt(key, "cyd@acme.test", c -> c.claim("department", "payments"))))
        .isEqualTo(200);
    assertThat(status(own)).isEqualTo(200);
    assertThat(status(old)).isEqualTo(200);
    assertThat(rows(5).subList(2, 5)).extracting(UsageRow::team).containsOnly("payments");
  }

  @Test
  void whoHasLeftEveryTeamIsRefusedEachTimeAndNotOnlyAtFirst() throws Exception {
    gateway =
        TestGateway.start(
            QUOTAS
                .formatted(provider.url(), issuer.url(), "pause: 200ms")
                .replaceAll(" *default_team: labs\n", ""),
            "");
    assertThat(status(issuer.jwt(key, "eve@acme.test", c -> c.claim("department", "payments"))))
        .isEqualTo(200);
    String left = jwt("eve@acme.test");
    for (int i = 0; i < 3; i++) {
      HttpResponse<String> answer = Api.CHAT.post(gateway, left, CHAT);
      assertThat(answer.statusCode()).isEqualTo(401);
      assertThat(answer.body()).contains("is in no team that is known here");
    }
    assertThat(rows(1)).hasSize(1);
  }

  @Test
  void aFreezeAndALastDayEndWhatAJwtIsGoodFor() throws Exception {
    serve();
    String eve = jwt("eve@acme.test");
    assertThat(status(eve)).isEqualTo(200);
    gateway
        .gateway()
        .admin()
        .freeze(new FreezeOrder("eve@acme.test", true, "left the company"), "root");
    assertThat(status(eve)).isEqualTo(403);
    assertThat(status(jwt("eve@acme.test"))).as("a fresh one").isEqualTo(403);
    gateway.restart();
    assertThat(status(eve)).isEqualTo(403);

    Files.writeString(
        gateway.quotaFile(),
        Files.readString(gateway.quotaFile())
            .replace(
                "people: {",
                "people: { bob@acme.test: { allowance: visitor, until: 2020-01-01 },"));
    Awaitility.await()
        .atMost(SOON)
        .untilAsserted(
            () -> {
              HttpResponse<String> gone = Api.CHAT.post(gateway, jwt("bob@acme.test"), CHAT);
              assertThat(gone.statusCode()).isEqualTo(401);
              assertThat(gone.body()).contains("entitled until 2020-01-01 only");
            });
  }

  @Test
  void aLimitOfEachKeyCountsForEachPersonWhateverTheirJwts() throws Exception {
    gateway =
        TestGateway.start(
            QUOTAS
                .formatted(provider.url(), issuer.url(), "pause: 200ms")
                .replace("concurrent: 50", "requests_per_minute: 2"),
            "");
    assertThat(status(jwt("eve@acme.test"))).isEqualTo(200);
    assertThat(status(issuer.jwt(key, "eve@acme.test", c -> c.subject("2")))).isEqualTo(200);
    assertThat(status(issuer.jwt(key, "eve@acme.test", c -> c.subject("3")))).isEqualTo(429);
    assertThat(status(jwt("bob@acme.test"))).as("another person's").isEqualTo(200);
  }

  @Test
  void anIssuerThatIsTakenOutOfTheFileVouchesForNobodyFromThenOn() throws Exception {
    serve();
    String eve = jwt("eve@acme.test");
    assertThat(status(eve)).isEqualTo(200);
    String all = Files.readString(gateway.quotaFile());
    Files.writeString(gateway.quotaFile(), all.substring(0, all.indexOf("identity:")));
    Awaitility.await().atMost(SOON).until(() -> status(eve) == 401);
    Files.writeString(gateway.quotaFile(), all);
    Awaitility.await().atMost(SOON).until(() -> status(eve) == 200);
  }

  @Test
  void aNewKeyIsTakenWithTheFirstJwtThatItSignedAndAWithdrawnOneNoMore() throws Exception {
    serve("pause: 1ms, refresh: 1h", 1_000);
    String old = jwt("ada@acme.test");
    assertThat(status(old)).isEqualTo(200);
    ECKey second = TestIssuer.ec("k2");
    issuer.publish(second.toPublicJWK());
    assertThat(status(issuer.jwt(second, "ada@acme.test"))).as("waits for the keys").isEqualTo(200);
    assertThat(status(old)).as("known, but its key is withdrawn").isEqualTo(401);
  }

  @Test
  void aNewKeyOfAnIssuerThatNamesNoneIsTakenAtOnceToo() throws Exception {
    ECKey nameless = TestIssuer.ec(null);
    issuer.publish(nameless.toPublicJWK());
    serve("pause: 1ms, refresh: 1h", 1_000);
    assertThat(status(issuer.jwt(nameless, "ada@acme.test"))).isEqualTo(200);
    ECKey next = TestIssuer.ec(null);
    issuer.publish(next.toPublicJWK());
    assertThat(status(issuer.jwt(next, "ada@acme.test"))).isEqualTo(200);
    int before = issuer.asked();
    assertThat(status(issuer.jwt(next, "ada@acme.test", c -> c.audience("other")))).isEqualTo(401);
    assertThat(issuer.asked()).as("its key is known").isEqualTo(before);
  }

  @Test
  void madeUpKeyIdsReachTheIssuerNoMoreThanOnceInAPause() throws Exception {
    serve("pause: 1h", 1_000);
    int before = issuer.asked();
    for (int i = 0; i < 30; i++) {
      assertThat(status(issuer.jwt(TestIssuer.ec("made-up-" + i), "ada@acme.test"))).isEqualTo(401);
    }
    assertThat(issuer.asked() - before).isLessThanOrEqualTo(1);
    assertThat(status(jwt("ada@acme.test"))).isEqualTo(200);
  }

  @Test
  void badOnesAreLimitedByTheirSourceAndAGoodOneBesideThemIsNot() throws Exception {
    serve("pause: 1h", 3);
    ECKey other = TestIssuer.ec("k1");
    for (int i = 0; i < 3; i++) {
      assertThat(status(issuer.jwt(other, "ada@acme.test"))).isEqualTo(401);
    }
    assertThat(status(issuer.jwt(other, "ada@acme.test"))).isEqualTo(429);
    assertThat(status(jwt("ada@acme.test"))).isEqualTo(200);
  }

  @Test
  void anIssuerThatIsDownAtTheStartIsFoundLaterAndOneThatGoesDownIsNotMissed() throws Exception {
    serve();
    String eve = jwt("eve@acme.test");
    issuer.stop();
    gateway.restart();
    assertThat(status(eve)).isEqualTo(401);
    issuer.restart();
    Awaitility.await().atMost(SOON).until(() -> status(eve) == 200);

    issuer.stop();
    assertThat(status(jwt("bob@acme.test"))).isEqualTo(200);
    assertThat(status(issuer.jwt(TestIssuer.ec("k9"), "bob@acme.test"))).isEqualTo(401);
    assertThat(status(jwt("cyd@acme.test"))).isEqualTo(200);
    issuer.restart();
  }
}
