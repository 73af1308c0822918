package io.stipend.gateway.pitfalls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.errors.RateLimitException;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import io.stipend.gateway.admin.AdminService.KeyOrder;
import io.stipend.gateway.demo.FakeProvider;
import io.stipend.gateway.demo.FakeProvider.End;
import io.stipend.gateway.server.RawClient;
import io.stipend.gateway.testing.Api;
import io.stipend.gateway.testing.ServedProcess;
import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.UsageRow;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rows of {@code docs/pitfalls.md} about the record: its disk, its size, and whom it outlives. */
class PitfallsOfTheStoreTest {
  private static final String PEOPLE =
      """
      allowances:
        rich: { amount: 400 USD, every: year }
        narrow: { amount: 0.0002 USD, every: year, when_short: [refuse] }
        broke: { amount: 0.000001 USD, every: year }
      people:
        ada: { allowance: rich }
        bob: { allowance: narrow }
        cyd: { allowance: broke }
      """;

  /** How long nothing must happen; much longer than a commit. */
  private static final Duration SILENCE = Duration.ofMillis(300);

  @TempDir Path folder;

  private static Bench bench(String keys) {
    return new Bench(Bench.quotas(PEOPLE), keys, InstantSource.system());
  }

  private static Connection ledger(Bench bench) throws SQLException {
    Path database = bench.gateway.data().resolve("ledger.db");
    assertThat(database).exists();
    Connection connection = DriverManager.getConnection("jdbc:sqlite:" + database);
    execute(connection, "pragma busy_timeout = 10000");
    return connection;
  }

