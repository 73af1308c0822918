package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.stipend.gateway.demo.FakeProvider;
import io.stipend.gateway.server.RawClient;
import io.stipend.gateway.testing.TestGateway;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Every refusal in both dialects: its status, its body, its headers, and no upstream request. */
class RefusalsTest {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int BODY_LIMIT = 65_536;

  private static FakeProvider provider;
  private static TestGateway gateway;

  @BeforeAll
  static void start() {
    provider = FakeProvider.start(0);
    gateway = TestGateway.start(quotas(), "contact: ask the platform team\n" + limits());
  }

  private static String limits() {
    return "limits: { body_bytes: " + BODY_LIMIT + ", bad_credentials_per_minute: 1000 }\n";
  }

  private static String quotas() {
    StringBuilder people = new StringBuilder();
    for (Wire wire : Wire.values()) {
      String name = wire.name().toLowerCase(Locale.ROOT);
      people
          .append("  rate-" + name + ": { allowance: rich, limits: { requests_per_minute: 1 } }\n")
          .append("  tokens-" + name + ": { allowance: rich, limits: { tokens_per_minute: 10 } }\n")
          .append("  once-" + name + ": { allowance: rich, limits: { concurrent: 1 } }\n");
    }
    return """
        calendar: { timezone: UTC, currency: USD }
        providers:
          openai: { url: "%1$s", key: "provider-key" }
          anthropic: { url: "%1$s", key: "provider-key" }
          gemini: { url: "%1$s", key: "provider-key" }
          azure: { url: "%1$s", key: "provider-key", prices: openai }
          house: { url: "%1$s", dialect: openai, models: ["mystery-*"] }
          annex: { url: "%1$s", dialect: anthropic, models: ["enigma-*"] }
        models:
          allow: ["gpt-4o-mini", "claude-haiku-4-5", "gemini-2.5-flash", "mystery-*", "enigma-*"]
        allowances:
          rich: { amount: 400 USD, every: month }
          broke: { amount: 0.000001 USD, every: month }
        people:
          ada: { allowance: rich }
          bob: { allowance: broke }
        """
            .formatted(provider.url())
        + people;
  }

  @AfterAll
  static void stop() {
    try {
      Awaitility.await().until(() -> gateway.balance("ada").held().equals("0"));
      assertThat(gateway.balance("ada").used()).isEqualTo("0");
      assertThat(gateway.balance("bob").used()).isEqualTo("0");
      assertThat(gateway.verify().problems()).isEmpty();
    } finally {
      gateway.close();
      provider.close();
    }
  }

  /** How one dialect says it. */
  private record Says(int status, String type, String code) {}

  /** Whether the client is told to come again. */
  private enum Again {
    NEVER,
    LATER
  }

  /** What a row sends; it may send other requests before, on connections that it leaves open. */
  private interface Sends {
    void send(Wire wire, RawClient client, List<RawClient> others) throws Exception;
  }

  private record Row(
      String name, Says chat, Says messages, Again again, String message, Sends sends) {
    @Override
    public String toString() {
      return name;
    }
  }

  private static final String INVALID = "invalid_request_error";
  private static final Says BAD_CHAT = new Says(400, INVALID, "invalid_body");
  private static final Says BAD_MESSAGES = new Says(400, INVALID, null);
  private static final Says NO_CHAT_MODEL = new Says(404, INVALID, "model_not_found");
  private static final Says NO_MODEL = new Says(404, "not_found_error", null);
  private static final Says NO_CHAT_KEY = new Says(401, INVALID, "invalid_api_key");
  private static final Says NO_KEY = new Says(401, "authentication_error", null);

  private static Row body(String name, String message, Function<Wire, String> b) {
    return new Row(name, BAD_CHAT, BAD_MESSAGES, Again.NEVER, message, ada(b));
  }

  private static Sends ada(Function<Wire, String> body, String... headers) {
    return (wire, client, others) ->
        client.send(wire.request(key("ada"), body.apply(wire), headers));
  }

  private static Row cap(String cap) {
    return body(
        "max_tokens " + cap,
        "max_tokens",
        wire -> Wire.body("\"model\":\"" + wire.model + "\",\"max_tokens\":" + cap, ""));
  }

  private static Row field(String fields, String message) {
    return body("field " + fields, message, wire -> wire.body(fields));
  }

