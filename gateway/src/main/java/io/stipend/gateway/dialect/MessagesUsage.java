package io.stipend.gateway.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import io.stipend.metering.Meter;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.Units;
import io.stipend.metering.UsageReport;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The {@code usage} of Anthropic Messages as a stream builds it up: every report is cumulative, so
 * each field that is present and not null overwrites what stood before, and nothing is added.
 */
final class MessagesUsage {
  /** The most model runs of one answer that are priced apart; further ones join the last. */
  private static final int MAX_PARTS = 256;

  private static final String SERVER_TOOLS = "server_tool_use";
  private static final String SEARCHES = "web_search_requests";
  private static final String FAST = "fast";
  private static final String US = "us";
  private static final String FAST_US = "fast+us";

  private long input = Counts.ABSENT;
  private long cacheRead = Counts.ABSENT;
  private long cacheWrite = Counts.ABSENT;
  private long cacheWrite5m = Counts.ABSENT;
  private long cacheWrite1h = Counts.ABSENT;
  private long output = Counts.ABSENT;
  private long thinking = Counts.ABSENT;
  private long searches = Counts.ABSENT;
  private @Nullable JsonNode iterations;
  private @Nullable String serviceTier;
  private @Nullable String speed;
  private @Nullable String geo;
  private Counts counts = new Counts();

  /**
   * @param asked the key of the tier that was asked for: what the provider does not contradict
   *     stands; null if none
   */
  MessagesUsage(@Nullable String asked) {
    speed = FAST.equals(asked) || FAST_US.equals(asked) ? FAST : null;
    geo = US.equals(asked) || FAST_US.equals(asked) ? US : null;
  }

  /** Takes the usage of {@code message_start}: its output is a placeholder and left out. */
  void start(JsonNode usage) {
    overwrite(usage);
    output = Counts.ABSENT;
    thinking = Counts.ABSENT;
    searches = Counts.ABSENT;
  }

  /** Takes the usage of {@code message_delta}, or of a whole answer. */
  void overwrite(JsonNode usage) {
    input = newer(usage, "input_tokens", input);
    cacheRead = newer(usage, "cache_read_input_tokens", cacheRead);
    cacheWrite = newer(usage, "cache_creation_input_tokens", cacheWrite);
    JsonNode written = usage.get("cache_creation");
    cacheWrite5m = newer(written, "ephemeral_5m_input_tokens", cacheWrite5m);
    cacheWrite1h = newer(written, "ephemeral_1h_input_tokens", cacheWrite1h);
    long said = newer(usage, "output_tokens", output);
    if (said < output) {
      // What was generated stays generated.
      counts.markAbsurd();
    }
    output = Math.max(said, output);
    thinking = newer(usage.get("output_tokens_details"), "thinking_tokens", thinking);
    searches = newer(usage.get(SERVER_TOOLS), SEARCHES, searches);
    JsonNode runs = usage.get("iterations");
    if (runs != null && runs.isArray()) {
      iterations = runs;
    }
    serviceTier = newer(usage, "service_tier", serviceTier);
    speed = newer(usage, "speed", speed);
    geo = newer(usage, "inference_geo", geo);
  }

  private long newer(@Nullable JsonNode usage, String name, long old) {
    long count = counts.in(usage, name);
    return count < 0 ? old : count;
  }

  private static @Nullable String newer(JsonNode usage, String name, @Nullable String old) {
    JsonNode node = usage.get(name);
    boolean word =
        node != null && node.isTextual() && node.textValue().length() <= CallFields.MAX_WORD_LENGTH;
    return word ? node.textValue() : old;
  }

  private boolean inputKnown() {
    return input >= 0 || cacheRead >= 0 || cacheWrite >= 0;
  }

  /**
   * The whole report; null if no output was reported yet.
   *
   * @param seen searches that the answer showed; they count where no usage says how many there were
   */
  @Nullable UsageReport report(@Nullable String model, long textBytes, long seen) {
    if (output < 0) {
      return null;
    }
    Counts now = new Counts();
    TokenUsage top = tokens(now, output, thinking);
    List<UsageReport.Part> parts = parts(now, top);
    boolean silent = top.output() == 0 && textBytes > 0;
    Units units = Units.of(Meter.WEB_SEARCH, searches(now, seen));
    boolean absurd = counts.absurd() || now.absurd() || silent || !inputKnown();
    return new UsageReport(parts, model, tier(), absurd).and(units);
  }

  /** The input alone, without output; null if none was reported yet. */
  @Nullable UsageReport inputReport(@Nullable String model) {
    if (!inputKnown()) {
      return null;
    }
    Counts now = new Counts();
    TokenUsage tokens = tokens(now, 0, 0);
    return new UsageReport(
        List.of(new UsageReport.Part(null, tokens)),
        model,
        tier(),
        counts.absurd() || now.absurd());
  }

