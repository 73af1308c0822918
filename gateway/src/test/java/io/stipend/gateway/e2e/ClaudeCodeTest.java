package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpServer;
import io.stipend.gateway.admin.AdminService.FreezeOrder;
import io.stipend.gateway.admin.PersonBalance;
import io.stipend.gateway.demo.FakeProvider;
import io.stipend.gateway.testing.Api;
import io.stipend.gateway.testing.TestGateway;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What Claude Code asks of a gateway beside its calls, and the status line that it is given. */
class ClaudeCodeTest {
  private static final Path SCRIPT =
      Path.of("..", "docs", "claude-code-statusline.sh").toAbsolutePath().normalize();
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private static final String UNKNOWN = "balance unknown: no answer from Stipend\n";

  @TempDir Path folder;
  private FakeProvider provider;
  private TestGateway gateway;
  private String curl;

  @BeforeEach
  void start() throws Exception {
    provider = FakeProvider.start(0);
    gateway =
        TestGateway.start(
            """
            calendar: { timezone: Asia/Tokyo }
            providers: { anthropic: { url: "%s", key: "provider-key" } }
            allowances:
              engineer: { amount: 400.5 USD, every: month }
              intern: { amount: 5000000 tokens, every: once }
            people: { ada: { allowance: engineer }, bob: { allowance: intern } }
            """
                .formatted(provider.url()));
    Process which = new ProcessBuilder("sh", "-c", "command -v curl || true").start();
    curl = new String(which.getInputStream().readAllBytes(), StandardCharsets.UTF_8).strip();
  }

  @AfterEach
  void stop() {
    gateway.close();
    provider.close();
  }

  /** What the script printed, and the arguments that curl was given. */
  private record Shown(String out, String err, String arguments) {}