  private static Row model(String name, String chat, String messages) {
    return new Row(
        name,
        NO_CHAT_MODEL,
        NO_MODEL,
        Again.NEVER,
        "model",
        ada(
            wire ->
                Wire.body(
                    "\"max_tokens\":16,\"model\":\"" + (wire == Wire.CHAT ? chat : messages) + "\"",
                    "")));
  }

  private static Row credential(String name, String... headers) {
    return new Row(
        name,
        NO_CHAT_KEY,
        NO_KEY,
        Again.NEVER,
        "",
        (wire, client, others) -> client.send(wire.request("", wire.body(""), headers)));
  }

  private static Row route(String name, String chat, String messages) {
    return new Row(
        name,
        new Says(404, INVALID, "unknown_url"),
        NO_MODEL,
        Again.NEVER,
        "route",
        (wire, client, others) ->
            client.send(Wire.post(wire == Wire.CHAT ? chat : messages, key("ada"), wire.body(""))));
  }

  private static Row budget(String name, int chatStatus, String... headers) {
    return new Row(
        name,
        new Says(chatStatus, "insufficient_quota", "insufficient_quota"),
        new Says(402, "billing_error", null),
        Again.NEVER,
        "person/bob",
        (wire, client, others) -> client.send(wire.request(key("bob"), wire.body(""), headers)));
  }

  private static Row limit(String name, String openAiType, String message, Sends sends) {
    return new Row(
        name,
        new Says(429, openAiType, "rate_limit_exceeded"),
        new Says(429, "rate_limit_error", null),
        Again.LATER,
        message,
        sends);
  }

  private static Stream<Row> rows() {
    return Stream.of(
            Stream.of(
                model("unknown model", "gpt-9-turbo", "claude-9"),
                model("the model in another case", "GPT-4o-mini", "Claude-haiku-4-5"),
                model("the model of the other API", "claude-haiku-4-5", "gpt-4o-mini"),
                model("model without a price", "mystery-1", "enigma-1"),
                model("disallowed model", "gpt-4o", "claude-opus-4-5"),
                route("unknown route", "/v1/videos", "/v1/messages/batches"),
                route("route with a slash more", "/v1/chat/completions/", "/v1/messages/"),
                route("route in another case", "/v1/Chat/completions", "/v1/messages/Count_tokens"),
                credential("no key"),
                credential("bad key", "Authorization: Bearer stp_nobody_nothing"),
                credential("another scheme", "Authorization: Basic YTpi"),
                credential("empty key", "Authorization: Bearer "),
                new Row(
                    "two different keys",
                    NO_CHAT_KEY,
                    NO_KEY,
                    Again.NEVER,
                    "two different",
                    ada(wire -> wire.body(""), "x-api-key: another")),
                new Row(
                    "key in the query",
                    new Says(400, INVALID, "credential_in_query"),
                    BAD_MESSAGES,
                    Again.NEVER,
                    "query",
                    (wire, client, others) ->
                        client.send(
                            Wire.post(
                                wire.path + "?key=" + key("ada"), key("ada"), wire.body("")))),
                new Row(
                    "compressed body",
                    new Says(415, INVALID, "unsupported_encoding"),
                    new Says(415, INVALID, null),
                    Again.NEVER,
                    "accepted, one at a time: gzip, deflate, br, zstd",
                    ada(wire -> wire.body(""), "Content-Encoding: compress"))),
            tooLarge(),
            bodies(),
            Stream.of(
                budget("exhausted budget", 402),
                budget("exhausted budget of an SDK", 429, "X-Stainless-Lang: java"),
                limit("request rate", "requests", "1 requests per minute", RefusalsTest::twice),
                limit(
                    "token rate",
                    "tokens",
                    "10 tokens per minute",
                    (wire, client, others) ->
                        client.send(wire.request(key("tokens", wire), wire.body("")))),
                limit("concurrency", "requests", "under way at once", RefusalsTest::atOnce)))
        .flatMap(all -> all);
  }

  private static Stream<Row> tooLarge() {
    Says chat = new Says(413, INVALID, "request_too_large");
    Says messages = new Says(413, "request_too_large", null);
    return Stream.of(
        new Row(
            "oversized body by its length",
            chat,
            messages,
            Again.NEVER,
            "larger than " + BODY_LIMIT,
            (wire, client, others) ->
                client.send(
                    Wire.head(wire.path, key("ada"))
                        + "Content-Length: "
                        + (BODY_LIMIT + 1)
                        + "\r\n\r\n{")),
        new Row(
            "oversized body in chunks",
            chat,
            messages,
            Again.NEVER,
            "larger than " + BODY_LIMIT,
            (wire, client, others) -> {
              client.send(Wire.head(wire.path, key("ada")) + "Transfer-Encoding: chunked\r\n\r\n");
              String chunk = "2000\r\n" + " ".repeat(0x2000) + "\r\n";
              for (int sent = 0; sent <= BODY_LIMIT; sent += 0x2000) {
                client.send(chunk);
              }
            }));
  }

