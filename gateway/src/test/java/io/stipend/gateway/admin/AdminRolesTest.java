package io.stipend.gateway.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.nimbusds.jose.jwk.ECKey;
import io.stipend.gateway.admin.AdminService.AuditLine;
import io.stipend.gateway.admin.AdminService.FreezeOrder;
import io.stipend.gateway.admin.AdminService.KeyOrder;
import io.stipend.gateway.demo.FakeProvider;
import io.stipend.gateway.server.RawClient;
import io.stipend.gateway.server.RawClient.Answer;
import io.stipend.gateway.testing.Api;
import io.stipend.gateway.testing.TestGateway;
import io.stipend.gateway.testing.TestIssuer;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Who may do what on the admin listener of a running gateway. */
class AdminRolesTest {
  private static final String ADA = "ada@acme.test";

  /** As docs/admin.md has it; {@code own} is a person for itself. */
  private static final Map<String, String> ALLOWED =
      Map.ofEntries(
          Map.entry("GET /v1/status", "platform finance auditor"),
          Map.entry("GET /v1/audit", "platform finance auditor"),
          Map.entry("GET /v1/keys", "platform finance auditor"),
          Map.entry("GET /v1/months", "platform finance auditor"),
          Map.entry("GET /v1/balances", "platform finance"),
          Map.entry("GET /v1/balances/ID", "platform finance own"),
          Map.entry("GET /v1/allowances/ID", "platform finance own"),
          Map.entry("GET /v1/usage/ID", "platform finance own"),
          Map.entry("GET /v1/statements/ID", "finance own"),
          Map.entry("POST /v1/keys", "platform"),
          Map.entry("DELETE /v1/keys/ID", "platform"),
          Map.entry("POST /v1/grants", "platform"),
          Map.entry("POST /v1/transfers", "platform"),
          Map.entry("POST /v1/advances", "platform"),
          Map.entry("POST /v1/freezes", "platform"),
          Map.entry("POST /v1/corrections", "platform"),
          Map.entry("POST /v1/months", "platform"));

  private static final HttpClient HTTP = HttpClient.newHttpClient();
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final ECKey KEY = TestIssuer.ec("k1");
  private static final Map<String, List<String>> CREDENTIALS = new LinkedHashMap<>();
  private static TestIssuer issuer;
  private static FakeProvider provider;
  private static TestGateway gateway;

  @BeforeAll
  static void start() throws IOException {
    issuer = TestIssuer.start(KEY.toPublicJWK());
    provider = FakeProvider.start(0);
    gateway =
        TestGateway.start(
            """
            providers: { openai: { url: "%s", key: k } }
            models: { allow: ["gpt-4o-mini"] }
            allowances: { engineer: { amount: 400 USD, every: year } }
            people:
              ada@acme.test: { allowance: engineer }
              bob@acme.test: { allowance: engineer }
              old@acme.test: { allowance: engineer, until: 2020-01-01 }
            identity:
              oidc:
                corp:
                  issuer: "%s"
                  audience: stipend
                  roles: { platform: [ops], finance: [cfo], auditor: [kpmg] }
            """
                .formatted(provider.url(), issuer.url()));
    CREDENTIALS.put(
        "platform",
        List.of(
            Files.readString(gateway.data().resolve("admin-key")).strip(),
            key("platform"),
            jwt("root@acme.test", "x", "ops", "kpmg")));
    CREDENTIALS.put("finance", List.of(key("finance"), jwt("fin@acme.test", "cfo")));
    CREDENTIALS.put("auditor", List.of(key("auditor"), jwt("aud@acme.test", "kpmg")));
    CREDENTIALS.put("own", List.of(gateway.key(ADA), jwt(ADA, "staff")));
    CREDENTIALS.put("another", List.of(gateway.key("bob@acme.test"), jwt("bob@acme.test")));
    CREDENTIALS.put(
        "nobody",
        List.of(
            "",
            "sta_wrong",
            jwt("stranger@acme.test"),
            jwt("old@acme.test", "ops"),
            gateway.key("old@acme.test"),
            issuer.jwt(
                TestIssuer.ec("k1"), "root@acme.test", c -> c.claim("groups", List.of("ops")))));
  }

  @AfterAll
  static void stop() {
    gateway.close();
    provider.close();
    issuer.close();
  }

  private static String key(String role) {
    return gateway
        .gateway()
        .admin()
        .createKey(new KeyOrder("eve", null, null, null, role), "t")
        .key();
  }

  private static String jwt(String email, String... groups) {
    return issuer.jwt(KEY, email, claims -> claims.claim("groups", List.of(groups)));
  }

