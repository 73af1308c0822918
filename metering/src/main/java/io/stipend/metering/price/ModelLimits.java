package io.stipend.metering.price;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a card says of a model beside its prices; null where it says nothing.
 *
 * @param contextWindow the most tokens of input and output together
 * @param maxOutput the most output tokens of one answer; 0 if it generates nothing, as models that
 *     embed
 * @param mayThink whether it can reason unseen
 */
record ModelLimits(
    @Nullable Long contextWindow, @Nullable Long maxOutput, @Nullable Boolean mayThink) {
  /** For a family that nobody knows: above what most open models can write in one answer. */
  private static final long DEFAULT_MAX_OUTPUT = 65_536;

  /** First match decides, so a longer prefix stands before a shorter one. */
  private static final List<Family> FAMILIES =
      List.of(
          new Family("gpt-5-chat", 16_384, false),
          new Family("gpt-5", 128_000, true),
          new Family("gpt-4.1", 32_768, false),
          new Family("gpt-4o", 16_384, false),
          new Family("chatgpt-4o", 16_384, false),
          new Family("gpt-4", 8_192, false),
          new Family("gpt-3.5", 4_096, false),
          new Family("codex-mini", 100_000, true),
          new Family("o1", 100_000, true),
          new Family("o3", 100_000, true),
          new Family("o4", 100_000, true),
          new Family("gpt-oss", 131_072, false),
          new Family("claude-3-5", 8_192, false),
          new Family("claude-3-7", 128_000, false),
          new Family("claude-3", 4_096, false),
          new Family("claude", 128_000, false),
          new Family("gemini-1", 8_192, false),
          new Family("gemini-2.0", 8_192, false),
          new Family("gemini", 65_536, true));

  private record Family(String prefix, long maxOutput, boolean mayThink) {}

  /** Whether it has output that must be priced. */
  boolean generates() {
    return maxOutput == null || maxOutput > 0;
  }

  /** Takes what is unknown here from the other. */
  ModelLimits orElse(ModelLimits o) {
    return new ModelLimits(
        contextWindow != null ? contextWindow : o.contextWindow,
        maxOutput != null ? maxOutput : o.maxOutput,
        mayThink != null ? mayThink : o.mayThink);
  }

  /** What its family says where the card is silent. */
  long maxOutputOf(String model) {
    if (maxOutput != null) {
      return maxOutput;
    }
    Family family = family(model);
    return family == null ? DEFAULT_MAX_OUTPUT : family.maxOutput;
  }

  /** What its family says where the card is silent; an unknown model shows what it thinks. */
  boolean mayThinkOf(String model) {
    if (mayThink != null) {
      return mayThink;
    }
    Family family = family(model);
    return family != null && family.mayThink;
  }

  private static @Nullable Family family(String model) {
    return FAMILIES.stream().filter(f -> model.startsWith(f.prefix)).findFirst().orElse(null);
  }
}
