package io.stipend.gateway.e2e;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.urlPathMatching;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.core.WireMockConfiguration;
import io.stipend.gateway.admin.AdminJson;
import io.stipend.gateway.admin.Audit;
import io.stipend.gateway.testing.CapturedLog;
import io.stipend.gateway.testing.TestGateway;
import io.stipend.metering.export.UsageExport;
import io.stipend.metering.ledger.LedgerReader;
import java.io.StringWriter;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Words that people and models write are planted wherever a request or an answer has room for them,
 * in each dialect; none may be in anything that is kept, exported, told or logged.
 */
class PlantedTextsTest {
  /** One for each place, so that a finding names it. */
  private static final List<String> PLANTED =
      List.of(
          "plantedprompt",
          "plantedsystem",
          "plantedtool",
          "planteddescription",
          "plantedargument",
          "plantedmetadata",
          "planted.mail@corp.example",
          "plantedfile",
          "plantedanswer",
          "plantedthought",
          "plantedcall");

  private static final String CHAT =
      """
      {"model":"gpt-4o-mini","max_tokens":50,"stream":STREAM,
      "user":"planted.mail@corp.example","safety_identifier":"planted.mail@corp.example",
      "metadata":{"ticket":"plantedmetadata","email":"planted.mail@corp.example"},
      "tools":[{"type":"function","function":{"name":"plantedtool",
      "description":"planteddescription","parameters":{"type":"object",
      "properties":{"plantedargument":{"type":"string"}}}}}],
      "messages":[{"role":"system","content":"plantedsystem"},
      {"role":"user","name":"plantedmetadata","content":[{"type":"text","text":"plantedprompt"},
      {"type":"file","file":{"filename":"plantedfile.pdf","file_id":"file-1"}}]}]}""";

  private static final String MESSAGES =
      """
      {"model":"claude-haiku-4-5","max_tokens":50,"stream":STREAM,
      "metadata":{"user_id":"planted.mail@corp.example"},"system":"plantedsystem",
      "tools":[{"name":"plantedtool","description":"planteddescription",
      "input_schema":{"type":"object","properties":{"plantedargument":{"type":"string"}}}}],
      "messages":[{"role":"user","content":[{"type":"text","text":"plantedprompt"},
      {"type":"document","title":"plantedfile.pdf",
      "source":{"type":"text","media_type":"text/plain","data":"plantedprompt"}}]}]}""";

  private static final String RESPONSES =
      """
      {"model":"gpt-4o-mini","max_output_tokens":50,"stream":STREAM,"store":false,
      "user":"planted.mail@corp.example","metadata":{"ticket":"plantedmetadata"},
      "instructions":"plantedsystem","tools":[{"type":"function","name":"plantedtool",
      "description":"planteddescription","parameters":{"type":"object",
      "properties":{"plantedargument":{"type":"string"}}}}],
      "input":[{"role":"user","content":[{"type":"input_text","text":"plantedprompt"},
      {"type":"input_file","filename":"plantedfile.pdf","file_data":"data:text/plain;base64,aGk="}]}]}""";

  private static final String GEMINI =
      """
      {"systemInstruction":{"parts":[{"text":"plantedsystem"}]},
      "generationConfig":{"maxOutputTokens":50},"labels":{"ticket":"plantedmetadata"},
      "tools":[{"functionDeclarations":[{"name":"plantedtool","description":"planteddescription",
      "parameters":{"type":"OBJECT","properties":{"plantedargument":{"type":"STRING"}}}}]}],
      "contents":[{"role":"user","parts":[{"text":"plantedprompt"},
      {"fileData":{"mimeType":"text/plain","fileUri":"https://x.example/plantedfile.pdf"}}]}]}""";

  private final WireMockServer provider =
      new WireMockServer(WireMockConfiguration.options().dynamicPort());
  private final HttpClient http = HttpClient.newHttpClient();
  private CapturedLog log;
  private TestGateway gateway;
  private String key;
  private int answered;

  @BeforeEach
  void start() {
    provider.start();
    stub(
        ".*/chat/completions",
        "{\"id\":\"1\",\"model\":\"gpt-4o-mini\",\"choices\":[{\"index\":0,\"finish_reason\":\"stop\","
            + "\"message\":{\"role\":\"assistant\",\"content\":\"plantedanswer\",\"tool_calls\":[{"
            + "\"id\":\"c\",\"type\":\"function\",\"function\":{\"name\":\"plantedtool\","
            + "\"arguments\":\"plantedcall\"}}]}}],\"usage\":{\"prompt_tokens\":9,"
            + "\"completion_tokens\":5,\"total_tokens\":14}}");
    stub(
        ".*/messages",
        "{\"id\":\"msg_1\",\"type\":\"message\",\"role\":\"assistant\",\"model\":\"claude-haiku-4-5\","
            + "\"content\":[{\"type\":\"thinking\",\"thinking\":\"plantedthought\"},{\"type\":\"text\","
            + "\"text\":\"plantedanswer\"}],\"stop_reason\":\"end_turn\",\"usage\":{"
            + "\"input_tokens\":9,\"output_tokens\":5}}");
    stub(
        ".*/responses",
        "{\"id\":\"resp_1\",\"object\":\"response\",\"status\":\"completed\",\"model\":\"gpt-4o-mini\","
            + "\"metadata\":{\"ticket\":\"plantedmetadata\"},\"output\":[{\"type\":\"message\","
            + "\"role\":\"assistant\",\"content\":[{\"type\":\"output_text\",\"text\":\"plantedanswer\"}"
            + "]}],\"usage\":{\"input_tokens\":9,\"output_tokens\":5,\"total_tokens\":14}}");
    stub(
        ".*generateContent.*",
        "{\"candidates\":[{\"content\":{\"role\":\"model\",\"parts\":[{\"text\":\"plantedanswer\"},"
            + "{\"functionCall\":{\"name\":\"plantedtool\",\"args\":{\"a\":\"plantedcall\"}}}]},"
            + "\"finishReason\":\"STOP\"}],\"usageMetadata\":{\"promptTokenCount\":9,"
            + "\"candidatesTokenCount\":5,\"totalTokenCount\":14},\"modelVersion\":\"gemini-2.0-flash\"}");
    log = new CapturedLog();
    gateway =
        TestGateway.start(
            """
            providers:
              openai: { url: "%1$s", key: "k" }
              anthropic: { url: "%1$s", key: "k" }
              gemini: { url: "%1$s", key: "k" }
            allowances: { engineer: { amount: 400 USD, every: month } }
            people: { ada: { allowance: engineer } }
            """
                .formatted(provider.baseUrl()));
    key = gateway.key("ada");
  }

