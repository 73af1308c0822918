package io.stipend.gateway.dialect;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.handler.codec.http.HttpHeaders;
import io.stipend.gateway.server.RequestHead;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HeaderRulesTest {
  @Test
  void credentialsHopByHopAndForwardingHeadersStayHere() {
    RequestHead head =
        Heads.with(
            """
            Authorization: Bearer k
            X-Api-Key: k
            API-KEY: k
            x-goog-api-key: k
            Cookie: c=1
            Host: gateway
            Content-Length: 5
            Content-Encoding: identity
            Connection: keep-alive, X-Nominated
            Connection: te
            X-Nominated: 1
            Keep-Alive: 1
            TE: trailers
            Trailer: x
            Transfer-Encoding: chunked
            Upgrade: websocket
            Expect: 100-continue
            Proxy-Authorization: Basic x
            Forwarded: for=1
            X-Forwarded-For: 1.2.3.4
            X-Real-IP: 1.2.3.4
            OpenAI-Organization: org-other
            OpenAI-Project: proj-other
            X-Goog-FieldMask: candidates
            Stipend-Exchange-Id: forged
            Accept-Encoding: gzip
            Accept: text/event-stream
            Content-Type: application/json
            User-Agent: claude-cli/2.1
            anthropic-version: 2023-06-01
            anthropic-beta: a,b
            anthropic-beta: c
            x-stainless-retry-count: 0
            x-claude-code-session-id: s
            x-codex-turn-state: t
            """);
    HttpHeaders up = HeaderRules.forUpstream(head);
    assertThat(up.names())
        .containsExactlyInAnyOrder(
            "accept-encoding",
            "Accept",
            "Content-Type",
            "User-Agent",
            "anthropic-version",
            "anthropic-beta",
            "x-stainless-retry-count",
            "x-claude-code-session-id",
            "x-codex-turn-state");
    assertThat(up.get("accept-encoding")).isEqualTo("identity");
    assertThat(up.getAll("anthropic-beta")).containsExactly("a,b", "c");
  }

  /** {@code {"model":"cheap","x":"&model=dear&"}} is both, and names two models. */
  @ParameterizedTest
  @CsvSource({
    "application/x-www-form-urlencoded, application/json",
    "Application/X-WWW-Form-URLencoded; charset=utf-8, application/json",
    "application/json; charset=utf-8, application/json; charset=utf-8",
    "multipart/form-data; boundary=urlencoded, multipart/form-data; boundary=urlencoded",
    "text/plain, text/plain"
  })
  void whatWasReadAsJsonIsNotPassedOnAsAnEncodedForm(String said, String passed) {
    HttpHeaders up = HeaderRules.forUpstream(Heads.post("/", "Content-Type", said));
    assertThat(up.getAll("content-type")).containsExactly(passed);
  }

  @Test
  void eachDialectSetsItsProvidersCredential() {
    HttpHeaders chat = HeaderRules.forUpstream(Heads.post("/", "x-api-key", "client"));
    Dialects.at("/v1/chat/completions").authorize(chat, "sk-1");
    assertThat(chat.get("authorization")).isEqualTo("Bearer sk-1");
    assertThat(chat.contains("x-api-key")).isFalse();
    HttpHeaders messages = HeaderRules.forUpstream(Heads.post("/", "authorization", "Bearer c"));
    Dialects.at("/v1/messages").authorize(messages, "sk-2");
    assertThat(messages.get("x-api-key")).isEqualTo("sk-2");
    assertThat(messages.contains("authorization")).isFalse();
    HttpHeaders gemini = HeaderRules.forUpstream(Heads.post("/", "x-goog-api-key", "client"));
    Dialects.at("/v1beta/models/g:generateContent").authorize(gemini, "AIza-3");
    assertThat(gemini.getAll("x-goog-api-key")).containsExactly("AIza-3");
  }

  @Test
  void whatTellsOfTheProvidersHostOrAccountStaysHere() {
    HttpHeaders upstream =
        Heads.with(
                """
            Set-Cookie: a=1
            Alt-Svc: h3
            Strict-Transport-Security: max-age=1
            OpenAI-Organization: org-1
            openai-project: p
            Anthropic-Organization-Id: o
            Connection: close, x-hop
            X-Hop: 1
            Transfer-Encoding: chunked
            Content-Length: 5
            stipend-balance-remaining: forged
            Content-Type: text/event-stream
            x-request-id: req_1
            x-ratelimit-remaining-tokens: 5
            retry-after: 3
            openai-processing-ms: 12
            """)
            .headers();
    assertThat(HeaderRules.forClient(upstream).names())
        .containsExactlyInAnyOrder(
            "Content-Type",
            "x-request-id",
            "x-ratelimit-remaining-tokens",
            "retry-after",
            "openai-processing-ms");
    assertThat(HeaderRules.requestId(upstream)).isEqualTo("req_1");
    assertThat(HeaderRules.requestId(Heads.post("/", "request-id", "a b").headers())).isNull();
  }

  @ParameterizedTest
  @CsvSource({
    "'claude-cli/2.1.330 (external, cli)', claude-cli",
    "codex_exec/0.169, codex_exec",
    "OpenAI/Java 4.1, OpenAI",
    "curl, curl",
    "'', unknown",
    "/1, unknown",
    "'<script>/1', unknown",
    "'a\"b/1', unknown",
    "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/1, unknown",
  })
  void aClientIsNamedByItsProduct(String agent, String name) {
    assertThat(HeaderRules.clientName(Heads.post("/", "user-agent", agent).headers()))
        .isEqualTo(name);
  }

  @Test
  void aKeyIsFoundInAnyOfTheFourHeaders() {
    assertThat(of("Authorization", "bearer  k1 ").secret()).isEqualTo("k1");
    assertThat(of("X-API-KEY", "k1").secret()).isEqualTo("k1");
    assertThat(of("api-key", "k1").secret()).isEqualTo("k1");
    assertThat(of("x-goog-api-key", "k1").secret()).isEqualTo("k1");
    assertThat(of("authorization", "Bearer k1", "x-api-key", "k1").secret()).isEqualTo("k1");
    assertThat(of("authorization", "Bearer k1", "x-api-key", "").secret()).isEqualTo("k1");
  }

  @Test
  void noKeyAndTwoDifferentKeysAreToldApart() {
    assertThat(of().secret()).isNull();
    assertThat(of().problem()).isNull();
    assertThat(of("authorization", "", "x-api-key", "").problem()).isNull();
    assertThat(of("authorization", "Bearer ").secret()).isNull();
    for (Credential bad :
        new Credential[] {
          of("authorization", "Bearer k1", "x-api-key", "k2"),
          of("authorization", "Bearer k1", "authorization", "Bearer k2"),
          of("api-key", "k1", "x-goog-api-key", "k2", "x-api-key", "k1"),
          of("authorization", "Basic a2V5", "x-api-key", "k1"),
          of("x-api-key", "k".repeat(513)),
          of("x-api-key", "k".repeat(1_000_000), "api-key", "k1"),
        }) {
      assertThat(bad.secret()).isNull();
      assertThat(bad.problem()).isNotNull().doesNotContain("k1", "k2", "a2V5");
    }
    assertThat(of("x-api-key", "s3cret").toString()).doesNotContain("s3cret");
  }

  private static Credential of(String... headers) {
    return Credential.of(Heads.post("/", headers).headers());
  }

  private static Labels labels(String... headers) {
    return HeaderRules.labels(Heads.post("/", headers).headers());
  }

  @Test
  void claudeCodeNamesItsSessionTheAgentAndTheOneThatStartedIt() {
    assertThat(labels("X-Claude-Code-Session-Id", "s1")).isEqualTo(new Labels("s1", null, null));
    assertThat(
            labels(
                "x-claude-code-parent-agent-id",
                "a1",
                "x-claude-code-agent-id",
                "a2@team",
                "x-claude-code-session-id",
                "s1"))
        .isEqualTo(new Labels("s1", "a2@team", "a1"));
    for (String strange : new String[] {"@a", "a@", "a@b@c", "a b", "", "=1+1", "a".repeat(65)}) {
      Labels labels = labels("x-claude-code-session-id", "s1", "x-claude-code-agent-id", strange);
      assertThat(labels.agentId()).as(strange).isNull();
    }
    assertThat(
            labels(
                "x-claude-code-session-id",
                "s1",
                "x-claude-code-agent-id",
                "a2",
                "x-claude-code-parent-agent-id",
                "a".repeat(65)))
        .isEqualTo(new Labels("s1", "a2", null));
  }

  /** Recorded from Codex 0.171, whose agents share the session and are threads. */
  @Test
  void aThreadOfCodexThatIsNotTheSessionIsAnAgentOfIt() {
    String root = "01a226fc-ba50-7b11-a240-c14739e270a9";
    String spawned = "01a226fc-baf6-7373-95ea-f3f6ea89ad1f";
    assertThat(labels("session-id", root, "thread-id", root))
        .isEqualTo(new Labels(root, null, null));
    assertThat(
            labels(
                "x-codex-parent-thread-id",
                root,
                "x-openai-subagent",
                "collab_spawn",
                "session-id",
                root,
                "thread-id",
                spawned))
        .isEqualTo(new Labels(root, spawned, root));
    assertThat(labels("session-id", root, "thread-id", root, "x-openai-subagent", "review"))
        .as("where the thread does not tell agents apart the kind does")
        .isEqualTo(new Labels(root, "review", null));
    assertThat(labels("session-id", root, "x-openai-subagent", "review"))
        .isEqualTo(new Labels(root, "review", null));
  }

  @Test
  void anAgentOfOpencodeIsTheSessionThatAnotherStarted() {
    assertThat(labels("x-session-id", "ses_a")).isEqualTo(new Labels("ses_a", null, null));
    assertThat(labels("x-session-id", "ses_b", "x-parent-session-id", "ses_a"))
        .isEqualTo(new Labels("ses_b", "ses_b", "ses_a"));
  }

  @Test
  void labelsOfNobodyAndOfAnotherClientAreNone() {
    assertThat(labels()).isEqualTo(Labels.NONE);
    assertThat(labels("x-claude-code-agent-id", "a", "thread-id", "t", "x-parent-session-id", "p"))
        .as("an agent without a session")
        .isEqualTo(Labels.NONE);
    assertThat(labels("session-id", "s", "x-claude-code-agent-id", "a"))
        .isEqualTo(new Labels("s", null, null));
    assertThat(labels("session-id", "a b", "x-session-id", "s"))
        .isEqualTo(new Labels("s", null, null));
  }
}
