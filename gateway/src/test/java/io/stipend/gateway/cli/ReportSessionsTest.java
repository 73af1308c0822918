package io.stipend.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.stipend.gateway.demo.FakeProvider;
import io.stipend.gateway.demo.FakeProvider.Billed;
import io.stipend.gateway.demo.FakeProvider.End;
import io.stipend.gateway.testing.Csv;
import io.stipend.gateway.testing.TestGateway;
import io.stipend.metering.Unit;
import io.stipend.metering.UsageReport;
import io.stipend.metering.price.RateCards;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Coding agents with sub-agents, through a real gateway: the columns of the export and the sums of
 * the report are what the provider would bill. Each call has an input of its own size, by which it
 * is found in the provider's tally.
 */
class ReportSessionsTest {
  private static final Duration PATIENCE = Duration.ofSeconds(30);
  private static final String[] RANGE = {"--from", "2020-01-01", "--to", "2100-01-01"};

  private final ObjectMapper json = new ObjectMapper();
  private final HttpClient http = HttpClient.newHttpClient();

  /** Who asked, by the size of the input. */
  private final Map<Long, Who> asked = new HashMap<>();

  @TempDir Path folder;
  private FakeProvider provider;
  private TestGateway gateway;
  private String ada;
  private String bob;

  /** What a client says of itself; empty for what it leaves out. */
  private record Who(String person, String client, String session, String agent, String parent) {}

  /** What is expected of one of them. */
  private record Sum(long calls, long tokens, long nanos) {
    Sum plus(Sum o) {
      return new Sum(calls + o.calls, tokens + o.tokens, nanos + o.nanos);
    }
  }

  @BeforeEach
  void start() {
    provider = FakeProvider.start(0);
    gateway =
        TestGateway.start(
            """
            providers:
              openai: { url: "%s", key: "provider-key" }
              anthropic: { url: "%s", key: "provider-key" }
            allowances:
              engineer: { amount: 400 USD, every: year }
              broke: { amount: 0.000001 USD, every: year }
            people:
              ada: { allowance: engineer }
              bob: { allowance: engineer }
              eve: { allowance: broke }
            """
                .formatted(provider.url(), provider.url()));
    ada = gateway.key("ada");
    bob = gateway.key("bob");
  }

  @AfterEach
  void stop() {
    gateway.close();
    provider.close();
  }

  private static String[] claude(String session, String agent, String parent) {
    List<String> headers = new ArrayList<>(List.of("user-agent", "claude-cli/2.1.197 (external)"));
    add(headers, "x-claude-code-session-id", session);
    add(headers, "x-claude-code-agent-id", agent);
    add(headers, "x-claude-code-parent-agent-id", parent);
    return headers.toArray(String[]::new);
  }

  private static void add(List<String> headers, String name, String value) {
    if (!value.isEmpty()) {
      headers.addAll(List.of(name, value));
    }
  }