  private TokenUsage tokens(Counts now, long out, long thought) {
    return tokens(now, input, cacheRead, cacheWrite, cacheWrite5m, cacheWrite1h, out, thought);
  }

  private static TokenUsage tokens(
      Counts counts,
      long input,
      long cacheRead,
      long cacheWrite,
      long cacheWrite5m,
      long cacheWrite1h,
      long output,
      long thinking) {
    long oneHour = Counts.orZero(cacheWrite1h);
    long split = Counts.orZero(cacheWrite5m) + oneHour;
    long written = cacheWrite < 0 ? split : counts.atLeast(cacheWrite, split);
    long reasoning = Counts.orZero(thinking);
    return new TokenUsage(
        Counts.orZero(input),
        Counts.orZero(cacheRead),
        Math.min(written, TokenUsage.MAX_COUNT),
        oneHour,
        counts.atLeast(Counts.orZero(output), reasoning),
        reasoning);
  }

  /**
   * The model runs. Where iterations are listed, the bill is their sum and the numbers above them
   * leave some out; a sum below those numbers contradicts them and is not taken.
   */
  private List<UsageReport.Part> parts(Counts now, TokenUsage top) {
    List<UsageReport.Part> whole = List.of(new UsageReport.Part(null, top));
    JsonNode runs = iterations;
    if (runs == null || runs.isEmpty()) {
      return whole;
    }
    List<UsageReport.Part> parts = new ArrayList<>();
    TokenUsage sum = TokenUsage.ZERO;
    for (JsonNode run : runs) {
      TokenUsage within = within(now, sum, iteration(now, run));
      sum = sum.plus(within);
      if (parts.size() == MAX_PARTS) {
        now.markAbsurd();
        UsageReport.Part last = parts.remove(MAX_PARTS - 1);
        parts.add(new UsageReport.Part(last.model(), last.usage().plus(within)));
      } else {
        parts.add(new UsageReport.Part(model(run), within));
      }
    }
    if (sum.total() < top.total()) {
      now.markAbsurd();
      return whole;
    }
    return parts;
  }

  /**
   * Searches of the whole answer. The number above the iterations includes theirs; where it is
   * missing they are summed.
   */
  private long searches(Counts now, long seen) {
    if (searches >= 0) {
      return searches;
    }
    long sum = Counts.ABSENT;
    JsonNode runs = iterations;
    for (JsonNode run : runs == null ? List.<JsonNode>of() : runs) {
      long count = now.in(run.get(SERVER_TOOLS), SEARCHES);
      sum = count < 0 ? sum : Math.min(Counts.orZero(sum) + count, Units.MAX_COUNT);
    }
    return sum < 0 ? seen : sum;
  }

  private static TokenUsage iteration(Counts counts, JsonNode run) {
    JsonNode written = run.get("cache_creation");
    return tokens(
        counts,
        counts.in(run, "input_tokens"),
        counts.in(run, "cache_read_input_tokens"),
        counts.in(run, "cache_creation_input_tokens"),
        counts.in(written, "ephemeral_5m_input_tokens"),
        counts.in(written, "ephemeral_1h_input_tokens"),
        counts.in(run, "output_tokens"),
        counts.in(run.get("output_tokens_details"), "thinking_tokens"));
  }

  /** So much of this run that the sum of all stays within what a usage can hold. */
  private static TokenUsage within(Counts counts, TokenUsage sum, TokenUsage run) {
    long max = TokenUsage.MAX_COUNT;
    long written = Math.min(run.cacheWrite(), max - sum.cacheWrite());
    long out = Math.min(run.output(), max - sum.output());
    TokenUsage within =
        new TokenUsage(
            Math.min(run.input(), max - sum.input()),
            Math.min(run.cacheRead(), max - sum.cacheRead()),
            written,
            Math.min(run.cacheWrite1h(), written),
            out,
            Math.min(run.reasoning(), out));
    if (!within.equals(run)) {
      counts.markAbsurd();
    }
    return within;
  }

  private static @Nullable String model(JsonNode run) {
    JsonNode model = run.get("model");
    boolean named =
        model != null
            && model.isTextual()
            && !model.textValue().isEmpty()
            && model.textValue().length() <= CallFields.MAX_MODEL_LENGTH;
    return named ? model.textValue() : null;
  }

  /** The key under which rate cards price what was served. */
  private @Nullable String tier() {
    return tier(serviceTier, speed, geo);
  }

  /**
   * One key for the three fields that set the price: {@code fast}, {@code us}, {@code fast+us}, or
   * the service tier.
   */
  static @Nullable String tier(
      @Nullable String serviceTier, @Nullable String speed, @Nullable String geo) {
    boolean fast = FAST.equals(speed);
    boolean us = US.equals(geo);
    if (fast || us) {
      return fast && us ? FAST_US : fast ? FAST : US;
    }
    return serviceTier;
  }
}