  private static Stream<Row> bodies() {
    String two = "\"model\":\"x\",\"max_tokens\":16,";
    return Stream.of(
        cap("0"),
        cap("-1"),
        cap("1.5"),
        cap("1e308"),
        cap("\"12\""),
        cap("true"),
        cap("99999999999999999999"),
        field("\"model\":\"gpt-4\"", "model"),
        field("\"mod\\u0065l\":\"gpt-4\"", "model"),
        field("\"Model\":\"gpt-4\"", "Model"),
        field("\"MAX_TOKENS\":1000000", "MAX_TOKENS"),
        field("\"max_tokens\":1", "max_tokens"),
        field("\"stream\":true,\"stream\":false", "stream"),
        field("\"ſtream\":true", "tream"),
        body("two messages fields", "messages", wire -> wire.body("\"messages\":[]")),
        body("empty body", "empty", wire -> ""),
        body("blank body", "empty", wire -> " \r\n\t"),
        body("no JSON", "object", wire -> "model=gpt-4o-mini"),
        body("an array", "object", wire -> "[" + wire.body("") + "]"),
        body("cut JSON", "invalid", wire -> wire.body("").substring(0, 40)),
        body("JSON and more", "more follows", wire -> wire.body("") + "{}"),
        body("JSON with a comment", "object", wire -> "/**/" + wire.body("")),
        body("a byte order mark", "", wire -> "\ufeff" + wire.body("")),
        body("deep JSON", "deep", wire -> wire.body("\"x\":" + "[".repeat(600) + "]".repeat(600))),
        body("no model", "model", wire -> Wire.body("\"max_tokens\":16", "")),
        body("a model that is no text", "model", wire -> Wire.body("\"model\":7", "")),
        body("two models", "model", wire -> "{" + two + wire.body("").substring(1)),
        new Row(
            "no max_tokens",
            null,
            BAD_MESSAGES,
            Again.NEVER,
            "max_tokens",
            ada(wire -> Wire.body("\"model\":\"" + wire.model + "\"", ""))),
        chatOnly("n 0", "\"n\":0", "n:"),
        chatOnly("n 129", "\"n\":129", "n:"),
        chatOnly("n 1e9", "\"n\":1000000000000", "n:"),
        chatOnly("best_of 2", "\"best_of\":2", "best_of"),
        chatOnly("both caps, one bad", "\"max_completion_tokens\":0", "max_completion_tokens"),
        chatOnly("a cap in another case", "\"Max_Completion_Tokens\":9", "Max_Completion_Tokens"),
        chatOnly("audio", "\"modalities\":[\"text\",\"audio\"]", "modalities"));
  }

  private static Row chatOnly(String name, String fields, String message) {
    return new Row(name, BAD_CHAT, null, Again.NEVER, message, ada(wire -> wire.body(fields)));
  }

  private static void twice(Wire wire, RawClient client, List<RawClient> others)
      throws IOException {
    client.send(wire.request(key("rate", wire), wire.body("")));
    assertThat(client.answer().status()).isEqualTo(200);
    client.send(wire.request(key("rate", wire), wire.body("")));
  }

  private static void atOnce(Wire wire, RawClient client, List<RawClient> others)
      throws IOException {
    long before = provider.requests();
    RawClient first = new RawClient(gateway.gateway().address());
    others.add(first);
    first.send(wire.request(key("once", wire), wire.body(""), "x-fake-delay-millis: 60000"));
    Awaitility.await().until(() -> provider.requests() == before + 1);
    client.send(wire.request(key("once", wire), wire.body("")));
  }

  private static final Map<String, String> KEYS = new HashMap<>();

  private static String key(String person) {
    return KEYS.computeIfAbsent(person, gateway::key);
  }

  private static String key(String person, Wire wire) {
    return key(person + "-" + wire.name().toLowerCase(Locale.ROOT));
  }

  static Stream<Arguments> rowsAndWires() {
    return rows()
        .flatMap(
            row ->
                Arrays.stream(Wire.values())
                    .filter(wire -> (wire == Wire.CHAT ? row.chat : row.messages) != null)
                    .map(wire -> Arguments.of(row, wire)));
  }

