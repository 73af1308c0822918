package io.stipend.gateway.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.UsageReport;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The {@code usage} of Embeddings, {@code {prompt_tokens, total_tokens}}: both say the input, and
 * {@code completion_tokens} is not missing where nothing is generated.
 */
final class EmbeddingsUsage {
  private EmbeddingsUsage() {}

  /** The report; the larger figure where both differ. Null if there is none at all. */
  static @Nullable UsageReport report(
      JsonNode usage, @Nullable String model, @Nullable String tier, long textBytes) {
    Counts counts = new Counts();
    long prompt = counts.in(usage, "prompt_tokens");
    Counts ofTotal = new Counts();
    long total = ofTotal.in(usage, "total_tokens");
    if (ofTotal.absurd()) {
      counts.markAbsurd();
      total = Counts.ABSENT;
    }
    if (prompt < 0 && total < 0) {
      return null;
    }
    if (prompt >= 0 && total >= 0 && prompt != total) {
      counts.markAbsurd();
    }
    if (Math.max(prompt, total) == 0) {
      // No input is empty.
      counts.markAbsurd();
    }
    TokenUsage input = TokenUsage.of(Math.max(prompt, total), 0);
    return new UsageReport(
        List.of(new UsageReport.Part(null, input)), model, tier, counts.absurd());
  }
}
