package io.stipend.metering;

/**
 * Which tokens of a {@link TokenUsage} were audio or images: parts of its kinds, not kinds of their
 * own. All other tokens are text.
 *
 * @param audioInput the part of the uncached input that was audio
 * @param imageInput the part of the uncached input that was images
 * @param audioCacheRead the part of what was read from the cache that was audio
 * @param imageCacheRead the part of what was read from the cache that was images
 * @param audioOutput the part of the output that was audio
 * @param imageOutput the part of the output that was images
 */
public record MediaTokens(
    long audioInput,
    long imageInput,
    long audioCacheRead,
    long imageCacheRead,
    long audioOutput,
    long imageOutput) {
  /** Text only. */
  public static final MediaTokens NONE = new MediaTokens(0, 0, 0, 0, 0, 0);

  /** Refuses negative counts. */
  public MediaTokens {
    long least = Math.min(Math.min(audioInput, imageInput), Math.min(audioOutput, imageOutput));
    if (Math.min(least, Math.min(audioCacheRead, imageCacheRead)) < 0) {
      throw new IllegalArgumentException(
          "media tokens: "
              + audioInput
              + " "
              + imageInput
              + " "
              + audioCacheRead
              + " "
              + imageCacheRead
              + " "
              + audioOutput
              + " "
              + imageOutput
              + " (expected: >= 0)");
    }
  }

  /** Nothing of it read from a cache. */
  public static MediaTokens of(
      long audioInput, long imageInput, long audioOutput, long imageOutput) {
    return new MediaTokens(audioInput, imageInput, 0, 0, audioOutput, imageOutput);
  }

  /** Whether all tokens are text. */
  public boolean isNone() {
    return equals(NONE);
  }

  /** These parts as upper bounds, each cut so that no part of this usage exceeds its whole. */
  public MediaTokens most(TokenUsage usage) {
    long audioIn = Math.min(audioInput, usage.input());
    long audioRead = Math.min(audioCacheRead, usage.cacheRead());
    long audioOut = Math.min(audioOutput, usage.output());
    return new MediaTokens(
        audioIn,
        Math.min(imageInput, usage.input() - audioIn),
        audioRead,
        Math.min(imageCacheRead, usage.cacheRead() - audioRead),
        audioOut,
        Math.min(imageOutput, usage.output() - audioOut));
  }

  /** Whether no part exceeds its whole. */
  public boolean within(TokenUsage usage) {
    return audioInput + imageInput <= usage.input()
        && audioCacheRead + imageCacheRead <= usage.cacheRead()
        && audioOutput + imageOutput <= usage.output();
  }
}
