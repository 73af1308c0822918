package io.stipend.gateway.alert;

import static com.github.tomakehurst.wiremock.client.WireMock.aResponse;
import static com.github.tomakehurst.wiremock.client.WireMock.any;
import static com.github.tomakehurst.wiremock.client.WireMock.anyUrl;
import static com.github.tomakehurst.wiremock.client.WireMock.post;
import static com.github.tomakehurst.wiremock.core.WireMockConfiguration.options;
import static com.github.tomakehurst.wiremock.stubbing.Scenario.STARTED;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.github.tomakehurst.wiremock.WireMockServer;
import com.github.tomakehurst.wiremock.verification.LoggedRequest;
import io.stipend.gateway.testing.CapturedLog;
import io.stipend.gateway.upstream.UpstreamOptions;
import io.stipend.metering.Unit;
import io.stipend.metering.ledger.AccountKey;
import io.stipend.policy.alert.Alert;
import io.stipend.policy.config.GatewayConfig;
import io.stipend.policy.config.HostPort;
import io.stipend.policy.config.Secret;
import io.stipend.policy.config.Webhook;
import io.stipend.policy.config.Webhook.Event;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The real sender against a real server, over real sockets. */
class AlertSenderTest {
  private static final Instant NOW = Instant.parse("2026-11-23T10:00:00.250Z");
  private static final Instant END = Instant.parse("2026-12-01T00:00:00Z");
  private static final Set<Event> ALL = EnumSet.allOf(Event.class);
  private static final String SECRET = "whsec-never-to-be-seen";
  private static final String PATH = "/services/T0/B0/path-is-a-secret";
  private static final Patience QUICK =
      new Patience(
          Duration.ofSeconds(2), List.of(Duration.ofMillis(20), Duration.ofMillis(40)), 100);

  @TempDir Path folder;
  private final List<AutoCloseable> opened = new ArrayList<>();
  private WireMockServer server;

  @BeforeEach
  void start() {
    server = new WireMockServer(options().bindAddress("127.0.0.1").dynamicPort());
    server.start();
    server.stubFor(any(anyUrl()).willReturn(aResponse().withStatus(200).withBody("ok")));
  }

  @AfterEach
  void stop() throws Exception {
    for (AutoCloseable one : opened) {
      one.close();
    }
    server.stop();
  }

  private static Alert alert(String person, String threshold) {
    boolean ahead = threshold.equals(Alert.FORECAST);
    return new Alert(
        NOW,
        new AccountKey("person/" + person, "2026-11", Unit.USD),
        threshold,
        320_500_000_000L,
        400_000_000_000L,
        ahead ? Instant.parse("2026-11-25T14:00:00Z") : null,
        END);
  }

  private Webhook webhook() {
    return webhook(server.baseUrl() + PATH, SECRET, ALL);
  }

  private static Webhook webhook(String url, String secret, Set<Event> events) {
    return new Webhook(URI.create(url), secret == null ? null : new Secret(secret), events);
  }

  private AlertSender sender(Patience patience, Webhook... webhooks) {
    return sender(UpstreamOptions.of(config()), patience, webhooks);
  }

  private AlertSender sender(UpstreamOptions options, Patience patience, Webhook... webhooks) {
    AlertSender sender =
        new AlertSender(
            List.of(webhooks), options, folder, InstantSource.fixed(NOW.plusSeconds(1)), patience);
    opened.add(sender);
    return sender;
  }

  private GatewayConfig config() {
    HostPort any = new HostPort("127.0.0.1", 0);
    return GatewayConfig.of(any, any, folder);
  }

  private List<LoggedRequest> requests(int count) {
    await().until(() -> requests().size() >= count);
    return requests();
  }

  private List<LoggedRequest> requests() {
    return server.getAllServeEvents().stream().map(e -> e.getRequest()).toList();
  }

