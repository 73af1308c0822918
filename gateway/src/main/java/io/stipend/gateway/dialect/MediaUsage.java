package io.stipend.gateway.dialect;

import com.fasterxml.jackson.databind.JsonNode;
import io.stipend.metering.MediaTokens;
import io.stipend.metering.Meter;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.Units;
import io.stipend.metering.UsageReport;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The {@code usage} of images, speech and transcripts. Which tokens were sound or images is said in
 * details; what these leave open is taken for the dearer.
 */
final class MediaUsage {
  private static final String TEXT = "text_tokens";
  private static final String IMAGE = "image_tokens";
  private static final String AUDIO = "audio_tokens";

  private MediaUsage() {}

  /** Turns the usage of an answer into a report. */
  interface Form {
    /** Null if it says nothing. */
    @Nullable UsageReport report(JsonNode usage, @Nullable String model);
  }

  /**
   * Of images, in tokens: {@code {input_tokens, input_tokens_details{text_tokens, image_tokens},
   * output_tokens, output_tokens_details{text_tokens, image_tokens}, total_tokens}}.
   *
   * @param asked the images that were asked for
   * @param variant their size and quality
   */
  static Form images(Units asked, @Nullable String variant) {
    return (usage, model) -> {
      ResponsesUsage read = ResponsesUsage.of(usage);
      if (read == null) {
        return null;
      }
      Counts counts = new Counts();
      TokenUsage tokens = read.tokens();
      JsonNode in = usage.get("input_tokens_details");
      long input = part(counts, in, IMAGE, tokens.inputTotal());
      JsonNode cachedDetails = in == null ? null : in.get("cached_tokens_details");
      long cached = Math.min(input, part(counts, cachedDetails, IMAGE, tokens.cacheRead()));
      long uncached = Math.min(tokens.input(), input - cached);
      long output = part(counts, usage.get("output_tokens_details"), IMAGE, tokens.output());
      MediaTokens media = new MediaTokens(0, uncached, 0, cached, 0, output);
      return report(tokens, media, asked, model, read.absurd() || counts.absurd(), variant);
    };
  }

  /**
   * Of speech, in tokens: {@code {input_tokens, output_tokens, total_tokens}}, of text and sound.
   *
   * @param asked the characters that were to be spoken
   */
  static Form speech(Units asked) {
    return (usage, model) -> {
      ResponsesUsage read = ResponsesUsage.of(usage);
      if (read == null) {
        return null;
      }
      TokenUsage tokens = read.tokens();
      MediaTokens media = MediaTokens.of(0, 0, tokens.output(), 0);
      return report(tokens, media, asked, model, read.absurd(), null);
    };
  }

  /**
   * Of a transcript, one of {@code {type: "tokens", input_tokens, input_token_details{audio_tokens,
   * text_tokens}, output_tokens, total_tokens}} and {@code {type: "duration", seconds}}.
   */
  static @Nullable UsageReport transcript(JsonNode usage, @Nullable String model) {
    Counts counts = new Counts();
    long seconds = counts.upTo(usage, "seconds");
    ResponsesUsage read = seconds < 0 ? ResponsesUsage.of(usage) : null;
    if (read != null) {
      TokenUsage tokens = read.tokens();
      long audio = part(counts, usage.get("input_token_details"), AUDIO, tokens.input());
      MediaTokens media = MediaTokens.of(audio, 0, 0, 0);
      return report(tokens, media, Units.NONE, model, read.absurd() || counts.absurd(), null);
    }
    if (seconds < 0) {
      return null;
    }
    Units heard = Units.of(Meter.SECOND, seconds);
    return report(TokenUsage.ZERO, MediaTokens.NONE, heard, model, counts.absurd(), null);
  }

  private static UsageReport report(
      TokenUsage tokens,
      MediaTokens media,
      Units units,
      @Nullable String model,
      boolean absurd,
      @Nullable String variant) {
    UsageReport.Part part = new UsageReport.Part(null, tokens, media, units);
    return new UsageReport(List.of(part), model, null, absurd, variant);
  }

  /** How many of so many tokens are of a kind that costs more than text. */
  private static long part(Counts counts, @Nullable JsonNode details, String kind, long whole) {
    long said = counts.in(details, kind);
    long text = counts.in(details, TEXT);
    long rest = text < 0 ? (said < 0 ? whole : 0) : whole - text;
    boolean both = said >= 0 && text >= 0;
    if (rest < 0 || said > whole || (both && said != rest)) {
      counts.markAbsurd();
    }
    return Math.max(0, Math.min(whole, Math.max(said, rest)));
  }
}
