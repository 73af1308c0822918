package io.stipend.gateway.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import io.stipend.metering.MediaTokens;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.Units;
import io.stipend.metering.UsageReport;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * The {@code usageMetadata} of Gemini in the disjoint normal form.
 *
 * @param tokens the normal form
 * @param media which of them were audio or images
 * @param tier the tier that was served; null if it is not said
 * @param absurd whether anything was clamped or contradicts itself
 */
record GeminiUsage(TokenUsage tokens, MediaTokens media, @Nullable String tier, boolean absurd) {
  private static final String TIER_PREFIX = "service_tier_";

  /** How Vertex AI says a tier that is not the usual one. */
  private static final String TRAFFIC_PREFIX = "ON_DEMAND_";

  /**
   * Reads it. The prompt includes what was cached, and not what tools of the provider put in; what
   * was thought is output that the candidates leave out; the total is the sum of these four. A
   * field may be absent where it is zero. Where figures contradict, no known part is lost.
   *
   * @return null if there is no figure at all
   */
  static @Nullable GeminiUsage of(JsonNode usage) {
    Counts counts = new Counts();
    long prompt = counts.in(usage, "promptTokenCount");
    long cached = counts.in(usage, "cachedContentTokenCount");
    long candidates = counts.in(usage, "candidatesTokenCount");
    long thoughts = counts.in(usage, "thoughtsTokenCount");
    long toolUse = counts.in(usage, "toolUsePromptTokenCount");
    Counts ofTotal = new Counts();
    long total = ofTotal.in(usage, "totalTokenCount");
    if (ofTotal.absurd()) {
      counts.markAbsurd();
      total = Counts.ABSENT;
    }
    long known = Math.max(Math.max(prompt, cached), Math.max(candidates, thoughts));
    if (Math.max(known, toolUse) < 0 && total <= 0) {
      return null;
    }
    if (prompt <= 0) {
      // No prompt is empty.
      counts.markAbsurd();
    }
    long in = Counts.orZero(prompt) + Counts.orZero(toolUse);
    long out = Counts.orZero(candidates) + Counts.orZero(thoughts);
    long unsaid = total < 0 ? 0 : total - in - out;
    if (unsaid != 0) {
      counts.markAbsurd();
    }
    // What the total says beyond its parts is the prompt if that alone is missing, else output.
    boolean isPrompt = prompt < 0 && Math.max(candidates, thoughts) >= 0;
    long input = bounded(counts, in + (isPrompt ? Math.max(0, unsaid) : 0));
    long output = bounded(counts, out + (isPrompt ? 0 : Math.max(0, unsaid)));
    long read = Counts.orZero(cached);
    input = counts.atLeast(input, read);
    TokenUsage tokens = new TokenUsage(input - read, read, 0, 0, output, Counts.orZero(thoughts));
    MediaTokens media = media(counts, usage).most(tokens);
    return new GeminiUsage(tokens, media, tier(usage), counts.absurd());
  }

  private static @Nullable String tier(JsonNode usage) {
    String said = tier(word(usage.get("serviceTier")));
    String traffic = said == null ? word(usage.get("trafficType")) : null;
    return traffic != null && traffic.startsWith(TRAFFIC_PREFIX)
        ? tier(traffic.substring(TRAFFIC_PREFIX.length()))
        : said;
  }

  /** By modality: the lists of the prompt include what of it was cached. */
  private static MediaTokens media(Counts counts, JsonNode usage) {
    long audioIn = in(counts, usage, "AUDIO", "promptTokensDetails", "toolUsePromptTokensDetails");
    long imageIn = in(counts, usage, "IMAGE", "promptTokensDetails", "toolUsePromptTokensDetails");
    long audioRead = in(counts, usage, "AUDIO", "cacheTokensDetails");
    long imageRead = in(counts, usage, "IMAGE", "cacheTokensDetails");
    return new MediaTokens(
        Math.max(0, audioIn - audioRead),
        Math.max(0, imageIn - imageRead),
        audioRead,
        imageRead,
        in(counts, usage, "AUDIO", "candidatesTokensDetails"),
        in(counts, usage, "IMAGE", "candidatesTokensDetails"));
  }

  private static long in(Counts counts, JsonNode usage, String modality, String... lists) {
    long sum = 0;
    for (String list : lists) {
      for (JsonNode entry : usage.path(list)) {
        boolean of = modality.equals(entry.path("modality").textValue());
        sum += of ? Counts.orZero(counts.in(entry, "tokenCount")) : 0;
      }
    }
    return sum;
  }

  private static long bounded(Counts counts, long sum) {
    if (sum > TokenUsage.MAX_COUNT) {
      counts.markAbsurd();
    }
    return Math.min(sum, TokenUsage.MAX_COUNT);
  }

  private static @Nullable String word(@Nullable JsonNode node) {
    String text = node == null ? null : node.textValue();
    return text != null && text.length() <= CallFields.MAX_WORD_LENGTH ? text : null;
  }

  /** The key under which rate cards price a tier, which an enumeration may spell out. */
  static @Nullable String tier(@Nullable String said) {
    String word = said == null ? "" : said.toLowerCase(Locale.ROOT);
    String key = word.startsWith(TIER_PREFIX) ? word.substring(TIER_PREFIX.length()) : word;
    return key.isEmpty() || key.equals("unspecified") ? null : key;
  }

  /** This, or the other one if that says more; which of them is wrong is not known then. */
  GeminiUsage noLessThan(GeminiUsage other) {
    boolean less = tokens.total() < other.tokens.total();
    return less ? new GeminiUsage(other.tokens, other.media, other.tier, true) : this;
  }

  /** The report; zero output where text was seen is absurd. */
  UsageReport report(@Nullable String model, long textBytes) {
    boolean silent = tokens.output() == 0 && textBytes > 0;
    return report(tokens, media, model, absurd || silent);
  }

  /** The input alone. */
  UsageReport inputReport(@Nullable String model) {
    TokenUsage input = new TokenUsage(tokens.input(), tokens.cacheRead(), 0, 0, 0, 0);
    return report(input, media.most(input), model, absurd);
  }

  private UsageReport report(
      TokenUsage usage, MediaTokens of, @Nullable String model, boolean flagged) {
    UsageReport.Part part = new UsageReport.Part(null, usage, of, Units.NONE);
    return new UsageReport(List.of(part), model, tier, flagged);
  }
}
