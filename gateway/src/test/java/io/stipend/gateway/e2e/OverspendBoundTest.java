package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.stipend.gateway.demo.FakeProvider;
import io.stipend.gateway.demo.FakeProvider.Billed;
import io.stipend.gateway.demo.FakeProvider.End;
import io.stipend.gateway.dialect.Dialect;
import io.stipend.gateway.dialect.Dialects;
import io.stipend.gateway.server.RequestHead;
import io.stipend.gateway.testing.Api;
import io.stipend.gateway.testing.TestGateway;
import io.stipend.metering.Unit;
import io.stipend.metering.UsageReport;
import io.stipend.metering.UsageSource;
import io.stipend.metering.ledger.UsageRow;
import io.stipend.metering.price.RateCardException;
import io.stipend.metering.price.RateCards;
import io.stipend.metering.price.Rating;
import java.net.InetAddress;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Measures what {@code docs/overspend-bound.md} states: how much many calls at once spend beyond a
 * budget that covers a few of them, by the provider's own tally and by the ledger.
 */
class OverspendBoundTest {
  private static final int ROUNDS = Boolean.getBoolean("stipend.tests.full") ? 100 : 10;
  private static final long SEED = Long.getLong("stipend.tests.seed", 20_261_123L);
  private static final int PARALLEL = 200;

  /** Calls whose first hold the budget of a round covers. */
  private static final int COVERED = 4;

  private static final long STEP = 1_024;

  /** Output tokens by which the one event that uses up a hold may go beyond it, with room. */
  private static final long LAST_EVENT = 16;

  private static final long THINKING = 1_500;

  /** Agents of the measure of use: streams write every token, so there are fewer in the build. */
  private static final int STREAMING_AGENTS = Boolean.getBoolean("stipend.tests.full") ? 200 : 8;

  /** Output of each of their calls. */
  private static final long USED = 1_000;

  /** What all of them may expose at once is this part of the budget. */
  private static final int EXPOSED_PART = 15;

  /** A way of calling, and how far it may overspend. */
  private enum Kind {
    CHAT_WHOLE(Api.CHAT, "gpt-4o-mini", false, 0, false),
    CHAT_WHOLE_UNSEEN(Api.CHAT, "gpt-5-mini", false, 0, false),
    CHAT_STREAM(Api.CHAT, "gpt-4o-mini", true, 0, true),
    CHAT_STREAM_UNSEEN(Api.CHAT, "gpt-5-mini", true, 0, false),
    MESSAGES_WHOLE(Api.MESSAGES, "claude-haiku-4-5", false, 0, false),
    MESSAGES_WHOLE_UNSEEN(Api.MESSAGES, "claude-haiku-4-5", false, THINKING, false),
    MESSAGES_STREAM(Api.MESSAGES, "claude-haiku-4-5", true, 0, true),
    MESSAGES_STREAM_UNSEEN(Api.MESSAGES, "claude-haiku-4-5", true, THINKING, false);

    final Api api;
    final String model;
    final boolean stream;
    final long thinking;

    /** Whether one step is its overshoot if the allowance has none. */
    final boolean stepByDefault;

    Kind(Api api, String model, boolean stream, long thinking, boolean stepByDefault) {
      this.api = api;
      this.model = model;
      this.stream = stream;
      this.thinking = thinking;
      this.stepByDefault = stepByDefault;
    }

    boolean unseen() {
      return name().endsWith("UNSEEN");
    }

    long cap() {
      return stream ? 16_000 : 4_000;
    }

    /** Text of an answer, in tokens: the made-up provider puts each in an event of its own. */
    long shown(String answer) {
      String event = api == Api.CHAT ? "\"delta\":{\"content\":" : "\"type\":\"text_delta\"";
      long events = 0;
      for (int at = answer.indexOf(event); at >= 0; at = answer.indexOf(event, at + 1)) {
        events++;
      }
      return events;
    }

    String body() {
      String think =
          thinking == 0
              ? ""
              : "\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":" + thinking + "},";
      return api.body(model, stream, cap(), think);
    }

    /** Where nothing is learned: a token for three bytes. */
    long input() {
      RequestHead head =
          new RequestHead(
              HttpMethod.POST,
              api.path,
              "",
              new DefaultHttpHeaders(),
              InetAddress.getLoopbackAddress(),
              true);
      ByteBuf bytes = Unpooled.copiedBuffer(body(), StandardCharsets.UTF_8);
      Dialect.Peeked peeked = (Dialect.Peeked) Dialects.at(api.path).peek(head, bytes);
      bytes.release();
      return (peeked.call().textBytes() + 2) / 3;
    }