  @ParameterizedTest(name = "{1}: {0}")
  @MethodSource("rowsAndWires")
  void aRefusalSaysWhyInTheDialectAndNothingIsSent(Row row, Wire wire) throws Exception {
    Says says = wire == Wire.CHAT ? row.chat : row.messages;
    List<RawClient> others = new ArrayList<>();
    try (RawClient client = new RawClient(gateway.gateway().address())) {
      row.sends.send(wire, client, others);
      final long before = provider.requests();
      RawClient.Answer answer = client.answer();
      assertThat(answer.status()).isEqualTo(says.status);
      JsonNode error = error(wire, answer);
      assertThat(error.path("type").textValue()).isEqualTo(says.type);
      assertThat(error.path("code").textValue()).isEqualTo(says.code);
      assertThat(error.path("message").textValue()).isNotBlank().contains(row.message);
      retryHeaders(row, answer.headers());
      assertThat(provider.requests()).isEqualTo(before);
    } finally {
      for (RawClient other : others) {
        other.close();
      }
    }
  }

  /** The error object, after the body and the ids around it were looked at. */
  private static JsonNode error(Wire wire, RawClient.Answer answer) throws IOException {
    Map<String, String> headers = answer.headers();
    assertThat(headers.get("content-type")).isEqualTo("application/json");
    String id = headers.get("stipend-exchange-id");
    assertThat(id).startsWith("ex_");
    JsonNode root = JSON.readTree(answer.body());
    JsonNode error = root.path("error");
    if (wire == Wire.CHAT) {
      assertThat(headers.get("x-request-id")).isEqualTo(id);
      assertThat(root.properties()).hasSize(1);
      assertThat(error.properties())
          .extracting(Map.Entry::getKey)
          .containsExactly("message", "type", "param", "code");
    } else {
      assertThat(headers.get("request-id")).isEqualTo(id);
      assertThat(root.path("request_id").textValue()).isEqualTo(id);
      assertThat(root.path("type").textValue()).isEqualTo("error");
      assertThat(error.properties())
          .extracting(Map.Entry::getKey)
          .containsExactly("type", "message");
    }
    return error;
  }

  private static void retryHeaders(Row row, Map<String, String> headers) {
    if (row.again == Again.NEVER) {
      assertThat(headers.get("x-should-retry")).isEqualTo("false");
      assertThat(headers).doesNotContainKeys("retry-after", "retry-after-ms");
    } else {
      assertThat(headers).doesNotContainKey("x-should-retry");
      assertThat(Integer.parseInt(headers.get("retry-after"))).isBetween(1, 60);
    }
  }

  @Test
  void anExhaustedBudgetSaysWhatRanOutWhenItResetsAndWhomToAsk() throws Exception {
    try (RawClient client = new RawClient(gateway.gateway().address())) {
      client.send(Wire.CHAT.request(key("bob"), Wire.CHAT.body("")));
      RawClient.Answer answer = client.answer();
      String message = JSON.readTree(answer.body()).path("error").path("message").textValue();
      assertThat(message)
          .contains("person/bob")
          .contains("0.000001 USD")
          .containsPattern("resets at 20\\d\\d-\\d\\d-01T00:00:00Z")
          .contains("ask the platform team");
      assertThat(message.length()).isLessThan(400);
      assertThat(answer.headers().get("stipend-balance-remaining")).isEqualTo("0.000001 USD");
      assertThat(answer.headers().get("stipend-balance-resets-at")).endsWith("-01T00:00:00Z");
    }
  }

  @Test
  void aPinnedStatusHoldsByDialectAndByPath() throws Exception {
    String pins = "refusals: { \"/v1/chat/completions\": 403, anthropic-messages: 429 }\n";
    try (TestGateway pinned = TestGateway.start(quotas(), pins)) {
      String key = pinned.key("bob");
      try (RawClient client = new RawClient(pinned.gateway().address())) {
        client.send(Wire.CHAT.request(key, Wire.CHAT.body("")));
        assertThat(client.answer().status()).isEqualTo(403);
        client.send(Wire.MESSAGES.request(key, Wire.MESSAGES.body("")));
        assertThat(client.answer().status()).isEqualTo(429);
        client.send(Wire.CHAT.request("nobody", Wire.CHAT.body("")));
        assertThat(client.answer().status()).isEqualTo(401);
      }
    }
  }
}