  @Test
  void theMessageIsSlacksWithFieldsOfOurOwnAndSigned() throws Exception {
    sender(QUICK, webhook()).accept(alert("ada", "80"));

    LoggedRequest request = requests(1).get(0);
    assertThat(request.getMethod().getName()).isEqualTo("POST");
    assertThat(request.getUrl()).isEqualTo(PATH);
    assertThat(request.getHeader("content-type")).isEqualTo("application/json");
    JsonNode body = new JsonMapper().readTree(request.getBody());
    assertThat(body.get("text").textValue())
        .isEqualTo(
            "Stipend: person/ada (2026-11) reached 80% of its budget: 320.5 of 400 USD used (80%)."
                + " It resets on 2026-12-01T00:00:00Z.");
    assertThat(body.get("type").textValue()).isEqualTo("threshold");
    assertThat(body.get("threshold_percent").intValue()).isEqualTo(80);
    assertThat(body.get("budget").textValue()).isEqualTo("person/ada");
    assertThat(body.get("period").textValue()).isEqualTo("2026-11");
    assertThat(body.get("unit").textValue()).isEqualTo("USD");
    assertThat(body.get("used").textValue()).isEqualTo("320.5");
    assertThat(body.get("given").textValue()).isEqualTo("400");
    assertThat(body.get("at").textValue()).isEqualTo("2026-11-23T10:00:00.250Z");
    assertThat(body.get("resets_at").textValue()).isEqualTo("2026-12-01T00:00:00Z");
    assertThat(body.get("exhausted_at").isNull()).isTrue();
    assertThat(request.getHeader("stipend-alert-id"))
        .matches("[0-9a-f]{32}")
        .isEqualTo(body.get("id").textValue());
    assertThat(request.getHeader("stipend-signature"))
        .isEqualTo("t=1795428001,v1=" + hmac("1795428001." + request.getBodyAsString()));
  }

