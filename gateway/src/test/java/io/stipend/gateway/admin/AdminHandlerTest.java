package io.stipend.gateway.admin;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.stipend.gateway.delivery.DeliveryStatus;
import io.stipend.gateway.server.Listener;
import io.stipend.gateway.server.ListenerOptions;
import io.stipend.gateway.server.ServerLimits;
import io.stipend.gateway.server.Transport;
import io.stipend.metering.ledger.Ledger;
import io.stipend.metering.ledger.LedgerOptions;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.SqliteLedger;
import io.stipend.policy.budget.LocalBudgets;
import io.stipend.policy.config.QuotaFile;
import io.stipend.policy.identity.KeyRing;
import io.stipend.policy.store.Freezes;
import io.stipend.policy.store.PolicySnapshot;
import io.stipend.policy.store.PolicyStore;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.InstantSource;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The admin listener's JSON, over a real socket and a real ledger. */
class AdminHandlerTest {
  private static final String QUOTA =
      """
      gateway: { data: ./data }
      providers: { openai: { url: "http://127.0.0.1:1", key: k } }
      allowances: { engineer: { amount: 400 USD, every: month } }
      people: { ada: { allowance: engineer }, bob: { allowance: engineer } }
      services:
        ci: { budget: [{ amount: 10 USD, every: day, advance: 50% }, { amount: 100 USD, every: month }] }
      """;

  private final HttpClient http = HttpClient.newHttpClient();
  private final ObjectMapper json = new ObjectMapper();
  private volatile boolean ready = true;

  @TempDir Path folder;
  private Path data;
  private Ledger ledger;
  private Transport transport;
  private AdminHandler handler;
  private Listener listener;
  private AdminAccess access;

  @BeforeEach
  void start() throws IOException {
    Path file = Files.writeString(folder.resolve("stipend.yaml"), QUOTA);
    QuotaFile quota = ((QuotaFile.Loaded) QuotaFile.load(file, Map.of())).quotaFile();
    data = quota.gateway().data();
    InstantSource clock = InstantSource.system();
    ledger = SqliteLedger.open(data, new LedgerOptions(64, 64, 64, () -> {}), clock);
    KeyRing keys = KeyRing.open(data);
    LocalAdmin admin =
        new LocalAdmin(
            ledger, new LocalBudgets(ledger, clock), keys, new Freezes(), () -> quota, clock);
    access = AdminAccess.open(data);
    PolicyStore store = new PolicyStore(new PolicySnapshot(quota, "hash"), keys);
    handler =
        new AdminHandler(
            admin,
            new Statements(() -> quota, clock, LedgerReader::openBeside),
            () ->
                new GatewayStatus(
                    "1", "hash", 2, 3, ready, Map.of("a", "open"), DeliveryStatus.NONE),
            access,
            new Callers(access, keys, store, new Freezes(), clock));
    transport = Transport.start(1);
    listener =
        Listener.start(
            transport, new ListenerOptions("127.0.0.1", 0, null, ServerLimits.DEFAULTS), handler);
    access.publish(listener.address());
  }

  @AfterEach
  void stop() {
    access.withdraw();
    listener.close();
    handler.close();
    transport.close();
    ledger.close();
  }

  @Test
  void healthAndReadinessNeedNoKey() throws Exception {
    assertThat(get("/healthz", "").statusCode()).isEqualTo(200);
    assertThat(get("/readyz", "").statusCode()).isEqualTo(200);
    ready = false;
    assertThat(get("/healthz", "").statusCode()).isEqualTo(200);
    assertThat(get("/readyz", "").statusCode()).isEqualTo(503);
  }

  @Test
  void everythingElseNeedsTheKey() throws Exception {
    String key = key();
    for (String path :
        new String[] {
          "/v1/balances", "/v1/balances/ada", "/v1/keys", "/v1/status", "/v1/nothing", "/"
        }) {
      assertThat(get(path, "").statusCode()).as(path).isEqualTo(401);
      assertThat(get(path, "Bearer " + key + "x").statusCode()).as(path).isEqualTo(401);
      assertThat(get(path, "Bearer").statusCode()).as(path).isEqualTo(401);
      assertThat(get(path, "Basic " + key).statusCode()).as(path).isEqualTo(401);
    }
    HttpResponse<String> refused = get("/v1/keys", "");
    assertThat(refused.headers().firstValue("www-authenticate")).hasValue("Bearer");
    assertThat(error(refused).path("code").asText()).isEqualTo("unauthorized");
    assertThat(refused.body()).doesNotContain(key);
  }

