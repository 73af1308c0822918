package io.stipend.gateway.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.UsageReport;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The {@code usage} of Responses in the disjoint normal form.
 *
 * @param tokens the normal form
 * @param absurd whether anything was clamped
 */
record ResponsesUsage(TokenUsage tokens, boolean absurd) {
  /**
   * Reads it. Input includes cached and written tokens, output includes reasoning. Where figures
   * contradict, no known part is lost.
   *
   * @return null if there is no figure at all
   */
  static @Nullable ResponsesUsage of(JsonNode usage) {
    Counts counts = new Counts();
    long input = counts.in(usage, "input_tokens");
    long output = counts.in(usage, "output_tokens");
    if (input < 0 && output < 0) {
      return null;
    }
    if (input < 0 || output < 0) {
      counts.markAbsurd();
    }
    JsonNode inputDetails = usage.get("input_tokens_details");
    long cached = Counts.orZero(counts.in(inputDetails, "cached_tokens"));
    long written = Counts.orZero(counts.in(inputDetails, "cache_write_tokens"));
    long reasoning =
        Counts.orZero(counts.in(usage.get("output_tokens_details"), "reasoning_tokens"));
    long total = counts.in(usage, "total_tokens");

    long allInput = counts.atLeast(Counts.orZero(input), cached + written);
    long allOutput = counts.atLeast(Counts.orZero(output), reasoning);
    long unsaid = total < 0 ? 0 : total - allInput - allOutput;
    if (unsaid != 0) {
      counts.markAbsurd();
    }
    allOutput = Math.min(TokenUsage.MAX_COUNT, allOutput + Math.max(0, unsaid));
    long uncached = Math.max(0, allInput - cached - written);
    return new ResponsesUsage(
        new TokenUsage(uncached, cached, written, 0, allOutput, reasoning), counts.absurd());
  }

  /** This, or the other one if that says more; which of them is wrong is not known then. */
  ResponsesUsage noLessThan(ResponsesUsage other) {
    boolean less = tokens.total() < other.tokens.total();
    return less ? new ResponsesUsage(other.tokens, true) : this;
  }

  /** The report; zero output where text was seen is absurd. */
  UsageReport report(@Nullable String model, @Nullable String tier, long textBytes) {
    boolean silent = tokens.output() == 0 && textBytes > 0;
    return new UsageReport(
        List.of(new UsageReport.Part(null, tokens)), model, tier, absurd || silent);
  }
}
