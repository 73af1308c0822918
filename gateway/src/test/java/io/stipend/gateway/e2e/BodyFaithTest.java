package io.stipend.gateway.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.stipend.gateway.demo.FakeProvider;
import io.stipend.gateway.server.RawClient;
import io.stipend.gateway.testing.TestGateway;
import io.stipend.gateway.upstream.RawProvider;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/** The body that a provider gets is the body that the client sent, but for what policy must set. */
class BodyFaithTest {
  private static final int BODIES = Boolean.getBoolean("stipend.tests.full") ? 5_000 : 500;
  private static final String ASKED = "\"stream_options\":{\"include_usage\":true},";
  private static final String ANSWER =
      "{\"usage\":{\"prompt_tokens\":1,\"completion_tokens\":1,\"input_tokens\":1,"
          + "\"output_tokens\":1,\"inputTokens\":1,\"outputTokens\":1},\"candidates\":[{\"finishReason\":\"STOP\"}],"
          + "\"usageMetadata\":{\"promptTokenCount\":1,\"candidatesTokenCount\":1}}";

  /** What a whole answer of each model costs more than, and the floor of a clamp less. */
  private static final Map<String, String> POOR =
      Map.of(
          "gpt-4o-mini", "0.004",
          "claude-haiku-4-5", "0.05",
          "gpt-3.5-turbo-instruct", "0.006",
          "gemini-2.0-flash", "0.0015",
          "gpt-4.1-nano", "0.004",
          "anthropic.claude-opus-4-7", "0.25",
          "anthropic.claude-sonnet-4-6", "0.15",
          "claude-haiku-4-5@20251001", "0.05",
          "gemini-2.5-flash-lite", "0.004");

  private static final Map<FaithRoute, BlockingQueue<Got>> GOT = new EnumMap<>(FaithRoute.class);
  private static final Map<String, String> KEYS = new HashMap<>();
  private static RawProvider provider;

  /** Gives the tokens of Vertex AI, and nothing else. */
  private static FakeProvider tokens;

  private static TestGateway gateway;

  private record Got(String head, String body) {}

  /** One request, and what must come of it. */
  private record Sent(
      String key,
      String path,
      String pathUpstream,
      String body,
      String model,
      String modelUpstream,
      boolean asked) {}

  @BeforeAll
  static void start(@TempDir Path folder) throws Exception {
    for (FaithRoute route : FaithRoute.values()) {
      GOT.put(route, new LinkedBlockingQueue<>());
    }
    provider =
        new RawProvider(
            connection -> {
              for (String head = connection.head(); head != null; head = connection.head()) {
                FaithRoute route = FaithRoute.of(head.split(" ")[1]);
                GOT.get(route).add(new Got(head, connection.readBody(head)));
                connection.write(
                    "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: "
                        + ANSWER.length()
                        + "\r\n\r\n"
                        + ANSWER);
              }
            });
    tokens = FakeProvider.start(0);
    Path account = Files.writeString(folder.resolve("a.json"), tokens.serviceAccount());
    StringBuilder aliases = new StringBuilder();
    StringBuilder allowances = new StringBuilder();
    StringBuilder people = new StringBuilder();
    for (FaithRoute route : FaithRoute.values()) {
      if (route.hasAlias() && aliases.indexOf(route.alias() + ":") < 0) {
        aliases.append(route.alias()).append(": ").append(route.model).append(", ");
      }
      allowances.append(
          "  poor-%s: { amount: %s USD, every: year, when_short: [clamp, refuse] }\n"
              .formatted(route, POOR.getOrDefault(route.model, "1")));
      people.append("  %1$s: { allowance: poor-%1$s }\n".formatted(route));
    }
    gateway =
        TestGateway.start(
            """
            calendar: { timezone: UTC, currency: USD }
            providers:
              openai: { url: "http://127.0.0.1:%1$d", key: "provider-key" }
              anthropic: { url: "http://127.0.0.1:%1$d", key: "provider-key" }
              gemini: { url: "http://127.0.0.1:%1$d", key: "provider-key" }
              azure: { url: "http://127.0.0.1:%1$d", key: "provider-key", prices: openai, models: ["gpt-4.1-nano"] }
              bedrock: { url: "http://127.0.0.1:%1$d", region: a, access_key_id: ABCDEFGH, secret_access_key: b }
              vertex: { url: "http://127.0.0.1:%1$d", project: p, location: l, credentials: "file:%5$s", models: ["gemini-2.5-flash-lite", "claude-haiku-4-5@*"] }
            rate_cards: [builtin]
            models: { aliases: { %2$s } }
            allowances:
              engineer: { amount: 4000 USD, every: year }
            %3$speople:
              ada: { allowance: engineer }
            %4$s"""
                .formatted(provider.port(), aliases, allowances, people, account));
    KEYS.put("ada", gateway.key("ada"));
    for (FaithRoute route : FaithRoute.values()) {
      KEYS.put(route.name(), gateway.key(route.name()));
    }
  }

