package io.stipend.gateway.dialect;

import io.stipend.metering.Units;
import io.stipend.metering.UsageReport;
import org.jspecify.annotations.Nullable;

/** A Gemini answer that comes in chunks: what they say is the same in events and in a list. */
interface GeminiAnswer extends AnswerReader {
  /** All that have come. */
  GeminiChunks chunks();

  @Override
  default @Nullable UsageReport usage() {
    return chunks().usage();
  }

  @Override
  default Units units() {
    return chunks().units();
  }

  @Override
  default boolean complete() {
    return chunks().complete();
  }

  @Override
  default boolean mayEnd() {
    return chunks().mayEnd();
  }

  @Override
  default boolean overtaken() {
    return chunks().overtaken();
  }

  @Override
  default @Nullable UsageReport inputOnly() {
    return chunks().inputOnly();
  }

  @Override
  default @Nullable String modelServed() {
    return chunks().model();
  }
}
