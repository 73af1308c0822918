package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.gateway.demo.FakeProvider;
import io.stipend.gateway.demo.FakeProvider.Billed;
import io.stipend.gateway.demo.FakeProvider.End;
import io.stipend.gateway.testing.TestGateway;
import io.stipend.metering.ChargeLine;
import io.stipend.metering.ChargeLines;
import io.stipend.metering.Unit;
import io.stipend.metering.UsageReport;
import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.UsageRow;
import io.stipend.metering.price.RateCardException;
import io.stipend.metering.price.RateCards;
import io.stipend.metering.price.Rating;
import java.io.IOException;
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
import java.util.List;
import org.awaitility.Awaitility;

/**
 * A gateway before a provider of everybody's models that keeps its own tally, and the comparison of
 * their books. Bodies are written with single quotes.
 */
final class Books implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(30);

  private final HttpClient http =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  final FakeProvider provider;
  final TestGateway gateway;

  /** One person, ada, with so much for a year; she may use these models. */
  Books(long nanos, String models, String gatewayKeys) {
    this(
        """
        calendar: { timezone: Europe/Berlin, currency: USD }
        providers:
          openai: { url: "%%1$s", key: "provider-key" }
          anthropic: { url: "%%1$s", key: "provider-key" }
          gemini: { url: "%%1$s", key: "provider-key" }
        rate_cards: [builtin]
        models: { allow: [%s] }
        allowances: { engineer: { amount: %s USD, every: year } }
        people: { ada: { allowance: engineer } }
        """
            .formatted(models, Unit.USD.format(nanos)),
        gatewayKeys);
  }

  /**
   * With another quota file, in which there is an ada.
   *
   * @param quotas {@code %1$s} is the provider's address
   */
  Books(String quotas, String gatewayKeys) {
    provider = FakeProvider.start(0);
    gateway = TestGateway.start(quotas.formatted(provider.url()), gatewayKeys);
  }

  /**
   * With another quota file, in which there is an ada.
   *
   * @param quotas {@code %1$s} is the provider's address, the others follow
   */
  static Books of(String quotas, String... others) {
    String all = quotas;
    for (int i = 0; i < others.length; i++) {
      all = all.replace("%" + (i + 2) + "$s", others[i]);
    }
    return new Books(all, "");
  }

  /**
   * Before a Vertex AI, whose service account's file lies in this folder.
   *
   * @param quotas {@code %1$s} is the provider's address, {@code %2$s} the file
   */
  static Books ofVertex(Path folder, String quotas, String... others) throws IOException {
    FakeProvider provider = FakeProvider.start(0);
    Path file = Files.writeString(folder.resolve("account.json"), provider.serviceAccount());
    String all = quotas.replace("%2$s", file.toString());
    for (int i = 0; i < others.length; i++) {
      all = all.replace("%" + (i + 3) + "$s", others[i]);
    }
    return new Books(provider, TestGateway.start(all.formatted(provider.url())));
  }

  private Books(FakeProvider provider, TestGateway gateway) {
    this.provider = provider;
    this.gateway = gateway;
  }

  static Rating rating(String model) {
    String vendor =
        model.contains("@")
            ? "vertex"
            : model.matches("[a-z.]+\\.[a-z].*")
                ? "bedrock"
                : model.startsWith("gemini")
                    ? "gemini"
                    : model.startsWith("claude") ? "anthropic" : "openai";
    try {
      return RateCards.load(List.of(RateCards.Source.builtin()))
          .rating(vendor, vendor, model, Instant.now());
    } catch (RateCardException e) {
      throw new AssertionError(e);
    }
  }

  /** The input of a body as it is estimated before anything is learned: a token for three bytes. */
  static long estimate(String body) {
    return (body.getBytes(StandardCharsets.UTF_8).length + 2) / 3;
  }

  HttpResponse<String> post(String path, String key, String body, String... headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(gateway.url() + path))
            .timeout(PATIENCE)
            .header("Authorization", "Bearer " + key)
            .POST(HttpRequest.BodyPublishers.ofString(body.replace('\'', '"')));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return http.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  HttpResponse<String> admitted(String path, String key, String body, String... headers)
      throws IOException, InterruptedException {
    HttpResponse<String> answer = post(path, key, body, headers);
    assertThat(answer.statusCode()).as("%s said %s", body, answer.body()).isEqualTo(200);
    return answer;
  }

  /** Sends it, and leaves when so many bytes of the answer came. */
  void leave(int afterBytes, String path, String key, String body, String... headers)
      throws IOException {
    try (Socket socket =
        new Socket(InetAddress.getLoopbackAddress(), gateway.gateway().address().getPort())) {
      socket.setSoTimeout((int) PATIENCE.toMillis());
      socket.getOutputStream().write(Wire.post(path, key, body.replace('\'', '"'), headers));
      Awaitility.await().atMost(PATIENCE).until(() -> !provider.billed().isEmpty());
      assertThat(socket.getInputStream().readNBytes(afterBytes)).hasSize(afterBytes);
      socket.setSoLinger(true, 0);
    }
  }

  /** The rows, when everything has ended: one for each that the provider bills. */
  List<UsageRow> rows() {
    Awaitility.await()
        .atMost(PATIENCE)
        .untilAsserted(
            () -> {
              assertThat(provider.billed()).noneMatch(one -> one.end() == End.RUNNING);
              assertThat(gateway.rows()).hasSameSizeAs(provider.billed());
              assertThat(gateway.balance("ada").held()).isEqualTo("0");
            });
    List<UsageRow> rows = gateway.rows();
    assertThat(Unit.USD.parse(gateway.balance("ada").used()))
        .isEqualTo(rows.stream().mapToLong(UsageRow::nanos).sum());
    assertThat(gateway.verify().problems()).isEmpty();
    rows.forEach(Books::madeOfItsLines);
    return rows;
  }

  /** What was reported is charged by the meter, and the meters make its cost and its tokens. */
  private static void madeOfItsLines(UsageRow row) {
    boolean metered = row.usageSource() == UsageSource.REPORTED && row.nanos() > 0;
    if (metered || !row.lines().isEmpty()) {
      assertThat(ChargeLines.nanos(row.lines())).as("%s", row).isEqualTo(row.nanos());
      long tokens = 0;
      for (ChargeLine line : row.lines()) {
        tokens += line.isTokens() ? line.quantity() : 0;
      }
      assertThat(tokens).as("%s", row).isIn(0L, row.usage().total());
    }
  }

  Billed billed(UsageRow row) {
    return provider.billed().stream()
        .filter(one -> one.requestId().equals(row.providerRequestId()))
        .findFirst()
        .orElseThrow();
  }

  /** Both books agree, row by row and to the nano-unit. */
  List<UsageRow> agreed() {
    List<UsageRow> rows = rows();
    for (UsageRow row : rows) {
      Billed one = billed(row);
      assertThat(row.usage()).as("%s", one).isEqualTo(one.usage());
      assertThat(row.units()).as("%s", one).isEqualTo(one.units());
      assertThat(row.usageSource()).isEqualTo(UsageSource.REPORTED);
      assertThat(row.nanos()).isEqualTo(charge(one));
      assertThat(row.flags()).isEmpty();
    }
    return rows;
  }

  static long charge(Billed one) {
    UsageReport.Part whole = new UsageReport.Part(null, one.usage());
    return rating(one.model())
        .charge(
            new UsageReport(List.of(whole), one.model(), one.serviceTier(), false).and(one.units()))
        .nanos();
  }

  @Override
  public void close() {
    gateway.close();
    provider.close();
  }
}
