package io.stipend.gateway.dialect;

import org.jspecify.annotations.Nullable;

/**
 * Where a request names its model.
 *
 * @param at its value in the body; null if the body names none
 * @param inPath the name that stands in the path, which then is the one that counts; null if none
 */
record ModelMark(@Nullable Span at, @Nullable String inPath) {
  /** The name that counts; null if there is none. */
  static @Nullable String counts(@Nullable String inPath, @Nullable String inBody) {
    return inPath == null ? inBody : inPath;
  }

  /**
   * Puts the model into the body, if that names one. What it says beside a path must not contradict
   * it: no server on the way may take the one for the other.
   *
   * @param model the model that policy sets; null if none
   */
  void set(Splices splices, @Nullable String model) {
    String sent = model == null ? inPath : model;
    if (sent != null && at != null) {
      splices.replace(at, ErrorJson.quoted(sent));
    }
  }
}