  private void stub(String path, String json) {
    provider.stubFor(
        any(urlPathMatching(path))
            .willReturn(aResponse().withHeader("content-type", "application/json").withBody(json)));
  }

  @AfterEach
  void stop() {
    log.close();
    gateway.close();
    provider.stop();
  }

  private void post(String path, String body) throws Exception {
    HttpResponse<String> answer =
        http.send(
            HttpRequest.newBuilder(gateway.url(path))
                .header("authorization", "Bearer " + key)
                .header("content-type", "application/json")
                .header("anthropic-version", "2023-06-01")
                .POST(HttpRequest.BodyPublishers.ofString(body.replace("STREAM", "false")))
                .build(),
            HttpResponse.BodyHandlers.ofString());
    if (answer.statusCode() == 200) {
      answered++;
    }
  }

  @Test
  void nothingOfWhatIsWrittenIsKept() throws Exception {
    Map<String, String> bodies = new LinkedHashMap<>();
    bodies.put("/v1/chat/completions", CHAT);
    bodies.put("/v1/messages", MESSAGES);
    bodies.put("/v1/responses", RESPONSES);
    bodies.put("/v1beta/models/gemini-2.0-flash:generateContent", GEMINI);
    for (Map.Entry<String, String> body : bodies.entrySet()) {
      post(body.getKey(), body.getValue());
    }
    assertThat(answered).as("each dialect was answered").isEqualTo(4);
    // The same again where it is refused, broken, or the provider refuses it.
    for (Map.Entry<String, String> body : bodies.entrySet()) {
      String text = body.getValue();
      post(body.getKey(), text.replaceFirst("50", "\"plantedprompt\""));
      post(body.getKey(), text.substring(0, text.length() - 3));
      post(
          body.getKey().replace("gemini-2.0-flash", "another-model"),
          text.replace("gpt-4o", "gpx"));
    }
    provider.resetMappings();
    provider.stubFor(
        any(anyUrl())
            .willReturn(
                aResponse()
                    .withStatus(400)
                    .withBody("{\"error\":{\"message\":\"no plantedprompt plantedanswer\"}}")));
    for (Map.Entry<String, String> body : bodies.entrySet()) {
      post(body.getKey(), body.getValue());
    }
    await().until(() -> gateway.balance("ada").held().equals("0"));
    gateway.gateway().flush().join();

    Map<String, String> places = new LinkedHashMap<>();
    places.putAll(files());
    places.putAll(told());
    places.put("log", String.join("\n", log.lines()));
    assertThat(places.get("export CSV").lines()).hasSizeGreaterThan(8);
    for (String word : PLANTED) {
      places.forEach(
          (place, text) -> assertThat(text.contains(word)).as(word + " in " + place).isFalse());
    }
  }

  private Map<String, String> files() throws Exception {
    Map<String, String> files = new LinkedHashMap<>();
    try (Stream<Path> all = Files.walk(gateway.data())) {
      for (Path file : all.filter(Files::isRegularFile).toList()) {
        files.put("file " + file, Files.readString(file, StandardCharsets.ISO_8859_1));
      }
    }
    return files;
  }

  /** Exports, and what the listeners answer. */
  private Map<String, String> told() throws Exception {
    Map<String, String> told = new LinkedHashMap<>();
    try (LedgerReader reader = LedgerReader.open(gateway.data())) {
      for (UsageExport.Format format : UsageExport.Format.values()) {
        StringWriter out = new StringWriter();
        UsageExport.write(reader, Instant.EPOCH, Instant.now().plusSeconds(60), format, out);
        told.put("export " + format, out.toString());
      }
      StringBuilder audit = new StringBuilder();
      Audit.each(reader, Instant.MIN, Instant.MAX, line -> audit.append(AdminJson.text(line)));
      told.put("audit", audit.toString());
    }
    String admin = "http://127.0.0.1:" + gateway.gateway().adminAddress().getPort();
    String adminKey = Files.readString(gateway.data().resolve("admin-key")).strip();
    for (String path :
        List.of(
            "/v1/status",
            "/v1/audit",
            "/v1/keys",
            "/v1/months",
            "/v1/balances",
            "/v1/balances/ada",
            "/v1/allowances/ada",
            "/v1/usage/ada",
            "/metrics")) {
      told.put(path, get(URI.create(admin + path), adminKey));
    }
    told.put("me", get(gateway.url("/stipend/v1/me"), key));
    return told;
  }

  private String get(URI uri, String bearer) throws Exception {
    HttpRequest request =
        HttpRequest.newBuilder(uri).header("authorization", "Bearer " + bearer).build();
    return http.send(request, HttpResponse.BodyHandlers.ofString()).body();
  }
}
