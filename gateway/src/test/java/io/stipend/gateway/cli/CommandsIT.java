package io.stipend.gateway.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.stipend.gateway.cli.Jar.Running;
import io.stipend.gateway.demo.FakeProvider;
import java.io.IOException;
import java.math.BigDecimal;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The commands of the built jar beside a running gateway, and after it has ended. */
class CommandsIT {
  private static final Pattern READY =
      Pattern.compile(
          "stipend \\S+ ready: data (http://127\\.0\\.0\\.1:\\d+), admin (http://127\\.0\\.0\\.1:\\d+)");

  /** 3 MiB in blocks of 512 bytes: room for the native libraries, not for a growing ledger. */
  private static final int FILE_BLOCKS = 6_144;

  private static final int MOST_CALLS = 5_000;
  private static final String PROVIDER_KEY = "provider-key-4711";

  private final HttpClient http = HttpClient.newHttpClient();
  private final ObjectMapper json = new ObjectMapper();

  @TempDir Path folder;
  private FakeProvider provider;
  private Jar jar;

  @BeforeEach
  void start() throws IOException {
    provider = FakeProvider.start(0);
    jar = new Jar(folder).with("PROVIDER_KEY", PROVIDER_KEY);
    writeQuotaFile("127.0.0.1:0");
  }

  @AfterEach
  void stop() {
    provider.close();
  }

  private void writeQuotaFile(String listen) throws IOException {
    Files.writeString(
        folder.resolve("stipend.yaml"),
        """
        gateway: { listen: "%s", admin: "127.0.0.1:0", limits: { open_attempts: 128 } }
        providers: { openai: { url: "%s", key: "${PROVIDER_KEY}" } }
        allowances: { engineer: { amount: 400 USD, every: month } }
        teams: { payments: { cost_center: CC-1, budget: { amount: 12000 USD, every: month } } }
        people:
          ada: { team: payments, allowance: engineer }
          bob: { team: payments, allowance: engineer }
        """
            .formatted(listen, provider.url()));
  }

  @Test
  void aDayOfAGatewayFromTheFirstKeyToTheLastCorrection() throws Exception {
    String exchange;
    String usedLive;
    try (Running gateway = jar.start("ready", "serve")) {
      Matcher ready = READY.matcher(gateway.out());
      assertThat(ready.find()).as(gateway.out()).isTrue();
      String data = ready.group(1);
      assertThat(Files.exists(folder.resolve("stipend-data/admin-address"))).isTrue();

      JsonNode made = read("keys", "create", "ada", "--project", "atlas", "--json");
      String key = made.path("key").asText();
      assertThat(ask(data, key).statusCode()).isEqualTo(200);
      exchange = ask(data, key).headers().firstValue("stipend-exchange-id").orElseThrow();
      awaitSettled("ada");
      usedLive = read("balance", "ada", "--json").path("used").asText();
      assertThat(new BigDecimal(usedLive)).isPositive();

      assertThat(
              read("grant", "ada", "50", "--reason", "incident", "--json")
                  .path("remaining")
                  .asText())
          .isEqualTo(new BigDecimal("450").subtract(new BigDecimal(usedLive)).toPlainString());
      assertThat(read("balance", "ada", "--json").path("granted").asText()).isEqualTo("450");
      assertThat(me(data, key)).isEqualTo(read("balance", "ada", "--json"));

      allowancesMoveThroughTheGateway(data, key);
      assertRows(2, usedLive);
      assertThat(jar.run("ledger", "verify").code()).isZero();
      JsonNode mended =
          read("ledger", "correct", exchange, "--output", "0", "--reason", "no answer", "--json");
      assertThat(new BigDecimal(mended.path("cost_after").asText()))
          .isLessThan(new BigDecimal(mended.path("cost_before").asText()));
      usedLive = read("balance", "ada", "--json").path("used").asText();
      assertRows(2, usedLive);

      assertThat(jar.run("keys", "revoke", made.path("id").asText()).code()).isZero();
      assertThat(ask(data, key).statusCode()).as("the next request").isEqualTo(401);
      assertThat(jar.run("keys", "create", "adda").code()).isEqualTo(1);
      assertThat(gateway.terminate()).isZero();
      assertThat(Files.readString(gateway.err())).doesNotContain(key, PROVIDER_KEY);
    }

    assertThat(Files.exists(folder.resolve("stipend-data/admin-address"))).isFalse();
    JsonNode after = read("balance", "ada", "--json");
    assertThat(after.path("used").asText()).isEqualTo(usedLive);
    assertThat(after.path("granted").asText()).isEqualTo("450");
    assertThat(after.path("held").asText()).isEqualTo("0");
    assertThat(read("keys", "list", "--json").path(0).path("revoked_at").isNull()).isFalse();
    read(
        "ledger",
        "correct",
        exchange,
        "--attempt",
        "1",
        "--cost",
        "0.25",
        "--reason",
        "invoice",
        "--json");
    BigDecimal mended = new BigDecimal(read("balance", "ada", "--json").path("used").asText());
    assertThat(mended).isBetween(new BigDecimal("0.25"), new BigDecimal("0.26"));
    assertRows(2, mended.toPlainString());
    assertThat(jar.run("grant", "bob", "1", "--reason", "x").code()).isZero();
    assertThat(jar.run("ledger", "verify").code()).isZero();
    assertThat(provider.requests()).isEqualTo(2);
  }

