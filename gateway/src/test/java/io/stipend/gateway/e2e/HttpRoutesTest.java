package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.stipend.gateway.demo.FakeProvider;
import io.stipend.gateway.server.RawClient;
import io.stipend.gateway.server.RawClient.Answer;
import io.stipend.gateway.testing.TestGateway;
import io.stipend.policy.RefusalReason;
import java.io.IOException;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is not served is answered at once, in the caller's dialect, with the way to mend it. */
class HttpRoutesTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static FakeProvider provider;
  private static TestGateway gateway;
  private static String key;
  private long before;

  @BeforeAll
  static void start() {
    provider = FakeProvider.start(0);
    gateway = StreamFlushTest.gateway(provider.port());
    key = gateway.key("ada");
  }

  @AfterAll
  static void stop() {
    gateway.close();
    provider.close();
  }

  @BeforeEach
  void mark() {
    before = provider.requests();
  }

  private static RawClient client() throws IOException {
    return new RawClient(gateway.gateway().address());
  }

  private static String request(String method, String target, String... headers) {
    StringBuilder request = new StringBuilder(method + " " + target + " HTTP/1.1\r\nHost: a\r\n");
    for (String header : headers) {
      request.append(header).append("\r\n");
    }
    return request.append("\r\n").toString();
  }

  private static String bearer() {
    return "Authorization: Bearer " + key;
  }

  /** Claude Code sends no key with its probe and is content with whatever comes at once. */
  @ParameterizedTest
  @ValueSource(strings = {"/", "/api/hello"})
  void aProbeIsAnsweredAtOnceWithoutAKeyAndIsNoRefusal(String path) throws Exception {
    long refused = gateway.refusals("");
    try (RawClient client = client()) {
      for (int i = 0; i < 3; i++) {
        Answer head = client.send(request("HEAD", path)).head();
        assertThat(head.status()).isEqualTo(200);
      }
      // No body came between: the next answer begins where the last head ended.
      client.send(request("GET", "/v1/models", bearer()));
      assertThat(client.answer().body()).contains("gpt-4o-mini");
    }
    assertThat(gateway.refusals("")).isEqualTo(refused);
    assertThat(provider.requests()).isEqualTo(before);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/v1/models", "/v1beta/models", "/stipend/v1/me"})
  void headIsAnsweredAsGetWithoutABody(String path) throws Exception {
    try (RawClient client = client()) {
      Answer get = client.send(request("GET", path, bearer())).answer();
      Answer head = client.send(request("HEAD", path, bearer())).head();
      assertThat(get.status()).isEqualTo(200);
      assertThat(head.status()).isEqualTo(200);
      assertThat(head.headers().get("content-length"))
          .isEqualTo(Integer.toString(get.body().length()));
      assertThat(head.headers().get("content-type")).isEqualTo(get.headers().get("content-type"));
      assertThat(client.send(request("HEAD", path)).head().status()).isIn(400, 401);
      assertThat(client.send(request("GET", path, bearer())).answer().body()).isEqualTo(get.body());
    }
  }

  @ParameterizedTest
  @CsvSource({
    "GET, /v1/chat/completions, POST, /error/code, method_not_supported",
    "DELETE, /v1/responses, POST, /error/code, method_not_supported",
    "OPTIONS, /v1/chat/completions, POST, /error/code, method_not_supported",
    "PUT, /v1/messages, POST, /error/type, invalid_request_error",
    "GET, /v1beta/models/gemini-2.5-flash:generateContent, POST, /error/code, 405",
    "POST, /v1/models, 'GET, HEAD', /error/code, method_not_supported",
    "DELETE, /stipend/v1/me, 'GET, HEAD', /error/code, method_not_supported",
    "OPTIONS, /v1beta/models, 'GET, HEAD', /error/code, 405",
    "POST, /v1/responses/resp_1, 'GET, DELETE', /error/code, method_not_supported",
    "PUT, /openai/v1/models/gpt-5, 'GET, HEAD', /error/code, method_not_supported",
    "PUT, /v1/responses/resp_1, 'GET, DELETE', /error/code, method_not_supported",
    "GET, /v1/responses/resp_1/cancel, POST, /error/code, method_not_supported",
    "GET, /v1/responses/compact, POST, /error/code, method_not_supported",
    "DELETE, /openai/v1/responses/resp_1/input_items, GET, /error/code, method_not_supported"
  })
  void anotherMethodOnARouteIsToldWhichIsServed(
      String method, String path, String allowed, String at, String says) throws Exception {
    try (RawClient client = client()) {
      // Neither with a key nor without: what is served stands in the docs.
      for (String header : new String[] {bearer(), "Accept: */*"}) {
        Answer answer = client.send(request(method, path, header)).answer();
        assertThat(answer.status()).isEqualTo(405);
        assertThat(answer.headers()).containsEntry("allow", allowed);
        JsonNode body = MAPPER.readTree(answer.body());
        assertThat(body.at(at).asText()).isEqualTo(says);
        assertThat(body.at("/error/message").asText())
            .isEqualTo("%s is not served on %s (expected: %s).".formatted(method, path, allowed));
      }
    }
    assertThat(provider.requests()).isEqualTo(before);
  }

  @ParameterizedTest
  @CsvSource({
    "//v1/chat/completions, openai, begins with //: end the base URL without a slash.",
    "/v1//chat/completions, openai, holds //: end the base URL without a slash.",
    "//v1/messages, anthropic, begins with //: end the base URL without a slash.",
    "/v1//messages, anthropic, holds //: end the base URL without a slash.",
    "/v1/v1/messages, anthropic, begins with /v1 too much",
    "/messages, anthropic, end the base URL with /v1.",
    "/chat/completions, openai, end the base URL with /v1.",
    "//v1beta/models/gemini-2.5-flash:generateContent, gemini, without a slash.",
    "/v1beta/v1beta/models/gemini-2.5-flash:generateContent, gemini, begins with /v1beta too much",
    "/v1/batches, openai, after the HTTP exchange",
    "/v1/messages/batches, anthropic, after the HTTP exchange",
    "/v1beta/models/gemini-2.5-flash:batchGenerateContent, gemini, after the HTTP exchange",
    "/v1/realtime/client_secrets, openai, around the gateway",
    "/v1beta/cachedContents, gemini, by the time that it is kept",
    "/api/generate, openai, use its /v1/chat/completions"
  })
  void aPathThatIsNotServedIsToldWhyInTheDialectThatItMeans(String path, String vendor, String says)
      throws Exception {
    for (String header : new String[] {bearer(), "Accept: */*"}) {
      try (RawClient client = client()) {
        String wire = request("POST", path, header, "Content-Length: 2") + "{}";
        Answer answer = client.send(wire).answer();
        assertThat(answer.status()).isEqualTo(404);
        assertThat(answer.headers()).doesNotContainKey("location");
        JsonNode body = MAPPER.readTree(answer.body());
        assertThat(body.at("/error/message").asText()).startsWith("No such route: ").contains(says);
        assertThat(body.has("type")).isEqualTo(vendor.equals("anthropic"));
        assertThat(body.at("/error").has("status")).isEqualTo(vendor.equals("gemini"));
        assertThat(body.at("/error").has("param")).isEqualTo(vendor.equals("openai"));
      }
    }
    assertThat(provider.requests()).isEqualTo(before);
  }

  /** What is answered before its body is read must not let that body pass for a request. */
  @ParameterizedTest
  @CsvSource({
    "HEAD, /, 200",
    "HEAD, /v1/models, 401",
    "DELETE, /v1/messages, 405",
    "OPTIONS, /v1/models, 405",
    "POST, /v1/batches, 404"
  })
  void theBodyOfARequestThatIsAnsweredUnreadIsNoRequest(String method, String path, int status)
      throws Exception {
    String within = request("GET", "/v1/models", bearer());
    try (RawClient client = client()) {
      String whole = request(method, path, "Content-Length: " + within.length()) + within;
      client.send(whole + request("GET", "/stipend/v1/me", bearer()));
      Answer first = method.equals("HEAD") ? client.head() : client.answer();
      assertThat(first.status()).isEqualTo(status);
      assertThat(client.answer().body()).contains("\"granted\"").doesNotContain("gpt-4o-mini");
      String more = request(method, path, "Content-Length: " + (within.length() + 1)) + within;
      Answer last = method.equals("HEAD") ? client.send(more).head() : client.send(more).answer();
      assertThat(last.status()).isEqualTo(status);
      assertThat(last.headers()).containsEntry("connection", "close");
      assertThat(client.ended()).isTrue();
    }
    assertThat(provider.requests()).isEqualTo(before);
  }

  @Test
  void refusalsOfRoutesAreCountedByTheirReason() throws Exception {
    long refused = gateway.refusals("");
    try (RawClient client = client()) {
      client.send(request("PUT", "/v1/messages")).answer();
      client.send(request("GET", "/v1/batches")).answer();
    }
    assertThat(gateway.refusals("")).isEqualTo(refused + 2);
    assertThat(RefusalReason.METHOD_NOT_ALLOWED.label()).isEqualTo("method_not_allowed");
  }
}
