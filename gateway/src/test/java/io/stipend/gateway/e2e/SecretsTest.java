package io.stipend.gateway.e2e;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.equalTo;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.client.ResponseDefinitionBuilder;
import com.github.tomakehurst.wiremock.core.WireMockConfiguration;
import com.github.tomakehurst.wiremock.http.Fault;
import io.stipend.gateway.server.RawClient;
import io.stipend.gateway.testing.CapturedLog;
import io.stipend.gateway.testing.TestGateway;
import io.stipend.metering.export.UsageExport;
import io.stipend.metering.ledger.LedgerReader;
import java.io.IOException;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Secrets and texts with known values are looked for wherever they could have gone. */
class SecretsTest {
  private static final String PROVIDER_KEY = "sk-planted-4Gm7-provider-Zk1x9";
  private static final String PROMPT = "planted prompt of a colleague";
  private static final String COMPLETION = "planted completion of a model";
  private static final String CASE = "x-case";
  private static final String USAGE =
      "\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":5,\"input_tokens\":9,"
          + "\"output_tokens\":5}";

  private final WireMockServer provider =
      new WireMockServer(WireMockConfiguration.options().dynamicPort());
  private final List<String> answers = new ArrayList<>();
  private CapturedLog log;
  private TestGateway gateway;
  private String key;

  @BeforeEach
  void start() {
    provider.start();
    stub();
    log = new CapturedLog();
    gateway =
        TestGateway.start(
            """
            calendar: { timezone: UTC, currency: USD }
            providers:
              openai: { url: "%1$s", key: "%2$s" }
              anthropic: { url: "%1$s", key: "%2$s" }
            rate_cards: [builtin]
            models: { allow: ["gpt-4o-mini", "claude-haiku-4-5"] }
            allowances:
              engineer: { amount: 400 USD, every: month }
              broke: { amount: 0.000001 USD, every: month }
            people:
              ada: { allowance: engineer }
              bob: { allowance: broke }
            """
                .formatted(provider.baseUrl(), PROVIDER_KEY),
            "limits: { first_byte_time: 1s }");
    key = gateway.key("ada");
  }

  @AfterEach
  void stop() {
    log.close();
    gateway.close();
    provider.stop();
  }

  private void stub() {
    String chat =
        "{\"model\":\"m\",\"choices\":[{\"message\":{\"content\":\"" + COMPLETION + "\"}}],";
    String messages = "{\"model\":\"m\",\"content\":[{\"text\":\"" + COMPLETION + "\"}],";
    String delta =
        "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,\"delta\":"
            + "{\"type\":\"text_delta\",\"text\":\""
            + COMPLETION
            + "\"},\"choices\":[{\"index\":0,\"delta\":{\"content\":\""
            + COMPLETION
            + "\"}}]}\n\n";
    answer("chat", aResponse().withBody(chat + USAGE + "}"));
    answer("messages", aResponse().withBody(messages + USAGE + "}"));
    answer("no usage", aResponse().withBody(chat + "\"id\":1}"));
    answer("cut stream", events(delta));
    answer("bad stream", events("data: {\"choices\":" + COMPLETION + "\n\n" + delta));
    answer("slow", aResponse().withFixedDelay(3_000).withBody(chat + USAGE + "}"));
    answer("moved", aResponse().withStatus(302).withHeader("location", provider.baseUrl() + "/x"));
    String echo = "{\"error\":{\"message\":\"Incorrect API key provided: " + PROVIDER_KEY + "\"}}";
    for (int status : new int[] {400, 401, 403, 429, 500, 503}) {
      answer(
          "status " + status,
          aResponse()
              .withStatus(status)
              .withHeader("x-seen-authorization", "Bearer " + PROVIDER_KEY)
              .withBody(echo));
    }
    answer(
        "status 401 in pieces",
        aResponse().withStatus(401).withChunkedDribbleDelay(40, 400).withBody(echo));
    for (Fault fault : Fault.values()) {
      answer("fault " + fault, aResponse().withFault(fault));
    }
  }

  private static ResponseDefinitionBuilder events(String body) {
    return aResponse().withHeader("content-type", "text/event-stream").withBody(body);
  }

  private final List<String> cases = new ArrayList<>();

  private void answer(String name, ResponseDefinitionBuilder answer) {
    cases.add(name);
    provider.stubFor(post(anyUrl()).withHeader(CASE, equalTo(name)).willReturn(answer));
  }

  private static String body(Wire wire, boolean stream) {
    return "{\"model\":\""
        + wire.model
        + "\",\"max_tokens\":50,\"stream\":"
        + stream
        + ",\"messages\":[{\"role\":\"user\",\"content\":\""
        + PROMPT
        + "\"}]}";
  }

  private void send(byte[] request) throws IOException {
    try (RawClient client = new RawClient(gateway.gateway().address())) {
      answers.add(client.send(request).answer().toString());
    } catch (IOException e) {
      answers.add("broken off");
    }
  }

