package io.stipend.metering.price.catalog;

import java.util.Map;
import java.util.Set;

/** Whose models a catalogue's providers are, and what they are called there. */
final class Scopes {
  private static final Map<String, String> VENDORS =
      Map.ofEntries(
          Map.entry("openai", "openai"),
          Map.entry("azure", "azure"),
          Map.entry("anthropic", "anthropic"),
          Map.entry("gemini", "gemini"),
          Map.entry("google", "gemini"),
          Map.entry("aws", "bedrock"),
          Map.entry("bedrock", "bedrock"),
          Map.entry("bedrock_converse", "bedrock"));

  private static final String VERTEX = "vertex_ai";

  /** What stands before a name that has another prefix than its provider's. */
  private static final Map<String, String> PREFIXES = Map.of("bedrock_converse", "bedrock/");

  /** A slash in a name of theirs begins a region, a size or a commitment. */
  private static final Set<String> PLAIN =
      Set.of("vendor openai", "vendor azure", "vendor gemini", "vendor bedrock");

  private Scopes() {}

  /** The scope of a rate card for a provider of a catalogue. */
  static String of(String provider) {
    String vendor = provider.startsWith(VERTEX) ? "vertex" : VENDORS.get(provider);
    return vendor != null
        ? "vendor " + vendor
        : "provider " + provider.replaceAll("[^A-Za-z0-9._-]", "-");
  }

  /** A model's name at its provider. */
  static String model(String provider, String name) {
    String prefix =
        provider.startsWith(VERTEX)
            ? VERTEX + "/"
            : PREFIXES.getOrDefault(provider, provider + "/");
    return name.startsWith(prefix) ? name.substring(prefix.length()) : name;
  }

  /** Whether a name is of a model, and not of one region or size of it. */
  static boolean isModel(String scope, String model) {
    return !model.contains("*") && !(PLAIN.contains(scope) && model.contains("/"));
  }
}
