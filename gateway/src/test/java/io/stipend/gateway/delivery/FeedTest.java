package io.stipend.gateway.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.stipend.gateway.testing.FeedReceiver;
import io.stipend.gateway.testing.FeedReceiver.Answer;
import io.stipend.gateway.upstream.UpstreamOptions;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.Unit;
import io.stipend.metering.UsageSource;
import io.stipend.metering.export.UsageExport;
import io.stipend.metering.ledger.AccountKey;
import io.stipend.metering.ledger.AttemptFacts;
import io.stipend.metering.ledger.AttemptId;
import io.stipend.metering.ledger.LedgerEntry;
import io.stipend.metering.ledger.LedgerOptions;
import io.stipend.metering.ledger.LedgerReader;
import io.stipend.metering.ledger.OpenAttempt;
import io.stipend.metering.ledger.Posting;
import io.stipend.metering.ledger.SqliteLedger;
import io.stipend.policy.config.QuotaFile;
import java.io.IOException;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.awaitility.core.ConditionTimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real feeds to a real receiver that fails, hangs, breaks and is away. */
class FeedTest {
  private static final String SECRET = "whsec-never-to-be-seen";
  private static final Instant START = Instant.parse("2026-11-01T00:00:00Z");
  private static final AccountKey ADA = new AccountKey("person/ada/engineer", "2026-11", Unit.USD);
  private static final FeedPace QUICK =
      new FeedPace(
          Duration.ofMillis(10),
          Duration.ofMillis(400),
          Duration.ofMillis(2),
          Duration.ofMillis(20));

  @TempDir Path folder;
  private SqliteLedger ledger;
  private Deliveries deliveries;
  private FeedReceiver receiver;
  private final List<String> expected = new ArrayList<>();

  @BeforeEach
  void open() {
    ledger =
        SqliteLedger.open(
            data(), new LedgerOptions(64, 1_000, 64, () -> {}), InstantSource.fixed(START));
  }

  @AfterEach
  void close() {
    deliveries.close();
    receiver.close();
    ledger.close();
  }

  private Path data() {
    return folder.resolve("data");
  }

  private QuotaFile file(String feed) throws IOException {
    Path file =
        Files.writeString(
            folder.resolve("stipend.yaml"),
            """
            gateway: { data: ./data }
            providers: { openai: { url: "https://api.openai.com", key: a-key } }
            people: { ada: { budget: { amount: 400 USD, every: month } } }
            feeds:
              - %s
            """
                .formatted(feed));
    return ((QuotaFile.Loaded) QuotaFile.load(file, Map.of())).quotaFile();
  }

  private void deliver(int batch) throws IOException {
    QuotaFile file =
        file("{ url: \"%s\", secret: %s, batch: %d }".formatted(receiver.url(), SECRET, batch));
    deliveries =
        new Deliveries(
            data(), UpstreamOptions.of(file.gateway()), "0", InstantSource.system(), QUICK);
    deliveries.update(file);
  }

  private void settle(int n) throws Exception {
    AttemptFacts facts =
        new AttemptFacts(
            "ada",
            null,
            null,
            null,
            "k1",
            "=s",
            "cli",
            "openai-chat",
            "openai",
            "gpt-5",
            null,
            "builtin",
            "USD",
            1,
            1,
            1,
            1);
    AttemptId id = new AttemptId(String.format("%012d", n), 1);
    Instant at = START.plusSeconds(n);
    OpenAttempt attempt =
        ledger.begin(new LedgerEntry.Reserved(at, id, facts, List.of(new Posting(ADA, 1))));
    attempt.sent();
    long nanos = 1_000_003L * n;
    attempt
        .settle(
            new LedgerEntry.Settled(
                at.plusSeconds(1),
                id,
                TokenUsage.of(n, 4),
                UsageSource.REPORTED,
                "completed",
                200,
                "gpt-5",
                null,
                nanos,
                null,
                List.of(new Posting(ADA, nanos)),
                ""))
        .get(20, TimeUnit.SECONDS);
    expected.add(String.format("%012d#1", n));
  }

  private void correct(int n, long nanos) throws Exception {
    String id = "c" + expected.size();
    ledger
        .append(
            new LedgerEntry.Corrected(
                START.plusSeconds(9_999),
                id,
                new AttemptId(String.format("%012d", n), 1),
                TokenUsage.of(1, 1),
                nanos,
                List.of(new Posting(ADA, nanos)),
                "root",
                "why"))
        .get(20, TimeUnit.SECONDS);
    expected.add(id);
  }

  private void holdAgainstTheLedger() throws Exception {
    await().atMost(Duration.ofSeconds(60)).until(() -> receiver.ids().size() == expected.size());
    assertThat(receiver.ids()).as("each once by id, in order").isEqualTo(expected);
    assertThat(receiver.problems()).isEmpty();
    List<String> rows = new ArrayList<>();
    long[] nanos = new long[1];
    try (LedgerReader reader = LedgerReader.open(data())) {
      reader.bookings(
          Instant.EPOCH,
          Instant.MAX,
          line -> {
            rows.add(UsageExport.json(line));
            nanos[0] += line.usage().nanos();
          });
    }
    assertThat(receiver.cost()).isEqualByComparingTo(BigDecimal.valueOf(nanos[0], 9));
    assertThat(receiver.rows()).containsExactlyInAnyOrderElementsOf(rows);
  }

