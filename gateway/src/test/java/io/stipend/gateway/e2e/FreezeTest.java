package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.stipend.gateway.Gateway;
import io.stipend.gateway.admin.AdminService.FreezeMade;
import io.stipend.gateway.admin.AdminService.FreezeOrder;
import io.stipend.gateway.admin.AdminService.KeyOrder;
import io.stipend.gateway.demo.FakeProvider;
import io.stipend.metering.ledger.LedgerEntry.Frozen;
import io.stipend.metering.ledger.LedgerReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Somebody is frozen while the gateway runs. */
class FreezeTest {
  private static final String CHAT =
      """
      {"model":"gpt-4o-mini","max_tokens":50,"messages":[{"role":"user","content":"Hello"}]}""";
  private static final String MESSAGES = CHAT.replace("gpt-4o-mini", "claude-haiku-4-5");
  private static final String SECRET_REASON = "an-inquiry-that-is-nobodys-business";

  private final HttpClient http = HttpClient.newHttpClient();
  private final ObjectMapper json = new ObjectMapper();

  @TempDir Path folder;
  private FakeProvider provider;
  private Gateway gateway;

  @BeforeEach
  void start() throws Exception {
    provider = FakeProvider.start(0);
    Files.writeString(
        folder.resolve("stipend.yaml"),
        """
        gateway: { listen: "127.0.0.1:0", admin: "127.0.0.1:0", data: ./data, contact: "Ask Eve" }
        providers:
          openai: { url: "%s", key: "k1" }
          anthropic: { url: "%s", key: "k2" }
        allowances: { engineer: { amount: 100 USD, every: month } }
        people: { ada: { allowance: engineer }, bob: { allowance: engineer } }
        services: { ada-bot: { budget: { amount: 1 USD, every: day } } }
        """
            .formatted(provider.url(), provider.url()));
    gateway = open();
  }

  @AfterEach
  void stop() {
    gateway.close();
    provider.close();
  }

  private Gateway open() {
    return Gateway.start(folder.resolve("stipend.yaml"), Map.of(), InstantSource.system());
  }

  private String key(String person) {
    return gateway.admin().createKey(new KeyOrder(person, null, null, null), "test").key();
  }

  private FreezeMade freeze(boolean frozen) {
    return gateway.admin().freeze(new FreezeOrder("ada", frozen, SECRET_REASON), "eve");
  }

  private HttpResponse<String> post(String path, String key, String body) throws Exception {
    return http.send(
        request(path, key).POST(HttpRequest.BodyPublishers.ofString(body)).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  private HttpResponse<String> get(String path, String key) throws Exception {
    return http.send(request(path, key).build(), HttpResponse.BodyHandlers.ofString());
  }

  private HttpRequest.Builder request(String path, String key) {
    return HttpRequest.newBuilder(
            URI.create("http://127.0.0.1:" + gateway.address().getPort() + path))
        .header("authorization", "Bearer " + key)
        .header("content-type", "application/json");
  }

  @Test
  void theNextRequestIsRefusedInTheCallersDialectAlsoAfterARestartUntilItIsUndone()
      throws Exception {
    String ada = key("ada");
    String bob = key("bob");
    String bot = key("ada-bot");
    assertThat(post("/v1/chat/completions", ada, CHAT).statusCode()).isEqualTo(200);

    FreezeMade made = freeze(true);

    assertThat(made.changed()).isTrue();
    assertFrozen(ada);
    assertThat(post("/v1/chat/completions", bob, CHAT).statusCode()).isEqualTo(200);
    assertThat(post("/v1/chat/completions", bot, CHAT).statusCode()).isEqualTo(200);
    assertThat(provider.requests()).isEqualTo(3);

    gateway.close();
    gateway = open();
    assertFrozen(ada);
    assertThat(freeze(true).changed()).as("twice is once").isFalse();
    assertThat(freeze(true).since()).isEqualTo(made.since());

    freeze(false);
    assertThat(post("/v1/chat/completions", ada, CHAT).statusCode()).isEqualTo(200);
    assertThat(me(ada).path("frozen").asBoolean(true)).isFalse();
    try (LedgerReader reader = LedgerReader.open(folder.resolve("data"))) {
      List<Frozen> entries = reader.freezes();
      assertThat(entries).extracting(Frozen::frozen).containsExactly(true, false);
      assertThat(entries.get(0).principal()).isEqualTo("person/ada");
      assertThat(entries.get(0).by()).isEqualTo("eve");
      assertThat(entries.get(0).reason()).isEqualTo(SECRET_REASON);
      assertThat(reader.verify().problems()).isEmpty();
    }
    gateway.close();
    gateway = open();
    assertThat(post("/v1/chat/completions", ada, CHAT).statusCode()).isEqualTo(200);
  }

  private void assertFrozen(String key) throws Exception {
    long before = provider.requests();
    HttpResponse<String> chat = post("/v1/chat/completions", key, CHAT);
    HttpResponse<String> messages = post("/v1/messages", key, MESSAGES);
    HttpResponse<String> counting = post("/v1/messages/count_tokens", key, MESSAGES);
    JsonNode error = json.readTree(chat.body()).path("error");

    assertThat(chat.statusCode()).isEqualTo(403);
    assertThat(chat.headers().firstValue("x-should-retry")).hasValue("false");
    assertThat(error.path("code").asText()).isEqualTo("account_frozen");
    assertThat(error.path("message").asText())
        .isEqualTo(
            "The allowance of person/ada is frozen: nothing can be used until it is unfrozen."
                + " Ask Eve.");
    assertThat(messages.statusCode()).isEqualTo(403);
    assertThat(json.readTree(messages.body()).path("error").path("type").asText())
        .isEqualTo("permission_error");
    assertThat(counting.statusCode()).isEqualTo(403);
    assertThat(chat.body() + messages.body()).doesNotContain(SECRET_REASON);
    assertThat(json.readTree(get("/v1/models", key).body()).path("data")).isEmpty();
    assertThat(me(key).path("frozen").asBoolean()).isTrue();
    assertThat(me(key).path("remaining").asText()).as("what ada has stays").startsWith("99.99");
    assertThat(gateway.admin().balance("ada").frozen()).isTrue();
    assertThat(provider.requests()).isEqualTo(before);
  }

  private JsonNode me(String key) throws Exception {
    return json.readTree(get("/stipend/v1/me", key).body());
  }
}
