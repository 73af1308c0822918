package io.stipend.metering.price;

import io.stipend.metering.ChargeLine;
import io.stipend.metering.Demand;
import io.stipend.metering.MediaTokens;
import io.stipend.metering.TokenUsage;
import java.util.List;
import java.util.function.LongUnaryOperator;

/**
 * Prices of one token by meter, in pico-units (10⁻¹² of the currency). A meter that a vendor does
 * not price costs what input costs, so every meter has a price here.
 *
 * @param input uncached input
 * @param cacheRead input read from a prompt cache; never above {@code input}
 * @param cacheWrite5m input written to a prompt cache for five minutes
 * @param cacheWrite1h input written to a prompt cache for one hour
 * @param output everything generated, reasoning included
 * @param media tokens of audio and images
 */
record Prices(
    long input,
    long cacheRead,
    long cacheWrite5m,
    long cacheWrite1h,
    long output,
    MediaPrices media) {
  /**
   * The highest price of a token, 1,000 USD per million. With {@link TokenUsage#MAX_COUNT} it keeps
   * the price of one model run within a long.
   */
  static final long MOST = 1_000_000_000L;

  /** Audio and images at the price of text. */
  Prices(long input, long cacheRead, long cacheWrite5m, long cacheWrite1h, long output) {
    this(
        input,
        cacheRead,
        cacheWrite5m,
        cacheWrite1h,
        output,
        MediaPrices.asText(input, cacheRead, output));
  }

  /** Those of text, in the order of {@link ChargeLine#TOKENS}. */
  List<Long> ofText() {
    return List.of(input, cacheRead, cacheWrite5m, cacheWrite1h, output);
  }

  /** What audio and images would cost if they were text. */
  MediaPrices asText() {
    return MediaPrices.asText(input, cacheRead, output);
  }

  /** The same with other prices of audio and images. */
  Prices with(MediaPrices other) {
    return new Prices(input, cacheRead, cacheWrite5m, cacheWrite1h, output, other);
  }

  /** The exact price of a usage in pico-units. */
  long of(TokenUsage usage, MediaTokens of) {
    long textInput = usage.input() - of.audioInput() - of.imageInput();
    long textCacheRead = usage.cacheRead() - of.audioCacheRead() - of.imageCacheRead();
    long textOutput = usage.output() - of.audioOutput() - of.imageOutput();
    long cacheWrite5mTokens = usage.cacheWrite() - usage.cacheWrite1h();
    long sum = Math.multiplyExact(textInput, input);
    sum = Math.addExact(sum, Math.multiplyExact(textCacheRead, cacheRead));
    sum = Math.addExact(sum, Math.multiplyExact(cacheWrite5mTokens, cacheWrite5m));
    sum = Math.addExact(sum, Math.multiplyExact(usage.cacheWrite1h(), cacheWrite1h));
    sum = Math.addExact(sum, Math.multiplyExact(textOutput, output));
    return Math.addExact(sum, media.of(of));
  }

  /** The most that so much input can cost, whatever the cache does with it. */
  long dearestInput(Demand most) {
    long text = dearestInput();
    long audio = Math.min(most.input(), most.media().audioInput());
    long images = Math.min(most.input() - audio, most.media().imageInput());
    long sum = Math.multiplyExact(most.input() - audio - images, text);
    sum = Math.addExact(sum, Math.multiplyExact(audio, Math.max(text, media.inputAudio())));
    return Math.addExact(sum, Math.multiplyExact(images, Math.max(text, media.inputImage())));
  }

  /** The most that a token of output can cost, by what such a call can generate. */
  long dearestOutput(Demand most) {
    long audio = most.media().audioOutput() > 0 ? media.outputAudio() : 0;
    long image = most.media().imageOutput() > 0 ? media.outputImage() : 0;
    return Math.max(output, Math.max(audio, image));
  }

  /** The most that a token of text can cost as input, whatever the cache does with it. */
  long dearestInput() {
    return Math.max(Math.max(input, cacheRead), Math.max(cacheWrite5m, cacheWrite1h));
  }

  /** The dearer of both, meter by meter. */
  Prices max(Prices o) {
    return new Prices(
        Math.max(input, o.input),
        Math.max(cacheRead, o.cacheRead),
        Math.max(cacheWrite5m, o.cacheWrite5m),
        Math.max(cacheWrite1h, o.cacheWrite1h),
        Math.max(output, o.output),
        media.max(o.media));
  }

  /** Each price changed by the same rule. */
  Prices each(LongUnaryOperator rule) {
    return new Prices(
        rule.applyAsLong(input),
        rule.applyAsLong(cacheRead),
        rule.applyAsLong(cacheWrite5m),
        rule.applyAsLong(cacheWrite1h),
        rule.applyAsLong(output),
        media.each(rule));
  }

  /** The highest of all. */
  long highest() {
    return Math.max(Math.max(dearestInput(), output), media.highest());
  }
}