  private static void execute(Connection connection, String sql) throws SQLException {
    try (Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  @Test
  void b5AKilledProcessForgetsNoSpend() throws Exception {
    try (FakeProvider provider = FakeProvider.start(0)) {
      String quotas = Bench.quotas(PEOPLE).replace("PROVIDER", provider.url());
      ServedProcess.write(folder, quotas, "");
      ServedProcess gateway = ServedProcess.start(folder);
      try {
        String key = gateway.admin().createKey(new KeyOrder("ada", null, null, null), "test").key();
        try (RawClient done = new RawClient(gateway.address());
            RawClient running = new RawClient(gateway.address())) {
          done.send(Api.CHAT.wire(key, Api.CHAT.body(false, 50)));
          assertThat(done.answer().status()).isEqualTo(200);
          String slow = "x-fake-pace-micros";
          running.send(Api.CHAT.wire(key, Api.CHAT.body(true, 4_000), slow, "5000"));
          Awaitility.await().until(() -> provider.requests() == 2);
          gateway.kill();
        }
        gateway = ServedProcess.start(folder);
        Awaitility.await()
            .until(() -> provider.billed().stream().noneMatch(b -> b.end() == End.RUNNING));
        List<UsageRow> rows = new ArrayList<>();
        try (LedgerReader reader = LedgerReader.open(folder.resolve("data"))) {
          reader.usage(Instant.EPOCH, Instant.now().plusSeconds(60), rows::add);
          assertThat(reader.verify().problems()).isEmpty();
        }
        assertThat(rows).hasSize(2);
        assertThat(rows.get(0).usage()).isEqualTo(provider.billed().get(0).usage());
        assertThat(rows.get(1).usageSource()).isEqualTo(UsageSource.ASSUMED);
        assertThat(rows.get(1).usage().output())
            .isBetween(provider.billed().get(1).usage().output(), 4_000L);
        long spent = rows.get(0).nanos() + rows.get(1).nanos();
        var balance = gateway.admin().balance("ada");
        assertThat(balance.held()).isEqualTo("0");
        assertThat(balance.used()).isEqualTo(io.stipend.metering.Unit.USD.format(spent));
      } finally {
        gateway.close();
      }
    }
  }

  @Test
  void b5AGracefulStopSettlesWhatIsUnderWay() {
    try (Bench bench = bench("")) {
      bench.key("ada");
      CompletableFuture<HttpResponse<String>> underWay =
          CompletableFuture.supplyAsync(
              () ->
                  bench.post(
                      Api.CHAT, "ada", Api.CHAT.body(true, 60), "x-fake-pace-micros", "5000"));
      Awaitility.await().until(() -> bench.provider.requests() == 1);
      bench.gateway.restart();
      assertThat(underWay.join().statusCode()).isEqualTo(200);
      assertThat(bench.agrees("ada")).hasSize(1);
    }
  }

  @Test
  void b6ACallThatCannotBeRecordedIsNotSent() throws Exception {
    try (Bench bench = bench("limits: { open_attempts: 1 }\ndurability: strict")) {
      String[] slow = {"x-fake-delay-millis", "2000"};
      bench.key("ada");
      CompletableFuture<HttpResponse<String>> first =
          CompletableFuture.supplyAsync(
              () -> bench.post(Api.CHAT, "ada", Api.CHAT.body(false, 9), slow));
      Awaitility.await().until(() -> bench.provider.requests() == 1);
      bench.refuses(503, Api.CHAT, "ada", Api.CHAT.body(false, 9));
      assertThat(first.join().statusCode()).isEqualTo(200);
      bench.agrees("ada");
      try (Connection connection = ledger(bench)) {
        execute(
            connection,
            "create trigger broken before insert on batch begin select raise(abort, 'broken'); end");
      }
      bench.refuses(503, Api.CHAT, "ada", Api.CHAT.body(false, 9));
      bench.gateway.gateway().failed().join();
      bench.refuses(503, Api.MESSAGES, "ada", Api.MESSAGES.body(true, 9));
      assertThat(bench.provider.requests()).isEqualTo(1);
    }
  }

  @Test
  void b14ARowIsNarrowAndNoTextIsKept() throws Exception {
    int exchanges = 200;
    try (Bench bench = bench("")) {
      String secret = "nobody ever wrote this sentence down ";
      String body = Api.CHAT.body(false, 20).replace("Say something.", secret.repeat(20));
      bench.admits(Api.CHAT, "ada", body);
      bench.settled("ada");
      bench.gateway.restart();
      long before = size(bench.gateway.data());
      ExecutorService clients = Executors.newFixedThreadPool(16);
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < exchanges; i++) {
        all.add(clients.submit(() -> bench.admits(Api.CHAT, "ada", body)));
      }
      for (Future<?> one : all) {
        one.get();
      }
      clients.shutdown();
      bench.settled("ada");
      assertThat(bench.rows("ada")).hasSize(exchanges + 1);
      bench.gateway.restart();
      long perExchange = (size(bench.gateway.data()) - before) / exchanges;
      // Two hundred share the first pages of every table; of many it is 350: LedgerCostTest.
      assertThat(perExchange).as("bytes for each exchange").isBetween(1L, 500L);
      try (Stream<Path> files = Files.list(bench.gateway.data())) {
        for (Path file : files.filter(Files::isRegularFile).toList()) {
          String bytes = Files.readString(file, StandardCharsets.ISO_8859_1);
          assertThat(bytes.contains("nobody ever wrote")).as("%s", file).isFalse();
        }
      }
    }
  }

  private static long size(Path data) throws IOException {
    long size = 0;
    try (Stream<Path> files = Files.list(data)) {
      for (Path file :
          files.filter(f -> f.getFileName().toString().startsWith("ledger")).toList()) {
        size += Files.size(file);
      }
    }
    return size;
  }

  @Test
  void b15ARefusalIsFinalForClientsAndCheapForTheLedger() {
    try (Bench bench = bench("")) {
      OpenAIClient sdk =
          OpenAIOkHttpClient.builder()
              .baseUrl(bench.gateway.url() + "/v1")
              .apiKey(bench.key("cyd"))
              .maxRetries(5)
              .build();
      ChatCompletionCreateParams call =
          ChatCompletionCreateParams.builder()
              .model(Api.CHAT.model)
              .maxCompletionTokens(200)
              .addUserMessage("Say hello.")
              .build();
      RateLimitException refusal =
          catchThrowableOfType(
              RateLimitException.class, () -> sdk.chat().completions().create(call));
      assertThat(refusal.code()).contains("insufficient_quota");
      assertThat(bench.gateway.refusals("cyd")).as("requests of an SDK with retries").isEqualTo(1);

      long entries = bench.gateway.verify().entries();
      for (int i = 0; i < 100; i++) {
        bench.refuses(402, Api.CHAT, "cyd", Api.CHAT.body(false, 9));
      }
      assertThat(bench.gateway.refusals("cyd")).isEqualTo(101);
      assertThat(bench.gateway.verify().entries() - entries).isLessThan(10);
      assertThat(bench.provider.requests()).isZero();
      assertThat(bench.agrees("cyd")).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"gate", "strict"})
  void b16ASlowStoreSlowsCallsAndAdmitsNoneUnmetered(String durability) throws Exception {
    try (Bench bench = bench("durability: " + durability)) {
      String body = Api.CHAT.body(false, 100);
      String[] script = {"x-fake-output-tokens", "100", "x-fake-input-tokens", "20"};
      bench.admits(Api.CHAT, "bob", body, script);
      bench.settled("bob");
      List<CompletableFuture<HttpResponse<String>>> calls = new ArrayList<>();
      ExecutorService clients = Executors.newFixedThreadPool(8);
      try (Connection slow = ledger(bench)) {
        // Another connection's write lock: commits wait as they would for a slow disk.
        execute(slow, "begin immediate");
        for (int i = 0; i < 8; i++) {
          calls.add(
              CompletableFuture.supplyAsync(
                  () -> bench.post(Api.CHAT, "bob", body, script), clients));
        }
        Awaitility.await()
            .during(SILENCE)
            .atMost(SILENCE.multipliedBy(10))
            .until(() -> calls.stream().noneMatch(PitfallsOfTheStoreTest::admitted));
        // 137 millionths are left, and each call holds more than 60.
        assertThat(bench.provider.requests() - 1)
            .isBetween(0L, durability.equals("strict") ? 0L : 2L);
        execute(slow, "rollback");
      }
      long admitted = 0;
      for (CompletableFuture<HttpResponse<String>> call : calls) {
        assertThat(call.join().statusCode()).isIn(200, 402);
        admitted += admitted(call) ? 1 : 0;
      }
      clients.shutdown();
      assertThat(admitted).isBetween(1L, 2L);
      List<Map<String, String>> rows = bench.agrees("bob");
      assertThat(rows).hasSize((int) admitted + 1);
      assertThat(bench.remaining("bob")).isNotNegative();
    }
  }

  private static boolean admitted(CompletableFuture<HttpResponse<String>> call) {
    return call.isDone() && call.join().statusCode() == 200;
  }
}