  private void happen() throws Exception {
    for (Wire wire : Wire.values()) {
      for (String name : cases) {
        send(wire.request(key, body(wire, name.contains("stream")), CASE + ": " + name));
      }
      try (RawClient leaving = new RawClient(gateway.gateway().address())) {
        leaving.send(wire.request(key, body(wire, false), CASE + ": slow"));
      }
      String good = body(wire, false);
      send(wire.request(gateway.key("bob"), good));
      send(wire.request(key + "x", good));
      send(wire.request(key, good, "x-api-key: sk-another"));
      send(Wire.post(wire.path + "?key=" + key, key, good));
      send(Wire.post("/v1/" + key, key, good));
      send(
          wire.request(
              key, good.replace("\"max_tokens\":50", "\"max_tokens\":\"" + PROMPT + "\"")));
      send(wire.request(key, good.replace(wire.model, PROMPT)));
      send(wire.request(key, good.substring(0, good.length() - 4)));
      send(wire.request(key, good, "Transfer-Encoding: " + PROMPT));
      send(wire.request(key, good, key + ": " + key));
    }
    provider.stop();
    send(Wire.CHAT.request(key, body(Wire.CHAT, false)));
    await().until(() -> gateway.balance("ada").held().equals("0"));
    gateway.gateway().flush().join();
  }

  /** The admin listener's answers, in words and headers. */
  private Map<String, String> adminSays(String adminKey) throws Exception {
    HttpClient http = HttpClient.newHttpClient();
    String base = "http://127.0.0.1:" + gateway.gateway().adminAddress().getPort();
    Map<String, String> said = new LinkedHashMap<>();
    for (String path :
        List.of(
            "/healthz",
            "/readyz",
            "/metrics",
            "/v1/status",
            "/v1/keys",
            "/v1/balances",
            "/v1/balances/ada",
            "/v1/balances/nobody",
            "/" + key)) {
      for (String bearer : List.of(adminKey, "wrong")) {
        HttpResponse<String> answer =
            http.send(
                HttpRequest.newBuilder(URI.create(base + path))
                    .header("Authorization", "Bearer " + bearer)
                    .build(),
                HttpResponse.BodyHandlers.ofString());
        said.put(
            "admin " + path + " " + (bearer.equals("wrong") ? "unasked" : "asked"),
            answer.headers().map() + answer.body().replace("/" + key, "/path"));
      }
    }
    return said;
  }

  private Map<String, String> exports() {
    Map<String, String> exports = new LinkedHashMap<>();
    try (LedgerReader reader = LedgerReader.open(gateway.data())) {
      for (UsageExport.Format format : UsageExport.Format.values()) {
        StringWriter out = new StringWriter();
        UsageExport.write(reader, Instant.EPOCH, Instant.now().plusSeconds(60), format, out);
        exports.put("export " + format, out.toString());
      }
    }
    return exports;
  }

  private Map<String, String> files() throws IOException {
    Map<String, String> files = new LinkedHashMap<>();
    try (Stream<Path> all = Files.walk(gateway.data())) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        files.put(
            "file " + gateway.data().relativize(file),
            new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1));
      }
    }
    return files;
  }

  /** The forms in which something could be found again. */
  private static List<String> forms(byte[] secret) {
    return List.of(
        new String(secret, StandardCharsets.ISO_8859_1),
        HexFormat.of().formatHex(secret),
        Base64.getEncoder().withoutPadding().encodeToString(secret),
        Base64.getUrlEncoder().withoutPadding().encodeToString(secret),
        new String(secret, StandardCharsets.ISO_8859_1).replaceAll("(?s)(.)", "$1\0"));
  }

  private static void assertNowhere(
      String what, byte[] secret, Map<String, String> places, String... but) {
    for (String form : forms(secret)) {
      assertThat(places)
          .as(what)
          .allSatisfy(
              (place, text) -> {
                if (!List.of(but).contains(place)) {
                  assertThat(text.contains(form)).as(what + " in " + place).isFalse();
                }
              });
    }
  }

  @Test
  void keysAndTextsAreInNoLogAnswerExportMetricOrFile() throws Exception {
    Path adminKeyFile = gateway.data().resolve("admin-key");
    final String adminKey = Files.readString(adminKeyFile).strip();
    final byte[] pepper = Files.readAllBytes(gateway.data().resolve("pepper"));
    happen();
    assertThat(gateway.rows()).hasSizeGreaterThan(2 * cases.size());
    Map<String, String> places = new LinkedHashMap<>(files());
    assertThat(places).containsKeys("file admin-key", "file pepper", "file ledger.db");
    List<String> lines = log.lines();
    for (int i = 0; i < lines.size(); i++) {
      places.put("log line " + lines.get(i), lines.get(i));
    }
    places.putAll(exports());
    places.putAll(adminSays(adminKey));
    assertNowhere("a prompt", PROMPT.getBytes(StandardCharsets.US_ASCII), places);
    assertNowhere("a completion", COMPLETION.getBytes(StandardCharsets.US_ASCII), places);
    for (int i = 0; i < answers.size(); i++) {
      places.put("answer " + i + ": " + answers.get(i), answers.get(i));
    }
    assertThat(answers).anyMatch(a -> a.contains(COMPLETION));
    assertNowhere("the provider's key", PROVIDER_KEY.getBytes(StandardCharsets.US_ASCII), places);
    String secret = key.split("-", 4)[3];
    assertThat(secret.length()).isGreaterThan(20);
    // A path that does not exist is told to who sent it.
    places.replaceAll(
        (place, text) -> place.startsWith("answer") ? text.replace("/v1/" + key, "") : text);
    assertNowhere("a gateway key", key.getBytes(StandardCharsets.US_ASCII), places);
    assertNowhere("a gateway key's secret", secret.getBytes(StandardCharsets.US_ASCII), places);
    assertNowhere("the pepper", pepper, places, "file pepper");
    assertNowhere(
        "the admin key", adminKey.getBytes(StandardCharsets.US_ASCII), places, "file admin-key");
  }
}
