package io.stipend.metering.export;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Who stands behind a provider of the quota file, in the words of FOCUS.
 *
 * @param id begins the ids of what it sells
 * @param name who sells it and writes its invoices
 * @param host whose machines it runs on, where that is known: a cloud's; else null
 * @param service what it sells
 */
public record FocusProvider(String id, String name, @Nullable String host, String service) {
  /** OpenAI's own API. */
  public static final FocusProvider OPENAI =
      new FocusProvider("openai", "OpenAI", null, "OpenAI API");

  /** Anthropic's own API. */
  public static final FocusProvider ANTHROPIC =
      new FocusProvider("anthropic", "Anthropic", null, "Claude API");

  /** Google's API for Gemini. */
  public static final FocusProvider GEMINI =
      new FocusProvider("gemini", "Google", "Google", "Gemini API");

  /** OpenAI's models of Microsoft. */
  public static final FocusProvider AZURE =
      new FocusProvider("azure", "Microsoft", "Microsoft", "Azure OpenAI");

  /** Models of Amazon. */
  public static final FocusProvider BEDROCK =
      new FocusProvider("bedrock", "Amazon Web Services", "Amazon Web Services", "Amazon Bedrock");

  /** Models of Google Cloud. */
  public static final FocusProvider VERTEX =
      new FocusProvider("vertex", "Google Cloud", "Google Cloud", "Vertex AI");

  /** Stipend itself, which rounds. */
  static final FocusProvider STIPEND = new FocusProvider("stipend", "Stipend", null, "Stipend");

  private static final List<FocusProvider> KNOWN =
      List.of(OPENAI, ANTHROPIC, GEMINI, AZURE, BEDROCK, VERTEX);

  /**
   * The one that a provider of this name is taken for when nothing else is known of it; itself if
   * the name tells nothing.
   */
  public static FocusProvider named(String provider) {
    for (FocusProvider known : KNOWN) {
      if (known.id.equals(provider.toLowerCase(Locale.ROOT))) {
        return known;
      }
    }
    return new FocusProvider(provider, provider, null, provider);
  }

  /** The one whose dialect this is, such as {@code bedrock}; null if nobody's. */
  public static @Nullable FocusProvider ofDialect(String dialect) {
    FocusProvider known = named(dialect);
    return KNOWN.contains(known) ? known : null;
  }
}
