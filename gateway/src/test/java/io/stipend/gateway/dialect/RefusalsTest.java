package io.stipend.gateway.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.netty.handler.codec.http.HttpMethod;
import io.stipend.gateway.dialect.Dialect.Answer;
import io.stipend.gateway.dialect.Dialect.RefusalForm;
import io.stipend.gateway.server.RequestHead;
import io.stipend.policy.PolicyEngine.ModelListing;
import io.stipend.policy.Refusal;
import io.stipend.policy.RefusalReason;
import io.stipend.policy.limit.Rates;
import io.stipend.policy.limit.Rates.Rate;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class RefusalsTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final String GEMINI = "/v1beta/models/gemini-2.5-flash:generateContent";
  private static final Path DOCS = Path.of("..", "docs", "refusals.md");

  @ParameterizedTest
  @EnumSource(RefusalReason.class)
  void everyReasonHasAWellFormedAnswerInEveryDialect(RefusalReason reason) throws IOException {
    for (Dialect dialect : Dialects.all()) {
      RefusalForm form = dialect.form(reason);
      Answer answer =
          dialect.refuse(
              new Refusal(reason, "No \"money\"\r\ndata: left\u001b[0m", "p", null, null),
              Heads.to(dialect),
              "gw-1",
              0);
      String text = Heads.text(answer.body());
      assertThat(text).doesNotContain("\r", "\n", "\u001b");
      JsonNode body = MAPPER.readTree(text);
      assertThat(answer.status()).isEqualTo(form.status());
      if (dialect.vendor().equals("bedrock")) {
        assertThat(body.path("message").asText()).isEqualTo("No \"money\"  data: left [0m");
        assertThat(answer.headers().get("x-amzn-errortype")).isEqualTo(form.type());
        assertThat(answer.headers().get("x-amzn-requestid")).isEqualTo("gw-1");
        assertThat(form.status() == 429).isEqualTo(form.type().equals("ThrottlingException"));
        continue;
      }
      boolean google = dialect.id().contains("gemini");
      String type = google ? "/error/status" : "/error/type";
      assertThat(body.at(type).asText()).isEqualTo(form.type());
      assertThat(body.at("/error/message").asText()).isEqualTo("No \"money\"  data: left [0m");
      assertThat(answer.headers().get("content-type")).isEqualTo("application/json");
      assertThat(answer.headers().get("stipend-exchange-id")).isEqualTo("gw-1");
      if (dialect.vendor().equals("openai") || dialect.vendor().equals("azure")) {
        assertThat(body.at("/error/code").asText()).isEqualTo(form.code());
        assertThat(body.at("/error/param").asText()).isEqualTo("p");
        assertThat(answer.headers().get("x-request-id")).isEqualTo("gw-1");
      } else if (google) {
        assertThat(body.at("/error/code").asInt()).isEqualTo(form.status());
        assertThat(answer.headers().get("x-request-id")).isEqualTo("gw-1");
      } else {
        assertThat(body.at("/type").asText()).isEqualTo("error");
        assertThat(body.at("/request_id").asText()).isEqualTo("gw-1");
        assertThat(answer.headers().get("request-id")).isEqualTo("gw-1");
      }
      boolean later =
          switch (reason) {
            case REQUEST_RATE,
                TOKEN_RATE,
                CONCURRENCY,
                UPSTREAMS_PAUSED,
                DRAINING,
                LEDGER_UNAVAILABLE ->
                true;
            default -> false;
          };
      assertThat(answer.headers().get("x-should-retry")).isEqualTo(later ? null : "false");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "/v1/chat/completions, '', 0, 402, insufficient_quota",
    "/v1/chat/completions, X-Stainless-Lang, 0, 429, insufficient_quota",
    "/v1/chat/completions, X-Stainless-Lang, 403, 403, insufficient_quota",
    "/v1/messages, '', 0, 402, billing_error",
    "/v1/messages, x-stainless-lang, 0, 402, billing_error",
    "/v1/messages, '', 429, 429, billing_error",
    "/v1/messages/count_tokens, '', 0, 402, billing_error",
    "/v1beta/models/g:generateContent, '', 0, 429, RESOURCE_EXHAUSTED",
    "/v1beta/models/g:generateContent, '', 403, 403, RESOURCE_EXHAUSTED",
    "/v1alpha/models/g:countTokens, '', 0, 429, RESOURCE_EXHAUSTED",
    "/v1beta/models/g:generateContent, x-goog-api-client=google-genai-sdk/2.3.0 gl-java/17, 0, 402, RESOURCE_EXHAUSTED",
    "/v1beta/models/g:generateContent, user-agent=ai/6.0 ai-sdk/provider-utils/4.0, 0, 402, RESOURCE_EXHAUSTED",
    "/v1beta/models/g:generateContent, user-agent=ai/6.0 ai-sdk/google/3.0, 403, 403, RESOURCE_EXHAUSTED",
    "/v1beta/models/g:generateContent, x-goog-api-client=google-genai-sdk/2.3.0 gl-node/v20, 0, 429, RESOURCE_EXHAUSTED",
  })
  void anExhaustedBudgetEndsAtOneRequestForEachClient(
      String path, String header, int pinned, int status, String type) throws IOException {
    String[] both = header.contains("=") ? header.split("=") : new String[] {header, "java"};
    RequestHead head = header.isEmpty() ? Heads.post(path) : Heads.post(path, both);
    Refusal refusal =
        new Refusal(RefusalReason.BUDGET_EXHAUSTED, "Used up.", null, null, Duration.ofDays(3));
    Answer answer = Dialects.at(path).refuse(refusal, head, "gw-1", pinned);
    assertThat(answer.status()).isEqualTo(status);
    assertThat(answer.headers().contains("retry-after")).isFalse();
    assertThat(answer.headers().contains("retry-after-ms")).isFalse();
    assertThat(answer.headers().get("x-should-retry")).isEqualTo("false");
    JsonNode error = MAPPER.readTree(Heads.text(answer.body())).get("error");
    assertThat(error.path(error.has("status") ? "status" : "type").asText()).isEqualTo(type);
  }

  @Test
  void goldenBodiesOfTheMostCommonRefusals() {
    Refusal budget = Refusal.of(RefusalReason.BUDGET_EXHAUSTED, "Ada's month is used up.");
    RequestHead chat = Heads.post("/v1/chat/completions");
    assertThat(text(Dialects.speaking(chat).refuse(budget, chat, "gw-1", 0)))
        .isEqualTo(
            "{\"error\":{\"message\":\"Ada's month is used up.\",\"type\":\"insufficient_quota\","
                + "\"param\":null,\"code\":\"insufficient_quota\"}}");
    RequestHead messages = Heads.post("/v1/messages");
    assertThat(text(Dialects.speaking(messages).refuse(budget, messages, "gw-1", 0)))
        .isEqualTo(
            "{\"type\":\"error\",\"error\":{\"type\":\"billing_error\","
                + "\"message\":\"Ada's month is used up.\"},\"request_id\":\"gw-1\"}");
    Refusal field = Refusal.ofField("n", "n: 0 (expected: an integer in 1..128)");
    assertThat(text(Dialects.speaking(chat).refuse(field, chat, "gw-1", 0)))
        .isEqualTo(
            "{\"error\":{\"message\":\"n: 0 (expected: an integer in 1..128)\","
                + "\"type\":\"invalid_request_error\",\"param\":\"n\",\"code\":\"invalid_body\"}}");
    RequestHead gemini = Heads.post(GEMINI);
    assertThat(text(Dialects.speaking(gemini).refuse(budget, gemini, "gw-1", 0)))
        .isEqualTo(
            "{\"error\":{\"code\":429,\"message\":\"Ada's month is used up.\","
                + "\"status\":\"RESOURCE_EXHAUSTED\",\"details\":[{\"@type\":"
                + "\"type.googleapis.com/google.rpc.RetryInfo\",\"retryDelay\":\"301s\"}]}}");
    Refusal key = Refusal.of(RefusalReason.BAD_CREDENTIAL, "No such key.");
    assertThat(text(Dialects.speaking(gemini).refuse(key, gemini, "gw-1", 0)))
        .isEqualTo(
            "{\"error\":{\"code\":400,\"message\":\"No such key.\","
                + "\"status\":\"INVALID_ARGUMENT\",\"details\":[{\"@type\":"
                + "\"type.googleapis.com/google.rpc.ErrorInfo\",\"reason\":\"API_KEY_INVALID\","
                + "\"domain\":\"googleapis.com\"}]}}");
    assertThat(text(Dialects.speaking(gemini).refuse(field, gemini, "gw-1", 0)))
        .contains("\"fieldViolations\":[{\"field\":\"n\"}]");
  }

  @Test
  void ratesSayWhenToTryAgainWithinAMinute() {
    for (Dialect dialect : Dialects.all()) {
      for (RefusalReason reason :
          List.of(
              RefusalReason.REQUEST_RATE, RefusalReason.TOKEN_RATE, RefusalReason.CONCURRENCY)) {
        RequestHead head = Heads.to(dialect);
        assertThat(after(dialect, reason, head, Duration.ofMillis(1_200))).isEqualTo("2");
        assertThat(after(dialect, reason, head, Duration.ZERO)).isEqualTo("1");
        assertThat(after(dialect, reason, head, Duration.ofDays(1))).isEqualTo("60");
      }
    }
  }

  @Test
  void ratesStandInTheHeadersOfTheVendor() {
    Instant now = Instant.parse("2026-03-01T12:00:00Z");
    Duration soon = Duration.ofMillis(6_001);
    Rates rates =
        new Rates(
            new Rate(60, 12, Duration.ofMinutes(1), now.plusSeconds(60)),
            new Rate(9_000, 0, soon, now.plus(soon)));
    Refusal refusal = new Refusal(RefusalReason.TOKEN_RATE, "m", null, null, soon, rates);

    Answer chat = refused("/v1/chat/completions", refusal);
    assertThat(limits(chat))
        .containsExactlyInAnyOrder(
            "retry-after: 7",
            "x-ratelimit-limit-requests: 60",
            "x-ratelimit-remaining-requests: 12",
            "x-ratelimit-reset-requests: 60s",
            "x-ratelimit-limit-tokens: 9000",
            "x-ratelimit-remaining-tokens: 0",
            "x-ratelimit-reset-tokens: 7s");

    Answer messages = refused("/v1/messages", refusal);
    assertThat(limits(messages))
        .containsExactlyInAnyOrder(
            "retry-after: 7",
            "anthropic-ratelimit-requests-limit: 60",
            "anthropic-ratelimit-requests-remaining: 12",
            "anthropic-ratelimit-requests-reset: 2026-03-01T12:01:00Z",
            "anthropic-ratelimit-tokens-limit: 9000",
            "anthropic-ratelimit-tokens-remaining: 0",
            "anthropic-ratelimit-tokens-reset: 2026-03-01T12:00:07Z");

    Refusal place = new Refusal(RefusalReason.CONCURRENCY, "m", null, null, Duration.ofSeconds(1));
    assertThat(limits(refused("/v1/messages", place))).containsExactly("retry-after: 1");
  }

  @Test
  void geminiSaysWhenToTryAgainInADetail() throws IOException {
    assertThat(retryDelay(RefusalReason.BUDGET_EXHAUSTED, Duration.ofDays(3))).isEqualTo("259200s");
    assertThat(retryDelay(RefusalReason.BUDGET_EXHAUSTED, Duration.ofMillis(301_001)))
        .isEqualTo("302s");
    assertThat(retryDelay(RefusalReason.BUDGET_EXHAUSTED, Duration.ofSeconds(5))).isEqualTo("301s");
    assertThat(retryDelay(RefusalReason.BUDGET_EXHAUSTED, null)).isEqualTo("301s");
    assertThat(retryDelay(RefusalReason.TOKEN_RATE, Duration.ofMillis(1_200))).isEqualTo("2s");
    assertThat(retryDelay(RefusalReason.REQUEST_RATE, Duration.ofDays(1))).isEqualTo("60s");
    assertThat(retryDelay(RefusalReason.FROZEN, null)).isEmpty();
  }

  private static String retryDelay(RefusalReason reason, Duration wait) throws IOException {
    Refusal refusal = new Refusal(reason, "m", null, null, wait);
    Answer answer = Dialects.at(GEMINI).refuse(refusal, Heads.post(GEMINI), "gw-1", 0);
    JsonNode error = MAPPER.readTree(text(answer)).get("error");
    assertThat(error.path("details").size()).isLessThanOrEqualTo(1);
    return error.at("/details/0/retryDelay").asText();
  }

  private static Answer refused(String path, Refusal refusal) {
    Answer answer = Dialects.at(path).refuse(refusal, Heads.post(path), "gw-1", 0);
    answer.body().release();
    return answer;
  }

  private static List<String> limits(Answer answer) {
    return answer.headers().entries().stream()
        .filter(h -> h.getKey().contains("ratelimit") || h.getKey().contains("retry"))
        .map(h -> h.getKey() + ": " + h.getValue())
        .toList();
  }

  private static String after(
      Dialect dialect, RefusalReason reason, RequestHead head, Duration wait) {
    Answer answer =
        dialect.refuse(new Refusal(reason, "Slower.", null, null, wait), head, "gw-1", 0);
    answer.body().release();
    return answer.headers().get("retry-after");
  }

  @Test
  void unknownRoutesAnswerInTheFormThatTheirClientReads() {
    assertThat(Dialects.at("/v1/messages/x")).isNull();
    assertThat(Dialects.speaking(Heads.post("/v1/messages/batches")).vendor())
        .isEqualTo("anthropic");
    assertThat(Dialects.speaking(Heads.post("/v1/models", "anthropic-version", "x")).vendor())
        .isEqualTo("anthropic");
    assertThat(Dialects.speaking(Heads.post("/v1beta/cachedContents")).vendor())
        .isEqualTo("gemini");
    assertThat(Dialects.speaking(Heads.post("/v1/files", "x-goog-api-client", "x")).vendor())
        .isEqualTo("gemini");
    assertThat(Dialects.speaking(Heads.post("/v1/responses")).vendor()).isEqualTo("openai");
    assertThat(Dialects.speaking(Heads.post("/")).vendor()).isEqualTo("openai");
  }

  @Test
  void faultsSpeakTheDialect() {
    assertThat(text(Dialects.at("/v1/chat/completions").fault(502, "upstream_reset", "m", "gw-1")))
        .isEqualTo(
            "{\"error\":{\"message\":\"m\",\"type\":\"server_error\",\"param\":null,"
                + "\"code\":\"upstream_reset\"}}");
    assertThat(text(Dialects.at("/v1/messages").fault(504, "upstream_timeout", "m", "gw-1")))
        .isEqualTo(
            "{\"type\":\"error\",\"error\":{\"type\":\"timeout_error\",\"message\":\"m\"},"
                + "\"request_id\":\"gw-1\"}");
  }

  @Test
  void faultsOfGeminiHaveTheWordOfTheirStatus() {
    assertThat(text(Dialects.at(GEMINI).fault(504, "upstream_timeout", "m", "gw-1")))
        .isEqualTo("{\"error\":{\"code\":504,\"message\":\"m\",\"status\":\"DEADLINE_EXCEEDED\"}}");
    assertThat(text(Dialects.at(GEMINI).fault(502, "upstream_reset", "m", "gw-1")))
        .contains("UNAVAILABLE");
  }

  @Test
  void geminiListsTheModelsThatItsPathsCanName() {
    List<ModelListing> models =
        List.of(
            new ModelListing("gemini-2.5-flash", "gemini", "gemini"),
            new ModelListing("gpt-5", "openai", "openai"));
    assertThat(text(Dialects.models(models, Heads.post("/v1beta/models"), "gw-1")))
        .isEqualTo(
            "{\"models\":[{\"name\":\"models/gemini-2.5-flash\",\"displayName\":\"gemini-2.5-flash\","
                + "\"supportedGenerationMethods\":[\"generateContent\",\"streamGenerateContent\","
                + "\"countTokens\"]}]}");
  }

  @Test
  void modelsAreListedInTheFormOfTheClient() {
    List<ModelListing> models =
        List.of(
            new ModelListing("claude-opus-4-5", "anthropic", "anthropic"),
            new ModelListing("gpt-5", "openai", "openai"));
    RequestHead plain = Heads.post("/v1/models");
    RequestHead get =
        new RequestHead(HttpMethod.GET, plain.path(), "", plain.headers(), plain.source(), false);
    assertThat(text(Dialects.models(models, get, "gw-1")))
        .isEqualTo(
            "{\"object\":\"list\",\"data\":["
                + "{\"id\":\"claude-opus-4-5\",\"object\":\"model\",\"created\":0,\"owned_by\":\"anthropic\"},"
                + "{\"id\":\"gpt-5\",\"object\":\"model\",\"created\":0,\"owned_by\":\"openai\"}]}");
    RequestHead anthropic = Heads.post("/v1/models", "Anthropic-Version", "2023-06-01");
    assertThat(text(Dialects.models(models.subList(0, 1), anthropic, "gw-1")))
        .isEqualTo(
            "{\"data\":[{\"type\":\"model\",\"id\":\"claude-opus-4-5\",\"display_name\":"
                + "\"claude-opus-4-5\",\"created_at\":\"1970-01-01T00:00:00Z\"}],"
                + "\"has_more\":false,\"first_id\":\"claude-opus-4-5\",\"last_id\":\"claude-opus-4-5\"}");
    assertThat(text(Dialects.models(List.of(), anthropic, "gw-1")))
        .isEqualTo("{\"data\":[],\"has_more\":false,\"first_id\":null,\"last_id\":null}");
  }

  @Test
  void noTwoDialectsServeOnePath() {
    List<String> paths = new ArrayList<>();
    List<String> ids = new ArrayList<>();
    for (Dialect dialect : Dialects.all()) {
      paths.addAll(dialect.paths());
      ids.add(dialect.id());
    }
    assertThat(paths).doesNotHaveDuplicates();
    assertThat(ids).doesNotHaveDuplicates();
  }

  /** Run with {@code -Dstipend.docs.write=true} to write the page anew. */
  @Test
  void theDocsShowTheTableOfTheCode() throws IOException {
    String page = RefusalTable.markdown();
    if (Boolean.getBoolean("stipend.docs.write")) {
      Files.createDirectories(DOCS.getParent());
      Files.writeString(DOCS, page, StandardCharsets.UTF_8);
    }
    assertThat(Files.readString(DOCS, StandardCharsets.UTF_8)).isEqualTo(page);
  }

  private static String text(Answer answer) {
    return Heads.text(answer.body());
  }
}