  private static HttpResponse<String> ask(String method, String path, String key, String body)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + gateway.gateway().adminAddress().getPort() + path))
            .method(
                method,
                body.isEmpty()
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(body));
    if (!key.isEmpty()) {
      request.header("authorization", "Bearer " + key).header("stipend-operator", "mallory");
    }
    return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  private static String name(AdminRoute route) {
    return route.method() + " " + route.path() + (route.ofOne() ? "/ID" : "");
  }

  @Test
  void eachRouteIsOpenToItsRolesAndToNobodyElse() throws Exception {
    Set<String> walked = new TreeSet<>();
    for (AdminRoute route : AdminRoute.TABLE) {
      String name = name(route);
      walked.add(name);
      List<String> allowed = List.of(ALLOWED.getOrDefault(name, "").split(" "));
      String path = route.path() + (route.ofOne() ? "/" + ADA : "");
      String body = route.method().name().equals("POST") ? "{}" : "";
      for (Map.Entry<String, List<String>> role : CREDENTIALS.entrySet()) {
        for (String credential : role.getValue()) {
          int status = ask(route.method().name(), path, credential, body).statusCode();
          String what = name + " by " + role.getKey() + " " + role.getValue().indexOf(credential);
          if (allowed.contains(role.getKey())) {
            // An order that says nothing is refused for what it says.
            assertThat(status).as(what).isIn(200, 400, 404);
            assertThat(status == 200).as(what).isEqualTo(route.method().name().equals("GET"));
          } else {
            assertThat(status).as(what).isEqualTo(role.getKey().equals("nobody") ? 401 : 403);
          }
        }
      }
    }
    assertThat(walked).isEqualTo(new TreeSet<>(ALLOWED.keySet()));
  }

  @Test
  void whoHasARoleSeesWhatIsTheirOwnAsWell() throws Exception {
    for (String group : List.of("ops", "kpmg")) {
      String jwt = jwt(ADA, group);
      assertThat(ask("GET", "/v1/statements/" + ADA, jwt, "").statusCode()).isEqualTo(200);
      assertThat(ask("GET", "/v1/statements/bob@acme.test", jwt, "").statusCode()).isEqualTo(403);
    }
  }

  @Test
  void thePageOfTheAdminListenerHasTheSameTable() throws Exception {
    String page = Files.readString(Path.of("../docs/admin.md"));
    for (Map.Entry<String, String> route : ALLOWED.entrySet()) {
      List<String> cells = new ArrayList<>();
      for (String role : List.of("platform", "finance", "auditor", "own")) {
        cells.add(List.of(route.getValue().split(" ")).contains(role) ? "yes" : "–");
      }
      assertThat(page)
          .contains(
              "| `%s` | %s |"
                  .formatted(
                      route.getKey().replace("/ID", "/PERSON").replace("keys/PERSON", "keys/ID"),
                      String.join(" | ", cells)));
    }
  }

  @Test
  void aChangeIsRecordedWithWhoHasProvenToMakeIt() throws Exception {
    String order = "{\"person\":\"bob@acme.test\",\"amount\":\"1\",\"reason\":\"%s\"}";
    String key = CREDENTIALS.get("platform").get(1);
    String id = key.split("-")[2];
    for (int i = 0; i < 3; i++) {
      HttpResponse<String> made =
          ask("POST", "/v1/grants", CREDENTIALS.get("platform").get(i), order.formatted("who" + i));
      assertThat(made.statusCode()).as(made.body()).isEqualTo(200);
    }
    String auditor = CREDENTIALS.get("auditor").get(0);
    AuditLine[] lines =
        AdminJson.read(ask("GET", "/v1/audit", auditor, "").body().getBytes(), AuditLine[].class);
    assertThat(lines)
        .filteredOn(line -> line.detail().contains("who"))
        .extracting(AuditLine::what, AuditLine::by)
        .containsExactly(
            tuple("grant", "mallory"),
            tuple("grant", "key:" + id + "/eve"),
            tuple("grant", "oidc:corp/root@acme.test"));
    assertThat(lines).extracting(AuditLine::what).contains("key_created", "quota_file");
  }

  @Test
  void aKeyWithARoleCallsNoModelAndNobodyRaisesTheirOwnCap() throws Exception {
    for (String role : List.of("platform", "finance", "auditor")) {
      String key = CREDENTIALS.get(role).get(role.equals("platform") ? 1 : 0);
      assertThat(Api.CHAT.post(gateway, key, Api.CHAT.body(false, 5)).statusCode()).isEqualTo(401);
    }
    assertThat(
            Api.CHAT
                .post(gateway, CREDENTIALS.get("platform").get(0), Api.CHAT.body(false, 5))
                .statusCode())
        .isEqualTo(401);
    String order = "{\"person\":\"" + ADA + "\",\"amount\":\"1\",\"reason\":\"more\"}";
    for (String own : CREDENTIALS.get("own")) {
      assertThat(ask("POST", "/v1/grants", own, order).statusCode()).isEqualTo(403);
    }
    assertThat(gateway.balance(ADA).granted()).isEqualTo("400");
  }

  @Test
  void aPersonSeesTheRowsThatAreTheirOwn() throws Exception {
    String own = CREDENTIALS.get("own").get(1);
    assertThat(Api.CHAT.post(gateway, own, Api.CHAT.body(false, 5)).statusCode()).isEqualTo(200);
    String bob = CREDENTIALS.get("another").get(1);
    assertThat(Api.CHAT.post(gateway, bob, Api.CHAT.body(false, 5)).statusCode()).isEqualTo(200);
    Awaitility.await().until(() -> gateway.rows().size() == 2);

    JsonNode usage = JSON.readTree(ask("GET", "/v1/usage/" + ADA, own, "").body());
    assertThat(usage.path("rows")).hasSize(1);
    assertThat(usage.path("rows").path(0).path("person").asText()).isEqualTo(ADA);
    assertThat(usage.path("rows").path(0).path("key_id").asText()).isEqualTo("oidc:corp");
    assertThat(usage.path("rows").path(0).path("output_tokens").asLong()).isEqualTo(5);
    assertThat(
            JSON.readTree(
                    ask("GET", "/v1/usage/" + ADA + "?from=2020-01-01&to=2020-02-01", own, "")
                        .body())
                .path("rows"))
        .isEmpty();
    for (String broken : List.of("soon", "%zz", "%", "2026-02-30")) {
      assertThat(usage(own, "from=" + broken).status()).as(broken).isEqualTo(400);
    }
    String far = "from=-999999999-01-01T00:00:00Z&to=%2B999999999-12-31T00:00:00Z";
    assertThat(usage(own, far).status()).isEqualTo(200);
  }

  /** By bytes: clients do not send what is broken. */
  private static Answer usage(String key, String query) throws IOException {
    try (RawClient client = new RawClient(gateway.gateway().adminAddress())) {
      client.send(
          "GET /v1/usage/%s?%s HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\n\r\n"
              .formatted(ADA, query, key));
      return client.answer();
    }
  }

  @Test
  void aFreezeEndsARoleThatGroupsGive() throws Exception {
    String jwt = jwt("bob@acme.test", "ops");
    assertThat(ask("GET", "/v1/balances", jwt, "").statusCode()).isEqualTo(200);
    AdminService admin = gateway.gateway().admin();
    admin.freeze(new FreezeOrder("bob@acme.test", true, "gone"), "t");
    try {
      assertThat(ask("GET", "/v1/balances", jwt, "").statusCode()).isEqualTo(403);
      assertThat(ask("GET", "/v1/balances/bob@acme.test", jwt, "").statusCode()).isEqualTo(200);
    } finally {
      admin.freeze(new FreezeOrder("bob@acme.test", false, "back"), "t");
    }
  }

  @Test
  void noSpellingOfAPathMakesAnotherPersonOnesOwn() throws Exception {
    String own = CREDENTIALS.get("own").get(0);
    for (String id :
        List.of(
            ADA + "/../bob@acme.test",
            ADA + "/..%2Fbob@acme.test",
            ADA + "%2F..%2Fbob@acme.test",
            ADA + ";/bob@acme.test",
            ADA + "%00bob@acme.test",
            ADA + "//bob@acme.test",
            "../balances/bob@acme.test",
            "%62ob@acme.test",
            "BOB@acme.test",
            "ADA@acme.test",
            "bob@acme.test/",
            "*",
            "")) {
      for (String route : List.of("/v1/balances/", "/v1/allowances/", "/v1/usage/")) {
        HttpResponse<String> answer = ask("GET", route + id, own, "");
        assertThat(answer.statusCode()).as(route + id).isIn(400, 403, 404);
        assertThat(answer.body()).as(route + id).contains("\"error\"").doesNotContain("granted");
      }
    }
    assertThat(ask("GET", "/v1/balances/" + ADA + "?id=bob@acme.test", own, "").body())
        .contains(ADA)
        .doesNotContain("bob@acme.test");
  }

  @Test
  void aRevokedKeyWithARoleIsNobodys() throws Exception {
    AdminService.KeyMade made =
        gateway.gateway().admin().createKey(new KeyOrder("tom", null, null, null, "finance"), "t");
    assertThat(made.person()).isEqualTo("admin:finance");
    assertThat(ask("GET", "/v1/status", made.key(), "").statusCode()).isEqualTo(200);
    gateway.gateway().admin().revokeKey(made.id(), "t");
    assertThat(ask("GET", "/v1/status", made.key(), "").statusCode()).isEqualTo(401);
  }
}
