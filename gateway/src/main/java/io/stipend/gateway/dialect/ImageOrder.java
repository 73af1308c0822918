package io.stipend.gateway.dialect;

import io.stipend.metering.MediaTokens;
import io.stipend.metering.Meter;
import io.stipend.metering.TokenUsage;
import io.stipend.metering.Units;
import io.stipend.policy.ModelCall;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a request for images asks for that decides what they cost, read from JSON or from a form.
 *
 * @param model that makes them
 * @param n how many
 * @param stream whether they come as events
 * @param size such as {@code 1024x1024}; null if the request leaves it
 * @param quality such as {@code hd}; null if the request leaves it
 * @param format of the file; null if the request leaves it
 * @param textBytes bytes of the request that can become tokens of text
 * @param images in the request
 */
record ImageOrder(
    String model,
    int n,
    boolean stream,
    @Nullable String size,
    @Nullable String quality,
    @Nullable String format,
    long textBytes,
    long images) {
  static final String N = "n";
  static final String STREAM = "stream";
  static final String SIZE = "size";
  static final String QUALITY = "quality";
  static final String FORMAT = "output_format";

  /** The most images of one request. */
  static final int MAX_IMAGES = 10;

  /** Fields of pictures that move or are drawn, whose tokens nobody bounds. */
  static final Set<String> UNSERVED = Set.of("svg", "frame_count");

  /** The fields that matter. */
  static final Set<String> NAMES =
      Set.of("model", N, STREAM, SIZE, QUALITY, FORMAT, "response_format", "svg", "frame_count");

  /**
   * The most tokens of an image that is given: one of high fidelity has 6,240 more than the tiles
   * of its smaller copy.
   */
  static final long IMAGE_TOKENS = 7_500;

  private static final Set<String> FORMATS = Set.of("png", "jpeg", "webp");

  /** What the models that are priced by the image make where nothing is said. */
  private static final String USUAL_SIZE = "1024x1024";

  private static final String USUAL_QUALITY = "standard";

  /** A field that is not served. */
  static BadBody unserved(String field) {
    return BadBody.unserved(
        field,
        "pictures that move or are drawn cannot be metered here (expected: none; output_format"
            + " png, jpeg or webp)");
  }

  /** The same, if it can be metered. */
  ImageOrder checked() throws BadBody {
    if (format != null && !FORMATS.contains(format)) {
      throw unserved(FORMAT);
    }
    if (stream && n > 1) {
      throw BadBody.field(
          N, "" + n, "1 with stream: which of several images a usage is of, no" + " event says");
    }
    return this;
  }

  /** All that is asked for. */
  Units asked() {
    return Units.of(Meter.IMAGE, n);
  }

  /** The name of the price of one image, as rate cards write it. */
  String variant() {
    return (size == null ? USUAL_SIZE : size) + "/" + (quality == null ? USUAL_QUALITY : quality);
  }

  /** The call with all that it may use. */
  ModelCall of(ModelCall text) {
    MediaTokens media = MediaTokens.of(0, images * IMAGE_TOKENS, 0, TokenUsage.MAX_COUNT);
    return text.with(media, asked(), variant());
  }
}
