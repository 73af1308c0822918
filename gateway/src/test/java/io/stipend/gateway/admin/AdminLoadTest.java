package io.stipend.gateway.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.stipend.gateway.delivery.DeliveryStatus;
import io.stipend.gateway.server.Listener;
import io.stipend.gateway.server.ListenerOptions;
import io.stipend.gateway.server.ServerLimits;
import io.stipend.gateway.server.Transport;
import io.stipend.metering.ledger.KeyRecord;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.LedgerOptions;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.SqliteLedger;
import io.stipend.policy.budget.LocalBudgets;
import io.stipend.policy.config.QuotaFile;
import io.stipend.policy.identity.KeyRing;
import io.stipend.policy.identity.NewKey;
import io.stipend.policy.store.Freezes;
import io.stipend.policy.store.PolicySnapshot;
import io.stipend.policy.store.PolicyStore;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whoever reads much holds up nobody who has more to say, and fills no memory. */
class AdminLoadTest {
  private static final String QUOTA =
      """
      gateway: { data: ./data }
      providers: { openai: { url: "http://127.0.0.1:1", key: k } }
      allowances: { engineer: { amount: 400 USD, every: month } }
      people: { ada: { allowance: engineer } }
      """;

  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final HttpClient http = HttpClient.newHttpClient();
  private final InstantSource clock = InstantSource.system();

  /** Readings wait for this. */
  private final CountDownLatch read = new CountDownLatch(1);

  private final CountDownLatch reading = new CountDownLatch(2);

  @TempDir Path folder;
  private SqliteLedger ledger;
  private LocalAdmin admin;
  private Transport transport;
  private AdminHandler handler;
  private Listener listener;
  private String adasKey;
  private String adminKey;

  @BeforeEach
  void start() throws Exception {
    Path file = Files.writeString(folder.resolve("stipend.yaml"), QUOTA);
    QuotaFile quota = ((QuotaFile.Loaded) QuotaFile.load(file, Map.of())).quotaFile();
    Path data = quota.gateway().data();
    ledger = SqliteLedger.open(data, new LedgerOptions(64, 20_000, 64, () -> {}), clock);
    KeyRing keys = KeyRing.open(data);
    NewKey made = keys.create("ada", "", null, null, "x", clock.instant());
    keys.add(new KeyRecord(made.created(), null));
    adasKey = made.reveal();
    admin =
        new LocalAdmin(
            ledger, new LocalBudgets(ledger, clock), keys, new Freezes(), () -> quota, clock);
    AdminAccess access = AdminAccess.open(data);
    adminKey = Files.readString(data.resolve("admin-key")).strip();
    PolicyStore store = new PolicyStore(new PolicySnapshot(quota, "hash"), keys);
    handler =
        new AdminHandler(
            slow(admin),
            new Statements(() -> quota, clock, LedgerReader::openBeside),
            () -> new GatewayStatus("1", "hash", 0, 0, true, Map.of(), DeliveryStatus.NONE),
            access,
            new Callers(access, keys, store, new Freezes(), clock));
    transport = Transport.start(1);
    listener =
        Listener.start(
            transport, new ListenerOptions("127.0.0.1", 0, null, ServerLimits.DEFAULTS), handler);
  }

  /** Usage and the audit take until the test says so, as they do of millions of rows. */
  private AdminService slow(AdminService behind) {
    return (AdminService)
        Proxy.newProxyInstance(
            AdminService.class.getClassLoader(),
            new Class<?>[] {AdminService.class},
            (proxy, method, arguments) -> {
              if (method.getName().equals("usage") || method.getName().equals("audit")) {
                reading.countDown();
                read.await();
              }
              try {
                return method.invoke(behind, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  @AfterEach
  void stop() {
    read.countDown();
    listener.close();
    handler.close();
    transport.close();
    ledger.close();
  }

  @Test
  void whoReadsLongHoldsUpNeitherWhoReadsMoreNorWhoChangesSomething() throws Exception {
    CompletableFuture<HttpResponse<String>> own = begin("GET", "/v1/usage/ada", adasKey);
    CompletableFuture<HttpResponse<String>> all = begin("GET", "/v1/audit", adminKey);
    assertThat(reading.await(PATIENCE.toMillis(), TimeUnit.MILLISECONDS))
        .as("the platform's reading began beside that of a person")
        .isTrue();

    HttpResponse<String> change =
        begin("DELETE", "/v1/keys/none", adminKey).get(PATIENCE.toSeconds(), TimeUnit.SECONDS);

    assertThat(change.statusCode()).as("an order, beside both").isEqualTo(404);
    assertThat(own).isNotDone();
    assertThat(all).isNotDone();
    read.countDown();
    assertThat(own.get(PATIENCE.toSeconds(), TimeUnit.SECONDS).statusCode()).isEqualTo(200);
    assertThat(all.get(PATIENCE.toSeconds(), TimeUnit.SECONDS).statusCode()).isEqualTo(200);
  }

  @Test
  void moreChangesThanOneAnswerHoldsAreAskedForInParts() throws Exception {
    List<CompletableFuture<Void>> entered = new ArrayList<>();
    for (int i = 0; i <= 10_000; i++) {
      entered.add(
          ledger.append(
              new LedgerEntry.Frozen(
                  clock.instant(), "f" + i, "person/ada", i % 2 == 0, "", "eve")));
    }
    for (CompletableFuture<Void> one : entered) {
      one.get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    }

    assertThatThrownBy(() -> admin.audit(null, null))
        .isInstanceOf(AdminException.class)
        .hasMessage(
            "from: more than 10000 changes (expected: fewer; ask for a shorter time, or use audit"
                + " export)");
    assertThat(admin.audit("2100-01-01", null)).isEmpty();
  }

  private CompletableFuture<HttpResponse<String>> begin(String method, String path, String key) {
    return http.sendAsync(
        HttpRequest.newBuilder(
                URI.create("http://127.0.0.1:" + listener.address().getPort() + path))
            .header("authorization", "Bearer " + key)
            .method(method, HttpRequest.BodyPublishers.noBody())
            .build(),
        HttpResponse.BodyHandlers.ofString());
  }
}