    Rating rating() {
      String vendor = api == Api.CHAT ? "openai" : "anthropic";
      try {
        return RateCards.load(List.of(RateCards.Source.builtin()))
            .rating(vendor, vendor, model, Instant.now());
      } catch (RateCardException e) {
        throw new AssertionError(e);
      }
    }

    long cost(long output) {
      return rating().ceiling(input(), output, null).nanos();
    }

    long step() {
      return rating().ceiling(0, STEP, null).nanos();
    }
  }

  /** What was measured of one kind, in nano-units of money. */
  private static final class Measured {
    long worstBilled = Long.MIN_VALUE;
    long worstLedger = Long.MIN_VALUE;

    /** The same as billed, without what was written later than the bound is stated for. */
    long worstInTime = Long.MIN_VALUE;

    long excess;

    /** How far one row is below its bill. */
    long underbooked;

    /** How far one row is below its bill without what was written too late. */
    long unexplained;

    /** How far all rows that nobody reported are above their bills. */
    long assumedExcess;

    long admitted;
    long cut;
  }

  private FakeProvider provider;
  private TestGateway gateway;
  private ExecutorService clients;

  @BeforeEach
  void start() {
    provider = FakeProvider.start(0);
    clients = Executors.newFixedThreadPool(PARALLEL);
  }

  @AfterEach
  void stop() {
    clients.shutdownNow();
    if (gateway != null) {
      gateway.close();
    }
    provider.close();
  }

  private void gateway(String allowances, String people) {
    gateway =
        TestGateway.start(
            """
            calendar: { timezone: Europe/Berlin, currency: USD }
            providers:
              openai: { url: "%1$s", key: "provider-key" }
              anthropic: { url: "%1$s", key: "provider-key" }
            rate_cards: [builtin]
            allowances: { %2$s }
            people: { %3$s }
            """
                .formatted(provider.url(), allowances, people),
            "limits: { connections: 4000, connections_per_address: 4000 }\n");
  }

  private static String allowance(String name, long nanos, String terms) {
    return name + ": { amount: " + Unit.USD.format(nanos) + " USD, every: year" + terms + " }, ";
  }

  /** Enough for a few first holds of this kind. */
  private static long budget(Kind kind) {
    long exposed = kind.stream && !kind.unseen() ? 2 * STEP : kind.cap();
    return COVERED * kind.cost(exposed) + kind.cost(exposed) / 3;
  }

  @ParameterizedTest
  @EnumSource
  void twoHundredAtTheEdgeOfABudgetSpendNoMoreThanTheStatedBound(Kind kind) throws Exception {
    StringBuilder people = new StringBuilder();
    for (int round = 0; round < ROUNDS; round++) {
      people.append("p").append(round).append(": { allowance: ");
      people.append(round % 2 == 0 ? "strict" : "plain").append(" }, ");
    }
    long budget = budget(kind);
    gateway(
        allowance("strict", budget, ", overshoot: 0 USD") + allowance("plain", budget, ""),
        people.toString());
    Random random = new Random(SEED);
    Measured strict = new Measured();
    Measured plain = new Measured();
    for (int round = 0; round < ROUNDS; round++) {
      round(kind, "p" + round, budget, random, round % 2 == 0 ? strict : plain);
    }
    long bound = kind.stepByDefault ? kind.step() : 0;
    print(kind, "0", budget, 0, strict);
    print(kind, "default", budget, bound, plain);
    within(strict, 0);
    within(plain, bound);
    assertThat(gateway.verify().problems()).isEmpty();
  }

  private static void within(Measured measured, long bound) {
    String seed = "seed " + SEED;
    assertThat(measured.admitted).as("admitted, " + seed).isPositive();
    assertThat(measured.excess).as("input beyond its estimate, " + seed).isZero();
    assertThat(measured.worstInTime).as("billed, " + seed).isLessThanOrEqualTo(bound);
    assertThat(measured.worstLedger).as("entered, " + seed).isLessThanOrEqualTo(bound);
    assertThat(measured.unexplained).as("entered below its bill, " + seed).isZero();
  }

  /** All at once against one budget; each answer as long as the seed says. */
  private void round(Kind kind, String person, long budget, Random random, Measured into)
      throws Exception {
    String key = gateway.key(person);
    String body = kind.body();
    CyclicBarrier start = new CyclicBarrier(PARALLEL);
    List<Future<HttpResponse<String>>> all = new ArrayList<>();
    for (int i = 0; i < PARALLEL; i++) {
      long thought = kind.thinking > 0 ? random.nextInt((int) kind.thinking) : 4_000;
      String[] headers = {
        "x-fake-output-tokens",
        Long.toString(500 + random.nextInt(3_000)),
        "x-fake-reasoning-tokens",
        kind.unseen() ? Long.toString(thought) : "0",
        "x-fake-delay-millis",
        Integer.toString(20 + random.nextInt(50)),
        "x-fake-pace-micros",
        kind.stream ? "100" : "0"
      };
      all.add(
          clients.submit(
              () -> {
                start.await();
                return kind.api.post(gateway, key, body, headers);
              }));
    }
    Map<String, Long> shown = new HashMap<>();
    for (Future<HttpResponse<String>> one : all) {
      HttpResponse<String> answer = one.get();
      assertThat(answer.statusCode()).isIn(200, 402);
      if (answer.statusCode() == 200) {
        String id = answer.headers().firstValue("stipend-exchange-id").orElseThrow();
        shown.put(id, kind.shown(answer.body()));
      }
    }
    settled(person);
    int ran = shown.size();
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () -> rows(person).size() == ran && provider.billed().stream().noneMatch(this::runs));
    measure(kind, person, budget, shown, into);
    into.admitted += ran;
  }

  private boolean runs(Billed billed) {
    return billed.end() == End.RUNNING;
  }

  private void settled(String person) {
    Awaitility.await()
        .atMost(Duration.ofSeconds(60))
        .until(() -> gateway.balance(person).held().equals("0"));
  }

  private List<UsageRow> rows(String person) {
    return gateway.rows().stream().filter(row -> row.person().equals(person)).toList();
  }

  /**
   * @param shown text tokens that came of each exchange
   */
  private void measure(
      Kind kind, String person, long budget, Map<String, Long> shown, Measured into) {
    Map<String, Billed> byId = new HashMap<>();
    provider.billed().forEach(billed -> byId.put(billed.requestId(), billed));
    long billed = 0;
    long late = 0;
    for (UsageRow row : rows(person)) {
      Billed one = byId.get(row.providerRequestId());
      assertThat(one).as("the tally of %s", row.exchangeId()).isNotNull();
      long price = price(kind, one);
      long tooLate = row.outcome().equals("cut") ? late(kind, one, shown.get(row.exchangeId())) : 0;
      billed += price;
      late += tooLate;
      into.cut += row.outcome().equals("cut") ? 1 : 0;
      into.excess += Math.max(0, one.usage().inputTotal() - kind.input());
      into.underbooked = Math.max(into.underbooked, price - row.nanos());
      into.unexplained = Math.max(into.unexplained, price - row.nanos() - tooLate);
      into.assumedExcess += Math.max(0, row.nanos() - price);
      if (row.usageSource() == UsageSource.REPORTED) {
        assertThat(row.nanos()).as("the bill of %s", row).isEqualTo(price);
      }
    }
    into.worstBilled = Math.max(into.worstBilled, billed - budget);
    into.worstInTime = Math.max(into.worstInTime, billed - late - budget);
    long used = Unit.USD.parse(gateway.balance(person).used());
    into.worstLedger = Math.max(into.worstLedger, used - budget);
  }

  /**
   * What the provider wrote beyond a step after the last text that came, by its own tally: the
   * bound is stated for one that notices earlier. It thinks before it writes.
   */
  private static long late(Kind kind, Billed billed, long shown) {
    long never = billed.usage().output() - billed.usage().reasoning() - shown;
    return kind.rating().ceiling(0, Math.max(0, never - (STEP - LAST_EVENT)), null).nanos();
  }

  private static long price(Kind kind, Billed billed) {
    UsageReport.Part whole = new UsageReport.Part(null, billed.usage());
    return kind.rating()
        .charge(new UsageReport(List.of(whole), billed.model(), billed.serviceTier(), false))
        .nanos();
  }

  private static void print(Kind kind, String overshoot, long budget, long bound, Measured m) {
    System.out.printf(
        Locale.ROOT,
        "| %s | %s | %d × %d | %d | %d | %s | %s | %s | %s | %s | %s |%n",
        label(kind),
        overshoot,
        ROUNDS / 2,
        PARALLEL,
        m.admitted,
        m.cut,
        Unit.USD.format(budget),
        Unit.USD.format(bound),
        Unit.USD.format(m.worstBilled),
        Unit.USD.format(m.worstLedger),
        Unit.USD.format(m.underbooked),
        Unit.USD.format(m.cut == 0 ? 0 : m.assumedExcess / m.cut));
  }

  /** Inputs that are larger than their estimate cost more than is held: by just that much. */
  @Test
  void anInputBeyondItsEstimateIsSpentBeyondTheBoundAndNothingElseIs() throws Exception {
    // A model without a public tokenizer: nothing is counted more exactly.
    Kind kind = Kind.MESSAGES_WHOLE;
    long budget = budget(kind);
    gateway(allowance("strict", budget, ", overshoot: 0 USD"), "ada: { allowance: strict }");
    String key = gateway.key("ada");
    long input = 3 * kind.input();
    CyclicBarrier start = new CyclicBarrier(PARALLEL);
    List<Future<HttpResponse<String>>> all = new ArrayList<>();
    for (int i = 0; i < PARALLEL; i++) {
      all.add(
          clients.submit(
              () -> {
                start.await();
                return kind.api.post(
                    gateway,
                    key,
                    kind.body(),
                    "x-fake-input-tokens",
                    Long.toString(input),
                    "x-fake-output-tokens",
                    "9000",
                    "x-fake-delay-millis",
                    "500");
              }));
    }
    for (Future<HttpResponse<String>> one : all) {
      one.get();
    }
    settled("ada");
    Measured measured = new Measured();
    measure(kind, "ada", budget, Map.of(), measured);
    long excess = kind.rating().ceiling(measured.excess, 0, null).nanos();
    System.out.printf(
        Locale.ROOT,
        "input excess: %d tokens, %s USD; overspent %s USD%n",
        measured.excess,
        Unit.USD.format(excess),
        Unit.USD.format(measured.worstBilled));
    assertThat(measured.excess).isPositive();
    assertThat(measured.worstBilled).isLessThanOrEqualTo(excess);
    assertThat(measured.worstLedger).isEqualTo(measured.worstBilled);
  }

  /** Agents at once whose answers are short: what is used when the first of them is refused. */
  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.MATCH_NONE, names = ".*UNSEEN")
  void ninetyPercentAreUsedBeforeTheFirstRefusalWhenRealUseFits(Kind kind) throws Exception {
    int agents = kind.stream ? STREAMING_AGENTS : PARALLEL;
    String body = kind.api.body(kind.model, kind.stream, kind.stream ? 16_000 : USED, "");
    long budget = EXPOSED_PART * agents * kind.cost(kind.stream ? 2 * STEP : USED);
    gateway(allowance("plain", budget, ""), "ada: { allowance: plain }");
    String key = gateway.key("ada");
    AtomicBoolean refused = new AtomicBoolean();
    AtomicLong usedAtFirst = new AtomicLong(-1);
    List<Future<?>> all = new ArrayList<>();
    for (int i = 0; i < agents; i++) {
      all.add(
          clients.submit(
              () -> {
                while (!refused.get()) {
                  HttpResponse<String> answer =
                      kind.api.post(
                          gateway, key, body, "x-fake-output-tokens", Long.toString(USED));
                  if (answer.statusCode() == 402 && refused.compareAndSet(false, true)) {
                    usedAtFirst.set(Unit.USD.parse(gateway.balance("ada").used()));
                  }
                }
                return null;
              }));
    }
    for (Future<?> agent : all) {
      agent.get();
    }
    settled("ada");
    long percent = usedAtFirst.get() * 100 / budget;
    System.out.printf(Locale.ROOT, "| %s | %d | %d %% |%n", label(kind), agents, percent);
    assertThat(percent).isGreaterThanOrEqualTo(90);
    assertThat(Unit.USD.parse(gateway.balance("ada").used()))
        .isLessThanOrEqualTo(budget + (kind.stepByDefault ? kind.step() : 0));
  }

  private static String label(Kind kind) {
    return kind.name().toLowerCase(Locale.ROOT).replace('_', ' ');
  }
}