  /** As a receiver would check it. */
  private static String hmac(String signed) throws Exception {
    Mac mac = Mac.getInstance("HmacSHA256");
    mac.init(new SecretKeySpec(SECRET.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
    return HexFormat.of().formatHex(mac.doFinal(signed.getBytes(StandardCharsets.UTF_8)));
  }

  @Test
  void aForecastSaysWhen() throws Exception {
    sender(QUICK, webhook()).accept(alert("ada", Alert.FORECAST));

    JsonNode body = new JsonMapper().readTree(requests(1).get(0).getBody());
    assertThat(body.get("type").textValue()).isEqualTo("forecast");
    assertThat(body.get("exhausted_at").textValue()).isEqualTo("2026-11-25T14:00:00Z");
    assertThat(body.has("threshold_percent")).isFalse();
    assertThat(body.get("text").textValue()).contains("will be used up on 2026-11-25T14:00:00Z");
  }

  @Test
  void whatAQuotaFileNamesCannotCallAChannel() throws Exception {
    sender(QUICK, webhook()).accept(alert("<!channel>&co", "100"));

    JsonNode body = new JsonMapper().readTree(requests(1).get(0).getBody());
    assertThat(body.get("text").textValue()).contains("person/&lt;!channel&gt;&amp;co (2026-11)");
    assertThat(body.get("budget").textValue()).isEqualTo("person/<!channel>&co");
  }

  @Test
  void withoutASecretNothingIsSigned() {
    sender(QUICK, webhook(server.baseUrl() + PATH, null, ALL)).accept(alert("ada", "80"));

    assertThat(requests(1).get(0).containsHeader("stipend-signature")).isFalse();
  }

  @Test
  void eachWebhookGetsTheKindsThatItWants() {
    AlertSender sender =
        sender(
            QUICK,
            webhook(server.baseUrl() + "/thresholds", SECRET, Set.of(Event.THRESHOLD)),
            webhook(server.baseUrl() + "/forecasts", SECRET, Set.of(Event.FORECAST)));
    sender.accept(alert("ada", "80"));
    sender.accept(alert("ada", Alert.FORECAST));

    await().until(() -> sender.counts().delivered() == 2);
    assertThat(requests())
        .extracting(r -> r.getUrl() + " " + r.getBodyAsString().contains("\"forecast\""))
        .containsExactlyInAnyOrder("/thresholds false", "/forecasts true");
  }

  @Test
  void aFailureIsTriedAgainWithTheSameMessage() {
    server.stubFor(
        post(PATH)
            .inScenario("s")
            .whenScenarioStateIs(STARTED)
            .willReturn(aResponse().withStatus(500))
            .willSetStateTo("2"));
    server.stubFor(
        post(PATH)
            .inScenario("s")
            .whenScenarioStateIs("2")
            .willReturn(aResponse().withStatus(429))
            .willSetStateTo("3"));
    server.stubFor(
        post(PATH)
            .inScenario("s")
            .whenScenarioStateIs("3")
            .willReturn(aResponse().withStatus(204)));
    AlertSender sender = sender(QUICK, webhook());
    sender.accept(alert("ada", "80"));

    await().until(() -> sender.counts().delivered() == 1);
    assertThat(requests()).hasSize(3);
    assertThat(requests())
        .extracting(LoggedRequest::getBodyAsString)
        .containsOnly(requests().get(0).getBodyAsString());
    assertThat(sender.counts()).isEqualTo(new AlertSender.Counts(1, 0, 0));
  }

  @Test
  void whatIsNeverTakenIsGivenUpAndSentAfterTheNextStart() {
    server.stubFor(any(anyUrl()).willReturn(aResponse().withStatus(500)));
    AlertSender sender = sender(QUICK, webhook());
    sender.accept(alert("ada", "80"));
    await().until(() -> sender.counts().dropped() == 1);
    assertThat(requests()).hasSize(3);
    assertThat(sender.counts()).isEqualTo(new AlertSender.Counts(0, 1, 0));
    sender.close();

    server.stubFor(any(anyUrl()).willReturn(aResponse().withStatus(200)));
    AlertSender next = sender(QUICK, webhook());
    next.resume(List.of(alert("ada", "80")));
    await().until(() -> next.counts().delivered() == 1);
    assertThat(requests())
        .extracting(r -> r.getHeader("stipend-alert-id"))
        .hasSize(4)
        .containsOnly(requests().get(0).getHeader("stipend-alert-id"));
  }

  @Test
  void whatWasDeliveredIsNotSentAfterTheNextStart() throws Exception {
    AlertSender sender = sender(QUICK, webhook());
    sender.accept(alert("ada", "50"));
    await().until(() -> sender.counts().delivered() == 1);
    sender.close();
    // What a crash in the middle of a mark leaves.
    Files.writeString(folder.resolve(DeliveredMarks.FILE), "17954", StandardOpenOption.APPEND);

    for (int start = 0; start < 2; start++) {
      AlertSender next = sender(QUICK, webhook());
      next.resume(List.of(alert("ada", "50"), alert("ada", Integer.toString(80 + start))));
      await().until(() -> next.counts().delivered() == 1);
      assertThat(next.counts().pending()).isZero();
      next.close();
    }
    assertThat(requests()).hasSize(3);
    assertThat(Files.readString(folder.resolve(DeliveredMarks.FILE))).doesNotContain("path-is-a");
  }

  @Test
  void marksOfYesterdayAreForgotten() throws Exception {
    Path file = folder.resolve(DeliveredMarks.FILE);
    String mark = " " + "a".repeat(32) + " " + "b".repeat(16);
    long yesterday = NOW.minus(AlertSender.OUTBOX).getEpochSecond();
    Files.write(file, List.of(yesterday - 1 + mark, yesterday + 2 + mark, "rubbish"));
    sender(QUICK, webhook());

    assertThat(Files.readAllLines(file)).containsExactly(yesterday + 2 + mark);
  }

  @Test
  void aRedirectIsNotFollowed() {
    server.stubFor(
        post(PATH)
            .willReturn(
                aResponse()
                    .withStatus(307)
                    .withHeader("location", server.baseUrl() + "/elsewhere")));
    AlertSender sender = sender(QUICK, webhook());
    sender.accept(alert("ada", "80"));

    await().until(() -> sender.counts().dropped() == 1);
    assertThat(requests()).hasSize(3).extracting(LoggedRequest::getUrl).containsOnly(PATH);
  }

  @Test
  void oneThatHangsHoldsUpNoOtherAndItsQueueIsBounded() throws Exception {
    try (ServerSocket silent = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"))) {
      AlertSender sender =
          sender(
              new Patience(Duration.ofSeconds(30), List.of(), 10),
              webhook("http://127.0.0.1:" + silent.getLocalPort() + "/", SECRET, ALL),
              webhook());
      for (int i = 0; i < 10; i++) {
        sender.accept(alert("p" + i, "80"));
      }
      await().until(() -> sender.counts().delivered() == 10);
      sender.accept(alert("more", "80"));
      await().until(() -> sender.counts().delivered() == 11);
      assertThat(sender.counts()).isEqualTo(new AlertSender.Counts(11, 1, 10));
    }
  }

  @Test
  void anAnswerThatDripsForEverIsATimeout() {
    server.stubFor(
        any(anyUrl())
            .willReturn(
                aResponse()
                    .withStatus(200)
                    .withBody("x".repeat(1_000))
                    .withChunkedDribbleDelay(100, 60_000)));
    AlertSender sender = sender(new Patience(Duration.ofMillis(300), List.of(), 10), webhook());
    sender.accept(alert("ada", "80"));

    await().atMost(Duration.ofSeconds(10)).until(() -> sender.counts().dropped() == 1);
  }

  @Test
  void anEditedFileTakesEffectAndKeepsWhatWaits() {
    server.stubFor(post("/old").willReturn(aResponse().withStatus(500)));
    AlertSender sender =
        sender(
            new Patience(Duration.ofSeconds(2), List.of(Duration.ofMillis(300)), 10),
            webhook(server.baseUrl() + "/old", "first", ALL));
    sender.accept(alert("ada", "80"));
    requests(1);
    String first = requests().get(0).getHeader("stipend-signature");
    sender.webhooks(
        List.of(
            webhook(server.baseUrl() + "/old", "second", ALL),
            webhook(server.baseUrl() + "/new", null, ALL)));
    assertThat(requests(2).get(0).getHeader("stipend-signature")).isNotEqualTo(first);

    sender.webhooks(List.of(webhook(server.baseUrl() + "/new", null, ALL)));
    sender.accept(alert("ada", "100"));
    await().until(() -> sender.counts().delivered() == 1);
    assertThat(requests())
        .extracting(LoggedRequest::getUrl)
        .containsExactlyInAnyOrder("/old", "/old", "/new");
  }

  @Test
  void theProxyIsUsedExceptToLoopback() {
    AlertSender sender =
        sender(proxied(server.port()), QUICK, webhook("http://hooks.example.test/x", SECRET, ALL));
    sender.accept(alert("ada", "80"));
    await().until(() -> sender.counts().delivered() == 1);
    assertThat(requests().get(0).getHeader("host")).isEqualTo("hooks.example.test");

    AlertSender direct = sender(proxied(1), QUICK, webhook(server.baseUrl() + PATH, SECRET, ALL));
    direct.accept(alert("ada", "80"));
    await().until(() -> direct.counts().delivered() == 1);
  }

  private UpstreamOptions proxied(int port) {
    UpstreamOptions o = UpstreamOptions.of(config());
    return new UpstreamOptions(
        o.connectTime(),
        o.firstByteTime(),
        o.idleTime(),
        o.totalTime(),
        o.pooledIdleTime(),
        o.connectionsPerLoop(),
        URI.create("http://127.0.0.1:" + port),
        null,
        o.maxHeaderBytes());
  }

  @Test
  void nothingThatIsLoggedHoldsASecretOrTheAddress() {
    server.stubFor(any(anyUrl()).willReturn(aResponse().withStatus(500).withBody("echo " + PATH)));
    try (CapturedLog log = new CapturedLog()) {
      AlertSender sender =
          sender(
              QUICK,
              webhook(),
              webhook("http://127.0.0.1:1" + PATH, SECRET, ALL),
              webhook("https://127.0.0.1:" + server.port() + PATH, SECRET, ALL));
      sender.accept(alert("ada", "80"));
      await().until(() -> sender.counts().dropped() == 3);
      assertThat(log.lines()).anyMatch(line -> line.contains("was not delivered in 3 tries"));
      assertThat(String.join("\n", log.lines()))
          .doesNotContain(SECRET)
          .doesNotContain("path-is-a-secret");
    }
  }

  @Test
  void theLogTellsEachAlertOnOneLine() {
    try (CapturedLog log = CapturedLog.of("stipend.alerts")) {
      AlertSender sender = sender(QUICK);
      sender.accept(alert("ada", "80"));
      sender.resume(List.of(alert("ada", "50")));
      assertThat(log.lines())
          .containsExactly(
              "stipend.alerts account=person/ada@2026-11#USD threshold=80 used=320.5 given=400"
                  + " resets_at=2026-12-01T00:00:00Z {}");
    }
  }
}
