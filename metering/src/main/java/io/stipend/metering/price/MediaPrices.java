package io.stipend.metering.price;

import io.stipend.metering.ChargeLine;
import io.stipend.metering.MediaTokens;
import java.util.List;
import java.util.function.LongUnaryOperator;

/**
 * Prices of one token that is no text, in pico-units. What a vendor does not price apart costs what
 * text costs, so each has a price here.
 *
 * @param inputAudio audio, uncached
 * @param inputImage images, uncached
 * @param cacheReadAudio audio read from a prompt cache
 * @param cacheReadImage images read from a prompt cache
 * @param outputAudio audio that was generated
 * @param outputImage images that were generated
 */
record MediaPrices(
    long inputAudio,
    long inputImage,
    long cacheReadAudio,
    long cacheReadImage,
    long outputAudio,
    long outputImage) {
  static MediaPrices asText(long input, long cacheRead, long output) {
    return new MediaPrices(input, input, cacheRead, cacheRead, output, output);
  }

  /** The exact price of these tokens in pico-units. */
  long of(MediaTokens tokens) {
    if (tokens.isNone()) {
      return 0;
    }
    long sum = Math.multiplyExact(tokens.audioInput(), inputAudio);
    sum = Math.addExact(sum, Math.multiplyExact(tokens.imageInput(), inputImage));
    sum = Math.addExact(sum, Math.multiplyExact(tokens.audioCacheRead(), cacheReadAudio));
    sum = Math.addExact(sum, Math.multiplyExact(tokens.imageCacheRead(), cacheReadImage));
    sum = Math.addExact(sum, Math.multiplyExact(tokens.audioOutput(), outputAudio));
    return Math.addExact(sum, Math.multiplyExact(tokens.imageOutput(), outputImage));
  }

  /** All of them, in the order of {@link ChargeLine#MEDIA_TOKENS}. */
  List<Long> all() {
    return List.of(
        inputAudio, inputImage, cacheReadAudio, cacheReadImage, outputAudio, outputImage);
  }

  MediaPrices max(MediaPrices o) {
    return new MediaPrices(
        Math.max(inputAudio, o.inputAudio),
        Math.max(inputImage, o.inputImage),
        Math.max(cacheReadAudio, o.cacheReadAudio),
        Math.max(cacheReadImage, o.cacheReadImage),
        Math.max(outputAudio, o.outputAudio),
        Math.max(outputImage, o.outputImage));
  }

  MediaPrices each(LongUnaryOperator rule) {
    return new MediaPrices(
        rule.applyAsLong(inputAudio),
        rule.applyAsLong(inputImage),
        rule.applyAsLong(cacheReadAudio),
        rule.applyAsLong(cacheReadImage),
        rule.applyAsLong(outputAudio),
        rule.applyAsLong(outputImage));
  }

  long highest() {
    long in = Math.max(inputAudio, inputImage);
    long cached = Math.max(cacheReadAudio, cacheReadImage);
    return Math.max(Math.max(in, cached), Math.max(outputAudio, outputImage));
  }
}
