package io.stipend.gateway.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import io.stipend.metering.MediaTokens;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.Units;
import io.stipend.metering.UsageReport;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The {@code usage} of Chat Completions in the disjoint normal form.
 *
 * @param tokens the normal form
 * @param media which of them were audio or images
 * @param absurd whether anything was clamped
 */
record ChatUsage(TokenUsage tokens, MediaTokens media, boolean absurd) {
  /**
   * Reads it. The provider's totals include cached, written and reasoning tokens; a total above the
   * sum of prompt and completion is output that the completion leaves out, as some compatible
   * services do with reasoning. Where figures contradict, no known part is lost.
   *
   * @return null if there is no figure at all
   */
  static @Nullable ChatUsage of(JsonNode usage) {
    Counts counts = new Counts();
    long prompt = counts.in(usage, "prompt_tokens");
    long completion = counts.in(usage, "completion_tokens");
    Counts ofTotal = new Counts();
    long total = ofTotal.in(usage, "total_tokens");
    if (ofTotal.absurd()) {
      counts.markAbsurd();
      total = Counts.ABSENT;
    }
    if (prompt < 0 && completion < 0 && total <= 0) {
      return null;
    }
    if (prompt < 0 || completion < 0) {
      counts.markAbsurd();
    }
    JsonNode promptDetails = usage.get("prompt_tokens_details");
    JsonNode completionDetails = usage.get("completion_tokens_details");
    long cached = counts.in(promptDetails, "cached_tokens");
    if (cached < 0) {
      cached = counts.in(usage, "prompt_cache_hit_tokens");
    }
    cached = Counts.orZero(cached);
    long written = Counts.orZero(counts.in(promptDetails, "cache_write_tokens"));
    long reasoning = Counts.orZero(counts.in(completionDetails, "reasoning_tokens"));

    long input = counts.atLeast(promptOr(prompt, completion, total), cached + written);
    long output = withUnsaid(counts, input, Counts.orZero(completion), total, reasoning);
    output = counts.atLeast(output, reasoning);
    long uncached = Math.max(0, input - cached - written);
    TokenUsage tokens = new TokenUsage(uncached, cached, written, 0, output, reasoning);
    MediaTokens media =
        MediaTokens.of(
            Counts.orZero(counts.in(promptDetails, "audio_tokens")),
            Counts.orZero(counts.in(promptDetails, "image_tokens")),
            Counts.orZero(counts.in(completionDetails, "audio_tokens")),
            Counts.orZero(counts.in(completionDetails, "image_tokens")));
    // What of the prompt was cached is not told apart: text, as long as there is enough of it.
    return new ChatUsage(tokens, media.most(tokens), counts.absurd());
  }

  /** This, or the other one if that says more; which of them is wrong is not known then. */
  ChatUsage noLessThan(ChatUsage other) {
    boolean less = tokens.total() < other.tokens.total();
    return less ? new ChatUsage(other.tokens, other.media, true) : this;
  }

  /** The report of a usage object; null if it has no figure at all. */
  static @Nullable UsageReport report(
      JsonNode usage, @Nullable String model, @Nullable String tier, long textBytes) {
    ChatUsage read = of(usage);
    return read == null ? null : read.report(model, tier, textBytes);
  }

  /** The report; zero output where text was seen is absurd. */
  UsageReport report(@Nullable String model, @Nullable String tier, long textBytes) {
    boolean silent = tokens.output() == 0 && textBytes > 0;
    return new UsageReport(
        List.of(new UsageReport.Part(null, tokens, media, Units.NONE)),
        model,
        tier,
        absurd || silent);
  }

  private static long promptOr(long prompt, long completion, long total) {
    if (prompt >= 0) {
      return prompt;
    }
    return completion < 0 ? 0 : Math.max(0, total - completion);
  }

  /** Output, with what the total says beyond prompt and completion. */
  private static long withUnsaid(
      Counts counts, long input, long completion, long total, long reasoning) {
    long unsaid = total < 0 ? 0 : total - input - completion;
    if (unsaid != 0 && unsaid != reasoning) {
      counts.markAbsurd();
    }
    return completion + Math.max(0, unsaid);
  }
}