  @AfterAll
  static void stop() throws Exception {
    gateway.close();
    provider.close();
    tokens.close();
  }

  /** All at once, because each waits for the disk most of its time. */
  @TestFactory
  List<DynamicTest> everyByteOfABodyReachesTheProvider() {
    ExecutorService threads = Executors.newFixedThreadPool(FaithRoute.values().length);
    List<DynamicTest> tests = new ArrayList<>();
    for (FaithRoute route : FaithRoute.values()) {
      Bodies bodies = new Bodies(route, System.nanoTime());
      Future<?> done = threads.submit(bodies, null);
      tests.add(DynamicTest.dynamicTest(route.name(), done::get));
    }
    threads.shutdown();
    return tests;
  }

  /** Many of one route, from one seed. */
  private static final class Bodies implements Runnable {
    private final FaithRoute route;
    private final long seed;
    private final Random random;
    private final OddJson json;

    Bodies(FaithRoute route, long seed) {
      this.route = route;
      this.seed = seed;
      this.random = new Random(seed);
      this.json = new OddJson(random);
    }

    @Override
    public void run() {
      int lowered = 0;
      try (RawClient client = new RawClient(gateway.gateway().address())) {
        for (int i = 0; i < BODIES; i++) {
          lowered += one(client) ? 1 : 0;
        }
      } catch (IOException | InterruptedException e) {
        throw new AssertionError("seed " + seed, e);
      }
      assertThat(lowered > 0).as("%d caps lowered", lowered).isEqualTo(route.isLowered());
    }

    /** Whether its cap was lowered. */
    private boolean one(RawClient client) throws IOException, InterruptedException {
      boolean poor = route.isLowered() && random.nextInt(4) == 0;
      Sent sent = request(poor);
      String cap = Integer.toString(poor ? FaithRoute.HUGE_CAP : 1 + random.nextInt(900));
      String body = sent.body.replace(FaithRoute.MODEL, sent.model).replace(FaithRoute.CAP, cap);
      client.send(Wire.post(sent.path, sent.key, body));
      RawClient.Answer answer = client.answer();
      assertThat(answer.status()).as("%s; seed %d; body %s", answer, seed, body).isEqualTo(200);
      String newCap = answer.headers().getOrDefault("stipend-output-cap", cap);
      Got got = GOT.get(route).poll(10, TimeUnit.SECONDS);
      assertThat(got.head).as("seed %d", seed).startsWith("POST " + sent.pathUpstream + " ");
      assertThat(utf8(got.body, sent.asked))
          .as("seed %d", seed)
          .isEqualTo(
              sent.body
                  .replace(FaithRoute.MODEL, sent.modelUpstream)
                  .replace(FaithRoute.CAP, newCap));
      return !newCap.equals(cap);
    }

    private Sent request(boolean poor) {
      boolean stream = !poor && route.capped && (route.isStream() || random.nextInt(4) == 0);
      boolean alias = route.hasAlias() && random.nextInt(3) == 0;
      String named = alias ? route.alias() : route.model;
      boolean prefix = route.isGemini() && random.nextBoolean();
      String inBody = json.name(prefix ? "models/" + named : named);
      String real = OddJson.quoted((route.isGemini() ? "models/" : "") + route.model);
      return new Sent(
          KEYS.get(poor ? route.name() : "ada"),
          route.path.formatted(named),
          route.path.formatted(route.model),
          route.body(json, random, stream),
          inBody,
          // An alias is replaced; every other name stays as it is spelled.
          alias ? real : inBody,
          stream && route.saysStreamOptions());
    }
  }

  private static String utf8(String latin1, boolean asked) {
    String body = new String(latin1.getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.UTF_8);
    assertThat(body.contains(ASKED)).isEqualTo(asked);
    return body.replace(ASKED, "");
  }
}
