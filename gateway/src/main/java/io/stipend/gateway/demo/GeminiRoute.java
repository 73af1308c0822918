package io.stipend.gateway.demo;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a path of the Gemini API asks for.
 *
 * @param model that it names
 * @param method such as {@code generateContent}
 * @param list whether a stream comes as one list and not as events
 */
record GeminiRoute(String model, String method, boolean list) {
  private static final Pattern PATH = Pattern.compile("/v1(?:beta|alpha)?/models/([^/:]+):(\\w+)");
  private static final String STREAM = "streamGenerateContent";

  /** Null if the path is none of it. */
  static @Nullable GeminiRoute of(String path, List<String> alt) {
    Matcher matcher = PATH.matcher(path);
    if (!matcher.matches()) {
      return null;
    }
    boolean stream = matcher.group(2).equals(STREAM);
    return new GeminiRoute(matcher.group(1), matcher.group(2), stream && !alt.contains("sse"));
  }

  boolean stream() {
    return method.equals(STREAM);
  }

  boolean generates() {
    return stream() || method.equals("generateContent");
  }

  boolean embeds() {
    return embedsMany() || method.equals("embedContent");
  }

  boolean embedsMany() {
    return method.equals("batchEmbedContents");
  }

  boolean counts() {
    return method.equals("countTokens");
  }
}
