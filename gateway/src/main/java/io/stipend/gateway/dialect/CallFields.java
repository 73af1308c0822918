package io.stipend.gateway.dialect;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Reads the fields that both dialects write the same way. */
final class CallFields {
  /** The longest name of a model. */
  static final int MAX_MODEL_LENGTH = 256;

  /** The largest output cap; providers take far less. */
  static final long MAX_OUTPUT_CAP = 1_000_000_000L;

  /** The longest name of a service tier or of another short word. */
  static final int MAX_WORD_LENGTH = 64;

  private CallFields() {}

  /** The model's name, exactly as written. */
  static String model(BodyScan scan) throws IOException, BadBody {
    String model = scan.string("model", MAX_MODEL_LENGTH);
    if (model == null) {
      throw BadBody.field("model", "null", "the name of a model");
    }
    return checkedModel(model);
  }

  /** The same name, if it can be one. */
  static String checkedModel(String model) throws BadBody {
    if (model.isEmpty()) {
      throw BadBody.field("model", "\"\"", "the name of a model");
    }
    if (model.length() > MAX_MODEL_LENGTH || !isName(model)) {
      throw BadBody.field(
          "model",
          BodyScan.shown(model),
          "a name without control characters and without space at its ends");
    }
    return model;
  }

  /**
   * The model's name where a path may name one, beside which the body may say anything.
   *
   * @param inPath null if the body must name it
   */
  static @Nullable String model(BodyScan scan, @Nullable String inPath)
      throws IOException, BadBody {
    return inPath == null ? model(scan) : scan.string("model", MAX_MODEL_LENGTH);
  }

  private static boolean isName(String model) {
    int last = model.codePointBefore(model.length());
    return model.codePoints().allMatch(Words::isPlain)
        && !isBlank(model.codePointAt(0))
        && !isBlank(last);
  }

  private static boolean isBlank(int c) {
    return Character.isWhitespace(c) || Character.isSpaceChar(c);
  }

  /** The name that was read; a call must have one. */
  static String named(@Nullable String model) throws BadBody {
    if (model == null) {
      throw missing("model", "the name of a model");
    }
    return model;
  }

  /** An output cap; -1 for a JSON null. */
  static long cap(BodyScan scan, String param) throws IOException, BadBody {
    return scan.integer(param, 1, MAX_OUTPUT_CAP, -1);
  }

  /** The message for a field that must be there. */
  static BadBody missing(String param, String expected) {
    return BadBody.field(param, "missing", expected);
  }
}
