package io.stipend.gateway.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.UsageReport;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The usage of Converse, whose input excludes what was read from and written to the cache; and that
 * of {@code amazon-bedrock-invocationMetrics}, which counts the same under other names.
 */
final class ConverseUsage {
  private ConverseUsage() {}

  /**
   * A report; null if it says nothing of output.
   *
   * @param hourly whether what is written may be kept for an hour: what does not say how long then
   *     costs the dearer, and so does what says another time
   */
  static @Nullable UsageReport report(JsonNode usage, boolean hourly, long textBytes) {
    Counts counts = new Counts();
    long said = counts.in(usage, "cacheWriteInputTokens");
    long written = Counts.orZero(said);
    long hour = hourly ? written : 0;
    JsonNode details = usage.path("cacheDetails");
    if (details.isArray() && !details.isEmpty()) {
      hour = 0;
      long sum = 0;
      for (JsonNode detail : details) {
        long tokens = Counts.orZero(counts.in(detail, "inputTokens"));
        sum = Math.min(TokenUsage.MAX_COUNT, sum + tokens);
        hour += "5m".equals(detail.path("ttl").asText()) ? 0 : tokens;
      }
      written = said < 0 ? sum : counts.atLeast(written, sum);
    }
    return report(
        counts,
        counts.in(usage, "inputTokens"),
        Counts.orZero(counts.in(usage, "cacheReadInputTokens")),
        written,
        hour,
        counts.in(usage, "outputTokens"),
        textBytes);
  }

  /** The same of the metrics at the end of a stream. */
  static @Nullable UsageReport ofMetrics(JsonNode metrics, long textBytes) {
    Counts counts = new Counts();
    long written = Counts.orZero(counts.in(metrics, "cacheWriteInputTokenCount"));
    return report(
        counts,
        counts.in(metrics, "inputTokenCount"),
        Counts.orZero(counts.in(metrics, "cacheReadInputTokenCount")),
        written,
        written,
        counts.in(metrics, "outputTokenCount"),
        textBytes);
  }

  private static @Nullable UsageReport report(
      Counts counts,
      long input,
      long cacheRead,
      long written,
      long hour,
      long output,
      long textBytes) {
    if (output < 0) {
      return null;
    }
    long most = counts.atLeast(written, Math.min(hour, TokenUsage.MAX_COUNT));
    TokenUsage tokens =
        new TokenUsage(Counts.orZero(input), cacheRead, most, Math.min(hour, most), output, 0);
    boolean silent = output == 0 && textBytes > 0;
    boolean absurd = counts.absurd() || silent || input < 0;
    return new UsageReport(List.of(new UsageReport.Part(null, tokens)), null, null, absurd);
  }
}