  private void allowancesMoveThroughTheGateway(String data, String key) throws Exception {
    assertThat(jar.run("freeze", "ada", "--reason", "on leave").code()).isZero();
    assertThat(ask(data, key).statusCode()).as("the next request").isEqualTo(403);
    assertThat(read("unfreeze", "ada", "--reason", "back", "--json").path("changed").asBoolean())
        .isTrue();
    assertThat(jar.run("transfer", "ada", "bob", "1", "--reason", "x").code())
        .as("no rule lets ada send")
        .isEqualTo(1);
    assertThat(read("allowance", "show", "ada", "--json").path("accounts").path(0).path("lots"))
        .hasSize(2);
    assertThat(jar.run("plan", "--days", "1").code()).isZero();
  }

  @Test
  void aSecondGatewayOnTheSameFolderIsRefused() throws Exception {
    try (Running gateway = jar.start("ready", "serve")) {
      Invocation second = jar.run("serve");

      assertThat(second.code()).isEqualTo(70);
      assertThat(second.err()).contains("in use by process " + gateway.process().pid());
    }
  }

  @Test
  void aTakenPortAndABrokenFileAreSaidInOneLineEach() throws Exception {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      writeQuotaFile("127.0.0.1:" + taken.getLocalPort());

      Invocation serve = jar.run("serve");

      assertThat(serve.code()).isEqualTo(70);
      assertThat(serve.err())
          .startsWith("stipend: cannot listen on 127.0.0.1:" + taken.getLocalPort())
          .containsIgnoringCase("in use")
          .doesNotContain("\tat ");
    }
    writeQuotaFile("nowhere");
    Invocation broken = jar.run("serve");
    assertThat(broken.code()).isEqualTo(1);
    assertThat(broken.err()).contains("stipend.yaml:1:").contains("nowhere");
  }

  /** A limit on the size of files is what a full disk looks like to a process. */
  @Test
  void aLedgerThatCannotWriteEndsTheGatewayWithAnError() throws Exception {
    String key = read("keys", "create", "ada", "--json").path("key").asText();
    try (Running gateway = jar.startLimited("ready", FILE_BLOCKS, "serve")) {
      Matcher ready = READY.matcher(gateway.out());
      assertThat(ready.find()).as(gateway.out()).isTrue();
      for (int i = 0; i < MOST_CALLS && gateway.process().isAlive(); i++) {
        try {
          ask(ready.group(1), key);
        } catch (IOException e) {
          // It is ending: the loop's condition tells.
        }
      }

      assertThat(gateway.process().waitFor(60, TimeUnit.SECONDS)).as("it ends by itself").isTrue();
      assertThat(gateway.process().exitValue()).isEqualTo(70);
      assertThat(Files.readString(gateway.err())).contains("the disk of the ledger failed");
    }

    assertThat(jar.run("ledger", "verify").code()).isZero();
    // A call whose end could not be written is held until the next start books it.
    try (Running again = jar.start("ready", "serve")) {
      assertThat(read("balance", "ada", "--json").path("held").asText()).isEqualTo("0");
    }
    assertThat(jar.run("ledger", "verify").code()).isZero();
  }

  @Test
  void theJarIsNoLargerThanSixtyMebibytes() throws Exception {
    assertThat(Files.size(Jar.path())).isLessThanOrEqualTo(60L << 20);
  }

  @Test
  void lightCommandsStartFast() throws Exception {
    jar.run("keys", "create", "ada");
    List<Long> millis = new ArrayList<>();
    for (String[] command :
        new String[][] {{"--version"}, {"check"}, {"balance", "ada"}, {"keys", "list"}}) {
      long start = System.nanoTime();
      assertThat(jar.run(command).code()).isZero();
      millis.add((System.nanoTime() - start) / 1_000_000);
    }
    System.out.println("--version, check, balance, keys list took " + millis + " ms");

    assertThat(millis).as("ms").allMatch(each -> each < 20_000);
  }

  private void awaitSettled(String person) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(20))
        .until(() -> read("balance", person, "--json").path("held").asText().equals("0"));
  }

  /** The export has so many rows, and their costs are what the balance says was used. */
  private void assertRows(int rows, String used) throws Exception {
    Path out = folder.resolve("usage.jsonl");
    JsonNode report =
        read(
            "usage",
            "export",
            "--from",
            "2020-01-01",
            "--to",
            "2100-01-01T00:00:00Z",
            "--format",
            "jsonl",
            "--out",
            out.toString(),
            "--json");
    BigDecimal sum = BigDecimal.ZERO;
    for (String line : Files.readAllLines(out)) {
      JsonNode row = json.readTree(line);
      assertThat(row.path("project").asText()).isEqualTo("atlas");
      assertThat(row.path("cost_center").asText()).isEqualTo("CC-1");
      sum = sum.add(new BigDecimal(row.path("cost").asText()));
    }
    assertThat(report.path("rows").asInt()).isEqualTo(rows);
    assertThat(Files.readAllLines(out)).hasSize(rows);
    assertThat(sum).isEqualByComparingTo(used);
    assertThat(report.path("totals").path("USD").asText()).isEqualTo(used);
  }

  private JsonNode read(String... args) throws IOException, InterruptedException {
    Invocation run = jar.run(args);
    assertThat(run.code()).as(String.join(" ", args) + ": " + run.err()).isZero();
    return json.readTree(run.out());
  }

  private JsonNode me(String data, String key) throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(data + "/stipend/v1/me"))
            .header("authorization", "Bearer " + key)
            .build();
    return json.readTree(http.send(request, HttpResponse.BodyHandlers.ofString()).body());
  }

  private HttpResponse<String> ask(String data, String key)
      throws IOException, InterruptedException {
    HttpRequest request =
        HttpRequest.newBuilder(URI.create(data + "/v1/chat/completions"))
            .header("authorization", "Bearer " + key)
            .header("content-type", "application/json")
            .POST(
                HttpRequest.BodyPublishers.ofString(
                    "{\"model\":\"gpt-5\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}"))
            .build();
    return http.send(request, HttpResponse.BodyHandlers.ofString());
  }
}