  @Test
  void everyRowComesWhateverTheReceiverDoes() throws Exception {
    Random random = new Random(4711);
    receiver =
        new FeedReceiver(
            SECRET,
            () -> {
              synchronized (random) {
                int choice = random.nextInt(20);
                return choice == 0
                    ? Answer.TAKE_AND_HANG
                    : choice < 4
                        ? Answer.FAIL
                        : choice < 6 ? Answer.REDIRECT : choice < 8 ? Answer.BREAK : Answer.TAKE;
              }
            });
    for (int n = 1; n <= 40; n++) {
      settle(n);
    }
    deliver(3);
    for (int n = 41; n <= 120; n++) {
      settle(n);
      if (n % 9 == 0) {
        correct(n - 5, -7);
      }
      if (n == 60) {
        ledger.append(new LedgerEntry.MonthClosed(START, "2026-11", true, "root", "")).get();
      }
      if (n % 25 == 0) {
        receiver.restart();
      }
      if (n == 90) {
        deliveries.close();
        deliver(7);
      }
    }
    holdAgainstTheLedger();
  }

  @Test
  void anEventSaysWhatCloudEventsWants() throws Exception {
    receiver = new FeedReceiver(SECRET, () -> Answer.TAKE);
    deliver(1);
    settle(1);
    correct(1, 5);
    holdAgainstTheLedger();
    JsonNode settled = receiver.event("000000000001#1");
    assertThat(settled.path("specversion").textValue()).isEqualTo("1.0");
    assertThat(settled.path("type").textValue()).isEqualTo("io.stipend.usage.settled");
    assertThat(settled.path("source").textValue()).matches("urn:stipend:ledger:[0-9a-f]{32}");
    assertThat(settled.path("subject").textValue()).isEqualTo("000000000001#1");
    assertThat(settled.path("time").textValue()).isEqualTo("2026-11-01T00:00:02Z");
    assertThat(settled.path("datacontenttype").textValue()).isEqualTo("application/json");
    assertThat(settled.at("/data/cost").textValue()).isEqualTo("0.001000003");
    JsonNode corrected = receiver.event("c1");
    assertThat(corrected.path("type").textValue()).isEqualTo("io.stipend.usage.corrected");
    assertThat(corrected.path("subject").textValue()).isEqualTo("000000000001#1");
    assertThat(corrected.at("/data/cost").textValue()).isEqualTo("0.001000008");
    await().until(() -> deliveries.status().feeds().get(0).events() == 2);
    assertThat(deliveries.status().feeds().get(0))
        .returns("127.0.0.1", DeliveryStatus.Feed::host)
        .returns(null, DeliveryStatus.Feed::problem);
  }

  @Test
  void whereItWasIsKeptAndALostPlaceIsARepeat() throws Exception {
    receiver = new FeedReceiver(SECRET, () -> Answer.TAKE);
    settle(1);
    settle(2);
    deliver(100);
    holdAgainstTheLedger();
    await().until(() -> deliveries.status().feeds().get(0).events() == 2);
    deliveries.close();
    settle(3);
    deliver(100);
    holdAgainstTheLedger();
    assertThat(receiver.received()).as("nothing came twice").isEqualTo(3);

    await().until(() -> deliveries.status().feeds().get(0).events() == 1);
    deliveries.close();
    try (var cursors = Files.list(data().resolve("feeds"))) {
      for (Path cursor : cursors.toList()) {
        assertThat(cursor.toString()).doesNotContain("usage").endsWith(".cursor");
        Files.writeString(cursor, "torn");
      }
    }
    deliver(100);
    await().until(() -> receiver.received() == 6);
    holdAgainstTheLedger();
  }

  @Test
  void whatGoesWrongIsInTheStatusWithoutAnySecret() throws Exception {
    receiver = new FeedReceiver(SECRET, () -> Answer.FAIL);
    settle(1);
    deliver(100);
    await().until(() -> "status 503".equals(deliveries.status().feeds().get(0).problem()));
    assertThat(deliveries.status().feeds().get(0)).returns(0L, DeliveryStatus.Feed::events);
    deliveries.update(file("{ url: \"%s\" }".formatted(receiver.url() + "/other")));
    assertThat(deliveries.status().feeds()).hasSize(1);
  }

  @Test
  void aPlaceThatCannotBeKeptMakesARepeatEverMoreSeldom() throws Exception {
    receiver = new FeedReceiver(SECRET, () -> Answer.TAKE);
    Files.writeString(data().resolve("feeds"), "in the way");
    QuotaFile file = file("{ url: \"%s\", secret: %s }".formatted(receiver.url(), SECRET));
    FeedPace pace =
        new FeedPace(
            Duration.ofMillis(1), Duration.ofSeconds(9), Duration.ofMillis(1), Duration.ofHours(1));
    deliveries =
        new Deliveries(
            data(), UpstreamOptions.of(file.gateway()), "0", InstantSource.system(), pace);
    settle(1);
    deliveries.update(file);

    assertThatThrownBy(
            () -> await().atMost(Duration.ofSeconds(2)).until(() -> receiver.received() >= 30))
        .as("by doubling there is room for eleven")
        .isInstanceOf(ConditionTimeoutException.class);
    assertThat(receiver.received()).isGreaterThan(1);
    assertThat(deliveries.status().feeds().get(0).problem()).contains("FileAlreadyExists");
  }
}