  @Test
  void theKeyIsMadeOnceForItsOwnerOnly() throws IOException {
    Path file = data.resolve("admin-key");

    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(key()).hasSizeGreaterThan(40);
    AdminAccess.open(data);
    assertThat(access.admits(key())).as("the key stays").isTrue();
    assertThat(access.admits("")).isFalse();
  }

  @Test
  void aKeyFileThatOthersCanReadIsRefused() throws IOException {
    Path file = data.resolve("admin-key");
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));

    assertThat(org.assertj.core.api.Assertions.catchThrowable(() -> AdminAccess.open(data)))
        .hasMessageContaining("is open to others (expected: mode 0600)");
  }

  @Test
  void unknownPathsAndMethodsAreNamed() throws Exception {
    assertThat(ask("GET", "/v1/nothing", "").statusCode()).isEqualTo(404);
    assertThat(ask("DELETE", "/v1/balances", "").statusCode()).isEqualTo(405);
    assertThat(ask("GET", "/v1/grants", "").statusCode()).isEqualTo(405);
    assertThat(ask("GET", "/v1/balances/nobody", "").statusCode()).isEqualTo(404);
    assertThat(ask("DELETE", "/v1/keys/nobody", "").statusCode()).isEqualTo(404);
  }

  @Test
  void aGrantIsInTheBalanceThatFollows() throws Exception {
    HttpResponse<String> granted =
        ask(
            "POST",
            "/v1/grants",
            "{\"person\":\"ada\",\"amount\":\"2.5\",\"reason\":\"incident\",\"expires\":null}");
    JsonNode balance = json.readTree(ask("GET", "/v1/balances/ada", "").body());

    assertThat(granted.statusCode()).isEqualTo(200);
    assertThat(json.readTree(granted.body()).path("remaining").asText()).isEqualTo("402.5");
    assertThat(balance.path("remaining").asText()).isEqualTo("402.5");
    assertThat(json.readTree(ask("GET", "/v1/balances", "").body())).hasSize(3);
  }

  @Test
  void anOrderOnOneOfSeveralBudgetsNamesItInAFieldOfItsOwn() throws Exception {
    String order = "{\"person\":\"ci\",\"amount\":\"5\",\"reason\":\"x\"%s}";
    HttpResponse<String> unsaid = ask("POST", "/v1/grants", order.formatted(""));
    HttpResponse<String> said = ask("POST", "/v1/grants", order.formatted(",\"budget\":\"month\""));
    HttpResponse<String> only = ask("POST", "/v1/advances", order.formatted(""));

    assertThat(unsaid.statusCode()).isEqualTo(400);
    assertThat(error(unsaid).path("message").asText())
        .startsWith(
            "budget: ci has 2 that could be meant: 10 USD every day and 100 USD every month");
    assertThat(json.readTree(said.body()).path("remaining").asText()).isEqualTo("105");
    assertThat(json.readTree(only.body()).path("remaining").asText())
        .as("only one lends")
        .isEqualTo("15");
    String transfer =
        "{\"from\":\"ci\",\"to\":\"ada\",\"amount\":\"5\",\"reason\":\"x\",\"to_budget\":\"day\"}";
    assertThat(error(ask("POST", "/v1/transfers", transfer)).path("message").asText())
        .isEqualTo("to_budget: \"day\" (expected: month, as ada's budget)");
  }

  @Test
  void bodiesAreReadStrictly() throws Exception {
    assertInvalid("", "end-of-input");
    assertInvalid("[]", "");
    assertInvalid("null", "expected: a JSON object");
    assertInvalid("{\"person\":\"ada\",\"amount\":\"1\"}", "reason is missing");
    assertInvalid("{\"person\":\"ada\",\"amount\":\"1\",\"reason\":\"x\",\"by\":\"me\"}", "by");
    assertInvalid(
        "{\"person\":\"ada\",\"amount\":\"1\",\"reason\":\"x\",\"amount\":\"2\"}", "Duplicate");
    assertInvalid("{\"person\":\"ada\",\"amount\":\"1\",\"reason\":\"x\"} {}", "");
    assertInvalid("{\"person\":\"ada\",\"amount\":\"1\",\"reason\":\"x\\ny\"}", "on one line");
    assertInvalid("[".repeat(1_000), "");
    assertThat(ask("POST", "/v1/grants", "{\"reason\":\"" + "x".repeat(70_000)).statusCode())
        .isEqualTo(413);
    assertThat(json.readTree(ask("GET", "/v1/balances/ada", "").body()).path("granted").asText())
        .as("nothing was granted")
        .isEqualTo("400");
  }

  @Test
  void theClientSpeaksToTheGatewayThatUsesTheFolder() {
    AdminClient client = AdminClient.find(data).orElseThrow();

    assertThat(client.reachable()).isTrue();
    assertThat(client.status())
        .isEqualTo(
            new GatewayStatus("1", "hash", 2, 3, true, Map.of("a", "open"), DeliveryStatus.NONE));
    AdminService.KeyMade made =
        client.createKey(new AdminService.KeyOrder("bob", "ci", null, "1h"), "tester");
    assertThat(client.keys()).extracting(AdminService.KeyLine::id).containsExactly(made.id());
    assertThat(client.revokeKey(made.id(), "tester").revokedAt()).isNotNull();
    assertThat(ledgerKeys().get(0).created().by()).isEqualTo("tester");
    assertThat(client.balance("bob").remaining()).isEqualTo("400");
    assertThat(client.balances()).hasSize(3);
    assertThat(
            org.assertj.core.api.Assertions.catchThrowableOfType(
                    AdminException.class, () -> client.balance("bobb"))
                .kind())
        .isEqualTo(AdminException.Kind.NOT_FOUND);
    access.withdraw();
    assertThat(AdminClient.find(data)).isEmpty();
  }

  @Test
  void whoeverCannotProveThatItHasTheKeyIsNotSentIt() throws Exception {
    var stranger =
        com.sun.net.httpserver.HttpServer.create(new java.net.InetSocketAddress("127.0.0.1", 0), 0);
    java.util.List<String> seen = new java.util.concurrent.CopyOnWriteArrayList<>();
    stranger.createContext(
        "/",
        exchange -> {
          seen.add(String.valueOf(exchange.getRequestHeaders().getFirst("authorization")));
          byte[] body = "{\"status\":\"ok\",\"proof\":\"00\"}".getBytes();
          exchange.sendResponseHeaders(200, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
    stranger.start();
    try {
      access.publish(stranger.getAddress());

      assertThat(AdminClient.find(data).orElseThrow().reachable()).isFalse();
      assertThat(seen).containsExactly("null");
    } finally {
      stranger.stop(0);
    }
  }

  private java.util.List<io.stipend.metering.ledger.KeyRecord> ledgerKeys() {
    try (var reader = io.stipend.metering.ledger.LedgerReader.open(data)) {
      return reader.keys();
    }
  }

  private void assertInvalid(String body, String part) throws Exception {
    HttpResponse<String> refused = ask("POST", "/v1/grants", body);
    assertThat(refused.statusCode()).as(body).isEqualTo(400);
    assertThat(error(refused).path("code").asText()).isEqualTo("invalid");
    assertThat(error(refused).path("message").asText()).contains(part);
  }

  private JsonNode error(HttpResponse<String> response) throws IOException {
    return json.readTree(response.body()).path("error");
  }

  private String key() throws IOException {
    return Files.readString(data.resolve("admin-key")).strip();
  }

  private HttpResponse<String> get(String path, String authorization) throws Exception {
    HttpRequest.Builder request = request(path).GET();
    if (!authorization.isEmpty()) {
      request.header("authorization", authorization);
    }
    return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  private HttpResponse<String> ask(String method, String path, String body) throws Exception {
    HttpRequest request =
        request(path)
            .header("authorization", "Bearer " + key())
            .method(
                method,
                body.isEmpty() && !method.equals("POST")
                    ? HttpRequest.BodyPublishers.noBody()
                    : HttpRequest.BodyPublishers.ofString(body))
            .build();
    return http.send(request, HttpResponse.BodyHandlers.ofString());
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(
        URI.create("http://127.0.0.1:" + listener.address().getPort() + path));
  }
}