  private int call(String key, String path, Who who, String... headers) throws Exception {
    long input = 1_000 + asked.size();
    asked.put(input, who);
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(gateway.url() + path))
            .timeout(PATIENCE)
            .header("Authorization", "Bearer " + key)
            .headers(headers)
            .header("x-fake-input-tokens", Long.toString(input))
            .POST(HttpRequest.BodyPublishers.ofString(body(path)))
            .build();
    return http.send(request, HttpResponse.BodyHandlers.ofString()).statusCode();
  }

  private static String body(String path) {
    return path.endsWith("/messages")
        ? "{\"model\":\"claude-haiku-4-5\",\"max_tokens\":9000,\"stream\":true,"
            + "\"messages\":[{\"role\":\"user\",\"content\":\"hi\"}]}"
        : "{\"model\":\"gpt-5-mini\",\"stream\":true,\"input\":\"hi\"}";
  }

  private int claude(String key, Who who) throws Exception {
    return call(key, "/v1/messages", who, claude(who.session, who.agent, who.parent));
  }

  /** Leaves in the middle of a long answer. */
  private void claudeLeaves(String key, Who who) throws Exception {
    long input = 1_000 + asked.size();
    asked.put(input, who);
    StringBuilder head = new StringBuilder("POST /v1/messages HTTP/1.1\r\nHost: a\r\n");
    String[] headers = claude(who.session, who.agent, who.parent);
    for (int i = 0; i < headers.length; i += 2) {
      head.append(headers[i]).append(": ").append(headers[i + 1]).append("\r\n");
    }
    head.append("x-fake-input-tokens: ").append(input).append("\r\n");
    head.append("x-fake-output-tokens: 4000\r\nx-fake-pace-micros: 100\r\n");
    head.append("Authorization: Bearer ").append(key).append("\r\n");
    head.append("Content-Length: ").append(body("/messages").length()).append("\r\n\r\n");
    try (Socket socket =
        new Socket(InetAddress.getLoopbackAddress(), gateway.gateway().address().getPort())) {
      socket.setSoTimeout((int) PATIENCE.toMillis());
      socket
          .getOutputStream()
          .write((head + body("/messages")).getBytes(StandardCharsets.US_ASCII));
      assertThat(socket.getInputStream().readNBytes(900)).hasSize(900);
      socket.setSoLinger(true, 0);
    }
  }

  private Map<Who, Sum> billed() throws Exception {
    Awaitility.await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              assertThat(provider.billed()).noneMatch(one -> one.end() == End.RUNNING);
              assertThat(gateway.rows()).hasSameSizeAs(provider.billed());
            });
    RateCards cards = RateCards.load(List.of(RateCards.Source.builtin()));
    Map<Who, Sum> sums = new HashMap<>();
    for (Billed one : provider.billed()) {
      String vendor = one.path().endsWith("/messages") ? "anthropic" : "openai";
      UsageReport report =
          new UsageReport(
              List.of(new UsageReport.Part(null, one.usage())),
              one.model(),
              one.serviceTier(),
              false);
      long nanos = cards.rating(vendor, vendor, one.model(), Instant.now()).charge(report).nanos();
      sums.merge(
          asked.get(one.usage().inputTotal()), new Sum(1, one.usage().total(), nanos), Sum::plus);
    }
    return sums;
  }

  private void work() throws Exception {
    for (int i = 0; i < 3; i++) {
      assertThat(claude(ada, new Who("ada", "claude-cli", "s1", "", ""))).isEqualTo(200);
      assertThat(claude(ada, new Who("ada", "claude-cli", "s1", "a1", ""))).isEqualTo(200);
    }
    assertThat(claude(ada, new Who("ada", "claude-cli", "s1", "a2@team", "a1"))).isEqualTo(200);
    claudeLeaves(ada, new Who("ada", "claude-cli", "s1", "a3", "a1"));
    assertThat(claude(bob, new Who("bob", "claude-cli", "s1", "a1", "")))
        .as("the session of another person")
        .isEqualTo(200);
    assertThat(claude(bob, new Who("bob", "claude-cli", "", "", ""))).isEqualTo(200);
    assertThat(claude(gateway.key("eve"), new Who("eve", "claude-cli", "s3", "a1", "")))
        .as("refused: no row")
        .isEqualTo(402);
    assertThat(
            call(
                ada,
                "/v1/responses",
                new Who("ada", "codex_exec", "t1", "t2", "t1"),
                "user-agent",
                "codex_exec/0.171.0 (Debian)",
                "session-id",
                "t1",
                "thread-id",
                "t2",
                "x-codex-parent-thread-id",
                "t1",
                "x-openai-subagent",
                "collab_spawn"))
        .isEqualTo(200);
    assertThat(
            call(
                ada,
                "/v1/messages",
                new Who("ada", "opencode", "ses_b", "ses_b", "ses_a"),
                "user-agent",
                "opencode/1.18.33",
                "x-session-id",
                "ses_b",
                "x-parent-session-id",
                "ses_a"))
        .isEqualTo(200);
  }

  @Test
  void theExportAndTheReportAreWhatTheProviderBillsForEachAgent() throws Exception {
    work();
    Map<Who, Sum> billed = billed();
    assertThat(billed).hasSize(8);

    Path file = folder.resolve("usage.csv");
    assertThat(run("usage", "export", "--out", file.toString()).code()).isZero();
    Map<Who, Sum> exported = new HashMap<>();
    for (Map<String, String> row : Csv.read(Files.readString(file))) {
      assertThat(row.get("units")).isEmpty();
      exported.merge(
          new Who(
              row.get("person"),
              row.get("client"),
              row.get("session_id"),
              row.get("agent_id"),
              row.get("parent_agent_id")),
          new Sum(
              1,
              number(row, "input_tokens") + number(row, "output_tokens"),
              Unit.USD.parse(row.get("cost"))),
          Sum::plus);
    }
    assertThat(exported).isEqualTo(billed);

    JsonNode report = json.readTree(run("report", "sessions", "--json").out());
    Map<Who, Sum> reported = new HashMap<>();
    for (JsonNode line : report.path("sessions")) {
      Who who =
          new Who(
              line.path("person").asText(),
              line.path("client").asText(),
              line.path("session_id").asText(""),
              line.path("agent_id").asText(""),
              line.path("parent_agent_id").asText(""));
      assertThat(reported).doesNotContainKey(who);
      assertThat(line.path("units").isNull()).isTrue();
      assertThat(line.path("first").asText()).isLessThanOrEqualTo(line.path("last").asText());
      reported.put(
          who,
          new Sum(
              line.path("calls").asLong(),
              line.path("tokens").asLong(),
              Unit.USD.parse(line.path("cost").asText())));
    }
    assertThat(reported).isEqualTo(billed);
    assertThat(Unit.USD.parse(report.path("totals").path("USD").asText()))
        .isEqualTo(billed.values().stream().mapToLong(Sum::nanos).sum());
  }

  @Test
  void theTableGroupsTheAgentsOfASessionAndIsReadWithoutAGatewayToo() throws Exception {
    work();
    Map<Who, Sum> billed = billed();
    String table = run("report", "sessions").out();
    List<String> all = table.lines().toList();
    int header = all.indexOf("Sessions and their agents") + 1;
    List<String> lines = all.subList(header, header + 1 + 8 + 1);
    assertThat(lines.get(0))
        .matches("PERSON +SESSION +AGENT +PARENT +CLIENT +CALLS +TOKENS +COST +CURRENCY +FIRST .*");
    assertThat(lines.subList(1, 5))
        .as("of one session, in the order of their first calls")
        .allMatch(line -> line.matches("ada +s1 .*"))
        .anyMatch(line -> line.matches("ada +s1 +a2@team +a1 +claude-cli +1 .*"));
    Sum main = billed.get(new Who("ada", "claude-cli", "s1", "", ""));
    assertThat(lines.get(1))
        .matches(
            "ada +s1 +claude-cli +3 +"
                + main.tokens()
                + " +"
                + Unit.USD.format(main.nanos()).replace(".", "\\.")
                + " +USD .*");
    assertThat(lines.get(9)).isEmpty();
    assertThat(all)
        .anyMatch(line -> line.matches("Calls +12"))
        .anyMatch(
            line ->
                line.matches(
                    "Total cost +"
                        + Unit.USD.format(billed.values().stream().mapToLong(Sum::nanos).sum())
                        + " USD"));
    gateway.gateway().close();
    assertThat(timeless(run("report", "sessions").out())).isEqualTo(timeless(table));
  }

  @Test
  void aRangeWithoutCallsIsEmptyAndOneThatEndsFirstIsRefused() throws Exception {
    assertThat(claude(ada, new Who("ada", "claude-cli", "s1", "", ""))).isEqualTo(200);
    billed();
    Invocation none =
        Invocation.on(
            gateway.quotaFile(),
            "report",
            "sessions",
            "--from",
            "2020-01-01",
            "--to",
            "2020-01-02");
    assertThat(none.code()).isZero();
    assertThat(none.out()).containsPattern("\nCalls +0\n").containsPattern("LAST\n\\(nothing\\)\n");
    Invocation turned =
        Invocation.on(
            gateway.quotaFile(),
            "report",
            "sessions",
            "--from",
            "2020-01-02",
            "--to",
            "2020-01-02");
    assertThat(turned.code()).isEqualTo(2);
    assertThat(turned.err()).contains("--from: 2020-01-02 (expected: before --to, 2020-01-02)");
    assertThat(Invocation.on(gateway.quotaFile(), "report", "sessions").code()).isEqualTo(2);
  }

  /** Without the two lines that tell the time, and the head, which grows when a gateway ends. */
  private static String timeless(String table) {
    return table.replaceAll("(?m)^(Made at|Complete until|Ledger |Its hash).*$", "");
  }

  private Invocation run(String... command) {
    List<String> all = new ArrayList<>(List.of(command));
    all.addAll(List.of(RANGE));
    Invocation run = Invocation.on(gateway.quotaFile(), all.toArray(String[]::new));
    assertThat(run.code()).as(run.err()).isZero();
    return run;
  }

  private static long number(Map<String, String> row, String column) {
    return Long.parseLong(row.get(column));
  }
}