  private Shown statusLine(Map<String, String> environment) throws Exception {
    assumeTrue(!curl.isEmpty(), "curl is not installed");
    Path arguments = folder.resolve("arguments");
    Path spy = folder.resolve("curl");
    Files.writeString(
        spy, "#!/bin/sh\nprintf '%s\\n' \"$@\" > '" + arguments + "'\nexec " + curl + " \"$@\"\n");
    Files.setPosixFilePermissions(spy, PosixFilePermissions.fromString("rwx------"));
    Files.deleteIfExists(arguments);
    ProcessBuilder sh = new ProcessBuilder("sh", SCRIPT.toString());
    sh.environment().clear();
    sh.environment().put("PATH", folder + ":" + System.getenv("PATH"));
    sh.environment().put("TZ", "JST-9");
    sh.environment().putAll(environment);
    Process run = sh.start();
    run.getOutputStream()
        .write(
            "{\"session_id\":\"s1\",\"model\":{\"id\":\"claude\"}}"
                .getBytes(StandardCharsets.UTF_8));
    run.getOutputStream().close();
    String out = new String(run.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    String err = new String(run.getErrorStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(run.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
    assertThat(run.exitValue()).isZero();
    return new Shown(out, err, Files.exists(arguments) ? Files.readString(arguments) : "");
  }

  private Shown statusLine(String url, String name, String key) throws Exception {
    Map<String, String> environment = new HashMap<>();
    environment.put("ANTHROPIC_BASE_URL", url);
    environment.put(name, key);
    return statusLine(environment);
  }

  /** One that was answered: on a machine with much else to do a second can be short. */
  private Shown answered(String url, String name, String key) {
    return Awaitility.await()
        .atMost(PATIENCE)
        .until(() -> statusLine(url, name, key), shown -> !shown.out().equals(UNKNOWN));
  }

  @Test
  void theStatusLineShowsWhatIsLeftAndTheKeyInNoArgument() throws Exception {
    String key = gateway.key("ada");
    for (int i = 0; i < 3; i++) {
      assertThat(
              Api.MESSAGES
                  .post(
                      gateway, key, Api.MESSAGES.body(false, 9_000), "x-fake-output-tokens", "9000")
                  .statusCode())
          .isEqualTo(200);
    }
    PersonBalance balance =
        Awaitility.await()
            .atMost(PATIENCE)
            .until(() -> gateway.balance("ada"), now -> now.held().equals("0"));
    BigDecimal left = new BigDecimal(balance.remaining());
    assertThat(left).isLessThan(new BigDecimal("400.4"));
    String day =
        Instant.parse(balance.resetsAt()).atOffset(ZoneOffset.ofHours(9)).toLocalDate().toString();
    String line =
        "USD "
            + left.setScale(2, RoundingMode.DOWN).toPlainString()
            + " of 400.50 left, resets "
            + day
            + "\n";
    for (String name : List.of("ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_API_KEY")) {
      for (String url : List.of(gateway.url(), gateway.url() + "/")) {
        Shown shown = answered(url, name, key);
        assertThat(shown.out()).isEqualTo(line);
        assertThat(shown.err()).isEmpty();
        assertThat(shown.arguments()).contains("/stipend/v1/me").doesNotContain(key);
      }
    }
  }

  @Test
  void tokensThatNeverResetAndAFrozenPersonAreTold() throws Exception {
    assertThat(answered(gateway.url(), "ANTHROPIC_API_KEY", gateway.key("bob")).out())
        .isEqualTo("5000000 of 5000000 tokens left\n");
    gateway.gateway().admin().freeze(new FreezeOrder("bob", true, "leave"), "test");
    assertThat(answered(gateway.url(), "ANTHROPIC_API_KEY", gateway.key("bob")).out())
        .isEqualTo("5000000 of 5000000 tokens left; frozen\n");
  }

  @Test
  void aGatewayThatIsAwayMuteOrOfAnotherMindIsNotWaitedFor() throws Exception {
    assertThat(statusLine(gateway.url(), "ANTHROPIC_API_KEY", "sk-wrong").out()).isEqualTo(UNKNOWN);
    try (ServerSocket mute = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String url = "http://127.0.0.1:" + mute.getLocalPort();
      Shown shown = statusLine(url, "ANTHROPIC_API_KEY", "sk-any");
      assertThat(shown.out()).isEqualTo(UNKNOWN);
      assertThat(shown.err()).isEmpty();
      assertThat(shown.arguments()).contains("-m\n1\n");
    }
    try (ServerSocket gone = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String url = "http://127.0.0.1:" + gone.getLocalPort();
      gone.close();
      assertThat(statusLine(url, "ANTHROPIC_API_KEY", "sk-any").out()).isEqualTo(UNKNOWN);
    }
  }

  /** A terminal obeys what it is shown. */
  @Test
  void whateverAnswersOnlyFiguresAreShown() throws Exception {
    String esc = "\u001b[31m";
    HttpServer other = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    String[] body = {""};
    other.createContext(
        "/",
        exchange -> {
          byte[] answer = body[0].getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(200, answer.length);
          exchange.getResponseBody().write(answer);
          exchange.close();
        });
    other.start();
    try {
      String url = "http://127.0.0.1:" + other.getAddress().getPort();
      String plain =
          "{'unit':'USD','granted':'08.5','carried':'0','received':'1','remaining':'-0.055',"
              + "'resets_at':'x','accounts':[{'unit':'tokens','remaining':'7'}]}";
      for (String answer :
          List.of(
              "",
              "<html>" + esc,
              plain.replace("-0.055", esc),
              plain.replace("USD", "U" + esc),
              plain.replace("'granted':'08.5',", ""),
              plain.replace("08.5", "1;echo"),
              plain.replace("-0.055", "$(echo)"))) {
        body[0] = answer.replace('\'', '"');
        Shown shown = answered(url, "ANTHROPIC_API_KEY", "sk-any");
        assertThat(shown.out()).as(answer).isEmpty();
        assertThat(shown.err()).as(answer).isEmpty();
      }
      body[0] = plain.replace("08.5", "8.5").replace('\'', '"');
      assertThat(answered(url, "ANTHROPIC_API_KEY", "sk-any").out())
          .isEqualTo("USD -0.05 of 9.50 left\n");
    } finally {
      other.stop(0);
    }
  }

  @Test
  void withoutAGatewayOrAPlainKeyNobodyIsAsked() throws Exception {
    for (Map<String, String> environment :
        List.of(
            Map.<String, String>of(),
            Map.of("ANTHROPIC_API_KEY", "sk-any"),
            Map.of("ANTHROPIC_BASE_URL", gateway.url()),
            Map.of("ANTHROPIC_BASE_URL", "file:///etc/passwd", "ANTHROPIC_API_KEY", "sk-any"),
            Map.of(
                "ANTHROPIC_BASE_URL", gateway.url(), "ANTHROPIC_API_KEY", "a\"\noutput = \"/x"))) {
      Shown shown = statusLine(environment);
      assertThat(shown).as("%s", environment).isEqualTo(new Shown("", "", ""));
    }
  }

  /**
   * It asks both before it begins; what counts is that the answer is quick and the way stays open.
   */
  @Test
  void itsProbesAreAnsweredAtOnceWithoutABodyAndLeaveTheConnectionUsable() throws Exception {
    String key = gateway.key("ada");
    try (Socket socket =
        new Socket(InetAddress.getLoopbackAddress(), gateway.gateway().address().getPort())) {
      socket.setSoTimeout((int) PATIENCE.toMillis());
      BufferedReader in =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
      Duration quickest = PATIENCE;
      for (int round = 0; round < 20; round++) {
        long begun = System.nanoTime();
        for (String path : List.of("/api/hello", "/")) {
          for (String credential : List.of("", "Authorization: Bearer " + key + "\r\n")) {
            send(socket, "HEAD " + path + " HTTP/1.1\r\nHost: a\r\n" + credential + "\r\n");
            assertThat(head(in)).as(path).startsWith("HTTP/1.1 404 ");
          }
        }
        Duration took = Duration.ofNanos(System.nanoTime() - begun);
        quickest = took.compareTo(quickest) < 0 ? took : quickest;
      }
      assertThat(quickest).as("four of them").isLessThan(Duration.ofMillis(200));
      send(
          socket,
          "GET /stipend/v1/me HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer " + key + "\r\n\r\n");
      assertThat(head(in)).as("no body came between").startsWith("HTTP/1.1 200 ");
    }
    assertThat(provider.requests()).isZero();
  }

  private static void send(Socket socket, String request) throws IOException {
    socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
  }

  /** A head, up to its empty line. */
  private static String head(BufferedReader in) throws IOException {
    StringBuilder head = new StringBuilder();
    for (String line = in.readLine(); line != null && !line.isEmpty(); line = in.readLine()) {
      head.append(line).append('\n');
    }
    return head.toString();
  }
}
